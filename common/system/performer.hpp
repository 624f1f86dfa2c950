#pragma once
/// The one place where actions become effects; what comes of them goes back to the policy as facts.

#include <keenlance/core/action.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/fact.hpp>
#include <keenlance/ports/http_probe.hpp>
#include <keenlance/ports/notifier.hpp>
#include <keenlance/ports/process_table.hpp>
#include <keenlance/ports/ready_probe.hpp>
#include <keenlance/ports/supervisor.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/log.hpp>
#include <keenlance/system/reactor.hpp>
#include <keenlance/system/task_runner.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Finds the groups that are [eventlistener:x] pools of the supervisord with that pid.
using ListenerFinder = std::function<Result<std::set<std::string>>(int supervisord_pid)>;

/// Everything the performer may touch. All must outlive it.
struct Effects {
    LogSink& log;
    Supervisor& supervisor;
    ProcessTable& processes;
    HttpProbe& http;
    ReadyProbe& ready;
    CommandRunner& commands;
    Notifier* notifier = nullptr;  ///< nullptr: nobody wants to be notified
    ListenerFinder find_listeners;
    std::function<void(std::string_view)> print;                         ///< what Print does
    std::function<void(const std::vector<std::string>& lines)> display;  ///< what Display does
    std::function<Status()> ask_login;                                   ///< what AskLogin does
    std::function<void(int exit_code)> finish;                           ///< what Finish does
};

/// Logs and notifications are taken over at once; everything else begins in a later turn of the reactor, so
/// that an event is acknowledged before any work on it.
class KEENLANCE_API Performer {
  public:
    using Sink = std::function<void(const Fact&)>;

    Performer(Reactor& reactor, Effects effects, Sink sink);

    void perform(const Action& action);
    /// The listener is about to end.
    void hurry();

  private:
    void begin(const AskLogin& action);
    void begin(const ListProcesses& action);
    void begin(const ListConfigs& action);
    void begin(const ReadLogTail& action);
    void begin(const InspectProcesses& action);
    void begin(const ListEventListeners& action);
    void begin(const MeasureMemory& action);
    void begin(const CheckHttp& action);
    void begin(const Restart& action);
    void begin(const Bring& action);
    void begin(const AmendTask& action);
    void begin(const StartProcesses& action);
    void begin(const StopProcesses& action);
    void begin(const SignalProcess& action);
    void begin(const ProbeReady& action);
    void begin(const ShutDownSupervisord& action);
    void begin(const WriteFile& action);
    void begin(const RunCommand& action);

    Reactor& reactor_;
    Effects effects_;
    Sink sink_;
    TaskRunner tasks_;
};

}  // namespace keenlance
