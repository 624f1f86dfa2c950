// Any text as --notify and as a secrets file: what is read has no secret in what people see of it, a key that
// can be a file's name, and mails whose headers are those it means; what is refused is said in one line
// without one.

#include <keenlance/core/text.hpp>
#include <keenlance/notify/channel.hpp>
#include <keenlance/notify/formats.hpp>

#include <tests/fuzz/targets.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace keenlance::fuzz {

namespace {

const std::string secret = "s3cr3t/of the fuzzer";

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_free_of_secrets(const std::string& text) {
    return text.find(secret) == std::string::npos;
}

void demand_error(const Error& error) {
    demand(error.kind == ErrorKind::invalid && !error.message.empty());
    demand(error.message.find_first_of("\r\n") == std::string::npos && is_free_of_secrets(error.message));
}

/// Nobody writes a header through an address, a subject or a date.
void demand_headers(const MailAddresses& addresses, const std::string& text) {
    constexpr std::array known{"To:",
                               "From:",
                               "Subject:",
                               "Date:",
                               "Message-ID:",
                               "MIME-Version:",
                               "Content-Type:",
                               "Content-Transfer-Encoding:",
                               "Auto-Submitted:"};
    Letter letter;
    letter.notification.subject = text;
    letter.id = "1@fuzzer";
    letter.date = "Sat, 21 Nov 2026 03:47:50 +0000";
    const auto mail = format_mail(letter, addresses, "");
    const auto head = mail.substr(0, std::min(mail.find("\n\n"), mail.size()));
    for (const auto line : split(std::string_view(head), '\n'))
        demand(line.starts_with(' ') || line.starts_with('\t') ||
               std::ranges::any_of(known, [&](std::string_view name) { return line.starts_with(name); }));
}

}  // namespace

void channel(std::string_view input) {
    if (input.find(secret) != std::string_view::npos) return;  // it is none then
    if (const auto pairs = parse_secrets(input)) {
        for (const auto& [name, value] : *pairs)
            demand(!name.empty() && value.find('\n') == std::string::npos);
    } else {
        demand_error(pairs.error());
    }
    for (const auto format : {WebhookChannel::Format::json, WebhookChannel::Format::alertmanager}) {
        Secrets secrets({{"TOKEN", secret}, {"SMTP_PASSWORD", secret}}, {});
        ChannelDefaults defaults;
        defaults.format = format;
        const auto read = parse_channel(input, defaults, secrets);
        if (!read) {
            demand_error(read.error());
            continue;
        }
        demand(!read->shown.empty() && is_free_of_secrets(read->shown));
        demand(!read->key.empty() && read->key.find_first_not_of("0123456789abcdef") == std::string::npos);
        if (const auto* sendmail = std::get_if<SendmailChannel>(&read->target)) {
            demand(!sendmail->command.empty());
            demand_headers(sendmail->addresses, std::string(input));
        } else if (const auto* smtp = std::get_if<SmtpChannel>(&read->target)) {
            demand(!smtp->settings.to.empty() && !smtp->settings.from.empty());
            for (const auto& to : smtp->settings.to)
                demand(to.find_first_of("\r\n") == std::string::npos);
            demand_headers(smtp->addresses, std::string(input));
        } else if (const auto* webhook = std::get_if<WebhookChannel>(&read->target)) {
            demand(webhook->url.find_first_of("\r\n") == std::string::npos);
        }
    }
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::channel({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
