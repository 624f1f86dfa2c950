#pragma once
/// Where notifications go, as operators write it: --notify URL. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/mail_message.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/notify/letter.hpp>
#include <keenlance/notify/secrets.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keenlance {

/// Mail through a command line for /bin/sh, which reads the message on its stdin.
struct SendmailChannel {
    static constexpr const char* default_command = "/usr/sbin/sendmail -t -i";

    std::string command = default_command;
    MailAddresses addresses;
    std::string text{};  ///< what the mail says, with ${…}; empty: subject and body as they are
};

/// How an SMTP server (RFC 5321) is reached, and for whom.
struct SmtpSettings {
    std::string url;  ///< smtp://host:port or smtps://host:port
    std::string from;
    std::vector<std::string> to;
    std::string user, password;
    enum class Tls {
        none,      ///< in the clear
        if_there,  ///< STARTTLS where the server has it; verified
        required,  ///< STARTTLS, verified, or no mail
    } tls = Tls::none;
    std::string ca_file;  ///< what the certificate is verified against; empty: the system's
    Duration timeout{60'000};
};

struct SmtpChannel {
    SmtpSettings settings;
    MailAddresses addresses;
    std::string text{};  ///< as SendmailChannel's
};

/// A POST to a web server.
struct WebhookChannel {
    enum class Format {
        json,          ///< one object, as man keenlance(7) has it
        slack,         ///< {"text": …}: Slack, Mattermost, Rocket.Chat, Discord's /slack
        alertmanager,  ///< Prometheus Alertmanager's API v2, firing and resolved
        text,          ///< the operator's own
    };

    std::string url;  ///< may hold secrets
    Format format = Format::json;
    std::string text;           ///< with Format::text: the body, with ${…}
    bool text_is_json = false;  ///< what stands for ${…} is escaped, and the content type is JSON's
    Duration timeout{30'000};
};

/// A command line for /bin/sh that gets the notification as JSON on its stdin and as variables.
struct ExecChannel {
    std::string command;
};

using ChannelTarget = std::variant<SendmailChannel, SmtpChannel, WebhookChannel, ExecChannel>;

struct Channel {
    ChannelTarget target;
    std::string
        shown;  ///< for people, without secrets: "mailto:ops@example.com", "https://hooks.slack.com/…"
    std::string key;  ///< tells it from other channels, also after a restart; file name characters only
};

/// Whether it is told that something is over; mail is not.
KEENLANCE_API bool wants(const Channel& channel, const Notification& notification);

/// Mails say what the template says, where the channel is one of mail.
KEENLANCE_API void use_mail_template(Channel& channel, const std::string& text);

/// A mail command as -s and -m have it.
KEENLANCE_API Channel sendmail_channel(std::string command, MailAddresses addresses);
KEENLANCE_API Channel smtp_channel(SmtpChannel smtp);

/// What a --notify takes from its surroundings.
struct ChannelDefaults {
    std::string mail_command = SendmailChannel::default_command;
    WebhookChannel::Format format = WebhookChannel::Format::json;
    std::string text;
    bool text_is_json = false;
    std::string host = "localhost";  ///< of this machine, for a From nobody gave
};

/// Reads, after every ${NAME} was replaced by its secret:
///   mailto:a@b,c@d[?via=sendmail|via=COMMAND][&from=…]
///   smtp[s]://[user[:password]@]host[:port]/?to=…[&from=…][&tls=none|try|required][&cacert=FILE]
///       the password may also be the secret SMTP_PASSWORD; smtp with a user: tls is required by default,
///       else try
///   http[s]://…   a webhook, in the format of `defaults`
///   exec:COMMAND
/// Error `invalid`: quotes the text without its secrets, and says what is wrong with it.
KEENLANCE_API Result<Channel> parse_channel(std::string_view text, const ChannelDefaults& defaults,
                                            Secrets& secrets);

}  // namespace keenlance
