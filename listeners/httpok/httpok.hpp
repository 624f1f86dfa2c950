#pragma once
/// httpok's decisions: when what is tried, and which processes are restarted when it is not as it should be.

#include <keenlance/core/policy.hpp>
#include <keenlance/guard/guard.hpp>
#include <keenlance/guard/restarts.hpp>

#include <listeners/httpok/check.hpp>
#include <listeners/httpok/target.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace keenlance::httpok {

struct Settings {
    std::vector<Check> checks;
    /// lazy (-E): no check and no notification while none of its processes is RUNNING.
    enum class Eagerness { eager, lazy } eagerness = Eagerness::eager;
    /// What becomes of processes that may_be_started() when their check fails.
    enum class Fallen { left, started } fallen = Fallen::left;
    std::string gcore = "/usr/bin/gcore -o";  ///< takes a file name and a pid
    std::optional<std::string> core_folder;   ///< a core of each process goes there before its restart
    std::string name;                         ///< of this httpok, for subjects; may be empty
    std::optional<Namespec> self;             ///< never restarted
    GuardSettings guard;
};

/// How many attempts are under way at once; further ones wait for their end.
inline constexpr std::size_t most_attempts = 200;

/// On a tick every check is tried, each on its own: one that takes long keeps no other from its next. If it
/// fails: list, choose, dump cores where wanted, restart all chosen at once (they stand behind the same
/// target, which is down anyway), and tell it all in one notification. What has placeholders is tried once
/// for each process, which alone it is about.
class Httpok : public Policy {
  public:
    explicit Httpok(Settings settings);

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override;
    [[nodiscard]] bool idle() const override;

  private:
    using Tag = std::size_t;
    using Processes = Result<std::vector<ProcessInfo>>;

    // When what is tried (httpok.cpp).
    Actions on_started() const;
    Actions on_tick();
    Actions on_woke();
    Actions begin_round(Tag tag);
    Actions finish(Tag tag);
    Actions ask(Tag tag, Target::Phase phase);
    Actions on_listeners(const Result<std::set<std::string>>& groups);
    Actions on_list(const Processes& processes);
    Actions survey(Tag tag, const std::vector<ProcessInfo>& processes);
    Actions survey_each(Tag tag, const std::vector<ProcessInfo>& processes);
    Actions drop_vanished(std::size_t check, const std::vector<ProcessInfo>& processes);
    Actions attempt(Tag tag);
    Actions send(Tag tag);
    Actions on_probed(const ReadyProbed& probed);
    Actions on_answer(Tag tag, const Outcome& outcome);
    void close();

    // What is done about it (failures.cpp).
    Actions on_good(Tag tag);
    Actions on_failed(Tag tag, Fault fault);
    Actions act(Tag tag, const Processes& processes);
    Actions look_after_exhausted(Tag tag, const Processes& processes);
    Actions deal_with(Tag tag, const ProcessInfo& info);
    Actions deal_with_judged(Tag tag, const ProcessInfo& info);
    Actions begin_deed(Tag tag, const ProcessInfo& info);
    Actions follow(const RestartTurn& turn);
    Actions on_dumped(const Dumped& dumped);
    Actions on_progress(const TaskProgress& progress, std::string_view done);
    Actions on_start_progress(const TaskProgress& progress);
    Actions settle(Tag tag, const Namespec& id);
    [[nodiscard]] LeaveWord word_of(Tag tag);
    Actions report(Tag tag);
    Actions resolve(Tag tag, const std::string& why);
    [[nodiscard]] bool is_worth_telling(const Target& target) const;
    [[nodiscard]] Notification notification(const Target& target, const std::string& about) const;
    [[nodiscard]] std::string subject(const std::string& text) const;

    [[nodiscard]] const Check& check_of(const Target& target) const { return settings_.checks[target.check]; }
    [[nodiscard]] bool surveys_first(const Target& target) const;
    [[nodiscard]] bool covers(const Target& target, const Namespec& id) const;
    [[nodiscard]] bool is_worth_trying(const Target& target, const ProcessInfo& info) const;

    Settings settings_;
    Guard guard_;
    GuardedRestarts restarts_;
    std::map<Tag, Target> targets_;                         // the first ones are the checks, in their order
    std::map<std::pair<std::size_t, Namespec>, Tag> each_;  // of checks with placeholders
    Tag next_tag_ = 0;
    std::deque<Tag> queue_;
    std::size_t under_way_ = 0;
    std::set<std::string> listeners_;
    bool finding_ = false, listing_ = false;  // ListEventListeners, ListProcesses are under way
    std::set<Namespec> starting_;
    std::map<Namespec, Tag> owners_;  // whose failure a restart or start is of, until its last word
    std::set<Namespec> left_down_;    // by a restart of ours that could not start them again
    SteadyTime now_{};
    bool closing_ = false;
};

}  // namespace keenlance::httpok
