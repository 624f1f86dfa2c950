#include <keenlance/core/text.hpp>

#include <algorithm>

namespace keenlance {

namespace {

bool is_white_space(char ch) {
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

std::string_view without_leading_space(std::string_view text) {
    while (!text.empty() && is_white_space(text.front()))
        text.remove_prefix(1);
    return text;
}

bool is_continuation(char ch) {
    return (static_cast<unsigned char>(ch) & 0xC0U) == 0x80U;
}

}  // namespace

std::string_view trim(std::string_view text) {
    text = without_leading_space(text);
    while (!text.empty() && is_white_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char ch) {
        return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch - 'A' + 'a') : ch;
    });
    return out;
}

std::string to_upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char ch) {
        return ch >= 'a' && ch <= 'z' ? static_cast<char>(ch - 'a' + 'A') : ch;
    });
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string_view take_word(std::string_view& text) {
    text = without_leading_space(text);
    const auto end = static_cast<std::size_t>(std::ranges::find_if(text, is_white_space) - text.begin());
    const auto word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    for (auto word = take_word(text); !word.empty(); word = take_word(text))
        words.push_back(word);
    return words;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const auto& part : parts) {
        if (&part != &parts.front()) out += separator;
        out += part;
    }
    return out;
}

std::string printable(std::string_view text, std::size_t most) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = valid_utf8_at(text);
        if (out.size() + std::max<std::size_t>(length, 1) > most) return out + "...";
        const char first = text[0];
        if (first == '\n' || first == '\r') {
            while (out.ends_with(' '))
                out.pop_back();
            out += ' ';
            text = without_leading_space(text);
            continue;
        }
        if (length == 0) {
            out += '?';
        } else if (is_control(text.substr(0, length))) {
            out += length > 1 || first == '\t' ? ' ' : '?';
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::size_t utf8_sequence_length(unsigned char lead) {
    if (lead >= 0xF0U && lead <= 0xF7U) return 4;
    if (lead >= 0xE0U && lead < 0xF0U) return 3;
    if (lead >= 0xC0U && lead < 0xE0U) return 2;
    return 1;
}

std::size_t valid_utf8_at(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80U) return 1;
    if (lead < 0xC2U || lead > 0xF4U) return 0;
    const std::size_t length = utf8_sequence_length(lead);
    if (text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(text[i])) return 0;
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (lead == 0xE0U && second < 0xA0U) || (lead == 0xF0U && second < 0x90U);
    const bool surrogate = lead == 0xEDU && second > 0x9FU;
    const bool too_high = lead == 0xF4U && second > 0x8FU;
    return overlong || surrogate || too_high ? 0 : length;
}

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20U || first == 0x7FU;
    const bool c1 = first == 0xC2U && static_cast<unsigned char>(character[1]) < 0xA0U;
    return c1 || character == "\u2028" || character == "\u2029";
}

}  // namespace keenlance
