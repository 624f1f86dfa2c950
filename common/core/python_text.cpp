#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <algorithm>
#include <limits>

namespace keenlance::python {

namespace {

struct Character {
    std::uint32_t code;  // above Unicode's range for a byte that is no UTF-8
    std::size_t bytes;
};

constexpr std::uint32_t no_character = 0xFFFFFFFFU;

Character character_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80U) return {lead, 1};
    const std::size_t bytes = valid_utf8_at(text.substr(at));
    if (bytes == 0) return {no_character, 1};
    std::uint32_t code = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i)
        code = code << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    return {code, bytes};
}

/// str.isspace: white space, paragraph and segment separators of the bidirectional classes, and category Zs.
bool is_space(std::uint32_t code) {
    if (code < 0x80U)
        return code == 0x20U || (code >= 0x09U && code <= 0x0DU) || (code >= 0x1CU && code <= 0x1FU);
    return code == 0x85U || code == 0xA0U || code == 0x1680U || (code >= 0x2000U && code <= 0x200AU) ||
           code == 0x2028U || code == 0x2029U || code == 0x202FU || code == 0x205FU || code == 0x3000U;
}

std::size_t start_of_character_before(std::string_view text, std::size_t at) {
    std::size_t start = at - 1;
    while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U)
        --start;
    return start + character_at(text, start).bytes == at ? start : at - 1;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const Character here = character_at(text, at);
        if (here.code == no_character) return at;
        at += here.bytes;
    }
    return std::nullopt;
}

std::size_t space_at(std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    const Character here = character_at(text, at);
    return is_space(here.code) ? here.bytes : 0;
}

bool space_before(std::string_view text, std::size_t at) {
    return at > 0 && is_space(character_at(text, start_of_character_before(text, at)).code);
}

std::string_view lstrip(std::string_view text) {
    std::size_t at = 0;
    while (const std::size_t bytes = space_at(text, at))
        at += bytes;
    return text.substr(at);
}

std::string_view rstrip(std::string_view text) {
    while (space_before(text, text.size()))
        text = text.substr(0, start_of_character_before(text, text.size()));
    return text;
}

std::string_view strip(std::string_view text) {
    return lstrip(rstrip(text));
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    for (text = lstrip(text); !text.empty(); text = lstrip(text)) {
        std::size_t end = 0;
        while (end < text.size() && space_at(text, end) == 0)
            end += character_at(text, end).bytes;
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

std::size_t length(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); at += character_at(text, at).bytes)
        ++count;
    return count;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; at < text.size() && count > 0; --count)
        at += character_at(text, at).bytes;
    return text.substr(0, at);
}

std::optional<std::string> character(std::int64_t code) {
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
    const auto bits = static_cast<std::uint32_t>(code);
    if (bits < 0x80U) return std::string(1, static_cast<char>(bits));
    const int followers = bits < 0x800U ? 1 : bits < 0x10000U ? 2 : 3;
    const std::uint32_t lead_mark = followers == 1 ? 0xC0U : followers == 2 ? 0xE0U : 0xF0U;
    std::string out(1, static_cast<char>(lead_mark | bits >> static_cast<unsigned>(6 * followers)));
    for (int i = followers - 1; i >= 0; --i)
        out += static_cast<char>(0x80U | (bits >> static_cast<unsigned>(6 * i) & 0x3FU));
    return out;
}

std::optional<std::int64_t> integer(std::string_view text) {
    text = strip(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::int64_t value = 0;
    bool after_digit = false;
    for (const char ch : text) {
        if (ch == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        if (ch < '0' || ch > '9') return std::nullopt;
        const std::int64_t digit = ch - '0';
        if (value > (most - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
        after_digit = true;
    }
    if (!after_digit) return std::nullopt;
    return negative ? -value : value;
}

std::string directory_of(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return "";
    const std::string_view head = path.substr(0, slash + 1);
    const auto last = head.find_last_not_of('/');
    return std::string(last == std::string_view::npos ? head : head.substr(0, last + 1));
}

std::string join_path(std::string_view base, std::string_view path) {
    if (path.starts_with('/') || base.empty()) return std::string(path);
    std::string out(base);
    if (!base.ends_with('/')) out += '/';
    return out += path;
}

std::string absolute_path(std::string_view path, std::string_view cwd) {
    const std::string joined = join_path(cwd, path);
    std::vector<std::string> parts;
    for (const auto part : keenlance::split(joined, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..")
            parts.emplace_back(part);
        else if (!parts.empty())
            parts.pop_back();
    }
    const bool two_slashes =
        joined.starts_with("//") && !joined.starts_with("///");  // POSIX keeps exactly two
    return (two_slashes ? "//" : "/") + join(parts, "/");
}

}  // namespace keenlance::python
