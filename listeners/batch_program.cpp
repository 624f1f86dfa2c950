#include <keenlance/core/mail_message.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/rpc_supervisor.hpp>

#include <fmt/core.h>
#include <listeners/batch_program.hpp>

#include <algorithm>

namespace keenlance::batch {

namespace {

CommandLineSpec command_line(const Variant& variant) {
    CommandLineSpec spec;
    spec.program = variant.program;
    spec.summary = variant.summary;
    spec.usage = "-t ADDRESS[,ADDRESS]... -f ADDRESS [OPTION]...";
    spec.options = {
        {{"i", "interval"}, "MINUTES", "time between mails, in minutes; default: 1"},
        {{"t", "toEmail"}, "ADDRESSES", "mail to these addresses, separated by commas"},
        {{"f", "fromEmail"}, "ADDRESS", "mail from this address"},
        {{"s", "subject"},
         "TEXT",
         fmt::format("subject of the mails; default: {}",
                     variant.default_subject.empty() ? "none" : variant.default_subject)},
        {{"H", "smtpHost"},
         "HOST[:PORT]",
         "SMTP server, or its URL: smtp://HOST:PORT, smtps://HOST; default: localhost, port 25"},
        {{"e", "tickEvent"},
         "EVENT",
         "TICK event that carries time: TICK_5, TICK_60, TICK_3600; default: TICK_60"},
        {{"u", "userName"}, "NAME", "user name for the SMTP server; default: none"},
        {{"p", "password"}, "PASSWORD", "password for the SMTP server"},
        {{"tls"}, "", "refuse to send without STARTTLS and a verified certificate"},
    };
    for (auto& option : notify_options())
        spec.options.push_back(std::move(option));
    spec.closing = fmt::format(
        "  [eventlistener:{0}]\n"
        "  command={0} -t ops@example.com -f supervisor@example.com\n"
        "  events=PROCESS_STATE,TICK_60\n",
        variant.program);
    return spec;
}

/// "host", "host:port", "::1", "[::1]:25" as an SMTP URL; a URL of smtp:// or smtps:// stays as it is.
Result<std::string> smtp_url(const std::string& host) {
    if (host.starts_with("smtp://") || host.starts_with("smtps://")) return host;
    const bool bare_v6 = !host.starts_with('[') && std::ranges::count(host, ':') > 1;
    const auto bad = host.find_first_of("/?#@ \t\r\n");
    if (host.empty() || bad != std::string::npos)
        return Error{ErrorKind::invalid, 0,
                     fmt::format("option '-H': '{}' is no HOST or HOST:PORT", printable(host))};
    return bare_v6 ? fmt::format("smtp://[{}]", host) : "smtp://" + host;
}

Result<Settings> read_settings(const Variant& variant, const ParsedOptions& options) {
    Settings settings;
    settings.kind = variant.kind;
    settings.subject = options.last("subject").value_or(variant.default_subject);
    if (const auto minutes = options.last("interval")) {
        const auto interval = parse_seconds(*minutes + "m");
        if (!interval)
            return Error{ErrorKind::invalid, 0,
                         fmt::format("option '-i': '{}' is no number of minutes", printable(*minutes))};
        settings.interval = *interval;
    }
    if (const auto tick = options.last("tickEvent")) {
        const auto period = tick_period(*tick);
        if (!period) {
            return Error{ErrorKind::invalid, 0,
                         fmt::format("option '-e': '{}' is no TICK event: TICK_5, TICK_60 or TICK_3600",
                                     printable(*tick))};
        }
        settings.tick = *tick;
        settings.tick_period = *period;
    }
    return settings;
}

Result<SmtpChannel> read_channel(const ParsedOptions& options) {
    SmtpChannel channel;
    const auto to = options.last("toEmail").value_or("");
    channel.addresses.from = options.last("fromEmail").value_or("");
    channel.addresses.to = {to};
    auto& smtp = channel.settings;
    smtp.to = addresses_in(to);
    const auto from = addresses_in(channel.addresses.from);
    if (smtp.to.empty()) return Error{ErrorKind::invalid, 0, "whom to mail to is missing: give -t ADDRESS"};
    if (from.empty()) return Error{ErrorKind::invalid, 0, "whom to mail from is missing: give -f ADDRESS"};
    smtp.from = from.front();
    auto url = smtp_url(options.last("smtpHost").value_or("localhost"));
    if (!url) return url.error();
    smtp.url = std::move(*url);
    smtp.user = options.last("userName").value_or("");
    smtp.password = options.last("password").value_or("");
    if (options.has("tls")) smtp.tls = SmtpSettings::Tls::required;
    return channel;
}

Result<std::function<int()>> prepare(const Variant& variant, const ParsedOptions& options) {
    auto settings = read_settings(variant, options);
    if (!settings) return settings.error();
    auto channel = read_channel(options);
    if (!channel) return channel.error();
    ListenerSetup setup;
    setup.program = variant.program;
    const bool has_rpc = server_address_from_environment().ok();
    setup.rpc = has_rpc ? ListenerSetup::Rpc::needed : ListenerSetup::Rpc::unused;
    settings->rpc = has_rpc ? Settings::Rpc::there : Settings::Rpc::missing;
    settings->self = own_namespec();
    setup.delivery.channels.push_back(smtp_channel(std::move(*channel)));
    if (const auto read = read_notify_options(options, setup); !read) return read.error();
    for (const auto& word : options.arguments())
        setup.warnings.push_back("ignoring '" + word + "', which follows no option");
    return std::function<int()>([settings = std::move(*settings), setup = std::move(setup)] {
        Batch policy(settings);
        return run_listener(policy, setup);
    });
}

}  // namespace

int run_batch_program(int argc, char** argv, const Variant& variant) {
    const ListenerIntroduction introduction{variant.does, "-t you@example.com -f supervisor@example.com",
                                            "PROCESS_STATE,TICK_60"};
    return run_listener_main(argc, argv, command_line(variant), introduction,
                             [&](const ParsedOptions& options) { return prepare(variant, options); });
}

}  // namespace keenlance::batch
