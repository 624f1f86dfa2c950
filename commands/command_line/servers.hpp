#pragma once
/// Where supervisord is, as the command line, the environment and the configuration say it: supervisorctl's
/// options, for every command.

#include <keenlance/core/options.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/server_address.hpp>

#include <vector>

namespace keenlance::command_line {

/// -c, -s, -u and -p.
std::vector<OptionSpec> server_options();

/// At least one address: those of -s; without, that of the configuration (system/find_config.hpp).
///
/// User and password: -u and -p, else those in the URL; then with -s those of SUPERVISOR_USERNAME and
/// SUPERVISOR_PASSWORD before those of [supervisorctl], and without -s the configuration's before the
/// environment's. With -s no configuration is needed, unless -c names one. Error `invalid` for a -s that is
/// no URL: a usage error; of another kind where there is no configuration to go by.
Result<std::vector<ServerAddress>> servers_of(const ParsedOptions& options);

}  // namespace keenlance::command_line
