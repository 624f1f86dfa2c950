#pragma once
/// One process that is to be brought to a state, and how far that has come: what memmon's restarts and
/// quickctl's commands have in common. Pure.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace keenlance {

/// Which life of a process: the pid and the second it was started, as getProcessInfo tells them.
struct Incarnation {
    int pid = 0;
    std::int64_t start = 0;

    friend bool operator==(const Incarnation&, const Incarnation&) = default;
};

enum class Goal {
    running,    ///< start it if it is down
    stopped,    ///< stop it if it is up
    restarted,  ///< stop it if it is up, and start it the moment it is down
};

/// What a start that fails means.
enum class Persistence {
    try_again,  ///< it is tried again, later and later, for about ten minutes
    once,       ///< the end: FATAL, a refusal
};

/// What BACKOFF means: supervisord is trying again by itself.
enum class OnBackoff { wait, give_up };

/// How long a task is looked after.
enum class Watch {
    until_there,     ///< until the process is where it was asked to be
    until_accepted,  ///< until supervisord has taken the last of the commands
};

struct Task {
    Namespec id;
    Goal goal = Goal::restarted;
    /// Only this life may be stopped; without it, whatever runs.
    std::optional<Incarnation> judged{};
    Persistence persistence = Persistence::try_again;
    OnBackoff on_backoff = OnBackoff::wait;
    Watch watch = Watch::until_there;
    /// startsecs: before that nobody need look. Nothing: not known (yet), as with AmendTask.
    std::optional<Duration> start_seconds{1'000};
    std::optional<Duration> limit{};  ///< given up so long after it was begun
    /// Without `limit`: given up so long after supervisord has accepted the stop, and the start. What it does
    /// for others first is not counted. Nothing: never.
    std::optional<Duration> stop_limit{}, start_limit{};
    std::optional<ProcessInfo> known{};  ///< as just listed: spares the first look

    friend bool operator==(const Task&, const Task&) = default;
};

/// What turns out of a process's configuration while its task is under way.
struct Amendment {
    Duration start_seconds{1'000};
    Duration stop_limit{};
    Duration start_limit{};

    friend bool operator==(const Amendment&, const Amendment&) = default;
};

/// How far a Task has come. `spared`, `reached`, `already`, `stop_failed` and `abandoned` are its last words.
enum class TaskStage {
    spared,        ///< left alone: no longer the process that was judged, not running, or no time for it
    already,       ///< nothing to do: it was there
    stopping,      ///< the stop was accepted, and takes long
    stopped,       ///< down, on the way of a restart
    starting,      ///< the start is accepted
    backoff,       ///< it died before startsecs were over; supervisord tries again
    start_failed,  ///< down, and the start failed; it is tried again
    stop_failed,   ///< the stop was refused or could not be asked for; it may be tried again
    reached,       ///< it is where it was to be brought (a start may have exited again, as with startsecs=0)
    abandoned,     ///< given up: the detail says in which state it was left, and what to do
};

struct TaskProgress {
    Namespec id;
    TaskStage stage = TaskStage::spared;
    std::string detail{};                        ///< one line for people: why, or the new pid
    ProcessState state = ProcessState::unknown;  ///< as last seen
    int pid = 0;
};

/// Whether nothing follows.
constexpr bool is_last(TaskStage stage) {
    return stage != TaskStage::stopping && stage != TaskStage::stopped && stage != TaskStage::starting &&
           stage != TaskStage::backoff && stage != TaskStage::start_failed;
}

}  // namespace keenlance
