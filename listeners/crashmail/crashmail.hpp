#pragma once
/// crashmail's decisions: which end of which process is worth a mail, and what is found out about it first.

#include <keenlance/core/lost_crashes.hpp>
#include <keenlance/core/policy.hpp>

#include <listeners/crashmail/story.hpp>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::crashmail {

struct Settings {
    /// "name" or "group:name"; empty: every process.
    std::vector<std::string> programs{};
    std::string prefix{};  ///< of the subject (-o), before a colon; may be empty
    std::set<ProcessState> states{ProcessState::exited, ProcessState::fatal};
    int tail_lines = 0;  ///< of stdout and stderr
    /// Without supervisord's RPC only the event is told.
    enum class Rpc { there, missing } rpc = Rpc::missing;
    std::optional<Namespec> self{};
};

/// Each unexpected EXITED, and each entry into another of the chosen states, of a chosen process. The
/// notification is handed over with the event, as a draft; what supervisord tells of the crash then completes
/// it. Crashes whose events were lost are told too.
class Crashmail : public Policy {
  public:
    explicit Crashmail(Settings settings) : settings_(std::move(settings)), lost_(settings_.self) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override { return lost_.deadline(); }
    [[nodiscard]] bool idle() const override { return cases_.empty(); }

  private:
    /// A crash that is still being looked into.
    struct Case {
        std::string draft;
        Namespec id;
        std::optional<int> pid;
        Story story;
        bool waits_for_info = true;
        bool waits_for_log = true;
        std::map<LogStream, std::string> files;
        std::map<LogStream, int> tails;  // still to come, and how often it was asked for
    };

    Actions on_started(const Moment& now);
    Actions on_event(const Event& event, const Moment& now);
    Actions on_crash(const ProcessStateChange& change, const std::string& message, const Moment& now);
    Actions on_well(const Namespec& id, const Moment& now);
    Actions look_into(Case& crash);
    Actions on_inspected(const ProcessesInspected& inspected);
    Actions on_log(const LogRead& read);
    Actions settle(Case& crash);
    Actions tell_lost(const std::optional<std::vector<LostCrash>>& crashes, const Moment& now);
    [[nodiscard]] Notification notification(const Namespec& id, const std::string& what,
                                            const Moment& now) const;
    [[nodiscard]] std::size_t count_crash(const Namespec& id, const Moment& now);
    [[nodiscard]] bool is_chosen(const Namespec& id) const;
    [[nodiscard]] ReadLogTail tail_of(const Namespec& id, LogStream stream, int tries) const;

    Settings settings_;
    LostCrashes lost_;
    std::deque<Case> cases_;
    std::map<Namespec, std::deque<SteadyTime>> crashes_;  // of the last hour
    std::set<Namespec> fatal_;                            // told of as such, and not seen running since
    std::uint64_t told_ = 0;
};

/// What the mail says of the change; nothing when it is no crash. Pure.
std::optional<std::string> describe_crash(const ProcessStateChange& change);

}  // namespace keenlance::crashmail
