#pragma once
/// What supervisorctl_restart_group does: restart all of one group at once, and tell what went wrong in the
/// words and exit codes that scripts know from supervisor-restarter's program of that name.

#include <keenlance/core/policy.hpp>

#include <commands/roster.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::restart_group {

/// Where the suite's own do not say it; with failed processes it is their number.
namespace exit_code {
inline constexpr int no_connection = 1;
inline constexpr int fault = 2;
inline constexpr int wrong_arguments = 5;
inline constexpr int protocol = 10;
}  // namespace exit_code

struct Settings {
    std::string group;
    std::string server;  ///< its URL, as shown to people
    quickctl::AtTerminal terminal = quickctl::AtTerminal::never_ask;
};

/// Ends with Finish. Interrupted, it waits only for processes that are stopping, so that none stays down.
class RestartGroupCommand : public Policy {
  public:
    explicit RestartGroupCommand(Settings settings) : settings_(std::move(settings)) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return ended_; }

    /// Lines for stderr once it has ended, without newlines.
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

  private:
    enum class Phase { stopping, starting, settled };

    Actions on_list(const ProcessesListed& listed);
    Actions on_login(const LoggedIn& login);
    Actions on_configs(const ProcessConfigsListed& listed);
    Actions on_progress(const TaskProgress& progress);
    Actions on_closing(Closing::Urgency urgency);
    Actions cannot(const Error& error);
    Actions end(int exit_code, std::string complaint);
    Actions finish_if_settled();
    void failed(const Namespec& id, std::string_view why);
    void unfinished(const Namespec& id, std::string_view what);

    Settings settings_;
    std::vector<ProcessInfo> processes_;
    std::map<Namespec, Phase> phases_;
    std::vector<std::string> complaints_;
    std::optional<Error> refusal_;  // of user and password
    int logins_ = 0;
    bool interrupted_ = false;
    bool ended_ = false;
};

}  // namespace keenlance::restart_group
