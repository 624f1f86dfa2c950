#pragma once
/// memmon's decisions: which process uses more memory than it may, and what becomes of it.

#include <keenlance/core/policy.hpp>
#include <keenlance/guard/guard.hpp>
#include <keenlance/guard/restarts.hpp>

#include <listeners/memmon/history.hpp>
#include <listeners/memmon/limits.hpp>
#include <listeners/memmon/roster.hpp>
#include <listeners/memmon/usage.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::memmon {

struct Verdict {
    Usage usage;
    Limit limit;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Chooses what is over its limit, in the order of `usages`; a process exactly at its limit is spared. Pure.
std::vector<Verdict> decide(const Limits& limits, std::span<const Usage> usages);

struct Settings {
    Limits limits;
    Limits warnings;  ///< notified, not restarted
    MemoryScope scope = MemoryScope::process;
    MemoryMetric metric = MemoryMetric::rss;
    GuardSettings guard;
    std::optional<Duration> mail_uptime_limit;  ///< a restart after a longer uptime is not mailed
    std::string name;                           ///< of this memmon, for mail subjects; may be empty
    std::optional<Namespec> self;               ///< never restarted: stopped by itself, it would stay down
};

/// What the metric is called in messages: "RSS", "cgroup memory".
std::string_view word_for(MemoryMetric metric);

/// "212.3 MB RSS with descendants is over -a 200MB".
std::string account(const Settings& settings, const Verdict& verdict);

/// Whether memmon looks at a process at all: it is alive, and has a limit or a size to warn of.
bool is_watched(const Settings& settings, const ProcessInfo& info);

/// On a tick: measure those of the last list; where supervisord's children are others by now, or something is
/// over its limit, list, measure, and restart what is over its limit, as far as the guard lets it. Processes
/// of one group are restarted one after another (copies of a program should not be down together), groups
/// side by side; checks go on meanwhile.
class Memmon : public Policy {
  public:
    explicit Memmon(Settings settings)
        : settings_(std::move(settings)), guard_(settings_.guard), restarts_(settings_.guard) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override { return restarts_.deadline(); }
    [[nodiscard]] bool idle() const override { return phase_ == Phase::waiting && pending_.empty(); }

    /// How much it keeps between checks: must not grow with time.
    [[nodiscard]] std::size_t remembered() const;

  private:
    enum class Phase {
        waiting,   // for a tick
        glancing,  // measuring those of the last list, which may hold no longer
        listing,
        measuring,  // those of a new list
    };

    struct Pending {
        Verdict verdict;
        bool failure_mailed = false;
    };

    /// What is known of a life that runs.
    struct Watched {
        Incarnation life;
        bool is_warned = false;  // and not below since
        int unmeasured = 0;      // times in a row
    };

    Actions on_started() const;
    Actions on_tick(const Moment& now);
    Actions ask_for_list(std::optional<ChildProcesses> children);
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes, const Moment& now);
    Actions measure(int children_of);
    Actions on_measured(const MemoryMeasured& measured, const Moment& now);
    [[nodiscard]] bool is_enough(const MemoryMeasured& glance) const;
    Actions judge_all(const std::map<int, std::uint64_t>& sizes, const Moment& now);
    Actions judge(const Usage& usage, const Moment& now);
    Actions over(const Verdict& verdict, const Moment& now);
    Actions not_over(const Usage& usage, const Moment& now);
    Actions warn(const Usage& usage);
    Actions unmeasured(const Usage& usage);
    Actions forget_all_but(const std::vector<ProcessInfo>& processes);
    Actions finish_check(const Moment& now);

    Actions queue_restart(const Verdict& verdict, const Moment& now);
    Actions next_of_group(const std::string& group, const Moment& now);
    Actions on_turn(RestartTurn turn, const Moment& now);
    Actions on_progress(const TaskProgress& progress, const Moment& now);
    Actions on_failure(const TaskProgress& progress, const std::string& subject, const std::string& text);
    Actions on_reached(const TaskProgress& progress, const Moment& now);
    Actions on_ended(const Namespec& id, const Moment& now);

    [[nodiscard]] Actions warn_of_unknown_names(const std::vector<ProcessInfo>& processes);
    [[nodiscard]] Notification about(const Verdict& verdict, std::string_view alert,
                                     const std::string& subject, const std::string& body) const;
    [[nodiscard]] Notification with_prefix(Notification notification) const;
    [[nodiscard]] Actions tell(Notification notification, std::string instead_of = {}) const;
    [[nodiscard]] LeaveWord word_of(const Verdict& verdict, const Moment& now) const;
    [[nodiscard]] Actions warning_is_over(const Namespec& id, const std::string& why) const;
    [[nodiscard]] Actions over_is_over(const Namespec& id);
    [[nodiscard]] std::string picture(const Namespec& id) const;
    [[nodiscard]] Checked checked(const Usage& usage) const;

    Settings settings_;
    Guard guard_;
    GuardedRestarts restarts_;
    Histories histories_;
    Phase phase_ = Phase::waiting;
    bool tick_waits_ = false;  // at most one: what several ticks ask for, one check answers
    bool closing_ = false;
    Roster roster_;
    std::vector<Usage> candidates_;        // of the check under way, sizes not yet known
    std::map<Namespec, Watched> watched_;  // as of the last check
    std::map<Namespec, Pending> pending_;  // chosen, until their restart has had its last word
    std::map<std::string, std::deque<Namespec>> by_group_;  // the first of each is being restarted
    std::set<Namespec> failing_;                            // MemoryOverLimit is firing
    std::set<std::string> said_;                            // rules without a process, and ourselves
};

}  // namespace keenlance::memmon
