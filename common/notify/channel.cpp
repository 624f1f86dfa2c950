#include <keenlance/core/fnv.hpp>
#include <keenlance/core/http_check.hpp>
#include <keenlance/core/percent_encoding.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/url.hpp>
#include <keenlance/notify/channel.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>

namespace keenlance {

namespace {

using Parameters = std::map<std::string, std::string>;

std::string key_of(std::string_view text) {
    return fmt::format("{:016x}", fnv1a(text));
}

Channel make_channel(ChannelTarget target, std::string shown, std::string_view whole) {
    return {std::move(target), std::move(shown), key_of(whole)};
}

Result<Parameters> parse_parameters(std::string_view query, const std::vector<std::string>& known) {
    Parameters parameters;
    for (const auto pair : split(query, '&')) {
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const std::string name = to_lower(pair.substr(0, equals));
        if (std::ranges::find(known, name) == known.end() || equals == std::string_view::npos)
            return invalid(fmt::format("'{}' is none of {}=", printable(name), join(known, "=, ")));
        parameters[name] = percent_decoded(pair.substr(equals + 1));
    }
    return parameters;
}

Result<Channel> parse_mailto(std::string_view text, const ChannelDefaults& defaults) {
    const auto rest = text.substr(std::string_view("mailto:").size());
    const auto question = rest.find('?');
    const std::string to = percent_decoded(rest.substr(0, question));
    if (addresses_in(to).empty()) return invalid("no address follows mailto:");
    const auto query = question == std::string_view::npos ? "" : rest.substr(question + 1);
    auto parameters = parse_parameters(query, {"via", "from"});
    if (!parameters) return parameters.error();
    SendmailChannel channel{defaults.mail_command, {(*parameters)["from"], {to}}, {}};
    const auto& via = (*parameters)["via"];
    if (!via.empty() && via != "sendmail") channel.command = via;
    return make_channel(std::move(channel), "mailto:" + to, text);
}

struct SmtpUrl {
    std::string scheme, login, host, query;
};

Result<SmtpUrl> split_smtp_url(std::string_view text) {
    SmtpUrl url;
    const auto begin = text.find("://") + 3;
    url.scheme = to_lower(text.substr(0, begin - 3));
    const auto end = std::min(text.find_first_of("/?", begin), text.size());
    const auto authority = text.substr(begin, end - begin);
    const auto at = authority.rfind('@');
    if (at != std::string_view::npos) url.login = authority.substr(0, at);
    url.host = authority.substr(at == std::string_view::npos ? 0 : at + 1);
    const auto question = text.find('?', end);
    if (question != std::string_view::npos) url.query = text.substr(question + 1);
    const auto path = text.substr(end, std::min(question, text.size()) - end);
    if (url.host.empty() || url.host.front() == ':') return invalid("it names no host");
    if (!path.empty() && path != "/")
        return invalid(
            fmt::format("nothing belongs between host and '?', but there is '{}'", printable(path)));
    return url;
}

Result<Channel> parse_smtp(std::string_view text, const ChannelDefaults& defaults, Secrets& secrets) {
    const auto url = split_smtp_url(text);
    if (!url) return url.error();
    auto parsed = parse_parameters(url->query, {"to", "from", "tls", "cacert"});
    if (!parsed) return parsed.error();
    auto& parameters = *parsed;
    SmtpChannel channel;
    auto& smtp = channel.settings;
    smtp.url = url->scheme + "://" + url->host;
    smtp.to = addresses_in(parameters["to"]);
    if (smtp.to.empty()) return invalid("whom to mail is missing: add ?to=ADDRESS");
    channel.addresses.to = {parameters["to"]};
    channel.addresses.from = parameters["from"].empty() ? "keenlance@" + defaults.host : parameters["from"];
    const auto from = addresses_in(channel.addresses.from);
    if (from.empty()) return invalid(fmt::format("'{}' is no address", printable(parameters["from"])));
    smtp.from = from.front();
    auto login = decode_login(url->login);
    smtp.user = std::move(login.user);
    if (login.password) {
        smtp.password = std::move(*login.password);
        secrets.remember(smtp.password);
    } else if (!smtp.user.empty()) {
        const auto password = secrets.find("SMTP_PASSWORD");
        if (!password) {
            return invalid(
                "the password is missing: put SMTP_PASSWORD into the --secrets file or the environment");
        }
        smtp.password = *password;
    }
    smtp.ca_file = parameters["cacert"];
    const auto& tls = parameters["tls"];
    if (tls.empty()) {
        smtp.tls = smtp.user.empty() ? SmtpSettings::Tls::if_there : SmtpSettings::Tls::required;
    } else if (tls == "none" || tls == "try" || tls == "required") {
        smtp.tls = tls == "none"  ? SmtpSettings::Tls::none
                   : tls == "try" ? SmtpSettings::Tls::if_there
                                  : SmtpSettings::Tls::required;
    } else {
        return invalid(fmt::format("tls={} is none of none, try, required", printable(tls)));
    }
    auto made = smtp_channel(std::move(channel));
    made.key = key_of(url->scheme + url->host + parameters["to"]);
    return made;
}

Result<Channel> parse_webhook(std::string_view text, const ChannelDefaults& defaults, Secrets& secrets) {
    const auto url = split_url(text);
    if (url.host.empty() || text.find_first_of(" \t\r\n") != std::string_view::npos)
        return invalid("it is no URL: no host, or blanks in it");
    if (url.login) {
        if (const auto colon = url.login->find(':'); colon != std::string_view::npos)
            secrets.remember(std::string(url.login->substr(colon + 1)));
    }
    WebhookChannel channel;
    channel.url = text;
    channel.format = defaults.format;
    channel.text = defaults.text;
    channel.text_is_json = defaults.text_is_json;
    const bool bare = url.rest.empty() || url.rest == "/";
    if (channel.format == WebhookChannel::Format::alertmanager && bare)
        channel.url = std::string(text.substr(0, text.size() - url.rest.size())) + "/api/v2/alerts";
    // A webhook's path is often its password.
    std::string shown = to_lower(url.scheme) + std::string(url.host) + (bare ? "/" : "/...");
    if (!bare) secrets.remember(std::string(url.rest));
    return make_channel(std::move(channel), std::move(shown), text);
}

Result<Channel> parse_known(std::string_view text, const ChannelDefaults& defaults, Secrets& secrets) {
    const std::string lower = to_lower(text.substr(0, 8));
    if (lower.starts_with("mailto:")) return parse_mailto(text, defaults);
    if (lower.starts_with("smtp://") || lower.starts_with("smtps://"))
        return parse_smtp(text, defaults, secrets);
    if (lower.starts_with("http://") || lower.starts_with("https://"))
        return parse_webhook(text, defaults, secrets);
    if (lower.starts_with("exec:")) {
        const std::string command(trim(text.substr(5)));
        if (command.empty()) return invalid("no command follows exec:");
        return make_channel(ExecChannel{command}, "exec:" + command, text);
    }
    return invalid("it begins with none of mailto:, smtp://, smtps://, https://, http://, exec:");
}

}  // namespace

bool wants(const Channel& channel, const Notification& notification) {
    const bool mail = std::holds_alternative<SendmailChannel>(channel.target) ||
                      std::holds_alternative<SmtpChannel>(channel.target);
    return !mail || notification.condition != Condition::resolved;
}

void use_mail_template(Channel& channel, const std::string& text) {
    if (auto* sendmail = std::get_if<SendmailChannel>(&channel.target)) sendmail->text = text;
    if (auto* smtp = std::get_if<SmtpChannel>(&channel.target)) smtp->text = text;
}

Channel sendmail_channel(std::string command, MailAddresses addresses) {
    const std::string to = join(addresses.to, ", ");
    const std::string whole = command + "\n" + to;
    return make_channel(SendmailChannel{std::move(command), std::move(addresses), {}},
                        to.empty() ? "the mail command" : "mailto:" + to, whole);
}

Channel smtp_channel(SmtpChannel smtp) {
    const std::string to = join(smtp.addresses.to, ", ");
    std::string shown = smtp.settings.url + "/?to=" + to;
    const std::string whole = shown;
    return make_channel(std::move(smtp), std::move(shown), whole);
}

Result<Channel> parse_channel(std::string_view text, const ChannelDefaults& defaults, Secrets& secrets) {
    // A command's own ${…} is the shell's.
    const bool command = to_lower(text.substr(0, 5)) == "exec:";
    auto expanded = command ? Result<std::string>(std::string(text)) : secrets.expand(text);
    if (!expanded) return expanded.error();
    auto channel = parse_known(*expanded, defaults, secrets);
    if (channel) {
        channel->shown = printable(secrets.scrub(channel->shown));
        return channel;
    }
    return invalid(
        fmt::format("'{}': {}", printable(without_password(text)), secrets.scrub(channel.error().message)));
}

}  // namespace keenlance
