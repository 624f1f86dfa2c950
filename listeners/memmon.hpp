#pragma once
/// memmon's decisions: which process uses more memory than it may, and what becomes of it.

#include <keenlance/core/policy.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace keenlance::memmon {

/// The limit that counts for one process, and the option that set it.
struct Limit {
    std::uint64_t bytes = 0;
    std::string rule;  ///< "-p foo=200MB", for messages

    friend bool operator==(const Limit&, const Limit&) = default;
};

/// What the operator allows.
struct Limits {
    std::map<std::string, Limit> programs;  ///< by "name" or "group:name"
    std::map<std::string, Limit> groups;
    std::optional<Limit> any;

    /// The most specific limit alone: group:name, then name, then the group's, then `any`.
    [[nodiscard]] const Limit* limit_for(const Namespec& id) const;
};

/// A running process and its size.
struct Usage {
    Namespec id;
    Incarnation life;
    std::int64_t uptime_seconds = 0;
    std::uint64_t rss_bytes = 0;

    friend bool operator==(const Usage&, const Usage&) = default;
};

struct Verdict {
    Usage usage;
    Limit limit;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Chooses what to restart, in the order of `usages`; a process exactly at its limit is spared. Pure.
std::vector<Verdict> decide(const Limits& limits, std::span<const Usage> usages);

struct Settings {
    Limits limits;
    MemoryScope scope = MemoryScope::process;
    std::optional<Duration> mail_uptime_limit;  ///< a restart after a longer uptime is not mailed
    std::string name;                           ///< of this memmon, for mail subjects; may be empty
    std::optional<Namespec> self;               ///< never restarted: stopped by itself, it would stay down
};

/// On a tick: list, measure, restart what is over its limit. Processes of one group are restarted one after
/// another (copies of a program should not be down together), groups side by side; checks go on meanwhile.
class Memmon : public Policy {
  public:
    explicit Memmon(Settings settings) : settings_(std::move(settings)) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return !checking_ && pending_.empty(); }

  private:
    struct Pending {
        Verdict verdict;
        bool failure_mailed = false;
    };

    Actions on_started() const;
    Actions on_tick();
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes);
    Actions on_measured(const Result<std::map<int, std::uint64_t>>& sizes);
    Actions on_progress(const TaskProgress& progress, const Moment& now);
    Actions finish_check();
    Actions queue_restart(const Verdict& verdict);
    Actions next_of_group(const std::string& group);
    [[nodiscard]] Actions warn_of_unknown_names(const std::vector<ProcessInfo>& processes);
    [[nodiscard]] Notify mail(const std::string& subject, const std::string& body) const;
    [[nodiscard]] std::string account(const Verdict& verdict) const;

    Settings settings_;
    bool checking_ = false;
    bool tick_waits_ = false;  // at most one: what several ticks ask for, one check answers
    bool closing_ = false;
    std::vector<Usage> candidates_;        // of the check under way, sizes not yet known
    std::map<Namespec, Pending> pending_;  // chosen, until their restart has had its last word
    std::map<std::string, std::deque<Namespec>> by_group_;  // the first of each is being restarted
    std::set<std::string> warned_;                          // names without a process, and ourselves
};

}  // namespace keenlance::memmon
