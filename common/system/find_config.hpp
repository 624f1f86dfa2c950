#pragma once
/// Which configuration an operator means who says little or nothing about it.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/config_files.hpp>

#include <sys/types.h>

#include <optional>
#include <string>

namespace keenlance {

/// The nearest process above this one that is a supervisord by its command line; shells and wrappers may
/// stand between. Nothing outside of one, and where there is no /proc.
KEENLANCE_API std::optional<pid_t> supervisord_above();

struct ConfigChoice {
    std::optional<std::string> file;       ///< -c: just this one
    std::optional<std::string> file_name;  ///< one of this name in supervisord's search path, instead of
                                           ///< supervisord.conf
};

/// Reads `file`; else that of the supervisord above this process; else the first of supervisord's search
/// path. As the supervisord above reads it (its environment, its Python), or one started here with this
/// environment and /usr/bin/python3 would. Every Error says what to do instead.
KEENLANCE_API Result<ConfigFiles> read_chosen_config(const ConfigChoice& choice);

}  // namespace keenlance
