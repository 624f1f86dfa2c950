#pragma once
/// One HTTP health check and its outcome, as facts and actions carry them.

#include <keenlance/core/body_pattern.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Whether the certificate of an https server has to be good.
enum class Verification { on, off };

/// A request, bounded as a whole by `timeout`; refused connections are retried within it.
struct HttpCheck {
    std::string url;  ///< http or https; user:pass@ is sent as basic auth
    Duration timeout{10'000};
    std::optional<std::string> needle;     ///< bytes to look for in the body
    std::optional<BodyPattern> pattern{};  ///< to look for in the first most_matched_body bytes of it
    std::string method = "GET";            ///< sent as it is; after HEAD no body is waited for
    std::vector<std::string> headers{};    ///< "Name: value", in place of what we would send by that name
    std::string unix_socket{};             ///< connect here instead of to the URL's host
    Verification verification = Verification::on;
    std::string authorities{};  ///< a file of certificates (PEM) instead of the system's

    friend bool operator==(const HttpCheck&, const HttpCheck&) = default;
};

/// What the server answered, or why there is no answer.
struct HttpOutcome {
    int status = 0;      ///< 0: no complete answer; `error` says why
    std::string reason;  ///< "OK", "Bad Gateway"; empty in HTTP/2 and where the server sent none
    std::string error;
    bool needle_found = false;   ///< only with HttpCheck::needle
    bool pattern_found = false;  ///< only with HttpCheck::pattern

    friend bool operator==(const HttpOutcome&, const HttpOutcome&) = default;
};

/// The URL without the password of its user:pass@, for logs and mails.
KEENLANCE_API std::string without_password(std::string_view url);

}  // namespace keenlance
