#pragma once
/// crashmail's decisions: which end of which process is worth a mail, and what it says.

#include <keenlance/core/policy.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keenlance::crashmail {

struct Settings {
    /// "name" or "group:name"; empty: every process.
    std::vector<std::string> programs;
    std::string prefix;  ///< of the subject (-o), before a colon; may be empty
};

/// Unexpected EXITED and FATAL of a chosen process, each mailed once.
class Crashmail : public Policy {
  public:
    explicit Crashmail(Settings settings) : settings_(std::move(settings)) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return true; }

  private:
    [[nodiscard]] Actions on_event(const Event& event, const Moment& now) const;
    [[nodiscard]] bool is_chosen(const Namespec& id) const;

    Settings settings_;
};

/// What the mail says of the change; nothing when it is no crash. Pure.
std::optional<std::string> describe_crash(const ProcessStateChange& change);

}  // namespace keenlance::crashmail
