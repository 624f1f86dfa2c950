#pragma once
/// Everything a policy can learn. Effects make facts; a policy turns them into actions (core/action.hpp).

#include <keenlance/core/event.hpp>
#include <keenlance/core/http_check.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/task.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace keenlance {

/// The listener has said READY for the first time; nothing has been asked yet.
struct Started {};

/// supervisord sent an event; it is being acknowledged whatever the policy makes of it.
struct EventReceived {
    Event event;
};

/// supervisord discarded events: the pool's serial of the next one, which follows, left a gap.
struct EventsLost {
    std::uint64_t count = 0;
};

/// The policy's own deadline() has passed.
struct Woke {};

/// stdin has ended, or SIGTERM or SIGINT came: finish what is pending, begin nothing new.
struct Closing {
    enum class Urgency {
        in_time,  ///< what is pending may be finished
        at_once,  ///< a command was interrupted a second time: these are the last actions
    };
    Urgency urgency = Urgency::in_time;
};

/// How an AskLogin ended: the next call uses what was typed. An Error: nobody could be asked, or nothing was
/// typed.
struct LoggedIn {
    Status status;
};

/// What ListProcesses found.
struct ProcessesListed {
    Result<std::vector<ProcessInfo>> processes;
};

/// What InspectProcesses found, in the order asked; an Error `fault` for a process that supervisord does not
/// know.
struct ProcessesInspected {
    std::vector<Namespec> ids;
    Result<std::vector<Result<ProcessInfo>>> processes;
};

/// What ListConfigs found.
struct ProcessConfigsListed {
    Result<std::vector<ProcessConfig>> configs;
};

/// What ReadLogTail found.
struct LogRead {
    Namespec id;
    LogStream stream = LogStream::err;
    Result<std::string> text;
};

/// What supervisord said to StartProcesses, in the order asked. Success: the start is accepted, no more.
struct ProcessesStarted {
    std::vector<Namespec> ids;
    Result<std::vector<Result<bool>>> answers;
};

/// What supervisord said to StopProcesses, in the order asked. Success: the stop is accepted, no more.
struct ProcessesStopped {
    std::vector<Namespec> ids;
    Result<std::vector<Result<bool>>> answers;
};

/// What supervisord said to a SignalProcess. Success: the signal was sent.
struct ProcessSignalled {
    Namespec id;
    Result<bool> answer;
};

/// How a ProbeReady ended.
struct ReadyProbed {
    Namespec about;
    Status ready;  ///< an Error says why not
};

/// What ListEventListeners found: the groups that are [eventlistener:x] pools.
struct EventListenersListed {
    Result<std::set<std::string>> groups;
};

/// The children of a process, in the order in which it got them. Whoever is born later stands behind, so that
/// two that are equal are the same processes, even where a pid has been given out a second time.
struct ChildProcesses {
    int parent = 0;
    std::vector<int> pids;
    std::vector<std::uint64_t> newest;  ///< when the last one of each thread of the parent's was born

    friend bool operator==(const ChildProcesses&, const ChildProcesses&) = default;
};

/// What MeasureMemory found: bytes by pid. A process that has vanished, or whose size nobody tells us, is not
/// in it.
struct MemoryMeasured {
    Result<std::map<int, std::uint64_t>> bytes;
    /// Nothing where they were not asked for, and where the system does not tell.
    std::optional<ChildProcesses> children{};
};

/// What CheckHttp found.
struct HttpChecked {
    HttpOutcome outcome;
    std::size_t tag = 0;  ///< CheckHttp's
};

/// How a RunCommand ended.
struct CommandFinished {
    Namespec about;
    Result<std::string>
        output;  ///< stdout and stderr; Error when it failed or took too long, its output in the message
};

using Fact = std::variant<Started, EventReceived, EventsLost, Woke, Closing, LoggedIn, ProcessesListed,
                          ProcessesInspected, ProcessConfigsListed, LogRead, EventListenersListed,
                          MemoryMeasured, HttpChecked, TaskProgress, ProcessesStarted, ProcessesStopped,
                          ProcessSignalled, ReadyProbed, CommandFinished>;

}  // namespace keenlance
