#pragma once
/// A supervisord and its processes in simulated time: a policy is run against it in milliseconds, with events
/// that come late or not at all, and with listeners that die in the middle.

#include <keenlance/control/task_machine.hpp>
#include <keenlance/core/fleet_policy.hpp>
#include <keenlance/core/policy.hpp>
#include <keenlance/core/process.hpp>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keenlance {

/// How a process behaves.
struct Behaviour {
    Duration start_seconds{1'000};
    std::optional<Duration> runs_for;  ///< nothing: for ever
    int exit_status = 0;
    bool expected = true;
    bool restarts = false;    ///< supervisord starts it again after an exit
    int failing_starts = 0;   ///< BACKOFF so often before it comes up
    int retries = 3;          ///< startretries: one more failing start and it is FATAL
    int fault = 0;            ///< startProcess answers with it
    Duration ready_after{0};  ///< of its life; probes fail before
    Duration stops_within{50};
    int dies_from_start = 0;  ///< from that start on it fails each time; 0: never
};

class FakeWorld {
  public:
    explicit FakeWorld(const std::map<Namespec, Behaviour>& behaviours);

    /// Turns facts into actions and actions into facts until the policy has nothing more to wait for, `until`
    /// has passed, or `stop` says so; false if it was not idle by then.
    void run(
        Policy& policy, Duration until, const std::function<bool()>& stop = [] { return false; });

    /// A command with this one supervisord.
    void run(FleetPolicy& policy, Duration until);

    /// Lets that much time pass before, or after: only supervisord does something in it.
    void pass(Duration span);
    /// In the middle of a run.
    void tell(FleetPolicy& policy, const Fact& fact);

    /// Does something when that time has come, in whichever run.
    void at(Duration when, std::function<void()> deed) { deeds_.emplace(when, std::move(deed)); }

    void set_state(const Namespec& id, ProcessState state);  ///< as supervisord's own doing, with its event
    /// As an operator does.
    void stop_by_hand(const Namespec& id);
    void start_by_hand(const Namespec& id);
    /// From now on it comes up, and is ready.
    void heal(const Namespec& id);

    [[nodiscard]] Duration now() const { return now_; }
    [[nodiscard]] int starts_of(const Namespec& id) const { return sims_.at(id).starts; }
    [[nodiscard]] int asked_starts_of(const Namespec& id) const { return sims_.at(id).asked_starts; }
    [[nodiscard]] ProcessState state_of(const Namespec& id) const { return sims_.at(id).info.state; }
    /// Of the first start and the first RUNNING; nothing if there was none.
    [[nodiscard]] std::optional<Duration> started_at(const Namespec& id) const {
        return sims_.at(id).started_at;
    }
    [[nodiscard]] std::optional<Duration> running_at(const Namespec& id) const {
        return sims_.at(id).running_at;
    }

    /// How many of them are not RUNNING.
    [[nodiscard]] std::size_t down() const;
    /// Called after every change of a process's state.
    std::function<void()> on_change = [] {};

    std::vector<std::string> log;
    std::string printed;
    std::vector<WriteFile> files;
    std::vector<std::vector<Namespec>> start_calls;
    std::optional<int> finished;
    bool shut_down = false;
    int lists = 0, inspections = 0;

    bool sends_events = true;
    std::function<bool()> loses_event = [] { return false; };
    std::function<bool()> loses_answer = [] { return false; };  ///< done, but the answer never comes

  private:
    struct Sim {
        Behaviour behaviour;
        ProcessInfo info;
        std::optional<Duration> next;  // when its state changes by itself
        Duration born{0};
        int starts = 0, asked_starts = 0, failed_starts = 0;
        std::optional<Duration> started_at, running_at;
    };

    void perform(const Action& action);
    void carry_out(const Namespec& id, const control::TaskStep& step);
    Result<bool> start(const Namespec& id);
    Result<bool> stop(const Namespec& id);
    void spawn(Sim& sim);
    void enter(Sim& sim, ProcessState state);
    void advance(Duration to);
    void answer(const Fact& fact);
    [[nodiscard]] std::int64_t seconds() const;

    std::map<Namespec, Sim> sims_;
    std::map<Namespec, control::TaskMachine> tasks_;
    std::multimap<Duration, Fact> facts_;
    std::multimap<Duration, std::function<void()>> deeds_;
    std::uint64_t pool_serial_ = 0;
    int last_pid_ = 100;
    Duration now_{0};
};

}  // namespace keenlance
