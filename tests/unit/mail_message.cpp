#include <keenlance/core/mail_message.hpp>
#include <keenlance/core/text.hpp>

#include <support/catch.hpp>
#include <support/moments.hpp>

namespace mail_message_test {

using namespace keenlance;

namespace {

using Words = std::vector<std::string>;

std::string mail(const Notification& notification, const MailAddresses& addresses = {}) {
    return format_mail(notification, addresses, {format_mail_date(test_moment()), "17.4711@host"});
}

/// The header `name` with its continuation lines, from its first character to the newline before the next
/// header.
std::string header(const std::string& message, const std::string& name) {
    std::string found;
    for (const auto line : split(std::string_view(message).substr(0, message.find("\n\n")), '\n')) {
        const bool continues = line.starts_with(' ') && !found.empty();
        if (!continues && !found.empty()) break;
        if (continues || line.starts_with(name + ":")) found.append(found.empty() ? "" : "\n").append(line);
    }
    return found;
}

std::string subject(const std::string& text) {
    return header(mail({text, ""}), "Subject");
}

std::string to(const Words& entries) {
    return header(mail({"s", ""}, {"", entries}), "To");
}

std::string body(const std::string& text) {
    const auto message = mail({"s", text});
    return message.substr(message.find("\n\n") + 2);
}

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0;
    for (const auto line : split(text, '\n'))
        longest = std::max(longest, line.size());
    return longest;
}

Words header_names(const std::string& message) {
    Words names;
    for (const auto line : split(std::string_view(message).substr(0, message.find("\n\n")), '\n'))
        if (!line.starts_with(' ')) names.emplace_back(line.substr(0, line.find(':')));
    return names;
}

}  // namespace

TEST_CASE("a mail is what sendmail -t -i reads") {
    CHECK(mail({"memmon: process a:b restarted", "Why: 212.3 MB\n"}, {"memmon@host", {"ops@example.com"}}) ==
          "To: ops@example.com\n"
          "From: memmon@host\n"
          "Subject: memmon: process a:b restarted\n"
          "Date: Sat, 21 Nov 2026 03:47:50 +0100\n"
          "Message-ID: <17.4711@host>\n"
          "Auto-Submitted: auto-generated\n"
          "MIME-Version: 1.0\n"
          "Content-Type: text/plain; charset=UTF-8\n"
          "Content-Transfer-Encoding: 8bit\n"
          "\n"
          "Why: 212.3 MB\n");
}

TEST_CASE("what nobody configured has no header") {
    const Words without{"Subject",      "Date",         "Auto-Submitted",
                        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
    CHECK(header_names(format_mail({"s", "b"}, {}, {format_mail_date(test_moment()), ""})) == without);
    const Words no_subject(without.begin() + 1, without.end());
    CHECK(header_names(format_mail({"", "b"}, {}, {format_mail_date(test_moment()), ""})) == no_subject);
    CHECK(header_names(format_mail({"s", "b"}, {" ", {"", " , ;"}}, {format_mail_date(test_moment()), ""})) ==
          without);
}

TEST_CASE("an ASCII subject is written as it is, a leading blank included") {
    CHECK(subject(" P crashed at 2026-11-21 03:47:50,123") ==
          "Subject:  P crashed at 2026-11-21 03:47:50,123");
    CHECK(subject("[x]  two  blanks ") == "Subject: [x]  two  blanks ");
}

TEST_CASE("no header text can begin another header or the body") {
    for (const std::string breaker : {"\r", "\n", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029", "\x1E"}) {
        const std::string evil = join({"a", "Bcc: evil@example.com", "", "body"}, breaker);
        const auto message =
            format_mail({evil, "b"}, {evil, {evil}}, {format_mail_date(test_moment()), evil});
        CHECK(header_names(message) == Words{"To", "From", "Subject", "Date", "Message-ID", "Auto-Submitted",
                                             "MIME-Version", "Content-Type", "Content-Transfer-Encoding"});
        for (const auto line : split(std::string_view(message).substr(0, message.find("\n\n")), '\n'))
            CHECK_FALSE(line.starts_with("Bcc"));
        CHECK(message.ends_with("\n\nb\n"));
        const std::string blanks(breaker == "\r\n" ? 2 : 1, ' ');
        CHECK(header(message, "Subject") ==
              "Subject: " + join({"a", "Bcc: evil@example.com", "", "body"}, blanks));
    }
    CHECK(subject(std::string("a\0b", 3)) == "Subject: a b");
}

TEST_CASE("a subject that is not ASCII is encoded") {
    CHECK(subject("Grüße") == "Subject: =?UTF-8?B?R3LDvMOfZQ==?=");
    CHECK(subject(" é") == "Subject: =?UTF-8?B?IMOp?=");
    CHECK(subject("abé") == "Subject: =?UTF-8?B?YWLDqQ==?=");
    CHECK(subject("é\xFF\n") == "Subject: =?UTF-8?B?w6k/IA==?=");
    CHECK(subject("a\xFF") == "Subject: a?");
}

TEST_CASE("encoded words are cut at characters and keep within 75 characters") {
    std::string emoji;
    for (int i = 0; i < 10; ++i)
        emoji += "💥";
    // 9 of the 4-byte characters make 36 bytes; a tenth would not fit into 39.
    CHECK(subject(emoji) ==
          "Subject: =?UTF-8?B?8J+SpfCfkqXwn5Kl8J+SpfCfkqXwn5Kl8J+SpfCfkqXwn5Kl?=\n =?UTF-8?B?8J+SpQ==?=");
    std::string long_text;
    for (int i = 0; i < 1000; ++i)
        long_text += "日";
    const auto encoded = subject(long_text);
    CHECK(split_words(encoded).size() == 1 + 1000 / 13 + 1);
    for (const auto word : split_words(encoded))
        CHECK(word.size() <= 75);
    CHECK(longest_line(encoded) <= 76);
}

TEST_CASE("a subject that a reader would decode, or no line would hold, is encoded") {
    CHECK(subject("=?utf-8?q?x?=") == "Subject: =?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=");
    CHECK(subject(std::string(900, 'x')) == "Subject: " + std::string(900, 'x'));
    const auto encoded = subject(std::string(2000, 'x'));
    CHECK(encoded.starts_with("Subject: =?UTF-8?B?eHh4"));
    CHECK(longest_line(encoded) <= 76);
}

TEST_CASE("recipients of all entries share one header") {
    CHECK(to({"a@x", "b@y, c@z"}) == "To: a@x, b@y, c@z");
    CHECK(to({"a@x,b@y;c@z"}) == "To: a@x, b@y, c@z");
    CHECK(to({"\"Last, First\" <a@x>", "b@y (b, c)"}) == "To: \"Last, First\" <a@x>, b@y (b, c)");
    CHECK(to({"root"}) == "To: root");
}

TEST_CASE("a long list of recipients is folded at its commas") {
    Words entries;
    for (int i = 0; i < 300; ++i)
        entries.push_back("user" + std::to_string(i) + "@example.com");
    const auto folded = to(entries);
    CHECK(longest_line(folded) <= 78);
    CHECK(split_words(folded).size() == 301);
    for (const auto line : split(folded, '\n'))
        CHECK((line.ends_with(",") || line.ends_with("user299@example.com")));
    CHECK(to({join(entries, ",")}) == folded);
}

TEST_CASE("no header line is too long for a relay, whatever an address holds") {
    CHECK(longest_line(to({std::string(5000, 'x')})) <= 998);
    CHECK(longest_line(to({"\"" + std::string(3000, ' ') + "\" <a@x>"})) <= 78);
    CHECK(longest_line(
              format_mail({"", ""}, {}, {format_mail_date(test_moment()), std::string(5000, 'x')})) <= 998);
}

TEST_CASE("a name that is not ASCII is encoded, its address is not") {
    CHECK(to({"Bob Müller <bob@x>, c@y"}) == "To: =?UTF-8?B?Qm9iIE3DvGxsZXI=?= <bob@x>, c@y");
    CHECK(to({"\"Müller, Bob\" <bob@x>"}) == "To: =?UTF-8?B?TcO8bGxlciwgQm9i?= <bob@x>");
    CHECK(to({"bob@müller.example"}) == "To: bob@müller.example");
    CHECK(to({"<bob@müller.example>"}) == "To: <bob@müller.example>");
}

TEST_CASE("a Message-ID is one word of ASCII") {
    const auto message = format_mail({"", ""}, {}, {format_mail_date(test_moment()), "a b>\r\nBcc: <é@x"});
    CHECK(header(message, "Message-ID") == "Message-ID: <a_b___Bcc:____@x>");
}

TEST_CASE("the body ends with one newline and keeps its own") {
    CHECK(body("") == "\n");
    CHECK(body("a") == "a\n");
    CHECK(body("a\n") == "a\n");
    CHECK(body("\n\n a\n\n") == "\n\n a\n\n");
    CHECK(body(".\nFrom x\n") == ".\nFrom x\n");
}

TEST_CASE("the body is UTF-8 with plain line ends") {
    CHECK(body("Grüße\r\nx\ry") == "Grüße\nx\ny\n");
    CHECK(body(std::string("a\0b\xFF\xC3", 5)) == "a\uFFFDb\uFFFD\uFFFD\n");
    CHECK(body("\r") == "\n");
}

TEST_CASE("long body lines are broken at a character") {
    CHECK(body(std::string(990, 'x')) == std::string(990, 'x') + "\n");
    CHECK(body(std::string(991, 'x')) == std::string(990, 'x') + "\nx\n");
    std::string text(989, 'x');
    CHECK(body(text + "é") == text + "\né\n");
    CHECK(longest_line(body(std::string(100'000, '\xFF'))) == 990);
}

TEST_CASE("every line break becomes CRLF, once") {
    CHECK(with_crlf("a\nb\n") == "a\r\nb\r\n");
    CHECK(with_crlf("a\r\nb\r") == "a\r\nb\r\n");
    CHECK(with_crlf("\n\n\r\r\n") == "\r\n\r\n\r\n\r\n");
    CHECK(with_crlf("").empty());
}

TEST_CASE("addresses are found bare") {
    CHECK(addresses_in("Bob <bob@x>, c@y") == Words{"bob@x", "c@y"});
    CHECK(addresses_in(" a@x ;b@y,, ") == Words{"a@x", "b@y"});
    CHECK(addresses_in(R"("Last, \"First\" <z@z>" <a@x>, b@y (work, (not) home))") == Words{"a@x", "b@y"});
    CHECK(addresses_in("\"a, b\"@x, <\"c>d\"@y>") == Words{"\"a, b\"@x", "\"c>d\"@y"});
    CHECK(addresses_in("root") == Words{"root"});
    CHECK(addresses_in("").empty());
    CHECK(addresses_in("<>, ()").empty());
}

TEST_CASE("no address can end its line") {
    CHECK(addresses_in("a@x\r\nDATA, <b@y>\n") == Words{"a@x  DATA", "b@y"});
    CHECK(addresses_in("a>b@x") == Words{"ab@x"});
}

}  // namespace mail_message_test
