#pragma once
/// Small string work that several rooms need: trimming, splitting, case, and text made safe for one line.

#include <keenlance/core/export.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Where a search ends that found nothing.
inline constexpr std::size_t npos = std::string_view::npos;

/// Without leading and trailing ASCII white space.
KEENLANCE_API std::string_view trim(std::string_view text);
/// ASCII only, whatever the locale.
KEENLANCE_API std::string to_lower(std::string_view text);
KEENLANCE_API std::string to_upper(std::string_view text);
/// Pieces between separators, empty ones too: split("a,,b", ',') is {"a", "", "b"}; split("", ',') is {""}.
KEENLANCE_API std::vector<std::string_view> split(std::string_view text, char separator);
/// The first word of `text`, which then begins behind it; empty: there is none. ASCII white space separates.
KEENLANCE_API std::string_view take_word(std::string_view& text);
/// All of them, as take_word() gives them.
KEENLANCE_API std::vector<std::string_view> split_words(std::string_view text);
KEENLANCE_API std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// One printable line: a line break with the white space around it becomes one blank, other control
/// characters become '?' or a blank (tabs, C1), invalid UTF-8 becomes '?', and what is longer than `most`
/// bytes is cut at a character with "..." after it. For logs and messages that quote what a peer sent.
KEENLANCE_API std::string printable(std::string_view text, std::size_t most = 200);
/// Length in bytes (1 to 4) of the UTF-8 sequence that begins with `lead`; 1 for a byte that begins none.
KEENLANCE_API std::size_t utf8_sequence_length(unsigned char lead);
/// Length in bytes of the UTF-8 character at the head of `text`, 0 if what stands there is none (RFC 3629:
/// nothing overlong, no surrogate). `text` is not empty.
KEENLANCE_API std::size_t valid_utf8_at(std::string_view text);
/// Whether one UTF-8 character is a control character (C0, DEL, C1) or a line break of Unicode's (U+2028/9).
KEENLANCE_API bool is_control(std::string_view character);

}  // namespace keenlance
