#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/xml_source_internal.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace keenlance::xml {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// XML-RPC's own tags have no attributes and fit in 20 bytes; this leaves room for the name-space declarations
// of others.
constexpr std::size_t longest_tag = 2048;
constexpr std::size_t longest_reference = 16;

enum class Markup {
    none,        // the beginning or the end of the document, a declaration
    opening,     // <a>
    closing,     // </a>
    empty,       // <a/>
    transparent  // a comment or CDATA: text goes on behind it
};

/// Markup at the head of a text; `size` is npos where its end is missing.
struct Piece {
    Markup kind = Markup::none;
    std::size_t size = 0;
};

std::size_t size_until(std::string_view text, std::string_view ending, std::size_t from) {
    const auto at = text.find(ending, from);
    return at == npos ? npos : at + ending.size();
}

Piece tag_at(std::string_view text) {
    char quote = 0;
    const std::size_t most = std::min(text.size(), longest_tag);
    for (std::size_t i = 1; i < most; ++i) {
        const char ch = text[i];
        if (quote != 0) {
            if (ch == quote) quote = 0;
        } else if (ch == '"' || ch == '\'') {
            quote = ch;
        } else if (ch == '>') {
            const auto inside = trim(text.substr(1, i - 1));
            if (inside.starts_with('/')) return {Markup::closing, i + 1};
            return {inside.ends_with('/') ? Markup::empty : Markup::opening, i + 1};
        }
    }
    return {Markup::opening, npos};
}

Piece markup_at(std::string_view text) {
    if (text.empty()) return {};
    if (text.starts_with("<!--")) return {Markup::transparent, size_until(text, "-->", 4)};
    if (text.starts_with("<![CDATA[")) return {Markup::transparent, size_until(text, "]]>", 9)};
    if (text.starts_with("<?")) return {Markup::none, size_until(text, "?>", 2)};
    if (text.starts_with("<!")) return {Markup::none, size_until(text, ">", 2)};
    return tag_at(text);
}

/// White space in the given place is a string's, not the layout of the elements around it.
bool is_content(Markup before, Markup after) {
    return (before == Markup::opening || before == Markup::transparent) &&
           (after == Markup::closing || after == Markup::transparent);
}

void append_text(std::string& out, std::string_view text, Markup before, Markup after) {
    if (!text.empty() && is_content(before, after) && trim(text).empty()) {
        out += fmt::format("&#{};", static_cast<int>(text[0]));
        text.remove_prefix(1);
    }
    out += text;
}

Error refusal(std::string_view markup, std::string_view why) {
    return {ErrorKind::malformed, 0, fmt::format("'{}' {}", printable(markup, 40), why)};
}

std::optional<std::string> referenced(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> entities{
        {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}}};
    for (const auto& [entity, character] : entities)
        if (name == entity) return std::string(character);
    if (!name.starts_with('#')) return std::nullopt;
    const bool hexadecimal = name.starts_with("#x");
    const auto digits = name.substr(hexadecimal ? 2 : 1);
    std::uint32_t code = 0;
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, code, hexadecimal ? 16 : 10);
    if (read.ec != std::errc{} || read.ptr != end || code == 0) return std::nullopt;
    return python::character(code);
}

}  // namespace

bool is_plain(std::string_view text) {
    return std::ranges::none_of(
        text, [](char ch) { return ch == '\r' || ch == '\0' || static_cast<unsigned char>(ch) >= 0x80U; });
}

std::string mend(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = valid_utf8_at(text);
        if (length == 0 || text[0] == '\0') {
            out += '?';
        } else if (text[0] != '\r') {
            out += text.substr(0, length);
        } else if (!text.starts_with("\r\n")) {
            out += '\n';
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

Result<std::string> prepare(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const std::string mended = is_plain(text) ? std::string() : mend(text);
    if (!mended.empty()) text = mended;

    std::string out;
    out.reserve(text.size());
    std::size_t depth = 0;
    for (Markup before = Markup::none;;) {
        const std::size_t start = std::min(text.find('<'), text.size());
        const Piece piece = markup_at(text.substr(start));
        if (piece.size == npos) return refusal(text.substr(start), "has no end");
        if (piece.kind == Markup::closing && depth == 0) return refusal(text.substr(start), "ends nothing");
        if (piece.kind == Markup::opening) ++depth;
        if (piece.kind == Markup::closing) --depth;
        if (depth > deepest_element)
            return Error{ErrorKind::too_large, 0,
                         fmt::format("elements nested deeper than {}", deepest_element)};
        append_text(out, text.substr(0, start), before, piece.kind);
        out += text.substr(start, piece.size);
        text.remove_prefix(start + piece.size);
        if (piece.size == 0) return out;
        before = piece.kind;
    }
}

Result<std::string> decode_references(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    for (;;) {
        const auto at = raw.find('&');
        out += raw.substr(0, at);
        if (at == npos) return out;
        raw.remove_prefix(at + 1);
        const auto name = raw.substr(0, raw.substr(0, longest_reference).find(';'));
        const auto character =
            name.size() < longest_reference && name.size() < raw.size() ? referenced(name) : std::nullopt;
        if (!character)
            return Error{ErrorKind::malformed, 0,
                         fmt::format("'&{}' is no character reference", printable(raw, longest_reference))};
        out += *character;
        raw.remove_prefix(name.size() + 1);
    }
}

}  // namespace keenlance::xml
