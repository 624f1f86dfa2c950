#pragma once
/// A URL taken apart (RFC 3986, 3), as far as several rooms need it. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace keenlance {

/// Pieces of "http://user:pass@host:80/path?query#fragment", as they stand there.
struct UrlParts {
    std::string_view scheme;                ///< "http://"; empty where there is no "://"
    std::optional<std::string_view> login;  ///< "user:pass"; all before the last @ of the authority
    std::string_view host;                  ///< "host:80"
    std::string_view rest;                  ///< "/path?query#fragment"
};
UrlParts split_url(std::string_view url);

/// Percent-decoded; no password where there is no colon.
struct UrlLogin {
    std::string user;
    std::optional<std::string> password;
};
UrlLogin decode_login(std::string_view login);

}  // namespace keenlance
