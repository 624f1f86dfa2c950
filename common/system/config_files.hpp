#pragma once
/// The files of a supervisord's configuration: which they are, and what they hold.

#include <keenlance/core/config.hpp>
#include <keenlance/core/config_values.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace keenlance {

/// Everything list_processes() and expanded_option() want.
struct ConfigFiles {
    Config config;
    ConfigFacts facts;
    std::vector<std::string> files;  ///< as read, the main file first
    std::vector<std::string>
        warnings;  ///< what supervisord warns of or passes over, and what could not be made sure
};

using Environment = std::map<std::string, std::string, std::less<>>;

/// Of this process. A child of supervisord has supervisord's, and what environment= adds.
KEENLANCE_API Environment own_environment();

/// Reads a main file and what its [include] names, as a supervisord with that environment on this host does.
/// Included files that are gone or are directories are passed over, as supervisord does. A file or directory
/// that this process may not read is an Error, for supervisord may have read it. Error `invalid` for what is
/// wrong in the files, `system` for what the operating system refused. Patterns are glob(3)'s, which differ
/// from Python's only in [^a] and [[:class:]].
KEENLANCE_API Result<ConfigFiles> read_config_files(const std::string& main_file, Environment environment,
                                                    ConfigDialect dialect);

/// The main file of the supervisord that runs as this process, absolute: its -c, else the first that is there
/// of its search path, both as seen from its working directory. Where that has changed since the start
/// (directory=) and a relative -c leads nowhere, from the directory that its PWD names. Every Error says what
/// to do instead.
KEENLANCE_API Result<std::string> find_config_of(pid_t supervisord);

/// Both of the above with what that process has: its environment (this process's own where it may not be
/// read; a warning says so) and the rules of its Python (since_python_3_13 where that cannot be seen).
KEENLANCE_API Result<ConfigFiles> read_config_of(pid_t supervisord);
/// Another main file, with what that process has.
KEENLANCE_API Result<ConfigFiles> read_config_as(pid_t supervisord, const std::string& main_file);

}  // namespace keenlance
