#pragma once
/// How processes are brought somewhere, by whichever command. Pure.

#include <keenlance/core/task.hpp>

#include <commands/roster.hpp>

#include <optional>

namespace keenlance::quickctl {

enum class Deed {
    done,  ///< commands are given
    told,  ///< --dry-run: what would be commanded is told
};

struct TaskSettings {
    std::optional<Duration> timeout{};  ///< nothing: by startsecs, startretries, stopwaitsecs, and a margin
    Watch watch = Watch::until_there;
    OnBackoff on_backoff = OnBackoff::wait;
};

/// The task that brings a process there, with the limits its configuration gives.
Task task_for(const Member& member, Goal goal, const TaskSettings& settings);

}  // namespace keenlance::quickctl
