#include <keenlance/system/http_client.hpp>
#include <keenlance/system/stream_socket.hpp>

#include <poll.h>
#include <support/catch.hpp>
#include <support/loopback.hpp>
#include <support/patience.hpp>
#include <support/socket_server.hpp>
#include <support/temporary_folder.hpp>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace plain_http_contract {

using namespace keenlance;

namespace {

HttpRequest post_to(const std::string& socket) {
    HttpRequest request;
    request.url = "http://localhost/RPC2";
    request.unix_socket = socket;
    request.post = "<methodCall></methodCall>";
    request.user = "Aladdin";
    request.password = "open sesame";
    request.timeout = patience;
    return request;
}

struct Client {
    Reactor reactor;
    HttpClient http{reactor};

    std::optional<Result<HttpResponse>> ask(HttpRequest request) {
        auto answer = std::make_shared<std::optional<Result<HttpResponse>>>();
        http.send(std::move(request), [answer](Result<HttpResponse> got) { *answer = std::move(got); });
        CHECK_FALSE(answer->has_value());
        reactor.run_until([&] { return answer->has_value(); }, Reactor::now() + patience);
        return *answer;
    }
};

/// Answers the first request of each connection, and hangs up at the second one without a word.
class Forgetful {
  public:
    Forgetful(Reactor& reactor, const std::string& path)
        : reactor_(reactor), listening_(listen_on_unix_socket(path)) {
        reactor_.watch(listening_.get(), POLLIN, [this](short) { accept(); });
    }
    ~Forgetful() {
        reactor_.unwatch(listening_.get());
        for (const auto& [fd, connection] : connections_)
            reactor_.unwatch(fd);
    }
    Forgetful(const Forgetful&) = delete;
    Forgetful& operator=(const Forgetful&) = delete;
    Forgetful(Forgetful&&) = delete;
    Forgetful& operator=(Forgetful&&) = delete;

    int accepted = 0, requests = 0;

  private:
    struct Connection {
        UniqueFd socket;
        int served = 0;
    };

    void accept() {
        UniqueFd socket(::accept(listening_.get(), nullptr, nullptr));
        const int fd = socket.get();
        ++accepted;
        connections_[fd].socket = std::move(socket);
        reactor_.watch(fd, POLLIN, [this, fd](short) { serve(fd); });
    }
    void serve(int fd) {
        std::array<char, 4096> bytes{};
        const auto count = ::recv(fd, bytes.data(), bytes.size(), 0);
        auto& connection = connections_[fd];
        if (count > 0) ++requests;
        if (count <= 0 || connection.served++ > 0) {
            reactor_.unwatch(fd);
            connections_.erase(fd);
            return;
        }
        const auto answer = http_answer("200 OK", "well");
        CHECK(::send(fd, answer.data(), answer.size(), 0) == static_cast<ssize_t>(answer.size()));
    }

    Reactor& reactor_;
    UniqueFd listening_;
    std::map<int, Connection> connections_;
};

}  // namespace

TEST_CASE("a request to a unix socket says who asks, where, and how much follows", "[plain_http]") {
    const TemporaryFolder folder;
    Client client;
    const SocketServer server(client.reactor, listen_on_unix_socket(folder.at("s")),
                              {http_answer("200 All right", "well")});
    const auto answer = client.ask(post_to(folder.at("s")));
    REQUIRE(answer);
    REQUIRE(answer->ok());
    CHECK((*answer)->status == 200);
    CHECK((*answer)->reason == "All right");
    CHECK((*answer)->body == "well");
    const auto& request = server.request();
    CHECK(request.starts_with("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\n"));
    CHECK(request.find("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != std::string::npos);
    CHECK(request.ends_with("\r\nContent-Length: 25\r\n\r\n<methodCall></methodCall>"));
}

TEST_CASE("a connection that the server gave up is made anew, and the request sent once more",
          "[plain_http]") {
    const TemporaryFolder folder;
    Client client;
    Forgetful server(client.reactor, folder.at("s"));
    for (int i = 0; i < 2; ++i) {
        const auto answer = client.ask(post_to(folder.at("s")));
        REQUIRE(answer);
        REQUIRE(answer->ok());
        CHECK((*answer)->body == "well");
    }
    CHECK(server.accepted == 2);
    CHECK(server.requests == 3);
}

TEST_CASE("a unix socket whose queue is full is waited for", "[plain_http]") {
    const TemporaryFolder folder;
    const std::string path = folder.at("s");
    UniqueFd listening = listen_on_unix_socket(path);
    const auto address = unix_socket_address(path).value();
    std::vector<UniqueFd> queue;
    for (int reason = 0; reason == 0;) {
        REQUIRE(queue.size() < 10'000);
        queue.push_back(std::move(open_stream_socket(AF_UNIX).value()));
        reason = begin_connect(queue.back().get(), address);
        if (reason != 0) REQUIRE(reason == EAGAIN);
    }
    Client client;
    std::optional<Result<HttpResponse>> answer;
    client.http.send(post_to(path), [&answer](Result<HttpResponse> got) { answer = std::move(got); });
    client.reactor.run_until([&answer] { return answer.has_value(); }, Reactor::now() + Duration{50});
    CHECK_FALSE(answer);
    queue.clear();
    const SocketServer server(client.reactor, std::move(listening), {http_answer("200 OK", "well")});
    client.reactor.run_until([&answer] { return answer.has_value(); }, Reactor::now() + patience);
    REQUIRE(answer);
    REQUIRE(answer->ok());
    CHECK((*answer)->body == "well");
}

TEST_CASE("many requests at once have a connection each", "[plain_http]") {
    const TemporaryFolder folder;
    Client client;
    const SocketServer server(client.reactor, listen_on_unix_socket(folder.at("s")),
                              {http_answer("200 OK", "well")});
    int answers = 0;
    for (int i = 0; i < 20; ++i)
        client.http.send(post_to(folder.at("s")), [&answers](const Result<HttpResponse>& got) {
            CHECK(got.ok());
            ++answers;
        });
    CHECK(client.reactor.run_until([&answers] { return answers == 20; }, Reactor::now() + patience));
}

TEST_CASE("a client that is destroyed answers nothing", "[plain_http]") {
    const TemporaryFolder folder;
    Reactor reactor;
    const SocketServer server(reactor, listen_on_unix_socket(folder.at("s")),
                              {http_answer("200 OK", "well")});
    bool answered = false;
    {
        HttpClient http(reactor);
        for (const auto* const socket : {"s", "s", "none"})
            http.send(post_to(folder.at(socket)), [&answered](const auto&) { answered = true; });
    }
    const bool any = reactor.run_until([&answered] { return answered; }, Reactor::now() + Duration{50});
    CHECK_FALSE(any);
}

}  // namespace plain_http_contract
