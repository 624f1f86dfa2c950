#pragma once
/// What an ordered start knows of a program: which processes it has, what it waits for, and when it counts as
/// reached. Pure.

#include <keenlance/core/config.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/ready_check.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::startup {

/// A state somebody waits for. "Ever reached" is enough: a process that has gone on to another state since
/// counts.
struct StateGoal {
    enum class Exit {
        any,       ///< exited: however it ended
        expected,  ///< exited(expected): with one of the program's exitcodes
        status,    ///< exited(N): with just that status
    };

    ProcessState state = ProcessState::running;
    Exit exit = Exit::any;  ///< means something for EXITED alone
    int status = 0;         ///< means something for Exit::status alone

    friend bool operator==(const StateGoal&, const StateGoal&) = default;
};

/// "running", "exited", "exited(0)", "exited(expected)"; the words of supervisor/states.py, in any case.
KEENLANCE_API std::optional<StateGoal> parse_state_goal(std::string_view word);
KEENLANCE_API std::string to_string(const StateGoal& goal);
/// "running,exited(0)".
KEENLANCE_API std::string to_string(const std::vector<StateGoal>& goals);

/// What becomes of those who wait for a program that goes FATAL, exits wrongly or takes too long.
enum class OnFailure {
    skip,      ///< they are not started, nor those who wait for them
    go_on,     ///< they start all the same ("continue")
    stop,      ///< nothing more is started at all
    shutdown,  ///< supervisord is shut down
};

KEENLANCE_API std::string_view to_string(OnFailure on_failure);

/// Processes that have to reach one of `goals`, each of them.
struct Dependency {
    std::string target;                 ///< as it was written, without states: "db", "group:name"
    std::vector<std::size_t> programs;  ///< whose processes they are: indices in the plan
    std::vector<Namespec> processes;
    std::vector<StateGoal> goals;
    bool chain = false;  ///< comes of startinorder, not of dependent_startup_wait_for

    /// "db:running".
    [[nodiscard]] std::string text() const { return target + ":" + to_string(goals); }
};

/// Who starts a program.
enum class Starter {
    plan,         ///< the ordered start
    supervisord,  ///< autostart=true
    nobody,       ///< autostart=false and no key of ours: somebody by hand
};

struct Program {
    std::string name;     ///< "web", or "group:web" where the group is called otherwise
    std::string section;  ///< "program:web"
    ConfigPlace at;       ///< of the section
    Starter starter = Starter::nobody;
    std::int64_t priority = 999;  ///< inherited, where that was asked for
    std::vector<Namespec> processes;
    std::vector<std::optional<ReadyCheck>> ready;  ///< of each process; keenlance_ready
    std::vector<Dependency> waits_for;
    std::vector<StateGoal> next_after;  ///< startnextafter, for the one behind it in a chain; empty in none
    Duration ready_interval{250};       ///< keenlance_ready_interval
    /// keenlance_start_timeout: from its start until it is reached. By default only a program with a probe
    /// has one.
    std::optional<Duration> start_timeout;
    std::optional<OnFailure> on_failure;  ///< keenlance_on_failure, if written
    Duration start_seconds{1'000};        ///< startsecs
    std::int64_t start_retries = 3;       ///< startretries
    Duration stop_wait{10'000};           ///< stopwaitsecs
    std::vector<int> exit_codes{0};       ///< exitcodes
    /// supervisord starts it again after an exit that is not / that is expected (autorestart).
    bool restarts_after_failure = true;
    bool restarts_after_success = false;
    std::size_t wave = 0;  ///< 0: waits for none of the plan; else one more than the latest it waits for
};

}  // namespace keenlance::startup
