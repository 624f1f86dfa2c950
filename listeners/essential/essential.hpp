#pragma once
/// essential's decisions: whether the end of one process is the end of the supervisord it runs under, and
/// when.
///
/// A failure is looked into first, since supervisord on its way down makes FATAL and EXITED events too, then
/// told, waited for, and looked at again:
///     looking -> waiting -> checking -> forgiven, or the end
/// Nothing else leads to the end: what essential cannot parse, ask, write or mail stops nothing, and neither
/// do processes that were stopped, by an operator or with supervisord.

#include <keenlance/core/policy.hpp>

#include <listeners/essential/chosen.hpp>
#include <listeners/essential/failure.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::essential {

struct Settings {
    Chosen chosen;
    std::set<Failure::Kind> kinds{Failure::Kind::fatal, Failure::Kind::unexpected_exit};  ///< what counts
    Duration wait{0};                 ///< from a failure to the shutdown
    std::optional<Namespec> self;     ///< its group never counts
    std::set<std::string> listeners;  ///< groups of event listeners, as far as known before any is asked for
    /// Without RPC nothing is looked into: events and SIGTERM are all there is.
    enum class Rpc { there, missing } rpc = Rpc::there;
    std::optional<int> supervisord_pid;      ///< for SIGTERM where RPC does not do it
    std::optional<std::string> status_file;  ///< where `essential run` looks for the exit status
};

/// Whether supervisord refused a call because it is on its way down.
bool says_going_down(const Error& error);

class Essential : public Policy {
  public:
    explicit Essential(Settings settings) : settings_(std::move(settings)), listeners_(settings_.listeners) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override;
    [[nodiscard]] bool idle() const override { return true; }

  private:
    enum class Phase {
        looking,   // what supervisord says of it
        waiting,   // for its return, or for --wait to be over
        checking,  // whether it has returned
    };
    struct Pending {
        Failure failure;
        Phase phase = Phase::looking;
        SteadyTime due{};  // the end of the phase
        int checks = 0;
    };
    /// supervisord is to end, and is asked until it does.
    struct Ending {
        Namespec culprit;
        Duration pause{};
        std::optional<SteadyTime> next_look{};  // nothing: an answer is awaited
        int asked = 0;
    };

    Actions start();
    Actions on_event(const Event& event, const Moment& now);
    Actions on_change(const ProcessStateChange& change, const Moment& now);
    Actions on_listeners(const Result<std::set<std::string>>& groups);
    Actions on_inspected(const ProcessesInspected& inspected, const Moment& now);
    Actions on_looked(Pending& pending, const Result<ProcessInfo>& info);
    Actions on_checked(Pending& pending, const Result<ProcessInfo>& info, const Moment& now);

    Actions on_lost(const EventsLost& lost, const Moment& now);
    void look_again(const Moment& now);
    Actions survey();
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes, const Moment& now);
    Actions on_configs(const Result<std::vector<ProcessConfig>>& configs, const Moment& now);
    Actions put_off_survey(const Error& error, const Moment& now);

    Actions begin(Failure failure, const Moment& now);
    Actions announce(Pending& pending);
    Actions forgive(const Namespec& id, const std::string& why);
    Actions go_on(const Moment& now);
    Actions conclude(Pending& pending, const Moment& now);

    Actions end(const Failure& failure, const Moment& now);
    Actions ask_for_the_end(const Moment& now);
    Actions look_for_the_end(const Moment& now);
    Actions on_end_inspected(const ProcessesInspected& inspected, const Moment& now);
    Actions on_signalled(const CommandFinished& finished, const Moment& now);
    Actions on_going_down();
    Actions close();

    [[nodiscard]] bool counts(const Namespec& id) const;
    [[nodiscard]] bool is_deaf() const { return closing_ || going_down_ || ending_.has_value(); }

    const Settings settings_;
    std::map<Namespec, Pending> pending_;
    std::set<std::string> listeners_;  // groups, as last heard
    std::vector<ProcessInfo> exited_;  // a survey found them and does not know their exitcodes yet
    enum class Survey { none, under_way } survey_ = Survey::none;
    std::optional<SteadyTime> next_survey_;
    Duration survey_pause_{1'000};
    bool names_checked_ = false;
    bool heard_ = false;  // an event; those that were discarded before the first leave no gap to see
    std::optional<Ending> ending_;
    bool closing_ = false;
    bool going_down_ = false;
};

}  // namespace keenlance::essential
