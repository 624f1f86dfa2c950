#include "socket_server.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace keenlance {

SocketServer::SocketServer(Reactor& reactor, UniqueFd listening, ServerPlay play)
    : reactor_(reactor), listening_(std::move(listening)), play_(std::move(play)) {
    reactor_.watch(listening_.get(), POLLIN, [this](short) { on_connect(); });
}

SocketServer::~SocketServer() {
    reactor_.unwatch(listening_.get());
    while (!connections_.empty())
        hang_up(connections_.begin()->second);
}

void SocketServer::on_connect() {
    UniqueFd socket(::accept(listening_.get(), nullptr, nullptr));
    if (!socket) return;
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    const int fd = socket.get();
    auto& connection = connections_[fd];
    connection.socket = std::move(socket);
    reactor_.watch(fd, POLLIN, [this, &connection](short events) { on_ready(connection, events); });
}

void SocketServer::on_ready(Connection& connection, short events) {
    if ((events & POLLIN) != 0) {
        std::array<char, 4096> bytes{};
        const auto count = ::read(connection.socket.get(), bytes.data(), bytes.size());
        if (count <= 0) return hang_up(connection);
        connection.request.append(bytes.data(), static_cast<std::size_t>(count));
        if (connection.request.find(play_.request_end) == std::string::npos) return;
        request_ = std::exchange(connection.request, {});
        connection.to_say = play_.says;
    }
    speak(connection);
}

void SocketServer::speak(Connection& connection) {
    const int fd = connection.socket.get();
    const auto sent =
        ::send(fd, connection.to_say.data(), connection.to_say.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return hang_up(connection);
    if (sent > 0) connection.to_say.erase(0, static_cast<std::size_t>(sent));
    if (connection.to_say.empty()) return go_on(connection);
    reactor_.watch(fd, POLLIN | POLLOUT, [this, &connection](short events) { on_ready(connection, events); });
}

void SocketServer::go_on(Connection& connection) {
    if (play_.repeats.empty() && play_.then == ServerPlay::Then::close) return hang_up(connection);
    reactor_.watch(connection.socket.get(), POLLIN,
                   [this, &connection](short events) { on_ready(connection, events); });
    if (play_.repeats.empty()) return;
    connection.timer = reactor_.after(play_.pause, [this, &connection] {
        connection.to_say = play_.repeats;
        speak(connection);
    });
}

void SocketServer::hang_up(Connection& connection) {
    const int fd = connection.socket.get();
    reactor_.cancel(connection.timer);
    reactor_.unwatch(fd);
    connections_.erase(fd);
}

std::string http_answer(const std::string& status, const std::string& body) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{}", status,
                       body.size(), body);
}

}  // namespace keenlance
