#pragma once
/// Text as Python's str and os.path take it, wherever supervisord's reading of a file rests on them: strict
/// UTF-8, Unicode white space, lengths in characters, lexical paths. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::python {

/// Where the first byte stands that bytes.decode("utf-8") refuses: overlong forms and surrogates count.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Bytes of the white-space character (str.isspace) that begins at `at`; 0 if none begins there.
std::size_t space_at(std::string_view text, std::size_t at);
/// Whether the character that ends just before `at` is white space.
bool space_before(std::string_view text, std::size_t at);

std::string_view lstrip(std::string_view text);
std::string_view rstrip(std::string_view text);
std::string_view strip(std::string_view text);
/// str.split(): runs of white space separate, no empty pieces.
std::vector<std::string_view> split(std::string_view text);

/// len(): characters; a byte that is no UTF-8 counts as one, as os.environ has it.
std::size_t length(std::string_view text);
/// text[:count], in characters.
std::string_view first_characters(std::string_view text, std::size_t count);
/// chr(); surrogates have no UTF-8 and give nothing.
std::optional<std::string> character(std::int64_t code);

/// int(text): blanks around, a sign, single underscores between ASCII digits. Nothing beyond 64 bits.
std::optional<std::int64_t> integer(std::string_view text);

/// os.path: lexical, links are not followed.
std::string directory_of(std::string_view path);
std::string join_path(std::string_view base, std::string_view path);
/// os.path.abspath for a process whose working directory is `cwd`.
std::string absolute_path(std::string_view path, std::string_view cwd);

}  // namespace keenlance::python
