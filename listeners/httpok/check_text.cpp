#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/httpok/check_text.hpp>

#include <algorithm>
#include <array>

namespace keenlance::httpok {

namespace {

Error at_line(std::size_t line, const Error& error) {
    return line == 0 ? error : invalid(fmt::format("{}: {}", line, error.message));
}

Result<StatusRange> parse_range(std::string_view text) {
    text = trim(text);
    const auto lower = to_lower(text);
    if (lower.size() == 3 && lower.ends_with("xx") && lower[0] >= '1' && lower[0] <= '9') {
        const int first = (lower[0] - '0') * 100;
        return StatusRange{first, first + 99};
    }
    const auto dash = text.find('-', 1);
    const auto least = parse_integer(text.substr(0, dash), 100, 999);
    if (!least) return least.error();
    if (dash == std::string_view::npos)
        return StatusRange{static_cast<int>(*least), static_cast<int>(*least)};
    const auto most = parse_integer(text.substr(dash + 1), 100, 999);
    if (!most) return most.error();
    if (*most < *least) return invalid(fmt::format("'{}' ends before it begins", printable(text)));
    return StatusRange{static_cast<int>(*least), static_cast<int>(*most)};
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char ch) {
        const bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
        return letter || (ch >= '0' && ch <= '9') || marks.find(ch) != std::string_view::npos;
    });
}

/// "Name: value" without blanks at its ends. What it holds is not quoted: it may be a secret.
Result<std::string> parse_header(std::string_view text) {
    const auto colon = text.find(':');
    const auto name = trim(text.substr(0, colon));
    if (colon == std::string_view::npos || !is_token(name))
        return invalid("it is no header: write NAME: VALUE");
    const auto value = trim(text.substr(colon + 1));
    const auto is_forbidden = [](char ch) {
        return (static_cast<unsigned char>(ch) < 0x20U && ch != '\t') || ch == 0x7F;
    };
    if (std::ranges::any_of(value, is_forbidden))
        return invalid(fmt::format("the header {} has a control character in its value", name));
    return fmt::format("{}: {}", name, value);
}

Result<std::vector<StatusRange>> parse_codes(std::string_view text) {
    std::vector<StatusRange> ranges;
    for (const auto word : split(text, ',')) {
        const auto range = parse_range(word);
        if (!range) return range.error();
        ranges.push_back(*range);
    }
    return ranges;
}

Status set_timeout(Wishes& wishes, const std::string& value) {
    const auto timeout = parse_seconds(value);
    if (!timeout) return timeout.error();
    if (timeout->count() == 0) return invalid("a check needs more than 0 seconds");
    wishes.timeout = *timeout;
    return Done{};
}

Status set_insecure(Wishes& wishes, const std::string& value) {
    const auto word = to_lower(trim(value));
    if (word != "yes" && word != "no")
        return invalid(fmt::format("'{}' is neither yes nor no", printable(value)));
    wishes.verification = word == "yes" ? Verification::off : Verification::on;
    return Done{};
}

Status set_cacert(Wishes& wishes, const std::string& value) {
    if (!value.starts_with('/')) return invalid(fmt::format("'{}' is no absolute path", printable(value)));
    wishes.authorities = value;
    return Done{};
}

bool is_for_all_targets(std::string_view setting) {
    return setting == "timeout";
}

/// Whether the whole text is a target: what is before its first "=" is no pattern.
bool is_target(std::string_view before_equals) {
    return before_equals.find("://") != std::string_view::npos ||
           to_lower(before_equals.substr(0, 5)) == "exec:";
}

void overlay(HttpCheck& http, std::vector<StatusRange>& good, const Wishes& wishes) {
    if (wishes.timeout) http.timeout = *wishes.timeout;
    if (wishes.method) http.method = *wishes.method;
    if (wishes.needle) http.needle = wishes.needle;
    if (wishes.pattern) http.pattern = wishes.pattern;
    if (wishes.authorities) http.authorities = *wishes.authorities;
    if (wishes.verification) http.verification = *wishes.verification;
    if (!wishes.good.empty()) good = wishes.good;
    for (const auto& header : wishes.headers) {
        const auto name = to_lower(header.substr(0, header.find(':') + 1));
        std::erase_if(http.headers,
                      [&](const std::string& other) { return to_lower(other).starts_with(name); });
    }
    http.headers.insert(http.headers.end(), wishes.headers.begin(), wishes.headers.end());
}

}  // namespace

Status set(Wishes& wishes, std::string_view name, const std::string& value) {
    if (value.find('\0') != std::string::npos) return invalid("it holds a NUL byte");
    if (name == "timeout") return set_timeout(wishes, value);
    if (name == "insecure") return set_insecure(wishes, value);
    if (name == "cacert") return set_cacert(wishes, value);
    if (name == "code") {
        auto codes = parse_codes(value);
        if (!codes) return codes.error();
        wishes.good.insert(wishes.good.end(), codes->begin(), codes->end());
    } else if (name == "header") {
        auto header = parse_header(value);
        if (!header) return header.error();
        wishes.headers.push_back(std::move(*header));
    } else if (name == "method") {
        if (!is_token(trim(value))) return invalid(fmt::format("'{}' is no method", printable(value)));
        wishes.method = to_upper(trim(value));
    } else if (name == "body") {
        wishes.needle = value;
    } else if (name == "regex") {
        auto pattern = BodyPattern::compile(value);
        if (!pattern) return pattern.error();
        wishes.pattern = std::move(*pattern);
    } else {
        return invalid(
            fmt::format("'{}' is no setting of a check: timeout, code, header, method, body, regex, "
                        "insecure and cacert are",
                        printable(name)));
    }
    return Done{};
}

Result<CheckText> parse_check(std::string_view text) {
    CheckText check;
    text = trim(text);
    if (text.find_first_of("\n\r") != std::string_view::npos || text.find('\0') != std::string_view::npos)
        return invalid("a check is one line, without NUL bytes");
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || is_target(text.substr(0, equals))) {
        check.target = text;
    } else {
        for (const auto pattern : split(text.substr(0, equals), ',')) {
            if (trim(pattern).empty()) continue;
            if (split_words(pattern).size() > 1)
                return invalid(fmt::format("'{}' are several names: write commas between them",
                                           printable(trim(pattern))));
            check.patterns.emplace_back(trim(pattern));
        }
        if (check.patterns.empty())
            return invalid(
                fmt::format("'{}' names no process before its =", printable(without_password(text))));
        check.target = trim(text.substr(equals + 1));
    }
    if (check.target.empty())
        return invalid(fmt::format("'{}' has no target: write PATTERN=TARGET", printable(text)));
    return check;
}

Result<std::vector<CheckText>> parse_checks(std::string_view text) {
    std::vector<CheckText> checks;
    std::size_t number = 0;
    for (const auto line : split(text, '\n')) {
        ++number;
        const auto content = trim(line);
        if (content.empty() || content.starts_with('#')) continue;
        if (line.front() == ' ' || line.front() == '\t') {
            if (checks.empty())
                return at_line(number, invalid("an indented line belongs to a check above it"));
            const auto equals = content.find('=');
            if (equals == std::string_view::npos)
                return at_line(number,
                               invalid("an indented line is NAME=VALUE, a setting of the check above it"));
            checks.back().settings.push_back({to_lower(trim(content.substr(0, equals))),
                                              std::string(trim(content.substr(equals + 1))), number});
            continue;
        }
        auto check = parse_check(line);
        if (!check) return at_line(number, check.error());
        check->line = number;
        checks.push_back(std::move(*check));
    }
    return checks;
}

Result<Check> make_check(const CheckText& text, const About& fallback, const Wishes& usual) {
    Check check;
    check.target = text.target;
    check.about = text.patterns.empty() ? fallback : About{About::Kind::patterns, text.patterns};
    if (check.about.kind == About::Kind::named && check.about.words.empty()) check.about = {};
    if (has_placeholders(check.target)) check.scope = Check::Scope::each;

    Wishes own;
    for (const auto& setting : text.settings)
        if (const auto status = set(own, setting.name, setting.value); !status)
            return at_line(setting.line,
                           invalid(fmt::format("{}: {}", printable(setting.name), status.error().message)));
    overlay(check.http, check.good, usual);
    overlay(check.http, check.good, own);

    if (check.scope == Check::Scope::each && check.about.kind == About::Kind::nothing)
        return at_line(text.line, invalid(fmt::format("'{}' has placeholders, but no process to fill them: "
                                                      "write PATTERN={}",
                                                      printable(without_password(check.target)),
                                                      printable(without_password(check.target)))));
    std::optional<Instance> sample;
    if (check.scope == Check::Scope::each) sample = Instance{{"app", "app1"}, "localhost", 1};
    const auto attempt = attempt_of(check, sample);
    if (!attempt) return at_line(text.line, attempt.error());
    if (check.scope == Check::Scope::together) check.attempt = *attempt;
    if (!std::holds_alternative<HttpCheck>(attempt->what))
        for (const auto& setting : text.settings)
            if (!is_for_all_targets(setting.name))
                return at_line(setting.line,
                               invalid(fmt::format("{} is for what is asked over HTTP, and {} is not",
                                                   setting.name, attempt->shown)));
    return check;
}

Result<Check> make_plain_check(const std::string& url, const About& about, const Wishes& usual) {
    Check check;
    check.target = url;
    check.about = about;
    check.telling = Check::Telling::every_failure;
    overlay(check.http, check.good, usual);
    const auto lower = to_lower(url);
    const auto is_url = [&](std::string_view scheme) {
        return lower.starts_with(scheme) && lower.size() > scheme.size() &&
               !lower.substr(scheme.size()).starts_with("unix:");
    };
    if (is_url("http://") || is_url("https://")) {  // libcurl's to judge, as it always was
        check.http.url = url;
        check.attempt = {check.http, without_password(url)};
        return check;
    }
    auto attempt = attempt_of(check);
    if (!attempt) return attempt.error();
    check.attempt = std::move(*attempt);
    return check;
}

}  // namespace keenlance::httpok
