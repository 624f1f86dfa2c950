#pragma once
/// What quickctl's start, stop, restart and status do with one or several supervisords: choose the processes,
/// bring all of them to their state at once, and tell what became of each.

#include <keenlance/core/fleet_policy.hpp>
#include <keenlance/startup/plan.hpp>
#include <keenlance/startup/track.hpp>

#include <commands/control/order.hpp>
#include <commands/report.hpp>
#include <commands/roster.hpp>
#include <commands/task_settings.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keenlance::quickctl {

enum class Verb { start, stop, restart, status };

struct Settings {
    Verb verb = Verb::status;
    Choice choice;
    TaskSettings tasks;
    /// --order config: start what others wait for before them, and stop in reverse; of the one server.
    /// Nothing: all at once.
    std::optional<startup::Plan> plan{};
    Output output = Output::lines;
    Colours colours = Colours::off;
    Liveness liveness = Liveness::lines_only;
    Deed deed = Deed::done;
};

/// Ends with Finish: 0 only if every process is where it was asked to be, every pattern means some and every
/// server answers; else 1; 3 where no supervisord can be asked. Interrupted, it waits only for restarts whose
/// process is stopping, so that none stays down.
class ControlCommand : public FleetPolicy {
  public:
    explicit ControlCommand(Settings settings);

    FleetActions step(std::size_t server, const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override;
    [[nodiscard]] bool idle() const override { return ended_; }

  private:
    enum class Phase {
        waiting,      ///< for others
        stopping,     ///<
        down,         ///< in an ordered restart: until all are
        starting,     ///< supervisord has not accepted it yet
        accepted,     ///< it has
        backing_off,  ///<
        proving,      ///< it is up, and a probe or its end is waited for
        reading_log,  ///< it has failed
        settled,      ///< the row says how
    };
    struct Progress {
        Phase phase = Phase::waiting;
        SteadyTime since;
        startup::Track track{};
        bool ready = false;
        std::string not_ready{};              ///< why, by the last probe
        std::optional<SteadyTime> look_at{};  ///< while it is proving
    };

    FleetActions react(std::size_t server, const Fact& fact);
    FleetActions when_complete();
    void begin_tasks();
    FleetActions ask_for_configs();
    [[nodiscard]] bool are_all_accepted() const;
    FleetActions on_late_configs(std::size_t server, const ProcessConfigsListed& listed);
    FleetActions begin_what_may();
    FleetActions begin(std::size_t index);
    FleetActions refuse(std::size_t index, const std::string& why);
    [[nodiscard]] bool is_over(std::size_t index) const;
    [[nodiscard]] std::optional<std::size_t> hindrance(std::size_t index) const;
    FleetActions next_pass();
    FleetActions reached(std::size_t index, const TaskProgress& progress);
    FleetActions prove(std::size_t index);
    FleetActions on_woke();
    FleetActions on_inspected(std::size_t server, const ProcessesInspected& inspected);
    FleetActions on_probed(std::size_t server, const ReadyProbed& probed);
    FleetActions judge_proof(std::size_t index);
    FleetActions fail(std::size_t index, const std::string& why);
    FleetActions on_progress(std::size_t server, const TaskProgress& progress);
    FleetActions on_log(std::size_t server, const LogRead& read);
    FleetActions on_closing(Closing::Urgency urgency);
    FleetActions settle(std::size_t index);
    FleetActions finish();
    [[nodiscard]] std::vector<std::string> display() const;
    [[nodiscard]] std::string forecast(const Row& row) const;
    [[nodiscard]] std::string_view success_word() const;

    Settings settings_;
    Roster roster_;
    std::vector<Row> rows_;
    std::vector<Progress> progress_;  // of the rows
    Order order_;
    Goal pass_ = Goal::running;  // an ordered restart has two: all down, all up
    std::map<Key, std::size_t> places_;
    std::size_t unsettled_ = 0;
    SteadyTime now_, began_, listed_;
    Painter painter_;
    std::optional<SteadyTime> configs_at_;  // when they are asked for, if not before
    bool all_good_ = true;
    bool chosen_ = false;
    bool interrupted_ = false;
    bool ended_ = false;
};

}  // namespace keenlance::quickctl
