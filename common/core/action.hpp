#pragma once
/// Everything a policy can want done. One performer (system/performer.hpp) carries actions out; what came of
/// them are facts again (core/fact.hpp).

#include <keenlance/core/http_check.hpp>
#include <keenlance/core/mail_message.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace keenlance {

/// One line on stderr, which supervisord keeps as the listener's log.
struct Log {
    std::string text;  ///< without time and program; control characters are made harmless

    friend bool operator==(const Log&, const Log&) = default;
};

/// Ask supervisord for all processes: ProcessesListed. Costs supervisord 0.3 s for 1,000 of them.
struct ListProcesses {
    friend bool operator==(const ListProcesses&, const ListProcesses&) = default;
};

/// Find out which groups are event listeners: EventListenersListed.
struct ListEventListeners {
    friend bool operator==(const ListEventListeners&, const ListEventListeners&) = default;
};

enum class MemoryScope {
    process,      ///< the process alone
    descendants,  ///< with all processes it begot, however deep
};

/// Read resident sizes: MemoryMeasured.
struct MeasureMemory {
    std::vector<int> pids;
    MemoryScope scope = MemoryScope::process;

    friend bool operator==(const MeasureMemory&, const MeasureMemory&) = default;
};

/// Ask a web server: HttpChecked.
struct CheckHttp {
    HttpCheck check;

    friend bool operator==(const CheckHttp&, const CheckHttp&) = default;
};

/// Which life of a process: the pid and the second it was started, as getProcessInfo tells them.
struct Incarnation {
    int pid = 0;
    std::int64_t start = 0;

    friend bool operator==(const Incarnation&, const Incarnation&) = default;
};

/// Stop and start a process, if it is still the one that was judged: RestartProgress, at least once.
struct Restart {
    Namespec id;
    Incarnation judged;

    friend bool operator==(const Restart&, const Restart&) = default;
};

/// Send a notification through the configured channel; delivery, its failures and retries are the channel's.
struct Notify {
    Notification notification;

    friend bool operator==(const Notify&, const Notify&) = default;
};

/// Run a command under /bin/sh: CommandFinished.
struct RunCommand {
    Namespec about;
    std::string command;
    Duration timeout{60'000};

    friend bool operator==(const RunCommand&, const RunCommand&) = default;
};

using Action = std::variant<Log, ListProcesses, ListEventListeners, MeasureMemory, CheckHttp, Restart, Notify,
                            RunCommand>;
using Actions = std::vector<Action>;

}  // namespace keenlance
