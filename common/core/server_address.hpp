#pragma once
/// Where supervisord's RPC interface is, as SUPERVISOR_SERVER_URL or a `serverurl=` says it. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <string>
#include <string_view>

namespace keenlance {

/// A server URL taken apart.
struct ServerAddress {
    std::string
        unix_path;     ///< of unix:// URLs, perhaps with a path behind the socket's; empty for http and https
    std::string url;   ///< of http and https URLs: scheme, host, port and the path to post to
    std::string user;  ///< from user:pass@ in the URL, percent-decoded
    std::string password;
    std::string shown;  ///< the URL without its password, for messages

    friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

/// unix:///run/supervisor.sock, http://host:9001, https://user:pass@host/prefix; /RPC2 is appended where the
/// path does not already end in it, as supervisor's own clients always post there. Error `invalid` names what
/// is wrong.
KEENLANCE_API Result<ServerAddress> parse_server_address(std::string_view url);

}  // namespace keenlance
