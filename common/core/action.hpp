#pragma once
/// Everything a policy can want done. One performer (system/performer.hpp) carries actions out; what came of
/// them are facts again (core/fact.hpp).

#include <keenlance/core/at_end.hpp>
#include <keenlance/core/http_check.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/notification.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/ready_check.hpp>
#include <keenlance/core/task.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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

/// Ask supervisord how its processes are configured: ProcessConfigsListed. Costs it as much as the list.
struct ListConfigs {
    friend bool operator==(const ListConfigs&, const ListConfigs&) = default;
};

/// Read the end of a process's log: LogRead.
struct ReadLogTail {
    Namespec id;
    int bytes = 0;
    LogStream stream = LogStream::err;

    friend bool operator==(const ReadLogTail&, const ReadLogTail&) = default;
};

/// A line, or several, on stdout; for programs that speak no protocol there. Control characters are not
/// touched.
struct Print {
    std::string text;  ///< with its newlines

    friend bool operator==(const Print&, const Print&) = default;
};

/// The lines that stand below all that is printed, in place of those of the last Display, as long as stdout
/// is a terminal; elsewhere nothing. None: nothing stands there.
struct Display {
    std::vector<std::string> lines;  ///< without newlines; longer ones are cut at the terminal's width

    friend bool operator==(const Display&, const Display&) = default;
};

/// Ask the person at the terminal for the user and password of this supervisord: LoggedIn. Everything waits
/// meanwhile.
struct AskLogin {
    friend bool operator==(const AskLogin&, const AskLogin&) = default;
};

/// Ask supervisord for some processes: ProcessesInspected. Costs supervisord 0.3 ms a process.
struct InspectProcesses {
    std::vector<Namespec> ids;

    friend bool operator==(const InspectProcesses&, const InspectProcesses&) = default;
};

/// Find out which groups are event listeners: EventListenersListed.
struct ListEventListeners {
    friend bool operator==(const ListEventListeners&, const ListEventListeners&) = default;
};

enum class MemoryScope {
    process,      ///< the process alone
    descendants,  ///< with all processes it begot, however deep
};

enum class MemoryMetric {
    rss,     ///< resident, pages shared with others counted whole
    pss,     ///< resident, pages shared with others counted in parts (smaps_rollup)
    uss,     ///< resident and nobody else's: what its end would free
    swap,    ///< swapped out
    cgroup,  ///< of the control group it is in, whoever else is in there, caches included
};

/// Read sizes: MemoryMeasured.
struct MeasureMemory {
    std::vector<int> pids;
    MemoryScope scope = MemoryScope::process;
    MemoryMetric metric = MemoryMetric::rss;
    /// Tell of the children of this process, too; 0: of that one whose children `pids` are.
    std::optional<int> children_of{};

    friend bool operator==(const MeasureMemory&, const MeasureMemory&) = default;
};

/// Ask a web server: HttpChecked.
struct CheckHttp {
    HttpCheck check;
    std::size_t tag = 0;  ///< comes back with HttpChecked

    friend bool operator==(const CheckHttp&, const CheckHttp&) = default;
};

/// Stop and start a process, if it is still the one that was judged, and as long as it takes: TaskProgress,
/// at least once.
struct Restart {
    Namespec id;
    Incarnation judged;

    friend bool operator==(const Restart&, const Restart&) = default;
};

/// Bring a process to a state: TaskProgress, at least once. Tasks that are begun together share their calls.
struct Bring {
    Task task;

    friend bool operator==(const Bring&, const Bring&) = default;
};

/// Tell the task of a process, if it still has one, what has turned out of its configuration.
struct AmendTask {
    Namespec id;
    Amendment amendment;

    friend bool operator==(const AmendTask&, const AmendTask&) = default;
};

/// Start processes, all in one call that does not wait for them to come up: ProcessesStarted. Costs
/// supervisord 4.5 ms a process.
struct StartProcesses {
    std::vector<Namespec> ids;

    friend bool operator==(const StartProcesses&, const StartProcesses&) = default;
};

/// Stop processes, all in one call that does not wait for them to go down: ProcessesStopped.
struct StopProcesses {
    std::vector<Namespec> ids;

    friend bool operator==(const StopProcesses&, const StopProcesses&) = default;
};

/// Send a signal to a process: ProcessSignalled.
struct SignalProcess {
    Namespec id;
    std::string signal;  ///< "HUP"

    friend bool operator==(const SignalProcess&, const SignalProcess&) = default;
};

/// Try once whether a process is ready: ReadyProbed.
struct ProbeReady {
    Namespec about;
    ReadyCheck check;

    friend bool operator==(const ProbeReady&, const ProbeReady&) = default;
};

/// Shut supervisord down, and with it everything it runs. That it could not be done is logged.
struct ShutDownSupervisord {
    friend bool operator==(const ShutDownSupervisord&, const ShutDownSupervisord&) = default;
};

/// Replace a file by `text`, as a whole or not at all. That it could not be done is logged.
struct WriteFile {
    std::string path;
    std::string text;

    friend bool operator==(const WriteFile&, const WriteFile&) = default;
};

/// End this program with that exit code, once all is idle; nothing else is begun.
struct Finish {
    int exit_code = 0;

    friend bool operator==(const Finish&, const Finish&) = default;
};

/// Send a notification through the configured channels; delivery, its failures and retries are theirs. With a
/// spool it is on disk when this action has been performed.
struct Notify {
    Notification notification;
    /// Not empty: it is kept back until ReleaseNotifications with this name, or until `most` have passed.
    std::string draft{};
    Duration most{10'000};
    /// Not empty: the word left under this name is taken back, in one step with this.
    std::string instead_of{};

    friend bool operator==(const Notify&, const Notify&) = default;
};

/// What is to be told if this program is killed before it can tell how something ended: kept in the spool,
/// and sent by the next program that has it. As long as this one lives it is in nobody's way; it ends with
/// Notify::instead_of or TakeBackWord. Nothing is done without a spool.
struct LeaveWord {
    std::string name;  ///< one at a time
    Notification notification;

    friend bool operator==(const LeaveWord&, const LeaveWord&) = default;
};

/// There is nothing to be told after all; nothing is done where there is no such word.
struct TakeBackWord {
    std::string name;

    friend bool operator==(const TakeBackWord&, const TakeBackWord&) = default;
};

/// What was kept back under this name may go; nothing is done where there is none. Those of one topic that
/// fold as lines go as one.
struct ReleaseNotifications {
    std::string draft;
    std::optional<std::string> body{};                           ///< in place of theirs
    std::vector<std::pair<std::string, std::string>> details{};  ///< beside theirs

    friend bool operator==(const ReleaseNotifications&, const ReleaseNotifications&) = default;
};

/// Run a command under /bin/sh: CommandFinished.
struct RunCommand {
    Namespec about;
    std::string command;
    Duration timeout{60'000};
    AtEnd at_end = AtEnd::left;
    std::vector<std::pair<std::string, std::string>> environment{};  ///< beside our own

    friend bool operator==(const RunCommand&, const RunCommand&) = default;
};

using Action =
    std::variant<Log, Print, Display, AskLogin, ListProcesses, ListConfigs, ReadLogTail, InspectProcesses,
                 ListEventListeners, MeasureMemory, CheckHttp, Restart, Bring, AmendTask, StartProcesses,
                 StopProcesses, SignalProcess, ProbeReady, ShutDownSupervisord, WriteFile, Finish, Notify,
                 LeaveWord, TakeBackWord, ReleaseNotifications, RunCommand>;
using Actions = std::vector<Action>;

}  // namespace keenlance
