#pragma once
/// The decisions of crashmailbatch, fatalmailbatch and crashsms: what is collected, and when it is sent.

#include <keenlance/core/lost_crashes.hpp>
#include <keenlance/core/policy.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keenlance::batch {

/// What one of the three programs is: which ends it collects, and how it words them.
enum class Kind { crashes, fatals, short_crashes };

struct Settings {
    Kind kind = Kind::crashes;
    std::string subject;           ///< may be empty: crashsms has none by default
    Duration interval{60'000};     ///< between mails
    std::string tick = "TICK_60";  ///< the event that carries time
    Duration tick_period{60'000};
    /// Without supervisord's RPC nothing is known of lost events.
    enum class Rpc { there, missing } rpc = Rpc::missing;
    std::optional<Namespec> self{};
};

/// The line of the mail about a change; nothing when it is not collected. Pure.
std::optional<std::string> describe(Kind kind, const ProcessStateChange& change, const Moment& now);

/// "TICK_5" is 5 s; nothing for a name that is no TICK event of supervisord (5, 60, 3600).
std::optional<Duration> tick_period(const std::string& name);

/// A batch goes out on the tick that completes the interval, as superlance has it; should ticks not come (not
/// subscribed to, lost), by its own clock one tick later; and when the listener ends.
class Batch : public Policy {
  public:
    explicit Batch(Settings settings) : settings_(std::move(settings)), lost_(settings_.self) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override;
    [[nodiscard]] bool idle() const override { return true; }

  private:
    Actions on_event(const Event& event, const Moment& now);
    [[nodiscard]] std::optional<SteadyTime> batch_due() const;
    Actions add(const std::string& line, const Moment& now);
    Actions add_lost(const std::optional<std::vector<LostCrash>>& crashes, const Moment& now);
    Actions send();

    Settings settings_;
    LostCrashes lost_;
    std::size_t lines_ = 0;  // handed over and kept back until the batch goes
    SteadyTime first_line_;
    Duration since_last_{};  // in ticks
};

}  // namespace keenlance::batch
