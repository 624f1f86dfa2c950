#include <keenlance/core/text.hpp>
#include <keenlance/notify/secrets.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace keenlance {

namespace {

constexpr std::size_t shortest_scrubbed = 3;  // a password of two letters would blot out every log line

bool is_variable_name(std::string_view text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           std::ranges::all_of(
               text, [](char ch) { return ch == '_' || std::isalnum(static_cast<unsigned char>(ch)) != 0; });
}

}  // namespace

std::optional<std::string> Secrets::find(const std::string& name) {
    std::optional<std::string> value;
    if (const auto found = pairs_.find(name); found != pairs_.end()) {
        value = found->second;
    } else if (environment_) {
        value = environment_(name);
    }
    if (value) remember(*value);
    return value;
}

void Secrets::remember(std::string value) {
    if (value.size() < shortest_scrubbed || std::ranges::find(given_, value) != given_.end()) return;
    given_.push_back(std::move(value));
    // The longest first: one may be a part of another.
    std::ranges::stable_sort(given_, std::ranges::greater{}, &std::string::size);
}

Result<std::string> Secrets::expand(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto dollar = std::min(text.find('$'), text.size());
        out += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.starts_with("${")) {
            const auto end = text.find('}');
            if (end == std::string_view::npos)
                return Error{ErrorKind::invalid, 0, "a '${' has no '}' that ends its name"};
            const std::string name(text.substr(2, end - 2));
            const auto value = find(name);
            if (!value) {
                return Error{ErrorKind::invalid, 0,
                             fmt::format("'${{{}}}' is neither in the --secrets file nor in the environment",
                                         printable(name))};
            }
            out += *value;
            text.remove_prefix(end + 1);
        } else if (!text.empty()) {
            out += '$';
            text.remove_prefix(text.starts_with("$$") ? 2 : 1);
        }
    }
    return out;
}

std::string Secrets::scrub(std::string text) const {
    for (const auto& value : given_)
        for (std::size_t at = 0; (at = text.find(value, at)) != std::string::npos; at += 3)
            text.replace(at, value.size(), "***");
    return text;
}

Result<std::map<std::string, std::string>> parse_secrets(std::string_view text) {
    std::map<std::string, std::string> pairs;
    std::size_t number = 0;
    for (const auto raw : split(text, '\n')) {
        ++number;
        auto line = trim(raw);
        if (line.empty() || line.front() == '#') continue;
        if (line.starts_with("export ")) line = trim(line.substr(7));
        const auto equals = line.find('=');
        const auto name = trim(line.substr(0, equals));
        if (equals == std::string_view::npos || !is_variable_name(name))
            return Error{ErrorKind::invalid, 0, fmt::format("line {} is no NAME=value", number)};
        auto value = trim(line.substr(equals + 1));
        const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                            value.front() == value.back();
        if (quoted) value = value.substr(1, value.size() - 2);
        pairs.insert_or_assign(std::string(name), std::string(value));
    }
    return pairs;
}

}  // namespace keenlance
