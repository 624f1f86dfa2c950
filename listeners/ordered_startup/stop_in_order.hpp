#pragma once
/// Brings the programs of a plan down in the reverse of their order: wave by wave, the last one first.

#include <keenlance/core/policy.hpp>
#include <keenlance/startup/plan.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::ordered_startup {

/// A wave is stopped all at once, and the next one not before each process of it is down. Ends with Finish: 0
/// when all are down, 1 when one is not (the waves before it are then left running, for they may be needed),
/// 3 without a supervisord.
class StopInOrder : public Policy {
  public:
    explicit StopInOrder(startup::Plan plan) : plan_(std::move(plan)), waves_(plan_.waves()) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override { return look_at_; }
    [[nodiscard]] bool idle() const override { return true; }

  private:
    Actions on_list(const ProcessesListed& listed);
    Actions on_stopped(const ProcessesStopped& stopped);
    Actions on_inspected(const ProcessesInspected& inspected);
    Actions next_wave();
    Actions look();
    Actions end(int exit_code, const std::string& last_words);

    startup::Plan plan_;
    std::vector<std::vector<std::size_t>> waves_;
    std::map<Namespec, ProcessInfo> known_;
    std::set<Namespec> stopping_;
    SteadyTime now_;
    SteadyTime wave_began_;
    Duration patience_{0};  // of the wave
    Duration look_delay_{0};
    std::optional<SteadyTime> look_at_;
    std::size_t stopped_ = 0;
    bool ended_ = false;
};

}  // namespace keenlance::ordered_startup
