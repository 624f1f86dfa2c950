#pragma once
/// The options that guard restarts, alike in memmon and httpok.

#include <keenlance/core/options.hpp>
#include <keenlance/guard/settings.hpp>

#include <vector>

namespace keenlance {

/// --grace, --failures, --max-restarts, --backoff, --dry-run, --pre-cmd, --post-cmd and --signal. They yield
/// their beginnings to the options of superlance.
std::vector<OptionSpec> guard_options();

/// Error `invalid` names the option and the mend.
Result<GuardSettings> read_guard_options(const ParsedOptions& options);

}  // namespace keenlance
