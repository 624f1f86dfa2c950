#include <keenlance/system/ready_probe.hpp>

#include <fmt/core.h>
#include <support/catch.hpp>
#include <support/environment_variable.hpp>
#include <support/loopback.hpp>
#include <support/patience.hpp>
#include <support/socket_server.hpp>
#include <support/temporary_folder.hpp>
#include <support/tls_server.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace ready_probe_contract {

using namespace keenlance;

namespace {

constexpr Duration short_timeout{300};
constexpr Duration prompt{10'000};  // far less than `patience`, far more than anything needs

class Prober {
  public:
    Prober() { reactor_.handle_signals(); }

    Reactor& reactor() { return reactor_; }

    /// Asks all of it side by side; the answers in the order of the questions.
    std::vector<Status> ask_all(const std::vector<std::string>& questions, Duration timeout = patience) {
        auto answers = std::make_shared<std::vector<std::optional<Status>>>(questions.size());
        auto missing = std::make_shared<std::size_t>(questions.size());
        const auto began = Reactor::now();
        for (std::size_t i = 0; i < questions.size(); ++i) {
            auto check = parse_ready_check(questions[i]).value();
            check.timeout = timeout;
            probe_.probe(check, [answers, missing, i](Status status) {
                CHECK_FALSE((*answers)[i]);
                (*answers)[i] = std::move(status);
                --*missing;
            });
        }
        CHECK(*missing == questions.size());
        REQUIRE(
            reactor_.run_until([&missing] { return *missing == 0; }, Reactor::now() + timeout + patience));
        took_ = Reactor::now() - began;
        reactor_.turn(Reactor::now());  // for a second answer, if there is one
        std::vector<Status> all;
        for (auto& answer : *answers)
            all.push_back(std::move(*answer));
        return all;
    }
    Status ask(const std::string& question, Duration timeout = patience) {
        return ask_all({question}, timeout).front();
    }
    bool ready(const std::string& question) {
        const auto status = ask(question);
        UNSCOPED_INFO(question << (status ? " is ready" : ": " + status.error().message));
        return status.ok();
    }
    /// Why not; always one line.
    Error error(const std::string& question, Duration timeout = patience) {
        const auto status = ask(question, timeout);
        INFO(question);
        REQUIRE_FALSE(status);
        UNSCOPED_INFO(status.error().message);
        CHECK_FALSE(status.error().message.empty());
        CHECK(status.error().message.find('\n') == std::string::npos);
        return status.error();
    }
    [[nodiscard]] Duration took() const { return took_; }

  private:
    Reactor reactor_;
    HttpClient http_{reactor_};
    CommandRunner commands_{reactor_};
    SystemReadyProbe probe_{reactor_, http_, commands_};
    Duration took_{};
};

std::string tcp(int port) {
    return fmt::format("tcp://127.0.0.1:{}", port);
}

/// A port whose connections are neither accepted nor refused: the one that may wait is there.
class SilentPort {
  public:
    SilentPort() : listening_(listen_on_loopback()) {
        ::listen(listening_.get(), 0);
        REQUIRE(can_connect(port()));
    }
    [[nodiscard]] int port() const { return port_of(listening_); }

  private:
    UniqueFd listening_;
};

/// A web server that says `play`, and one who asks it.
class AskedServer {
  public:
    explicit AskedServer(ServerPlay play) : listening_(listen_on_loopback()), port_(port_of(listening_)) {
        play.request_end = "\r\n\r\n";
        server_.emplace(prober_.reactor(), std::move(listening_), std::move(play));
    }
    bool ready() { return prober_.ready(url()); }
    Error error(Duration timeout = patience) { return prober_.error(url(), timeout); }
    Prober& prober() { return prober_; }
    [[nodiscard]] std::string url(const std::string& login = "") const {
        return fmt::format("http://{}127.0.0.1:{}/health?x=1#y", login, port_);
    }
    [[nodiscard]] const std::string& request() const { return server_->request(); }

  private:
    Prober prober_;
    UniqueFd listening_;
    int port_;
    std::optional<SocketServer> server_;
};

std::ptrdiff_t open_descriptors() {
    const std::filesystem::directory_iterator open("/proc/self/fd");
    return std::distance(begin(open), end(open));
}

}  // namespace

TEST_CASE("a port is ready once somebody listens there", "[ready_probe]") {
    Prober prober;
    const auto listening = listen_on_loopback();
    CHECK(prober.ready(tcp(port_of(listening))));
    CHECK(prober.ready(fmt::format("tcp://localhost:{}", port_of(listening))));
    CHECK(prober.took() < prompt);
}

TEST_CASE("a connection that was only a probe is closed at once", "[ready_probe]") {
    Prober prober;
    const auto listening = listen_on_loopback();
    REQUIRE(prober.ready(tcp(port_of(listening))));
    const UniqueFd accepted(::accept(listening.get(), nullptr, nullptr));
    REQUIRE(accepted);
    char byte = 0;
    CHECK(eventually([&] { return ::recv(accepted.get(), &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN; },
                     prompt));
    CHECK(::recv(accepted.get(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("a port nobody listens on is refused", "[ready_probe]") {
    Prober prober;
    for (const auto& server : {tcp(unused_port()), fmt::format("tcp://localhost:{}", unused_port()),
                               fmt::format("http://127.0.0.1:{}/", unused_port())}) {
        const auto error = prober.error(server);
        CHECK(error.kind == ErrorKind::refused);
        CHECK(error.message == "Connection refused");
    }
    CHECK_FALSE(prober.ready(fmt::format("tcp://[::1]:{}", unused_port())));
    CHECK(prober.took() < prompt);
}

TEST_CASE("a port is ready as soon as it is listened on, whatever was answered before", "[ready_probe]") {
    Prober prober;
    const TemporaryFolder folder;
    const auto path = "unix://" + folder.at("s.sock");
    CHECK_FALSE(prober.ready(path));
    auto listening = listen_on_unix_socket(folder.at("s.sock"));
    CHECK(prober.ready(path));
    listening.reset();
    CHECK_FALSE(prober.ready(path));

    auto listening_port = listen_on_loopback();
    const auto port = tcp(port_of(listening_port));
    CHECK(prober.ready(port));
    listening_port.reset();
    CHECK_FALSE(prober.ready(port));
}

TEST_CASE("a host name that does not resolve is an error within the timeout", "[ready_probe]") {
    Prober prober;
    for (const auto* server : {"tcp://no-such-host.invalid:80", "http://no-such-host.invalid/"}) {
        const auto error = prober.error(server, Duration{2'000});
        CHECK((error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout));
        CHECK(prober.took() < Duration{2'000} + prompt);
    }
}

TEST_CASE("a port that neither accepts nor refuses costs the timeout, and holds nobody else up",
          "[ready_probe]") {
    Prober prober;
    const SilentPort silent;
    const auto error = prober.error(tcp(silent.port()), short_timeout);
    CHECK(error.kind == ErrorKind::timeout);
    CHECK(error.message == "no connection within 0.3 s");
    CHECK(prober.took() >= short_timeout);
    CHECK(prober.took() < short_timeout + prompt);

    const auto listening = listen_on_loopback();
    std::vector<std::string> questions(20, tcp(silent.port()));
    questions.resize(40, tcp(port_of(listening)));
    questions.emplace_back("exec:sleep 0.1");
    const auto answers = prober.ask_all(questions, Duration{3'000});
    for (std::size_t i = 0; i < answers.size(); ++i)
        CHECK(answers[i].ok() == (i >= 20));
    CHECK(prober.took() < Duration{3'000} + prompt);
}

TEST_CASE("a timeout of nothing is no timeout of for ever", "[ready_probe]") {
    Prober prober;
    const SilentPort silent;
    CHECK_FALSE(prober.ask(tcp(silent.port()), Duration{0}));
    CHECK_FALSE(prober.ask(fmt::format("http://127.0.0.1:{}/", silent.port()), Duration{0}));
    CHECK_FALSE(prober.ask("exec:sleep 1000", Duration{0}));
    CHECK(prober.took() < prompt);
}

TEST_CASE("a unix socket is ready once somebody accepts there", "[ready_probe]") {
    Prober prober;
    const TemporaryFolder folder;
    const auto url = "unix://" + folder.at("a b.sock");
    SECTION("somebody does") {
        const auto listening = listen_on_unix_socket(folder.at("a b.sock"));
        CHECK(prober.ready(url));
    }
    SECTION("there is no socket") {
        CHECK(prober.error(url).kind == ErrorKind::unreachable);
        CHECK(prober.error(url).message == "No such file or directory");
    }
    SECTION("whoever did is gone") {
        listen_on_unix_socket(folder.at("a b.sock")).reset();
        CHECK(prober.error(url).kind == ErrorKind::refused);
    }
    SECTION("it is a file") {
        write_file(folder.at("a b.sock"), "");
        CHECK(prober.error(url).kind == ErrorKind::refused);
    }
    SECTION("it listens, but lets too many wait") {
        const auto listening = listen_on_unix_socket(folder.at("a b.sock"));
        ::listen(listening.get(), 0);
        REQUIRE(can_connect(folder.at("a b.sock")));
        CHECK(prober.error(url).message == "too many connections wait to be accepted");
    }
}

TEST_CASE("a path too long for a socket is an error, and never another socket", "[ready_probe]") {
    Prober prober;
    const TemporaryFolder folder;
    const std::size_t most = sizeof sockaddr_un::sun_path - 1;
    const auto longest = folder.at(std::string(most - folder.path().size() - 1, 'x'));
    REQUIRE(longest.size() == most);
    const auto listening = listen_on_unix_socket(longest);
    CHECK(prober.ready("unix://" + longest));
    const auto error = prober.error("unix://" + longest + "y");
    CHECK(error.kind == ErrorKind::invalid);
    CHECK(error.message ==
          fmt::format("its path has {} bytes, and that of a socket at most {}", most + 1, most));
    CHECK(prober.error("unix:///" + std::string(100'000, 'x')).kind == ErrorKind::invalid);
}

TEST_CASE("a web server is ready with any status from 200 to 399", "[ready_probe]") {
    for (const std::string status : {"200 OK", "201 Created", "399 Odd"}) {
        AskedServer server({http_answer(status, "fine")});
        CHECK(server.ready());
        CHECK(server.ready());
        CHECK(server.request().starts_with("GET /health?x=1 HTTP/1.1\r\n"));
        CHECK(server.request().find("\r\nUser-Agent: keenlance\r\n") != std::string::npos);
    }
    CHECK(AskedServer({"HTTP/1.1 204 No Content\r\n\r\n"}).ready());
    CHECK(AskedServer({"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"})
              .ready());
}

TEST_CASE("any other status is an error that names it", "[ready_probe]") {
    const auto busy = AskedServer({http_answer("503 Service Unavailable", "come\nback")}).error();
    CHECK(busy.kind == ErrorKind::http_status);
    CHECK(busy.code == 503);
    CHECK(busy.message == "status 503 Service Unavailable");
    CHECK(AskedServer({"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"}).error().message == "status 404");
    CHECK(AskedServer({http_answer("403 Forbidden", "")}).error().kind == ErrorKind::unauthorized);
    CHECK_FALSE(AskedServer({http_answer("400 Bad Request", "")}).ready());
}

TEST_CASE("a login in the URL is sent, and not told", "[ready_probe]") {
    AskedServer server({http_answer("401 Unauthorized", "")});
    const auto error = server.prober().error(server.url("operator:s3cret@"));
    CHECK(error.message == "status 401 Unauthorized");
    CHECK(server.request().find("\r\nAuthorization: Basic b3BlcmF0b3I6czNjcmV0\r\n") != std::string::npos);
}

TEST_CASE("a body without an end tells no more than its status", "[ready_probe]") {
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    AskedServer fine({.says = "HTTP/1.1 200 OK\r\n\r\n", .repeats = megabyte});
    CHECK(fine.ready());
    CHECK(fine.prober().took() < prompt);
    AskedServer failing({.says = "HTTP/1.1 500 Oops\r\n\r\n", .repeats = megabyte});
    CHECK(failing.error().message.starts_with("status 500"));
}

TEST_CASE("a web server that hangs or drips costs the timeout and no more", "[ready_probe]") {
    for (const auto& play : {ServerPlay{""}, ServerPlay{"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
                                                        "x", Duration{20}}}) {
        AskedServer server(play);
        const auto error = server.error(short_timeout);
        CHECK(error.kind == ErrorKind::timeout);
        CHECK(error.message == "no complete answer within 0.3 s");
        CHECK(server.prober().took() >= short_timeout);
        CHECK(server.prober().took() < short_timeout + prompt);
    }
}

TEST_CASE("what hangs up or speaks no HTTP is no web server", "[ready_probe]") {
    CHECK_FALSE(AskedServer({.says = "", .then = ServerPlay::Then::close}).ready());
    AskedServer other({.says = "SSH-2.0-OpenSSH_9.2\r\n", .then = ServerPlay::Then::close});
    CHECK(other.error().kind == ErrorKind::malformed);
}

TEST_CASE("https is ready only where a known authority vouches for it", "[ready_probe]") {
    const TlsServer server("fine");
    const EnvironmentVariable no_bundle("CURL_CA_BUNDLE", std::nullopt);
    Prober prober;
    {
        const EnvironmentVariable file("SSL_CERT_FILE", server.authority());
        CHECK(prober.ready(server.url()));
        CHECK_FALSE(prober.ready(server.url("localhost")));
    }
    const EnvironmentVariable file("SSL_CERT_FILE", std::nullopt);
    CHECK(prober.error(server.url()).message.find("SSL_CERT_FILE") != std::string::npos);
}

TEST_CASE("a file is ready once it is there, whatever it is", "[ready_probe]") {
    Prober prober;
    const TemporaryFolder folder;
    const auto url = "file://" + folder.at("ready");
    const auto error = prober.error(url);
    CHECK(error.kind == ErrorKind::system);
    CHECK(error.code == ENOENT);
    CHECK(error.message == "No such file or directory");
    SECTION("a file") {
        write_file(folder.at("ready"), "");
        CHECK(prober.ready(url));
        std::filesystem::remove(folder.at("ready"));
        CHECK_FALSE(prober.ready(url));
    }
    SECTION("a file whose size takes more than 32 bit") {
        write_file(folder.at("ready"), "");
        std::filesystem::resize_file(folder.at("ready"), std::uintmax_t{5} << 30U);
        CHECK(prober.ready(url));
    }
    SECTION("a folder") {
        std::filesystem::create_directory(folder.at("ready"));
        CHECK(prober.ready(url));
        CHECK(prober.ready(url + "/"));
    }
    SECTION("a link is what it points to") {
        std::filesystem::create_symlink(folder.at("target"), folder.at("ready"));
        CHECK_FALSE(prober.ready(url));
        write_file(folder.at("target"), "");
        CHECK(prober.ready(url));
    }
    SECTION("nothing is behind a file") {
        write_file(folder.at("ready"), "");
        CHECK(prober.error(url + "/x").code == ENOTDIR);
    }
}

TEST_CASE("a command is ready when it ends well", "[ready_probe]") {
    Prober prober;
    CHECK(prober.ready("exec:true"));
    CHECK(prober.ready("exec:echo noise; echo more >&2; test -d / && exit 0"));
    CHECK(prober.ready("exec:yes | head -c 1000000"));
}

TEST_CASE("a command that fails is told with its status and what it said", "[ready_probe]") {
    Prober prober;
    const auto failed = prober.error("exec:echo not; echo yet >&2; exit 3");
    CHECK(failed.kind == ErrorKind::system);
    CHECK(failed.code == 3);
    CHECK(failed.message == "status 3: not yet");
    CHECK(prober.error("exec:false").message == "status 1");
    CHECK(prober.error("exec:/nowhere/pg_isready").code == 127);
    CHECK(prober.error("exec:yes | head -c 1000000; false").message.size() < 600);
    const auto killed = prober.error("exec:kill -KILL $$");
    CHECK(killed.code == 128 + SIGKILL);
    CHECK(killed.message == "status 137 (signal 9)");
}

TEST_CASE("a command is killed at the timeout with all it has started", "[ready_probe]") {
    Prober prober;
    const auto error = prober.error("exec:trap '' TERM; sleep 1000 & echo $!; wait", short_timeout);
    CHECK(error.kind == ErrorKind::timeout);
    const std::string says = "killed after 0.3 s: ";
    REQUIRE(error.message.starts_with(says));
    CHECK(prober.took() >= short_timeout);
    CHECK(prober.took() < short_timeout + prompt);
    const int grandchild = std::stoi(error.message.substr(says.size()));
    CHECK(eventually([grandchild] {
        const auto stat = read_file(fmt::format("/proc/{}/stat", grandchild));
        return stat.empty() || stat.find(") Z") != std::string::npos;
    }));
}

TEST_CASE("a command inherits no connection that is kept for later", "[ready_probe]") {
    AskedServer server({http_answer("200 OK", "fine")});
    auto& prober = server.prober();
    CHECK_FALSE(prober.ready(fmt::format("http://127.0.0.1:{}/", unused_port())));  // wakes libcurl
    const std::string count = "exec:ls -l /proc/$$/fd | grep -c socket:; exit 1";
    const auto without = prober.error(count).message;
    REQUIRE(server.ready());
    CHECK(prober.error(count).message == without);
}

TEST_CASE("libcurl sleeps until something is fetched or connected to", "[ready_probe]") {
    const TemporaryFolder folder;
    const auto before = open_descriptors();
    Prober prober;
    const auto constructed = open_descriptors();
    CHECK(constructed == before + 2);  // the pipe that signals come through
    CHECK(prober.ready("file://" + folder.path()));
    CHECK(prober.ready("exec:true"));
    CHECK_FALSE(prober.ready("unix://" + folder.at("none")));
    CHECK(open_descriptors() == constructed);
}

}  // namespace ready_probe_contract
