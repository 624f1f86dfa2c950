#pragma once
/// supervisord's words for a process: its name, its state, and what `getProcessInfo` tells of it.

#include <keenlance/core/export.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keenlance {

/// "group:name", supervisor's namespec of one process. A lone program is in a group of its own name.
struct KEENLANCE_API Namespec {
    std::string group;
    std::string name;

    /// "group:name", always with the group: what `supervisor.startProcess` and memmon's mail subjects take.
    [[nodiscard]] std::string full() const;
    /// "name" where the group has the same name, else "group:name" (supervisor/options.py make_namespec).
    [[nodiscard]] std::string brief() const;

    friend auto operator<=>(const Namespec&, const Namespec&) = default;
    friend bool operator==(const Namespec&, const Namespec&) = default;
};

/// Reads "group:name", or "name" as "name:name" (supervisor/options.py split_namespec). Pure, never fails.
KEENLANCE_API Namespec parse_namespec(std::string_view text);

/// supervisor/states.py, class ProcessStates.
enum class ProcessState : std::uint16_t {
    stopped = 0,
    starting = 10,
    running = 20,
    backoff = 30,
    stopping = 40,
    exited = 100,
    fatal = 200,
    unknown = 1000,
};

/// "RUNNING" and so on; a number supervisor has no name for reads as "UNKNOWN".
KEENLANCE_API std::string_view to_string(ProcessState state);
KEENLANCE_API ProcessState process_state_from_code(std::int64_t code);
/// Any case; nothing for a word that is no state.
KEENLANCE_API std::optional<ProcessState> parse_process_state(std::string_view word);

/// Nothing runs and supervisord does nothing about it (STOPPED_STATES: STOPPED, EXITED, FATAL, UNKNOWN).
KEENLANCE_API bool is_stopped(ProcessState state);

/// Which log: the two that supervisord keeps of a process, or its own, whatever the process.
enum class LogStream { out, err, supervisord };

/// One struct of getProcessInfo / getAllProcessInfo. Times are whole seconds since the epoch by supervisord's
/// clock.
struct ProcessInfo {
    Namespec id;
    ProcessState state = ProcessState::unknown;
    int pid = 0;              ///< 0 when nothing runs
    std::int64_t start = 0;   ///< last spawn; 0 if never
    std::int64_t stop = 0;    ///< last end; 0 if never
    std::int64_t now = 0;     ///< when the answer was made
    int exit_status = 0;      ///< of the last end; meaningless before it
    std::string spawn_error;  ///< why the last spawn failed; empty if it did not
    std::string description;  ///< "pid 123, uptime 0:00:05" and the like
    std::string stdout_logfile;
    std::string stderr_logfile;

    friend bool operator==(const ProcessInfo&, const ProcessInfo&) = default;
};

}  // namespace keenlance
