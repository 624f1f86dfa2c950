#pragma once
/// The keys of an ordered start in a program's section: those of ordered-startup-supervisord, of
/// supervisord-dependent-startup, and keenlance's own. supervisord ignores them all. Pure.

#include <keenlance/core/config_values.hpp>
#include <keenlance/core/process_list.hpp>
#include <keenlance/startup/program.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keenlance::startup {

/// One word of dependent_startup_wait_for, before anybody knows what its names mean.
struct WaitFor {
    std::string target;                   ///< "db", "group:name", "group:*"
    std::vector<StateGoal> goals;         ///< empty: none was written
    std::vector<std::string> bad_states;  ///< words where states stand that are none
    /// All of a word of two parts without any state, "a:b": it may name a process, or have its state
    /// misspelt.
    std::optional<std::string> namespec;
};

/// `a`, `a:running`, `a:exited,fatal`, `g:p:running`, `g:p`, `g:*`.
WaitFor parse_wait_for(std::string_view word);

/// What a program's section (or, where that is silent, its group's) says.
struct Keys {
    const ConfigOption* start_in_order = nullptr;     ///< startinorder, whatever its value
    const ConfigOption* dependent_startup = nullptr;  ///< dependent_startup, if true
    bool in_order = false;                            ///< startinorder=true
    bool inherits_priority = false;
    const ConfigOption* wait_for_at = nullptr;
    std::vector<WaitFor> wait_for;
};

/// Whether the section or its group holds any of the keys: most sections of most files do not.
bool has_keys(const Config& config, const std::string& section, const std::string& group);

/// Reads the keys of one program as a member of one group into `program` (all but its names, place and
/// dependencies), and what only the making of a plan needs into the returned Keys. `processes` are that
/// program's, none of them missing. What is wrong is added to `problems` with file, line, section and key,
/// and left at its default.
Keys read_keys(const Config& config, const PercentValues& shared, const std::string& host_node_name,
               const std::vector<ConfiguredProcess>& processes, Program& program,
               std::vector<std::string>& problems);

}  // namespace keenlance::startup
