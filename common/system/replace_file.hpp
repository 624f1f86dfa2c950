#pragma once
/// Writes a file so that nobody ever sees half of it.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <string>
#include <string_view>

namespace keenlance {

/// Writes a new file beside `path`, syncs it and renames it into place; the mode is 0644 under the umask.
/// Error `system` names the file and the reason; `path` is then as it was, and nothing is left beside it.
KEENLANCE_API Status replace_file(const std::string& path, std::string_view text);

}  // namespace keenlance
