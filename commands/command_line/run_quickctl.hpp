#pragma once
/// One command line of quickctl, from its words to its exit code.

#include <keenlance/core/options.hpp>
#include <keenlance/core/server_address.hpp>

#include <commands/command_line/quickctl_options.hpp>

#include <vector>

namespace keenlance::command_line {

/// Where supervisord is, what is to be done, and doing it.
int run_quickctl(const ProgramName& program, const ParsedOptions& options);

}  // namespace keenlance::command_line
