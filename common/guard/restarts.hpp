#pragma once
/// Restarts with what an operator wants done around them. Pure.
///
///   look ─► --pre-cmd ─► dump ─► look ─► --signal ─► its wait ─► Restart ─► --post-cmd ─► ended
///     └─(gone, or another life)─► spared ◄─┘
///
/// Steps that are not wanted are left out, a step that fails is said and the next one follows. What was
/// spared after its --pre-cmd gets its --post-cmd all the same.

#include <keenlance/core/export.hpp>
#include <keenlance/core/policy.hpp>
#include <keenlance/guard/settings.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

struct RestartOrder {
    Namespec id;
    Incarnation judged;
    std::string reason;  ///< one line, for KEENLANCE_REASON
    /// Run after the pre-command, while the process still lives (httpok's gcore); comes back as Dumped.
    std::optional<std::string> dump_command{};
    Duration dump_timeout{300'000};
};

/// How a RestartOrder's dump_command ended.
struct Dumped {
    Namespec id;
    Result<std::string> output;
};

/// What a fact has led to.
struct RestartTurn {
    Actions actions;
    std::vector<Dumped> dumped;
    std::vector<TaskProgress>
        progress;                 ///< of Restart; or the one word `spared` where it did not come to that
    std::vector<Namespec> ended;  ///< over, --post-cmd included: nothing follows of these
};

class KEENLANCE_API GuardedRestarts {
  public:
    explicit GuardedRestarts(GuardSettings settings) : settings_(std::move(settings)) {}

    /// Neither of a process that is under way already, nor after Closing.
    Actions begin(RestartOrder order);
    /// Is to be told every fact; those that are about nothing of its own lead to nothing.
    RestartTurn take(const Fact& fact, const Moment& now);

    [[nodiscard]] std::optional<SteadyTime> deadline() const;
    [[nodiscard]] bool idle() const { return under_way_.empty(); }
    [[nodiscard]] bool contains(const Namespec& id) const { return under_way_.contains(id); }

  private:
    enum class Step { look, pre_command, dump, look_again, signal, wait, restart, post_command };

    struct UnderWay {
        RestartOrder order;
        Step step = Step::look;
        SteadyTime wait_until;
        bool pre_command_begun = false;
        std::string result;  // for --post-cmd
        int pid = 0;         // the newest known
    };

    void go_on(UnderWay& restart, RestartTurn& turn);
    void spare(UnderWay& restart, const std::string& why, RestartTurn& turn);
    void end(UnderWay& restart, RestartTurn& turn);
    [[nodiscard]] Step next_step(const UnderWay& restart) const;
    [[nodiscard]] RunCommand command(const UnderWay& restart, const std::string& text) const;

    void on_inspected(const ProcessesInspected& inspected, RestartTurn& turn);
    void on_command(const CommandFinished& finished, RestartTurn& turn);
    void on_signalled(const ProcessSignalled& signalled, const Moment& now, RestartTurn& turn);
    void on_woke(const Moment& now, RestartTurn& turn);
    void on_progress(const TaskProgress& progress, RestartTurn& turn);
    void on_closing(RestartTurn& turn);

    GuardSettings settings_;
    bool closing_ = false;
    std::map<Namespec, UnderWay> under_way_;
};

}  // namespace keenlance
