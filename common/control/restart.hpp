#pragma once
/// Restarts one process, verified: the state machine behind every "restart" of this project. Pure.
///
///   verify ──(still the judged process)──► stop ──► stopping ──(down)──► start ──► starting ──► restarted
///      └─(another pid, not running)─► spared          ▲  └─ polls ─┘        ▲           │ FATAL, refused
///                                                     └ the call was lost   └─ resting ◄┘
///
/// stop and start are asked for with wait=false and looked after by polling: a call with wait=true holds a
/// connection for as long as the process takes, and supervisord notices a change only once a second unless a
/// call wakes its main loop.

#include <keenlance/core/action.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/fact.hpp>
#include <keenlance/core/moment.hpp>

#include <optional>
#include <variant>
#include <vector>

namespace keenlance::control {

/// A question to supervisord about the one process; the answer is to come back through on_info or on_command.
enum class Ask {
    info,   ///< getProcessInfo
    stop,   ///< stopProcess, wait=false
    start,  ///< startProcess, wait=false
};

/// What is to be done after a step: nothing more (finished), a question, or to wait.
struct RestartStep {
    std::optional<Ask> ask;
    std::optional<SteadyTime> wake_at;  ///< call on_wake() then; only without `ask`
    std::vector<RestartProgress> progress;
    bool finished = false;
};

class KEENLANCE_API RestartMachine {
  public:
    explicit RestartMachine(Restart request) : request_(std::move(request)) {}

    /// The first step.
    RestartStep begin();
    RestartStep on_info(const Result<ProcessInfo>& info, SteadyTime now);
    RestartStep on_command(const Result<bool>& answer, SteadyTime now);
    RestartStep on_wake();

    /// The listener is about to end: begin no stop; what is down is still started, but not watched for long.
    void hurry() { hurried_ = true; }

  private:
    enum class Phase { verify, stop, stopping, start, starting, resting };

    RestartStep ask(Phase phase, Ask question);
    RestartStep wait(Phase phase, SteadyTime now, Duration delay);
    RestartStep poll(Phase phase, SteadyTime now);
    RestartStep end(RestartStage stage, std::string detail);
    RestartStep verify(const Result<ProcessInfo>& info);
    RestartStep watch_stopping(const ProcessInfo& info, SteadyTime now);
    RestartStep watch_starting(const ProcessInfo& info, SteadyTime now);
    RestartStep after_stop(const Result<bool>& answer, SteadyTime now);
    RestartStep after_start(const Result<bool>& answer, SteadyTime now);
    RestartStep start_failed(const std::string& why, SteadyTime now);
    RestartStep unreachable(const Error& error, SteadyTime now);

    Restart request_;
    Phase phase_ = Phase::verify;
    Duration poll_delay_{};  // grows from poll to poll of one phase
    SteadyTime phase_began_;
    bool said_slow_ = false;
    bool hurried_ = false;
    bool start_accepted_ = false;  // we have started it; from now on others may stop it
    int stops_asked_ = 0;
    std::size_t starts_failed_ = 0;
    std::optional<SteadyTime> unreachable_since_;
};

}  // namespace keenlance::control
