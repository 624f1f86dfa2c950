#pragma once
/// Which processes a command is about: asked of one or several supervisords, and chosen by patterns. Pure.

#include <keenlance/core/fleet_policy.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keenlance::quickctl {

/// Which supervisord a process is of, and which process of it.
using Key = std::pair<std::size_t, Namespec>;

/// One process that was chosen.
struct Member {
    std::size_t server = 0;
    ProcessInfo info;      ///< as listed
    ProcessConfig config;  ///< supervisor's defaults where supervisord does not tell (before 4.0)
    std::string title;     ///< "web:0"; "db1:9001 web:0" where there are several servers

    [[nodiscard]] Key key() const { return {server, info.id}; }
};

/// What a name without a colon and without wildcards means.
enum class BareName {
    process,           ///< the process of that name in the group of that name
    process_or_group,  ///< all of the group, too
};

enum class Configs { unused, needed };
enum class AtTerminal { may_ask, never_ask };

struct Choice {
    std::vector<std::string> servers;  ///< as shown to people; at least one
    std::vector<std::string> patterns;
    BareName bare_name = BareName::process;
    Configs configs = Configs::needed;
    AtTerminal terminal = AtTerminal::never_ask;  ///< whether somebody is there to say user and password
};

class Roster {
  public:
    explicit Roster(Choice choice);

    /// Asks all servers.
    FleetActions begin();
    /// Takes a fact that comes of what it asked for, and may ask for more; nothing: the fact is not its own.
    std::optional<FleetActions> take(std::size_t server, const Fact& fact);

    /// Every server has answered, or will not. What follows is known then.
    [[nodiscard]] bool is_complete() const { return unanswered_ == 0; }
    /// By server, then as supervisord lists them: group, then name. Each once.
    [[nodiscard]] const std::vector<Member>& members() const { return members_; }
    /// A line a server that cannot be asked, and a pattern that means nothing on any.
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    [[nodiscard]] bool is_any_server_there() const { return there_ > 0; }
    [[nodiscard]] bool are_all_servers_there() const { return there_ == servers_.size(); }
    /// "localhost" for a unix socket, else the host of that server's URL.
    [[nodiscard]] std::string host(std::size_t server) const;
    /// By that server's clock when it was listed, seconds since the epoch; 0 where it has no process.
    [[nodiscard]] std::int64_t listed_at(std::size_t server) const;

  private:
    struct Server {
        std::string shown;
        std::string label;
        std::vector<ProcessInfo> processes;
        std::map<Namespec, ProcessConfig> configs;
        int logins = 0;
    };

    FleetActions on_list(std::size_t server, const ProcessesListed& listed);
    FleetActions on_configs(std::size_t server, const ProcessConfigsListed& listed);
    FleetActions on_login(std::size_t server, const LoggedIn& login);
    FleetActions ask_again(std::size_t server, const Error& error);
    void give_up(const std::string& why);
    void answered();
    void choose();
    [[nodiscard]] std::string title(std::size_t server, const Namespec& id) const;

    Choice choice_;
    std::vector<std::string> typed_;  // the patterns as they were
    std::vector<Server> servers_;
    std::size_t unanswered_ = 0;
    std::size_t there_ = 0;
    std::vector<Member> members_;
    std::vector<std::string> complaints_;
};

}  // namespace keenlance::quickctl
