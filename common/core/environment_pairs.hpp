#pragma once
/// The value of `environment=`: KEY="val",KEY2=val2, as supervisor/datatypes.py dict_of_key_value_pairs reads
/// it. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keenlance {

/// Pairs in the order written; of equal keys the last counts. Tokens are those of Python's shlex as
/// supervisord uses it through 4.3: quotes keep what they hold and are stripped off, a '#' outside of them
/// hides the rest of its line, and any one token at all separates two pairs. (4.4 knows backslashes too.)
/// Error `invalid`, without a place, for an unclosed quote and for a key without '=' and value.
KEENLANCE_API Result<std::vector<std::pair<std::string, std::string>>> parse_environment_pairs(
    std::string_view text);

}  // namespace keenlance
