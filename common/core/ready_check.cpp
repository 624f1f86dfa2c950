#include <keenlance/core/http_check.hpp>
#include <keenlance/core/ready_check.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/url.hpp>
#include <keenlance/core/whole_number.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

namespace keenlance {

namespace {

struct Scheme {
    std::string_view prefix;
    ReadyKind kind;
};

constexpr std::array<Scheme, 6> schemes{{{"tcp://", ReadyKind::tcp},
                                         {"http://", ReadyKind::http},
                                         {"https://", ReadyKind::http},
                                         {"unix://", ReadyKind::unix_socket},
                                         {"file://", ReadyKind::file},
                                         {"exec:", ReadyKind::command}}};

Error wrong(std::string_view text, std::string_view why) {
    return {ErrorKind::invalid, 0, "'" + printable(without_password(text)) + "' " + std::string(why)};
}

bool is_host_character(char ch) {
    const bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
    const bool digit = ch >= '0' && ch <= '9';
    return letter || digit || ch == '-' || ch == '.' || ch == '_';
}

bool is_host_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_host_character);
}

/// What stands between the brackets: "::1", "fe80::1%eth0".
bool is_ipv6(std::string_view text) {
    const auto zone = text.find('%');
    if (zone != std::string_view::npos && !is_host_name(text.substr(zone + 1))) return false;
    in6_addr ignored{};
    return ::inet_pton(AF_INET6, std::string(text.substr(0, zone)).c_str(), &ignored) == 1;
}

/// What is wrong with "host", "host:port" or "[::1]:port"; nothing: it is sound. Says where the port is.
std::optional<std::string_view> fault_of(std::string_view host, std::optional<std::string_view>& port) {
    const auto colon = host.rfind(':');
    const auto bracket = host.rfind(']');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        port = host.substr(colon + 1);
        host = host.substr(0, colon);
        const auto number = whole_number<int>(*port);
        if (!number || *number < 1 || *number > 65'535) return "has no port from 1 to 65535 behind its colon";
    }
    if (host.empty()) return "names no host";
    if (host.starts_with('[')) {
        if (host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2))) return std::nullopt;
        return "has no IPv6 address in its brackets";
    }
    if (host.find(':') != std::string_view::npos) return "needs brackets around an IPv6 address: [::1]:80";
    if (!is_host_name(host)) return "has a host with a character that no host name has";
    return std::nullopt;
}

std::optional<std::string_view> fault_of_server(std::string_view target) {
    std::optional<std::string_view> port;
    if (const auto fault = fault_of(target, port)) return fault;
    if (!port) return "names no port: write tcp://host:port";
    return std::nullopt;
}

std::optional<std::string_view> fault_of_url(std::string_view url) {
    const auto is_blank = [](char ch) { return static_cast<unsigned char>(ch) <= 0x20U || ch == 0x7F; };
    if (std::ranges::any_of(url, is_blank)) return "holds a blank: write %20";
    const auto parts = split_url(url);
    if (parts.login && parts.login->find('@') != std::string_view::npos)
        return "has an @ in its login: write %40";
    std::optional<std::string_view> port;
    return fault_of(parts.host, port);
}

std::optional<std::string_view> fault_of(const ReadyCheck& check) {
    switch (check.kind) {
        case ReadyKind::tcp:
            return fault_of_server(check.target);
        case ReadyKind::http:
            return fault_of_url(check.target);
        case ReadyKind::unix_socket:
            if (!check.target.starts_with('/')) return "has no absolute path: write unix:///path/to.sock";
            break;
        case ReadyKind::file:
            if (!check.target.starts_with('/')) return "has no absolute path: write file:///path/to/file";
            break;
        case ReadyKind::command:
            if (check.target.empty()) return "has no command: write exec:command";
            break;
    }
    return std::nullopt;
}

}  // namespace

Result<ReadyCheck> parse_ready_check(std::string_view text) {
    text = trim(text);
    if (text.find('\0') != std::string_view::npos) return wrong(text, "holds a NUL byte");
    const auto begins_text = [text](const Scheme& scheme) {
        return to_lower(text.substr(0, scheme.prefix.size())) == scheme.prefix;
    };
    const auto* const scheme = std::ranges::find_if(schemes, begins_text);
    if (scheme == schemes.end())
        return wrong(text,
                     "is no readiness check: write tcp://host:port, http://..., https://..., unix:///path, "
                     "file:///path or exec:command");
    ReadyCheck check;
    check.kind = scheme->kind;
    check.target = text.substr(scheme->prefix.size());
    if (check.kind == ReadyKind::command) check.target = trim(check.target);
    if (check.kind == ReadyKind::http) check.target.insert(0, scheme->prefix);
    if (const auto fault = fault_of(check)) return wrong(text, *fault);
    return check;
}

std::string to_string(const ReadyCheck& check) {
    std::string text;
    if (check.kind == ReadyKind::http) {
        text = without_password(check.target);
    } else {
        text = std::ranges::find(schemes, check.kind, &Scheme::kind)->prefix;
        text += check.target;
    }
    return printable(text, text.size());
}

}  // namespace keenlance
