#pragma once
/// Runs a policy as an event listener of supervisord: everything around the decisions.

#include <keenlance/core/export.hpp>
#include <keenlance/core/fleet_policy.hpp>
#include <keenlance/core/policy.hpp>
#include <keenlance/core/server_address.hpp>
#include <keenlance/system/notify_options.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keenlance {

/// What a listener needs besides its policy.
struct ListenerSetup {
    std::string program;      ///< "memmon"
    OutboxSettings delivery;  ///< without channels nobody is notified
    /// What --test asks for: no protocol, one sample through every channel.
    enum class Purpose { listen, test } purpose = Purpose::listen;
    std::vector<std::string>
        warnings;  ///< logged first: what of the command line is not as the operator may think
    /// It calls supervisord: without SUPERVISOR_SERVER_URL it cannot work.
    enum class Rpc { needed, unused } rpc = Rpc::needed;
};

/// Speaks the protocol on stdin and stdout until stdin ends or SIGTERM (SIGINT) comes, then gives the policy
/// and the mails up to shutdown_grace to finish. Returns the exit code. stdout is set aside for the protocol
/// first, and points to stderr from then on: nothing else can write to it, no child either.
KEENLANCE_API int run_listener(Policy& policy, const ListenerSetup& setup);

/// Runs a policy without events, from a shell, until it says Finish, or until all is idle after SIGTERM
/// (SIGINT); at the second signal it ends at once. Returns the exit code; where stdout did not take
/// everything that is not 0.
KEENLANCE_API int run_command(FleetPolicy& policy, const std::string& program,
                              std::vector<ServerAddress>& servers);
KEENLANCE_API int run_command(Policy& policy, const std::string& program, const ServerAddress& server);

/// Less than supervisord's default stopwaitsecs (10 s), after which it kills.
inline constexpr Duration shutdown_grace{8'000};

/// read_notify_options and --test for a listener's setup, whose program is set.
KEENLANCE_API Status read_notify_options(const ParsedOptions& options, ListenerSetup& setup,
                                         const std::string& mail_command = SendmailChannel::default_command);

/// Who we are under supervisord (SUPERVISOR_GROUP_NAME, SUPERVISOR_PROCESS_NAME); nothing when it did not
/// start us.
KEENLANCE_API std::optional<Namespec> own_namespec();

}  // namespace keenlance
