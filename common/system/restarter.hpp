#pragma once
/// Carries restarts out: any number of control::RestartMachines side by side, against a Supervisor.

#include <keenlance/control/restart.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/ports/supervisor.hpp>
#include <keenlance/system/reactor.hpp>

#include <functional>
#include <map>
#include <memory>

namespace keenlance {

class KEENLANCE_API Restarter {
  public:
    using Report = std::function<void(const RestartProgress&)>;

    /// `reactor` and `supervisor` must outlive it. `report` hears every progress of every restart.
    Restarter(Reactor& reactor, Supervisor& supervisor, Report report);
    ~Restarter();
    Restarter(const Restarter&) = delete;
    Restarter& operator=(const Restarter&) = delete;
    Restarter(Restarter&&) = delete;
    Restarter& operator=(Restarter&&) = delete;

    /// Begins at once; a process that is being restarted already is reported as spared.
    void restart(const Restart& request);
    void hurry();

  private:
    struct Running {
        explicit Running(Restart request) : machine(std::move(request)) {}
        control::RestartMachine machine;
        Reactor::TimerId timer = 0;
    };

    void carry_out(const Namespec& id, const control::RestartStep& step);

    Reactor& reactor_;
    Supervisor& supervisor_;
    Report report_;
    std::map<Namespec, Running> running_;
    std::shared_ptr<bool> alive_;  // late answers of the Supervisor must not reach a dead Restarter
};

}  // namespace keenlance
