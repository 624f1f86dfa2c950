#pragma once
/// Carries tasks out: any number of control::TaskMachines side by side, against a Supervisor.

#include <keenlance/control/task_machine.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/ports/supervisor.hpp>
#include <keenlance/system/reactor.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace keenlance {

/// What the machines ask for in one turn of the reactor goes in shared calls, one call at a time, stops
/// before starts before looks: two hundred processes cost a handful of calls, and no call but one that spawns
/// holds supervisord for longer than some 50 ms.
class KEENLANCE_API TaskRunner {
  public:
    using Report = std::function<void(const TaskProgress&)>;

    /// `reactor` and `supervisor` must outlive it. `report` hears every progress of every task.
    TaskRunner(Reactor& reactor, Supervisor& supervisor, Report report);
    ~TaskRunner();
    TaskRunner(const TaskRunner&) = delete;
    TaskRunner& operator=(const TaskRunner&) = delete;
    TaskRunner(TaskRunner&&) = delete;
    TaskRunner& operator=(TaskRunner&&) = delete;

    /// Begins at once; a process that has a task already is reported as spared.
    void begin(const Task& task);
    /// A process without a task is left alone.
    void amend(const Namespec& id, const Amendment& amendment);
    void hurry();

  private:
    struct Running {
        explicit Running(Task task) : machine(std::move(task)) {}
        control::TaskMachine machine;
        Reactor::TimerId timer = 0;
    };

    void carry_out(const Namespec& id, const control::TaskStep& step);
    void send_soon();
    void send_next();
    void send_looks(const std::vector<Namespec>& ids);
    void send_commands(control::Ask ask, const std::vector<Namespec>& ids);
    void answered();

    Reactor& reactor_;
    Supervisor& supervisor_;
    Report report_;
    std::map<Namespec, Running> running_;
    std::map<control::Ask, std::deque<Namespec>> asked_;
    bool sending_ = false;         // a call is on its way, or about to be
    std::shared_ptr<bool> alive_;  // late answers of the Supervisor must not reach a dead TaskRunner
};

}  // namespace keenlance
