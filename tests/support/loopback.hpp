#pragma once
/// Sockets of 127.0.0.1 and of the file system, for tests that play a server.

#include <keenlance/system/unique_fd.hpp>

#include <string>

namespace keenlance {

/// Bound to a free port, listening, not blocking.
UniqueFd listen_on_loopback();
UniqueFd listen_on_unix_socket(const std::string& path);
int port_of(const UniqueFd& socket);
/// A port nobody listens on, at least for the moment.
int unused_port();
/// Whether somebody accepts.
bool can_connect(int port);
bool can_connect(const std::string& unix_path);

}  // namespace keenlance
