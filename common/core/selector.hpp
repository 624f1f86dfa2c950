#pragma once
/// Which processes an operator means: supervisorctl's names, and patterns. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Whether `pattern` means that process:
///   all          every process
///   app:0        the process 0 of group app
///   app: app:*   all of group app
///   app          the process app of group app (what supervisorctl writes without its group)
///   ap* *:web    * ? and [...] as in a shell; without a colon over "group:name" and over the short name,
///   with one over
///                group and name apart
KEENLANCE_API bool selects(std::string_view pattern, const Namespec& id);

/// Whether it holds * ? or [: a pattern, no name.
KEENLANCE_API bool is_glob(std::string_view text);

/// Whether the pattern means all of `text`, as in a shell.
KEENLANCE_API bool glob_matches(std::string_view pattern, const std::string& text);

struct Selection {
    std::vector<std::size_t> chosen;     ///< indices, ascending, each once
    std::vector<std::string> unmatched;  ///< patterns that mean none, in their order
};

/// What several patterns mean together.
KEENLANCE_API Selection select(std::span<const std::string> patterns, std::span<const Namespec> ids);

}  // namespace keenlance
