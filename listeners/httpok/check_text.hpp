#pragma once
/// Checks as operators write them: --check, the lines of a checks file, and the options that say how. Pure.
///
///   # what these lines are about
///   app:web-*,api=http://127.0.0.1:80{num}/health
///       timeout = 5s
///       code = 2xx, 404
///   exec:/usr/local/bin/check everything

#include <keenlance/core/http_check.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>

#include <listeners/httpok/check.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::httpok {

/// How a check is to be tried; what is not said here is left to the command line, and then to the defaults.
struct Wishes {
    std::optional<Duration> timeout{};
    std::vector<StatusRange> good{};
    std::vector<std::string> headers{};
    std::optional<std::string> method{}, needle{}, authorities{};
    std::optional<BodyPattern> pattern{};
    std::optional<Verification> verification{};
};

/// "timeout", "code", "header", "method", "body", "regex", "insecure" (yes, no) or "cacert" with its value;
/// `code` and `header` add to what was said before, the others replace it. Error `invalid` quotes the value.
Status set(Wishes& wishes, std::string_view name, const std::string& value);

/// One check as it was written.
struct CheckText {
    std::vector<std::string> patterns;  ///< may be empty
    std::string target;
    struct Setting {
        std::string name, value;
        std::size_t line = 0;
    };
    std::vector<Setting> settings{};
    std::size_t line = 0;  ///< in its file, from 1; 0: it is of none
};

/// "PATTERN[,PATTERN]=TARGET" or "TARGET" in one line. Error `invalid` quotes what is wrong.
Result<CheckText> parse_check(std::string_view text);

/// The text of a checks file. Error `invalid` begins with the line's number and a colon.
Result<std::vector<CheckText>> parse_checks(std::string_view text);

/// The check; `fallback` is about the processes of a text without patterns, and `usual` what the command line
/// says of all checks. A compiled regular expression and a valid target are in it. Errors as of parse_checks
/// where the text is from a file.
Result<Check> make_check(const CheckText& text, const About& fallback, const Wishes& usual);

/// superlance's URL, taken as it is: no placeholders, each failure told.
Result<Check> make_plain_check(const std::string& url, const About& about, const Wishes& usual);

}  // namespace keenlance::httpok
