#pragma once
/// The options of superlance that say how mail leaves, alike in memmon, httpok and crashmail.

#include <keenlance/core/options.hpp>
#include <keenlance/system/listener.hpp>

namespace keenlance {

inline OptionSpec mail_command_option() {
    return {{"s", "sendmail_program", "sendmail"},
            "COMMAND",
            "mail through COMMAND, run by /bin/sh with the message on its stdin; default: /usr/sbin/sendmail "
            "-t -i"};
}

/// -s and -m as a channel; an option not given leaves the default.
inline SendmailChannel sendmail_channel(const ParsedOptions& options) {
    SendmailChannel channel;
    if (const auto command = options.last("sendmail_program")) channel.command = *command;
    if (const auto address = options.last("email")) channel.addresses.to = {*address};
    return channel;
}

}  // namespace keenlance
