#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/system/rpc_supervisor.hpp>

#include <fmt/core.h>
#include <support/catch.hpp>
#include <support/environment_variable.hpp>
#include <support/loopback.hpp>
#include <support/patience.hpp>
#include <support/real_supervisord.hpp>
#include <support/socket_server.hpp>
#include <support/tls_server.hpp>

#include <memory>
#include <optional>

namespace rpc_supervisor_contract {

using namespace keenlance;

namespace {

const RealSupervisord::Login login{"operator", "s3cret/p@ss"};

RealSupervisord& supervisord() {
    static RealSupervisord real([](const TemporaryFolder&) { return ""; }, login);
    return real;
}

/// One call's way to a server, and what came of it.
class Caller {
  public:
    Caller() { reactor_.handle_signals(); }

    Reactor& reactor() { return reactor_; }

    Result<int> get_pid(const ServerAddress& address, Duration timeout = patience) {
        RpcSupervisor supervisor(http_, address);
        auto answer = std::make_shared<std::optional<Result<int>>>();
        const auto began = Reactor::now();
        static_cast<Supervisor&>(supervisor).send<int>(api::get_pid(), timeout, [answer](Result<int> got) {
            *answer = std::move(got);
        });
        if (!reactor_.run_until([&answer] { return answer->has_value(); },
                                Reactor::now() + timeout + patience))
            throw std::runtime_error("no answer at all");
        took_ = Reactor::now() - began;
        return std::move(**answer);
    }
    Result<int> get_pid(const std::string& url, Duration timeout = patience) {
        return get_pid(parse_server_address(url).value(), timeout);
    }
    [[nodiscard]] Duration took() const { return took_; }

  private:
    Reactor reactor_;
    HttpClient http_{reactor_};
    Duration took_{};
};

std::string loopback_url(int port) {
    return fmt::format("http://127.0.0.1:{}", port);
}

/// What get_pid makes of a server that plays `play`.
class BadServer {
  public:
    explicit BadServer(ServerPlay play) : listening_(listen_on_loopback()), port_(port_of(listening_)) {
        server_.emplace(caller_.reactor(), std::move(listening_), std::move(play));
    }
    Result<int> ask(Duration timeout = patience) { return caller_.get_pid(loopback_url(port_), timeout); }
    Error error(Duration timeout = patience) {
        auto answer = ask(timeout);
        REQUIRE_FALSE(answer);
        CAPTURE(answer.error().message);
        CHECK(answer.error().message.find(loopback_url(port_)) != std::string::npos);
        CHECK(answer.error().message.find("supervisor.getPID") != std::string::npos);
        CHECK(answer.error().message.size() < 1000);
        return answer.error();
    }
    [[nodiscard]] Duration took() const { return caller_.took(); }
    [[nodiscard]] const std::string& request() const { return server_->request(); }

  private:
    Caller caller_;
    UniqueFd listening_;
    int port_;
    std::optional<SocketServer> server_;
};

constexpr Duration short_timeout{300};

std::string nested(std::size_t depth) {
    std::string text = "<methodResponse><params><param>";
    for (std::size_t i = 0; i < depth; ++i)
        text += "<value><array><data>";
    text += "<value><int>1</int></value>";
    for (std::size_t i = 0; i < depth; ++i)
        text += "</data></array></value>";
    return text + "</param></params></methodResponse>";
}

}  // namespace

TEST_CASE("a real supervisord answers over its unix socket, with and without /RPC2 behind it",
          "[rpc_supervisor]") {
    Caller caller;
    for (const std::string tail : {"", "/RPC2", "/"}) {
        const auto pid = caller.get_pid("unix://" + supervisord().socket() + tail);
        REQUIRE(pid);
        CHECK(*pid == supervisord().pid());
    }
}

TEST_CASE("a real supervisord answers over TCP to who knows the password", "[rpc_supervisor]") {
    Caller caller;
    const int port = supervisord().port();
    SECTION("in the URL, percent-encoded") {
        CHECK(caller.get_pid(fmt::format("http://operator:s3cret%2Fp%40ss@127.0.0.1:{}", port)).value() ==
              supervisord().pid());
    }
    SECTION("beside it") {
        auto address = parse_server_address(loopback_url(port)).value();
        address.user = login.user;
        address.password = login.password;
        CHECK(caller.get_pid(address).value() == supervisord().pid());
    }
    SECTION("in the environment, as supervisord's children have it") {
        const EnvironmentVariable url("SUPERVISOR_SERVER_URL", loopback_url(port));
        const EnvironmentVariable user("SUPERVISOR_USERNAME", login.user);
        const EnvironmentVariable password("SUPERVISOR_PASSWORD", login.password);
        CHECK(caller.get_pid(server_address_from_environment().value()).value() == supervisord().pid());
    }
}

TEST_CASE("a real supervisord answers nobody who does not know the password", "[rpc_supervisor]") {
    Caller caller;
    const int port = supervisord().port();
    for (const std::string user : {"", "operator:wrong@", "operator@", "stranger:s3cret%2Fp%40ss@"}) {
        const auto answer = caller.get_pid(fmt::format("http://{}127.0.0.1:{}", user, port));
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::unauthorized);
        CHECK(answer.error().code == 401);
        CHECK(answer.error().message.find("SUPERVISOR_PASSWORD") != std::string::npos);
        CHECK(answer.error().message.find("wrong@") == std::string::npos);
    }
}

TEST_CASE("an address nobody listens at is told at once", "[rpc_supervisor]") {
    Caller caller;
    const TemporaryFolder folder;
    SECTION("a port") {
        const auto answer = caller.get_pid(loopback_url(unused_port()));
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::refused);
    }
    SECTION("a socket somebody has left behind") {
        listen_on_unix_socket(folder.at("s.sock")).reset();
        const auto answer = caller.get_pid("unix://" + folder.at("s.sock"));
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::refused);
    }
    SECTION("no socket") {
        const auto answer = caller.get_pid("unix://" + folder.at("s.sock"));
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::unreachable);
        CHECK(answer.error().message.find(folder.at("s.sock")) != std::string::npos);
        CHECK(answer.error().message.find("No such file or directory") != std::string::npos);
    }
    SECTION("a path too long for a socket") {
        const auto answer = caller.get_pid("unix:///tmp/" + std::string(200, 'x') + "/s.sock");
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::unreachable);
    }
    CHECK(caller.took() < patience);
}

TEST_CASE("a sound answer of any server is understood", "[rpc_supervisor]") {
    BadServer server({http_answer("200 OK", xmlrpc::format_response(42))});
    CHECK(server.ask().value() == 42);
    CHECK(server.request().starts_with("POST /RPC2 HTTP/1.1\r\n"));
    CHECK(server.request().find("\r\nContent-Type: text/xml\r\n") != std::string::npos);
    CHECK(server.request().find("Expect:") == std::string::npos);
    CHECK(server.ask().value() == 42);
}

TEST_CASE("a server that never answers costs the timeout and no more", "[rpc_supervisor]") {
    BadServer server({""});
    CHECK(server.error(short_timeout).kind == ErrorKind::timeout);
    CHECK(server.took() >= short_timeout);
    CHECK(server.took() < short_timeout + Duration{5'000});
}

TEST_CASE("an answer may take longer than the timeout, as long as it comes", "[rpc_supervisor]") {
    constexpr Duration timeout{2'000};
    const std::string text = xmlrpc::format_response(42);
    constexpr int blanks = 30;
    BadServer server(
        {fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", text.size() + blanks, text), " ",
         Duration{100}});
    CHECK(server.ask(timeout).value() == 42);
    CHECK(server.took() > timeout);
}

TEST_CASE("a server that drips without an end costs forty times the timeout and no more",
          "[rpc_supervisor]") {
    constexpr Duration timeout{50};
    BadServer server({"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "<", Duration{20}});
    CHECK(server.error(timeout).kind == ErrorKind::timeout);
    CHECK(server.took() < 40 * timeout + Duration{5'000});
}

TEST_CASE("a server that hangs up is unreachable", "[rpc_supervisor]") {
    SECTION("without a word") {
        BadServer server({.says = "", .then = ServerPlay::Then::close});
        CHECK(server.error().kind == ErrorKind::unreachable);
    }
    SECTION("in the middle of its answer") {
        BadServer server({.says = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<methodResponse>",
                          .then = ServerPlay::Then::close});
        CHECK(server.error().kind == ErrorKind::unreachable);
    }
}

TEST_CASE("what is no XML-RPC is malformed", "[rpc_supervisor]") {
    SECTION("an empty body") {
        CHECK(BadServer({http_answer("200 OK", "")}).error().kind == ErrorKind::malformed);
    }
    SECTION("a web page") {
        const auto error =
            BadServer({http_answer("200 OK", "<!DOCTYPE html><html><body>nginx</body></html>")}).error();
        CHECK(error.kind == ErrorKind::malformed);
    }
    SECTION("binary") {
        const std::string binary("\0\1\2\xff\xfe\x1b[2J", 9);
        const auto error = BadServer({http_answer("200 OK", binary)}).error();
        CHECK(error.kind == ErrorKind::malformed);
        CHECK(error.message.find('\x1b') == std::string::npos);
    }
    SECTION("half an answer") {
        const auto whole = xmlrpc::format_response(42);
        const auto half = whole.substr(0, whole.size() / 2);
        CHECK(BadServer({http_answer("200 OK", half)}).error().kind == ErrorKind::malformed);
    }
    SECTION("another type") {
        const auto answer = BadServer({http_answer("200 OK", xmlrpc::format_response("42"))}).ask();
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::malformed);
    }
    SECTION("no HTTP at all") {
        BadServer server({.says = "SSH-2.0-OpenSSH_9.2\r\n", .then = ServerPlay::Then::close});
        CHECK(server.error().kind == ErrorKind::malformed);
    }
}

TEST_CASE("an HTTP status other than 200 is an error with that code", "[rpc_supervisor]") {
    const auto error = BadServer({http_answer("500 Internal Server Error", "oops")}).error();
    CHECK(error.kind == ErrorKind::http_status);
    CHECK(error.code == 500);
    CHECK(error.message.find("500 Internal Server Error") != std::string::npos);
    CHECK(BadServer({http_answer("403 Forbidden", "")}).error().kind == ErrorKind::unauthorized);
    CHECK(BadServer({"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"})
              .error()
              .code == 302);
}

TEST_CASE("an answer without an end is bounded", "[rpc_supervisor]") {
    BadServer server({.says = "HTTP/1.1 200 OK\r\n\r\n<methodResponse>",
                      .repeats = std::string(std::size_t{1} << 20U, ' ')});
    const auto kind = server.error(Duration{20'000}).kind;
    CHECK((kind == ErrorKind::too_large || kind == ErrorKind::timeout));
    CHECK(server.took() < Duration{25'000});
}

TEST_CASE("headers without an end are bounded", "[rpc_supervisor]") {
    BadServer server(
        {.says = "HTTP/1.1 200 OK\r\n", .repeats = "X-Padding: " + std::string(8'000, 'x') + "\r\n"});
    CHECK(server.error(Duration{20'000}).kind != ErrorKind::fault);
    CHECK(server.took() < Duration{25'000});
}

TEST_CASE("an answer nested too deeply is too large", "[rpc_supervisor]") {
    CHECK(BadServer({http_answer("200 OK", nested(1'000))}).error().kind == ErrorKind::too_large);
    CHECK(BadServer({http_answer("200 OK", nested(100'000))}).error().kind == ErrorKind::too_large);
}

TEST_CASE("a server that hangs holds up no other call", "[rpc_supervisor]") {
    Caller caller;
    auto listening = listen_on_loopback();
    const auto url = loopback_url(port_of(listening));
    const SocketServer hanging(caller.reactor(), std::move(listening), {""});
    HttpClient http(caller.reactor());
    RpcSupervisor slow(http, parse_server_address(url).value());
    bool slow_answered = false;
    static_cast<Supervisor&>(slow).send<int>(api::get_pid(), patience,
                                             [&slow_answered](const Result<int>&) { slow_answered = true; });
    CHECK(caller.get_pid("unix://" + supervisord().socket()).value() == supervisord().pid());
    CHECK_FALSE(slow_answered);
}

TEST_CASE("https is spoken with whom a known authority vouches for, and with nobody else",
          "[rpc_supervisor]") {
    const TlsServer server(xmlrpc::format_response(42));
    const EnvironmentVariable no_bundle("CURL_CA_BUNDLE", std::nullopt);
    Caller caller;
    SECTION("named by SSL_CERT_FILE") {
        const EnvironmentVariable file("SSL_CERT_FILE", server.authority());
        CHECK(caller.get_pid(server.url()).value() == 42);
    }
    SECTION("not named") {
        const EnvironmentVariable file("SSL_CERT_FILE", std::nullopt);
        const auto answer = caller.get_pid(server.url());
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::unreachable);
        CHECK(answer.error().message.find("SSL_CERT_FILE") != std::string::npos);
    }
    SECTION("named by SSL_CERT_FILE, which is not there") {
        const EnvironmentVariable file("SSL_CERT_FILE", "/nowhere.pem");
        const auto answer = caller.get_pid(server.url());
        REQUIRE_FALSE(answer);
        CHECK(answer.error().message.find("/nowhere.pem") != std::string::npos);
        CHECK(answer.error().message.find("ca-certificates") != std::string::npos);
    }
    SECTION("for another name") {
        const EnvironmentVariable file("SSL_CERT_FILE", server.authority());
        const auto answer = caller.get_pid(server.url("localhost"));
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == ErrorKind::unreachable);
    }
}

}  // namespace rpc_supervisor_contract
