#pragma once
/// The options that say how notifications reach people, alike in every listener.

#include <keenlance/core/export.hpp>
#include <keenlance/core/options.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/outbox.hpp>

#include <vector>

namespace keenlance {

/// --notify, --notify-format, --secrets, --spool, --keep, --digest, --max-notifications, --test. They yield
/// their beginnings to the options of superlance.
KEENLANCE_API std::vector<OptionSpec> notify_options();

/// Reads them, and the files they name, into `settings`; channels are added behind those that are there. A
/// --notify-format that stands before the first --notify counts for those behind it, up to the next one;
/// behind the first, for those before it, and the last one for all behind it too. `mail_command` is what
/// mailto: goes through. Error `invalid` for what the operator can mend in the command line, `system` for a
/// file that cannot be read, or a --secrets file that others can read.
KEENLANCE_API Status read_notify_options(const ParsedOptions& options, OutboxSettings& settings,
                                         const std::string& mail_command = SendmailChannel::default_command);

/// Sends one sample through every channel, now, waits for each, and tells on stdout what came of it. Returns
/// the exit code: 0 all took it, 1 not all did, 2 there is no channel.
KEENLANCE_API int test_channels(OutboxSettings settings);

}  // namespace keenlance
