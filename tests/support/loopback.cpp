#include "loopback.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace keenlance {

namespace {

UniqueFd make_socket(int family) {
    UniqueFd socket(::socket(family, SOCK_STREAM, 0));
    if (!socket) throw std::system_error(errno, std::generic_category(), "socket");
    ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    return socket;
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

sockaddr_un unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw std::length_error("too long for a socket: " + path);
    path.copy(address.sun_path, path.size());
    return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
    return reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): the API's way
}

template <class Address>
UniqueFd listen_at(UniqueFd socket, const Address& address) {
    if (::bind(socket.get(), generic(address), sizeof address) != 0 || ::listen(socket.get(), 64) != 0)
        throw std::system_error(errno, std::generic_category(), "bind and listen");
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return socket;
}

}  // namespace

UniqueFd listen_on_loopback() {
    return listen_at(make_socket(AF_INET), loopback(0));
}

UniqueFd listen_on_unix_socket(const std::string& path) {
    return listen_at(make_socket(AF_UNIX), unix_address(path));
}

int port_of(const UniqueFd& socket) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    // NOLINTNEXTLINE(*-reinterpret-cast): the API's way
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::system_error(errno, std::generic_category(), "getsockname");
    return ntohs(address.sin_port);
}

int unused_port() {
    return port_of(listen_on_loopback());
}

bool can_connect(int port) {
    const auto address = loopback(port);
    return ::connect(make_socket(AF_INET).get(), generic(address), sizeof address) == 0;
}

bool can_connect(const std::string& unix_path) {
    const auto address = unix_address(unix_path);
    return ::connect(make_socket(AF_UNIX).get(), generic(address), sizeof address) == 0;
}

}  // namespace keenlance
