#pragma once
/// Stands between the bytes of a peer and tinyxml2 9, which loses white space that is all of a string, stops
/// at NUL and, content, at an end tag too many, and takes quadratic time over tags with very many attributes
/// and over unfinished character references. Pure.

#include <keenlance/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace keenlance::xml {

/// The root element is at depth 1.
inline constexpr std::size_t deepest_element = 98;

/// The same document, fit for tinyxml2 with its own reading of references off: no BOM, line ends are LF as
/// XML 1.0 (2.11) wants them, NUL and what is no UTF-8 are '?', and white space that is all of an element's
/// text begins with a character reference so that it is kept. `too_large` beyond deepest_element; `malformed`
/// when the text ends inside markup, has more end tags than elements, or a tag longer than any XML-RPC one.
/// Whatever else is wrong stays for the parser to find. One linear pass.
Result<std::string> prepare(std::string_view text);

/// mend() would change nothing in it.
bool is_plain(std::string_view text);

/// Line ends are LF; NUL and what is no UTF-8 are '?'.
std::string mend(std::string_view text);

/// "a &lt; b &#38; c" as "a < b & c". `malformed` for what is no reference: an entity of a DTD, no semicolon,
/// a number that is no character.
Result<std::string> decode_references(std::string_view raw);

}  // namespace keenlance::xml
