#include <keenlance/core/percent_encoding.hpp>
#include <keenlance/core/url.hpp>

#include <algorithm>

namespace keenlance {

UrlParts split_url(std::string_view url) {
    UrlParts parts;
    const auto colon = url.find("://");
    if (colon != std::string_view::npos) parts.scheme = url.substr(0, colon + 3);
    parts.host = url.substr(parts.scheme.size());
    const auto end = std::min(parts.host.find_first_of("/?#"), parts.host.size());
    parts.rest = parts.host.substr(end);
    parts.host = parts.host.substr(0, end);
    if (const auto at = parts.host.rfind('@'); at != std::string_view::npos) {
        parts.login = parts.host.substr(0, at);
        parts.host.remove_prefix(at + 1);
    }
    return parts;
}

UrlLogin decode_login(std::string_view login) {
    const auto colon = login.find(':');
    UrlLogin decoded{percent_decoded(login.substr(0, colon)), std::nullopt};
    if (colon != std::string_view::npos) decoded.password = percent_decoded(login.substr(colon + 1));
    return decoded;
}

}  // namespace keenlance
