#pragma once
/// What an ordered start has learnt of one process, from lists and events that may come late, twice, or not
/// at all. Pure.

#include <keenlance/core/event.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/startup/program.hpp>

#include <cstdint>
#include <set>

namespace keenlance::startup {

/// Facts only add to what was reached; the present state is that of the last fact.
class KEENLANCE_API Track {
  public:
    /// By getProcessInfo. What a process must have gone through to be where it is counts as reached: one that
    /// EXITED was RUNNING; one that was stopped after more than startsecs was RUNNING, unless an event told
    /// that it was STARTING when the stop began (it may take stopwaitsecs to end); one with startsecs=0 that
    /// has ended and runs again has EXITED in between.
    void learn(const ProcessInfo& info, const Program& program);
    /// By a PROCESS_STATE event.
    void learn(const ProcessStateChange& change, const Program& program);
    /// Another life has begun: nothing is reached in it yet.
    void forget_reached();

    [[nodiscard]] ProcessState state() const { return state_; }
    [[nodiscard]] int pid() const { return pid_; }
    /// When this life began, as getProcessInfo tells it; 0 while only events have told of it.
    [[nodiscard]] std::int64_t start() const { return start_; }
    /// A start was seen, whoever asked for it.
    [[nodiscard]] bool was_started() const { return started_; }
    [[nodiscard]] bool has_reached(ProcessState state) const { return (reached_ & bit(state)) != 0; }
    /// Without regard to readiness.
    [[nodiscard]] bool has_met(const StateGoal& goal) const;
    /// The last exit is known by its event, which does not tell the status; a look may, until the next spawn.
    [[nodiscard]] bool lacks_exit_status() const { return lacks_status_; }
    /// Exits that were not expected, so far.
    [[nodiscard]] int wrong_exits() const { return wrong_exits_; }
    [[nodiscard]] int exits() const { return exits_; }
    [[nodiscard]] bool exited_wrongly() const { return last_exit_wrong_; }
    [[nodiscard]] std::optional<int> last_exit_status() const { return last_status_; }
    [[nodiscard]] const std::string& spawn_error() const { return spawn_error_; }

  private:
    static std::uint32_t bit(ProcessState state);
    void reach(ProcessState state) { reached_ |= bit(state); }
    void judge_exit(bool expected);
    void count_exit();

    ProcessState state_ = ProcessState::stopped;
    int pid_ = 0;
    std::int64_t start_ = 0;
    std::int64_t stop_ = 0;  // of the last info: tells an end that was counted from another
    std::uint32_t reached_ = 0;
    std::set<int> statuses_;
    std::optional<int> last_status_;
    bool started_ = false;
    bool expected_exit_ = false;
    bool last_exit_wrong_ = false;
    bool lacks_status_ = false;
    bool stopped_in_start_ = false;
    int exits_ = 0;
    int wrong_exits_ = 0;
    std::string spawn_error_;
};

}  // namespace keenlance::startup
