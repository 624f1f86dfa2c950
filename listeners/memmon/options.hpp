#pragma once
/// memmon's command line: superlance's options, and more. Pure.

#include <keenlance/core/options.hpp>

#include <listeners/memmon/memmon.hpp>

#include <vector>

namespace keenlance::memmon {

/// All but those for mail.
std::vector<OptionSpec> options_of_superlance();
std::vector<OptionSpec> newer_options();

/// Error `invalid` names the option and the mend. Shares (Limits::has_shares) are still to be resolved.
Result<Settings> read_settings(const ParsedOptions& options);

}  // namespace keenlance::memmon
