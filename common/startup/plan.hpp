#pragma once
/// The graph of an ordered start: which programs it starts, what each of them waits for, and what is wrong
/// with that. Made of the configuration alone. Pure.

#include <keenlance/core/config.hpp>
#include <keenlance/core/config_values.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/startup/program.hpp>

#include <map>
#include <string>
#include <vector>

namespace keenlance::startup {

/// --error-action: what becomes of what is wrong in the keys.
enum class ErrorAction {
    exit,    ///< nothing is started
    skip,    ///< it is left out: a wrong dependency or state is dropped, programs of a cycle are not started
    ignore,  ///< as skip, but programs of a cycle are started, without waiting for each other
};

struct KEENLANCE_API Plan {
    /// By priority, then name. Programs that the plan starts, and those they wait for.
    std::vector<Program> programs;
    /// What is wrong: file, line, section, key, and what became of it. Not empty: the plan is not sound.
    std::vector<std::string> problems;
    /// What works and yet may not be meant.
    std::vector<std::string> warnings;

    /// Programs that the plan starts, by wave; each by priority, then name.
    [[nodiscard]] std::vector<std::vector<std::size_t>> waves() const;
    /// Who waits for each program: indices, once each.
    [[nodiscard]] std::vector<std::vector<std::size_t>> dependents() const;
};

/// Reads all keys and joins them into a graph.
///
///   - Chain: all programs with startinorder=true, and those right behind one of them in the line that have
///     autostart=false and neither key (as ordered-startup-supervisord does; startinorder=false keeps one
///     out), by priority, then name, each waiting for startnextafter of the one before.
///   - dependent_startup=true: what dependent_startup_wait_for says. A name is a program's, else a group's;
///   with
///     "group:" before it a process's, else a program's. All processes of it are meant.
///   - Keys in [group:x] hold for its programs that do not have them.
///
/// What supervisord would start by itself (autostart) is never started by the plan, only waited for. Error
/// `invalid` for a configuration that supervisord would refuse.
KEENLANCE_API Result<Plan> make_plan(const Config& config, const ConfigFacts& facts, ErrorAction on_error);

}  // namespace keenlance::startup
