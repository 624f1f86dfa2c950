#pragma once
/// One thing that httpok tries, and how far that has come.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/guard/guard.hpp>

#include <listeners/httpok/check.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::httpok {

/// What a failed attempt has come to.
struct Failure {
    Fault fault;
    std::vector<std::string> lines{};  ///< what is told of it
    std::set<Namespec> unsettled{};    ///< processes it waits for before it is told
    std::set<Namespec> met{};          ///< those of its processes that there are
    std::size_t deeds = 0;             ///< restarts and starts that were begun
    std::size_t held = 0;              ///< processes the guard means nothing to be done about, nor told
    std::size_t exhausted = 0;         ///< processes that are not restarted any more, which was told
    std::size_t others = 0;            ///< all other processes
};

struct Target {
    std::size_t check = 0;            ///< which one of the settings
    std::optional<Namespec> process;  ///< the only one it is about
    Attempt attempt;

    enum class Phase {
        waiting,    ///< for a tick
        surveying,  ///< which processes are there, and RUNNING?
        queued,     ///< enough is under way
        checking,   ///< the attempt is under way
        listing,    ///< what is there to restart
        settling,   ///< until each process has been dealt with for what is told
    } phase = Phase::waiting;
    bool tick_waits = false;
    bool needs_listeners = false;          ///< before it can do anything with a list
    SteadyTime begun{};                    ///< the attempt
    std::optional<SteadyTime> retry_at{};  ///< of a connection that was refused
    std::optional<Failure> failure{};      ///< of the last attempt
    int failures = 0;                      ///< in a row
    bool firing = false;                   ///< it was told that it fails, and not yet that this is over
    std::optional<Namespec> told_of{};     ///< the one process the notification was about
    bool misfit_told = false;              ///< {num} of a process without a number
    struct Judged {
        Checked last;
        bool exhausted = false;
    };
    std::map<Namespec, Judged> judged{};  ///< processes the guard was asked about
};

}  // namespace keenlance::httpok
