#pragma once
/// Reads files: the small ones of /proc and /sys, and an operator's own.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <string>

namespace keenlance {

/// The first bytes of a file, at most 4096, with its errno where it cannot be read. An empty file is Error
/// `system` too: those of /proc are never empty, unless the process is just ending.
Result<std::string> read_head(const std::string& path);

/// All of it, and an empty file is none the less one. At most 64 MB.
KEENLANCE_API Result<std::string> read_whole(const std::string& path);

}  // namespace keenlance
