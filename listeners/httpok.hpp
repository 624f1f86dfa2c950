#pragma once
/// httpok's decisions: whether a web server's answer is good, and which processes are restarted when it is
/// not.

#include <keenlance/core/policy.hpp>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace keenlance::httpok {

struct Settings {
    HttpCheck check;
    std::vector<int> statuses{200};     ///< what counts as good
    std::vector<std::string> programs;  ///< "name" or "group:name"
    enum class Choice { programs, any } choice = Choice::programs;
    /// lazy (-E): no check and no mail while none of the chosen processes is RUNNING.
    enum class Eagerness { eager, lazy } eagerness = Eagerness::eager;
    std::string gcore = "/usr/bin/gcore -o";  ///< takes a file name and a pid
    std::optional<std::string> core_folder;   ///< a core of each process goes there before its restart
    std::string name;                         ///< of this httpok, for mail subjects; may be empty
    std::optional<Namespec> self;             ///< never restarted
};

/// What is wrong with an answer; nothing when it is good. Pure.
struct Fault {
    std::string subject;  ///< "http://…: bad status returned"
    std::string message;  ///< what was seen
};
std::optional<Fault> judge(const Settings& settings, const HttpOutcome& outcome);

/// Whether the operator chose the process, by -p or -a (which leaves out `listeners`, the groups of event
/// listeners).
bool is_chosen(const Settings& settings, const std::set<std::string>& listeners, const Namespec& id);

/// On a tick: check; if the answer is bad: list, choose, dump cores where wanted, restart all chosen at once
/// (they stand behind the same URL, which is down anyway), and tell it all in one mail.
class Httpok : public Policy {
  public:
    explicit Httpok(Settings settings) : settings_(std::move(settings)) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return phase_ == Phase::waiting && restarting_.empty(); }

  private:
    enum class Phase {
        waiting,     // for a tick
        surveying,   // -E: is any chosen process RUNNING?
        checking,    // the URL
        finding,     // -a: which groups are event listeners?
        listing,     // what is there to restart
        restarting,  // until each chosen process has been dealt with for the mail
    };

    Actions on_tick();
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes);
    Actions survey(const Result<std::vector<ProcessInfo>>& processes);
    Actions on_listeners(const Result<std::set<std::string>>& groups);
    Actions on_outcome(const HttpOutcome& outcome);
    Actions act(const std::vector<ProcessInfo>& processes);
    Actions begin_restart(const ProcessInfo& info);
    Actions on_core(const CommandFinished& core);
    Actions on_progress(const TaskProgress& progress);
    Actions settle(const Namespec& id);
    Actions report();
    Actions finish();
    [[nodiscard]] Log note(const std::string& line);
    [[nodiscard]] std::vector<std::string> missing_programs(const std::vector<ProcessInfo>& processes) const;
    [[nodiscard]] std::string subject(const std::string& text) const;
    [[nodiscard]] bool survey_first() const { return settings_.eagerness == Settings::Eagerness::lazy; }

    Settings settings_;
    Phase phase_ = Phase::waiting;
    bool tick_waits_ = false;
    bool closing_ = false;
    std::set<std::string> listeners_;
    Fault fault_;                                 // what the current mail is about
    std::vector<std::string> lines_;              // its body so far
    std::set<Namespec> unsettled_;                // chosen processes it waits for
    std::map<Namespec, Incarnation> restarting_;  // until the last word of each restart
};

}  // namespace keenlance::httpok
