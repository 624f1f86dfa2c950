// Any text as the parts of a mail: no header but ours, no line too long for a relay, nothing that is no
// UTF-8. A record separator (0x1E) divides the input into subject, body, sender, Message-ID and recipients.

#include <keenlance/core/mail_message.hpp>
#include <keenlance/core/text.hpp>

#include <tests/fuzz/targets.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

namespace keenlance::fuzz {

namespace {

constexpr std::size_t longest_line = 998;

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_text(std::string_view line) {
    while (!line.empty()) {
        const std::size_t length = valid_utf8_at(line);
        if (length == 0 || line[0] == '\0' || line[0] == '\r') return false;
        line.remove_prefix(length);
    }
    return true;
}

bool has_control(std::string_view line) {
    for (; !line.empty(); line.remove_prefix(valid_utf8_at(line)))
        if (is_control(line.substr(0, valid_utf8_at(line)))) return true;
    return false;
}

void check_headers(std::string_view head) {
    constexpr std::array<std::string_view, 9> known{
        "To",           "From",         "Subject",
        "Date",         "Message-ID",   "Auto-Submitted",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
    std::set<std::string_view> seen;
    for (const auto line : split(head, '\n')) {
        demand(line.size() <= longest_line && is_text(line) && !has_control(line) && !trim(line).empty());
        if (line.starts_with(' ')) {
            demand(!seen.empty());
            continue;
        }
        const auto colon = line.find(": ");
        demand(colon != std::string_view::npos);
        demand(std::ranges::find(known, line.substr(0, colon)) != known.end());
        demand(seen.insert(line.substr(0, colon)).second);
    }
    demand(seen.contains("Date") && seen.contains("Content-Type"));
}

void check_crlf(std::string_view text) {
    const std::string message = with_crlf(text);
    for (std::size_t at = 0; at < message.size(); ++at) {
        if (message[at] == '\n') demand(at > 0 && message[at - 1] == '\r');
        if (message[at] == '\r') demand(at + 1 < message.size() && message[at + 1] == '\n');
    }
    demand(with_crlf(message) == message);
}

}  // namespace

void mail(std::string_view input) {
    auto fields = split(input, '\x1E');
    fields.resize(std::max<std::size_t>(fields.size(), 4));
    MailAddresses addresses{std::string(fields[2]), {fields.begin() + 4, fields.end()}};
    const MessageIdentity identity{"Sat, 21 Nov 2026 03:47:50 +0100", std::string(fields[3])};
    const std::string message =
        format_mail({std::string(fields[0]), std::string(fields[1])}, addresses, identity);

    const auto end = message.find("\n\n");
    demand(end != std::string::npos && message.ends_with('\n'));
    demand(fields[0].empty() || ("\n" + message.substr(0, end)).find("\nSubject: ") != std::string::npos);
    check_headers(std::string_view(message).substr(0, end));
    for (const auto line : split(std::string_view(message).substr(end + 2), '\n'))
        demand(line.size() <= longest_line && is_text(line));
    check_crlf(message);
    check_crlf(input);
    for (const auto& address : addresses_in(input))
        demand(!address.empty() && trim(address) == address && is_text(address) && !has_control(address));
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::mail({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
