#include <keenlance/system/stream_socket.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace keenlance {

Result<UniqueFd> open_stream_socket(int family) {
    UniqueFd socket(::socket(family, SOCK_STREAM, 0));
    if (!socket) return Error{ErrorKind::system, errno, std::string("socket: ") + std::strerror(errno)};
    ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return socket;
}

Result<std::string> unix_socket_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{ErrorKind::invalid, 0,
                     fmt::format("its path has {} bytes, and that of a socket at most {}", path.size(),
                                 sizeof address.sun_path - 1)};
    path.copy(address.sun_path, path.size());
    // NOLINTNEXTLINE(*-reinterpret-cast): the API's way
    return std::string(reinterpret_cast<const char*>(&address), sizeof address);
}

int begin_connect(int socket, const std::string& address) {
    // NOLINTNEXTLINE(*-reinterpret-cast): the API's way
    const auto* const bytes = reinterpret_cast<const sockaddr*>(address.data());
    return ::connect(socket, bytes, static_cast<socklen_t>(address.size())) == 0 ? 0 : errno;
}

}  // namespace keenlance
