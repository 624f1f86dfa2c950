#pragma once
/// Which configuration file a running supervisord reads, as far as its command line tells. Pure.

#include <keenlance/core/config.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

struct SupervisordCommandLine {
    std::string program;                       ///< its sys.argv[0]; empty where `python -m` hides it
    std::optional<std::string> configuration;  ///< -c, as written; may be relative to its working directory
};

/// Understands `supervisord …`, `python3 -u /usr/bin/supervisord …`, `python3 -m supervisor.supervisord …`,
/// `python3 own-start.py -c …`, and one of these as a single word, as setproctitle writes it. Options as
/// getopt takes them: -c X, -cX, -nc X, --configuration X, --configuration=X, unique beginnings. Error
/// `invalid` if it does not look like supervisord, or is a program of another name without -c: that one may
/// have chosen its file by itself.
KEENLANCE_API Result<SupervisordCommandLine> parse_supervisord_command_line(
    std::span<const std::string> words);

/// Where supervisord without -c looks, in this order, relative to its working directory
/// (supervisor/options.py Options.__init__): beside the program's bin/, in the working directory, in /etc.
KEENLANCE_API std::vector<std::string> config_search_path(std::string_view program);

/// By the file name of an interpreter: "/usr/bin/python3.13". Nothing for a name without a version.
KEENLANCE_API std::optional<ConfigDialect> config_dialect_of(std::string_view python);

}  // namespace keenlance
