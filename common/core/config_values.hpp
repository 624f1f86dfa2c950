#pragma once
/// What stands for the `%(name)s` in a configuration, and options read with them filled in. Pure.
///
/// supervisord 4 knows: in [include] files= here, host_node_name and ENV_X; in every other section here and
/// ENV_X, of its own environment and of [supervisord] environment=; in a program's section the rest of
/// percent_values() (process_list.hpp). `here` is the main file's directory, but where the main file has an
/// [include] section every
/// %(here)s means the directory of the file it is written in (Config::bake_here).

#include <keenlance/core/config.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/percent.hpp>
#include <keenlance/core/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// What stands outside of the files and yet decides what they mean.
struct ConfigFacts {
    std::string here;                                             ///< absolute directory of the main file
    std::string host_node_name;                                   ///< uname's nodename
    std::map<std::string, std::string, std::less<>> environment;  ///< supervisord's own
};

/// The globs of [include] files=, made absolute; none without [include]. Error `invalid` for an [include]
/// without files= and for a name that nothing stands for.
KEENLANCE_API Result<std::vector<std::string>> include_patterns(const Config& config,
                                                                const ConfigFacts& facts);

/// What every section but [include] may use. supervisord fills in [supervisord] environment= twice
/// through 4.3 and once from 4.4 on; here twice where that works. Error `invalid`: no [supervisord] section,
/// or its environment= is broken.
KEENLANCE_API Result<PercentValues> config_values(const Config& config, const ConfigFacts& facts);

/// The option of the section (or of [DEFAULT]), filled in; nothing if it has none. Error `invalid` that names
/// file, line, section and option.
KEENLANCE_API Result<std::optional<std::string>> expanded_option(const Config& config,
                                                                 const PercentValues& values,
                                                                 std::string_view section,
                                                                 std::string_view option);

/// "/etc/supervisord.conf line 3: [program:x] priority: MESSAGE", as an Error `invalid`.
KEENLANCE_API Error error_at(const ConfigOption& option, std::string_view section, std::string_view message);
/// "/etc/supervisord.conf line 1: [program:x]: MESSAGE", as an Error `invalid`.
KEENLANCE_API Error error_at(const ConfigSection& section, std::string_view message);

}  // namespace keenlance
