#pragma once
/// quickctl's roll: brings out a new version a few instances at a time, over one or several supervisords, and
/// stops before much is broken.
///
///   --pre ──► restart or signal ──► RUNNING ──► --stable ──► health check ──► --post ──► through
///                                        └──────────── or it failed ────────────┘
///
/// A batch goes through that side by side. When all of it is through there is a pause, a look whether it is
/// still well, and the next batch begins. So never more than a batch is down, besides what has failed.

#include <keenlance/core/fleet_policy.hpp>

#include <commands/roll/roll_settings.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::quickctl {

/// Ends with Finish: 0 if all instances are through, else 1; 3 where a supervisord cannot be asked, and
/// nothing is done then.
class RollCommand : public FleetPolicy {
  public:
    explicit RollCommand(RollSettings settings);

    FleetActions step(std::size_t server, const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override;
    [[nodiscard]] bool idle() const override { return ended_; }

  private:
    enum class Stage {
        old,      ///< not begun
        pre,      ///< its --pre runs
        acting,   ///< it is being restarted or signalled
        steady,   ///< it is watched for --stable
        probing,  ///< its health is asked for
        post,     ///< its --post runs
        log,      ///< it has failed, and its log is read
        failed,
        through,
        left,  ///< interrupted on its way
    };
    /// One instance on its way; the row tells what became of it.
    struct Progress {
        Stage stage = Stage::old;
        bool verified_only = false;  ///< an earlier roll restarted it: it is only looked at
        bool looking = false;        ///< a question about it is under way
        int pid = 0;                 ///< of the new life
        SteadyTime began, stage_began;
        Duration delay{0};                  ///< to the next health check
        std::optional<SteadyTime> wake_at;  ///< when it is to be looked at again
    };

    FleetActions react(std::size_t server, const Fact& fact);
    FleetActions when_complete();
    void choose_what_is_old();
    [[nodiscard]] std::optional<std::string> unfit() const;
    FleetActions forecast();
    FleetActions next_batch();
    FleetActions begin(std::size_t index);
    FleetActions act(std::size_t index);
    FleetActions is_up(std::size_t index, int pid);
    FleetActions look(std::size_t index);
    FleetActions on_steady(std::size_t index);
    FleetActions probe(std::size_t index);
    FleetActions on_inspected(std::size_t server, const ProcessesInspected& inspected);
    FleetActions judge_look(std::size_t index, const Result<ProcessInfo>& info);
    FleetActions after_pause(std::size_t server, const ProcessesInspected& inspected);
    FleetActions on_progress(std::size_t server, const TaskProgress& progress);
    FleetActions on_signalled(std::size_t server, const ProcessSignalled& signalled);
    FleetActions on_probed(std::size_t server, const ReadyProbed& probed);
    FleetActions on_command(std::size_t server, const CommandFinished& finished);
    FleetActions on_log(std::size_t server, const LogRead& read);
    FleetActions on_woke();
    FleetActions on_closing(Closing::Urgency urgency);
    FleetActions is_well(std::size_t index);
    FleetActions is_through(std::size_t index);
    FleetActions fail(std::size_t index, const std::string& why);
    FleetActions has_failed(std::size_t index);
    FleetActions leave(std::size_t index, const std::string& why);
    FleetActions when_batch_is_over();
    FleetActions finish();
    void enter(std::size_t index, Stage stage);
    void remember(FleetActions& actions);
    [[nodiscard]] std::vector<std::string> display() const;
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::optional<Duration> estimate() const;
    [[nodiscard]] Instance instance(std::size_t index) const;
    [[nodiscard]] std::optional<std::size_t> find(std::size_t server, const Namespec& id) const;
    [[nodiscard]] std::string_view success_word() const;
    static std::string how_it_ended(const ProcessInfo& info, int pid);

    RollSettings settings_;
    Roster roster_;
    RollMemory memory_;
    std::vector<Row> rows_;  // in the order in which they are rolled
    std::vector<Progress> progress_;
    std::map<Key, std::size_t> places_;
    std::vector<std::size_t> batch_;      // on their way, or just through
    std::set<std::size_t> looked_after_;  // servers that are asked how the batch is after the pause
    std::size_t next_ = 0;
    std::size_t batch_size_ = 1;
    std::size_t failures_ = 0;
    Duration spent_{0};  // on whole batches
    std::size_t batches_ = 0;
    std::size_t rolled_ = 0;
    SteadyTime now_, began_, batch_began_;
    std::optional<SteadyTime> pause_until_;
    Painter painter_;
    bool chosen_ = false;
    bool interrupted_ = false;
    bool ended_ = false;
};

}  // namespace keenlance::quickctl
