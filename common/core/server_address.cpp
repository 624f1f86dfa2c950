#include <keenlance/core/http_check.hpp>
#include <keenlance/core/server_address.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/url.hpp>

#include <utility>

namespace keenlance {

namespace {

constexpr std::string_view rpc_path = "/RPC2";

std::string posting_path(std::string_view path) {
    while (path.ends_with('/'))
        path.remove_suffix(1);
    std::string full(path);
    if (!path.ends_with(rpc_path)) full += rpc_path;
    return full;
}

}  // namespace

Result<ServerAddress> parse_server_address(std::string_view url) {
    url = trim(url);
    ServerAddress address;
    address.shown = printable(without_password(url));
    if (url.starts_with("unix://")) {
        address.unix_path = url.substr(7);
        if (!address.unix_path.starts_with('/'))
            return Error{ErrorKind::invalid, 0,
                         "'" + address.shown + "' has no absolute path: write unix:///path/to.sock"};
        return address;
    }
    const bool plain = to_lower(url.substr(0, 7)) == "http://";
    if (!plain && to_lower(url.substr(0, 8)) != "https://")
        return Error{ErrorKind::invalid, 0,
                     "'" + address.shown + "' is no server URL: unix://, http:// or https:// is needed"};

    const auto parts = split_url(url);
    if (parts.login) {
        auto login = decode_login(*parts.login);
        address.user = std::move(login.user);
        address.password = std::move(login.password).value_or("");
    }
    if (parts.host.empty()) return Error{ErrorKind::invalid, 0, "'" + address.shown + "' names no host"};
    const auto path = parts.rest.substr(0, parts.rest.find_first_of("?#"));
    address.url = (plain ? "http://" : "https://") + std::string(parts.host) + posting_path(path);
    return address;
}

}  // namespace keenlance
