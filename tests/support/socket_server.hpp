#pragma once
/// A server that behaves as badly as a test wants, turned by the test's own Reactor.

#include <keenlance/system/reactor.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <map>
#include <string>

namespace keenlance {

/// What each connection meets once its request is there.
struct ServerPlay {
    enum class Then { hold, close };

    std::string says;
    std::string repeats{};   ///< after that, again and again without an end
    Duration pause{0};       ///< between two repeats; 0: as fast as it is taken
    Then then = Then::hold;  ///< when all is said
    std::string request_end = "</methodCall>";
};

/// HTTP by hand: what `says` begins with "HTTP/1.1 200 OK" or not is the test's affair.
class SocketServer {
  public:
    /// `listening` does not block.
    SocketServer(Reactor& reactor, UniqueFd listening, ServerPlay play);
    ~SocketServer();
    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;
    SocketServer(SocketServer&&) = delete;
    SocketServer& operator=(SocketServer&&) = delete;

    /// Of the last connection, headers and all.
    [[nodiscard]] const std::string& request() const { return request_; }

  private:
    struct Connection {
        UniqueFd socket;
        std::string request;
        std::string to_say;
        Reactor::TimerId timer = 0;
    };

    void on_connect();
    void on_ready(Connection& connection, short events);
    void speak(Connection& connection);
    void go_on(Connection& connection);
    void hang_up(Connection& connection);

    Reactor& reactor_;
    UniqueFd listening_;
    ServerPlay play_;
    std::string request_;
    std::map<int, Connection> connections_;
};

/// A whole HTTP answer.
std::string http_answer(const std::string& status, const std::string& body);

}  // namespace keenlance
