#pragma once
/// Sockets that nothing waits for and no child inherits.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <string>

namespace keenlance {

/// Of that family (AF_UNIX, AF_INET ...), non-blocking. Error `system`.
KEENLANCE_API Result<UniqueFd> open_stream_socket(int family);

/// The sockaddr_un of that path, as bytes. Error `invalid` where it is too long for one.
KEENLANCE_API Result<std::string> unix_socket_address(const std::string& path);

/// connect() to such bytes: 0, or errno; EINPROGRESS where it is not decided yet, EAGAIN where the queue of a
/// unix socket is full.
KEENLANCE_API int begin_connect(int socket, const std::string& address);

}  // namespace keenlance
