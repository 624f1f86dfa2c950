#pragma once
/// Brings one process to a state, verified: the state machine behind every start, stop and restart of this
/// project. Pure.
///
///   look ──(up)──► stop ──► stopping ──(down)──► start ──► starting ──► reached
///     ├─(there already, or another life than the judged one)─► already, spared
///     └─(down)────────────────────────────────────▲  ▲            │ FATAL, refused
///                                                    └─ resting ◄─┘ (Persistence::try_again)
///
/// stop and start are asked for with wait=false and looked after by polling: a call with wait=true holds a
/// connection for as long as the process takes, and supervisord notices a change only once a second unless a
/// call wakes its main loop.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/task.hpp>

#include <optional>
#include <vector>

namespace keenlance::control {

/// A question to supervisord about the one process; the answer is to come back through on_info or on_command.
enum class Ask {
    info,   ///< getProcessInfo
    stop,   ///< stopProcess, wait=false
    start,  ///< startProcess, wait=false
};

/// What is to be done after a step: nothing more (finished), a question, or to wait.
struct TaskStep {
    std::optional<Ask> ask;
    std::optional<SteadyTime> wake_at;  ///< call on_wake() then; only without `ask`
    std::vector<TaskProgress> progress;
    bool finished = false;
};

class KEENLANCE_API TaskMachine {
  public:
    explicit TaskMachine(Task task) : task_(std::move(task)) {}

    /// The first step.
    TaskStep begin(SteadyTime now);
    TaskStep on_info(const Result<ProcessInfo>& info, SteadyTime now);
    TaskStep on_command(const Result<bool>& answer, SteadyTime now);
    TaskStep on_wake();

    /// From the next step on.
    void amend(const Amendment& amendment);
    /// The program is about to end: begin no stop; what is down is still started, but not watched for long.
    void hurry() { hurried_ = true; }

  private:
    enum class Phase { look, stop, stopping, start, starting, resting };

    TaskStep ask(Phase phase, Ask question);
    TaskStep wait(Phase phase, SteadyTime now, Duration delay);
    TaskStep poll(Phase phase, SteadyTime now);
    TaskStep end(TaskStage stage, std::string detail);
    [[nodiscard]] std::optional<SteadyTime> end_of_patience() const;
    TaskStep within_limit(TaskStep step, SteadyTime now);
    TaskStep after_info(const Result<ProcessInfo>& info, SteadyTime now);
    TaskStep look(const Result<ProcessInfo>& info, SteadyTime now);
    TaskStep decide(const ProcessInfo& info, SteadyTime now);
    TaskStep stop(const ProcessInfo& info);
    TaskStep is_down();
    TaskStep watch_stopping(const ProcessInfo& info, SteadyTime now);
    TaskStep watch_starting(const ProcessInfo& info, SteadyTime now);
    TaskStep wait_for_start(SteadyTime now);
    TaskStep after_stop(const Result<bool>& answer, SteadyTime now);
    TaskStep after_start(const Result<bool>& answer, SteadyTime now);
    TaskStep start_failed(const std::string& why, SteadyTime now);
    TaskStep unreachable(const Error& error, SteadyTime now);
    [[nodiscard]] bool is_other_life(const ProcessInfo& info) const;
    void report(TaskStep& step, TaskStage stage, std::string detail) const;

    Task task_;
    Phase phase_ = Phase::look;
    SteadyTime began_;
    std::optional<SteadyTime> accepted_at_;  // the last command, by supervisord
    Duration poll_delay_{};                  // grows from poll to poll of one phase
    SteadyTime phase_began_;
    std::optional<Incarnation> stopped_life_;
    std::optional<SteadyTime> started_at_;
    ProcessState state_ = ProcessState::unknown;  // as last seen
    int pid_ = 0;
    bool said_slow_ = false;
    bool said_backoff_ = false;
    bool hurried_ = false;
    bool start_accepted_ = false;  // we have started it; from now on others may stop it
    int stops_asked_ = 0;
    std::size_t starts_failed_ = 0;
    std::optional<SteadyTime> unreachable_since_;
};

}  // namespace keenlance::control
