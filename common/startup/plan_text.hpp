#pragma once
/// A plan for people and for tools, before anything is started. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/startup/plan.hpp>

#include <string>

namespace keenlance::startup {

/// Waves, and for each program what it waits for; then what is only watched. Without problems and warnings,
/// which go to stderr.
KEENLANCE_API std::string plan_text(const Plan& plan, const std::string& config_file);

/// One JSON object: config, sound, problems, warnings, waves (names), programs (name, section, processes,
/// priority, started_by "plan", "supervisord" or "nobody", wave, waits_for, ready, on_failure …). Durations
/// in seconds.
KEENLANCE_API std::string plan_json(const Plan& plan, const std::string& config_file);

/// A Graphviz digraph: a node a program, an edge a dependency, from what is waited for to who waits; a rank a
/// wave.
KEENLANCE_API std::string plan_dot(const Plan& plan);

}  // namespace keenlance::startup
