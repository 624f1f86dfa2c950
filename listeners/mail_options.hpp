#pragma once
/// The options that say how notifications leave, alike in memmon, httpok and crashmail: superlance's -s and
/// -m, and ours behind them.

#include <keenlance/core/options.hpp>
#include <keenlance/system/listener.hpp>

#include <string>
#include <vector>

namespace keenlance {

inline OptionSpec mail_command_option() {
    return {{"s", "sendmail_program", "sendmail"},
            "COMMAND",
            "mail through COMMAND, run by /bin/sh with the message on its stdin; default: /usr/sbin/sendmail "
            "-t -i"};
}

inline void append(std::vector<OptionSpec>& options, std::vector<OptionSpec> more) {
    options.insert(options.end(), more.begin(), more.end());
}

/// What has to be given for a mail to be sent at all.
enum class MailNeeds {
    address,             ///< -m
    address_or_command,  ///< -m or -s: a command may know its recipients (crashmail)
};

/// -s and -m as a channel, and --notify and its kin.
inline Status read_delivery(const ParsedOptions& options, MailNeeds needs, ListenerSetup& setup) {
    const auto command = options.last("sendmail_program").value_or(SendmailChannel::default_command);
    const auto address = options.last("email");
    const bool command_alone = needs == MailNeeds::address_or_command && options.has("sendmail_program");
    if (address || command_alone) {
        MailAddresses addresses;
        if (address) addresses.to = {*address};
        setup.delivery.channels.push_back(sendmail_channel(command, std::move(addresses)));
    }
    return read_notify_options(options, setup, command);
}

}  // namespace keenlance
