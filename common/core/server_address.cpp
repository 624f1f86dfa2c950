#include <keenlance/core/http_check.hpp>
#include <keenlance/core/percent_encoding.hpp>
#include <keenlance/core/server_address.hpp>
#include <keenlance/core/text.hpp>

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

    const std::string_view scheme = plain ? "http://" : "https://";
    std::string_view rest = url.substr(scheme.size());
    rest = rest.substr(0, rest.find_first_of("?#"));
    const auto slash = std::min(rest.find('/'), rest.size());
    std::string_view host = rest.substr(0, slash);
    if (const auto at = host.rfind('@'); at != std::string_view::npos) {
        const auto login = host.substr(0, at);
        const auto colon = login.find(':');
        address.user = percent_decoded(login.substr(0, colon));
        if (colon != std::string_view::npos) address.password = percent_decoded(login.substr(colon + 1));
        host.remove_prefix(at + 1);
    }
    if (host.empty()) return Error{ErrorKind::invalid, 0, "'" + address.shown + "' names no host"};
    address.url = std::string(scheme) + std::string(host) + posting_path(rest.substr(slash));
    return address;
}

}  // namespace keenlance
