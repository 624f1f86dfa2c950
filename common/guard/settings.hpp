#pragma once
/// What an operator puts between a failed check and a restart, in the same words for every listener.

#include <keenlance/core/moment.hpp>

#include <optional>
#include <string>

namespace keenlance {

/// So many restarts of one process in any span of that length.
struct RestartBudget {
    int restarts = 0;
    Duration period{};

    friend bool operator==(const RestartBudget&, const RestartBudget&) = default;
};

/// The least time from a restart of a process to the next: doubled each time, forgotten once the process has
/// been good for longer.
struct Backoff {
    Duration first{5'000};  ///< 0: there is none
    Duration most{600'000};

    friend bool operator==(const Backoff&, const Backoff&) = default;
};

/// A signal that a process gets before it is stopped, and the time it has to act on it.
struct PreSignal {
    std::string name;  ///< "USR1"
    Duration wait{5'000};

    friend bool operator==(const PreSignal&, const PreSignal&) = default;
};

struct GuardSettings {
    Duration grace{0};  ///< failed checks of a process younger than this mean nothing
    int failures = 1;   ///< so many in a row before it is restarted
    std::optional<RestartBudget> max_restarts{};
    Backoff backoff{};
    enum class Deed { restart, dry_run } deed = Deed::restart;

    std::optional<std::string> pre_command{};   ///< before the stop; the restart waits for its end
    std::optional<std::string> post_command{};  ///< after the restart, however it ended
    std::optional<PreSignal> pre_signal{};
    Duration command_timeout{60'000};  ///< of each of the two

    friend bool operator==(const GuardSettings&, const GuardSettings&) = default;
};

}  // namespace keenlance
