#pragma once
/// A web server over TLS whose authority only the test knows.

#include <support/background_command.hpp>
#include <support/patience.hpp>
#include <support/temporary_folder.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace keenlance {

/// tls_server.py with a certificate for 127.0.0.1, and for no other name.
class TlsServer {
  public:
    explicit TlsServer(const std::string& answer)
        : server_({"python3", KEENLANCE_TLS_SERVER, made_certificate(), answer, folder_.at("port")}) {
        if (!eventually([this] { return !port().empty(); })) throw std::runtime_error("no TLS server");
    }

    /// The file for SSL_CERT_FILE.
    [[nodiscard]] std::string authority() const { return folder_.at("authority.pem"); }
    [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
        return "https://" + host + ":" + port();
    }

  private:
    [[nodiscard]] std::string port() const { return read_file(folder_.at("port")); }

    [[nodiscard]] std::string made_certificate() const {
        const auto make =
            "cd " + folder_.path() +
            " && new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes' && "
            "openssl req -x509 $new -days 2 -subj '/CN=test authority' -keyout ca.key -out authority.pem && "
            "openssl req $new -subj /CN=localhost -keyout key -out request && "
            "echo subjectAltName=IP:127.0.0.1 > names && "
            "openssl x509 -req -in request -CA authority.pem -CAkey ca.key -CAcreateserial -days 2 "
            "-extfile names -out certificate && cat certificate key > server.pem";
        if (std::system(("{ " + make + "; } > /dev/null 2>&1").c_str()) != 0)  // NOLINT(cert-env33-c)
            throw std::runtime_error("openssl made no certificate");
        return folder_.at("server.pem");
    }

    TemporaryFolder folder_;
    BackgroundCommand server_;
};

}  // namespace keenlance
