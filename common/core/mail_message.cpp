#include <keenlance/core/base64.hpp>
#include <keenlance/core/mail_address_internal.hpp>
#include <keenlance/core/mail_message.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

namespace keenlance {

namespace {

// RFC 5322: a line should not exceed the one and must not exceed 998; relays may put something before it.
constexpr std::size_t folded_line = 78;
constexpr std::size_t longest_line = 990;

/// The UTF-8 character at the head of `text`, taken off it; empty for a byte that is none.
std::string_view take_character(std::string_view& text) {
    const std::size_t length = valid_utf8_at(text);
    const auto character = text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
    return character;
}

/// What no reader can take for more than one line of header: valid UTF-8 without a control character.
std::string header_text(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto character = take_character(text);
        if (character.empty())
            out += '?';
        else if (is_control(character))
            out += ' ';
        else
            out += character;
    }
    return out;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char ch) { return static_cast<unsigned char>(ch) < 0x80U; });
}

/// Pieces of at most `most` bytes, cut between characters.
std::vector<std::string> cut(std::string_view text, std::size_t most) {
    std::vector<std::string> pieces(1);
    while (!text.empty()) {
        const auto character = take_character(text);
        if (pieces.back().size() + character.size() > most) pieces.emplace_back();
        pieces.back() += character;
    }
    return pieces;
}

/// RFC 2047: 39 bytes make a word of 64 characters, which leaves room for a header's name within a line
/// of 76.
std::vector<std::string> encoded_words(std::string_view text) {
    std::vector<std::string> words = cut(text, 39);
    for (auto& word : words)
        word = "=?UTF-8?B?" + base64(word) + "?=";
    return words;
}

/// "Name: word word\n word\n": folded between words, and within one only where no line could hold it.
std::string header(std::string_view name, const std::vector<std::string>& words) {
    std::string out = std::string(name) + ":";
    std::size_t column = out.size();
    for (const auto& word : words)
        for (const auto& piece : cut(word, longest_line - 1 - name.size() - 1)) {
            const bool first = column == name.size() + 1;
            if (!first && column + 1 + piece.size() > folded_line) {
                out += '\n';
                column = 0;
            }
            out.append(" ").append(piece);
            column += 1 + piece.size();
        }
    return out + "\n";
}

/// An ASCII subject stays as people filter for it, unless a reader would decode it or no line would hold it.
std::string subject_header(std::string_view subject) {
    if (subject.empty()) return "";
    const std::string text = header_text(subject);
    const bool plain =
        is_ascii(text) && text.find("=?") == std::string::npos && text.size() < longest_line - 10;
    return plain ? "Subject: " + text + "\n" : header("Subject", encoded_words(text));
}

/// A name that is not ASCII is encoded, its address never: no relay would find it again.
std::string address_header(std::string_view name, const std::vector<std::string>& entries) {
    std::vector<std::string> words;
    for (const auto& entry : entries)
        for (const auto& mailbox : mailboxes_in(header_text(entry))) {
            if (!words.empty()) words.back() += ',';
            if (is_ascii(mailbox.text) || mailbox.angle.empty() || mailbox.phrase.empty()) {
                words.push_back(mailbox.text);
                continue;
            }
            std::ranges::move(encoded_words(mailbox.phrase), std::back_inserter(words));
            words.push_back("<" + mailbox.angle + ">");
        }
    return words.empty() ? "" : header(name, words);
}

std::string message_id_header(std::string_view id) {
    std::string out(id.substr(0, 900));
    for (char& ch : out)
        if (ch <= ' ' || ch >= 0x7F || ch == '<' || ch == '>') ch = '_';
    return out.empty() ? "" : "Message-ID: <" + out + ">\n";
}

std::string body_text(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        auto character = take_character(text);
        if (character == "\r" && text.starts_with('\n')) continue;
        if (character == "\r" || character == "\n") {
            out += '\n';
            column = 0;
            continue;
        }
        if (character.empty() || character[0] == '\0') character = "\uFFFD";
        if (column + character.size() > longest_line) {
            out += '\n';
            column = 0;
        }
        out += character;
        column += character.size();
    }
    if (!out.ends_with('\n')) out += '\n';
    return out;
}

}  // namespace

std::string format_mail(const Notification& notification, const MailAddresses& addresses,
                        const MessageIdentity& identity) {
    return address_header("To", addresses.to) + address_header("From", {addresses.from}) +
           subject_header(notification.subject) + "Date: " + identity.date + "\n" +
           message_id_header(identity.id) +
           "Auto-Submitted: auto-generated\n"
           "MIME-Version: 1.0\n"
           "Content-Type: text/plain; charset=UTF-8\n"
           "Content-Transfer-Encoding: 8bit\n"
           "\n" +
           body_text(notification.body);
}

std::string with_crlf(std::string_view message) {
    std::string out;
    out.reserve(message.size() + message.size() / 32);
    for (std::size_t at = 0; at < message.size(); ++at) {
        const char ch = message[at];
        if (ch == '\r' && message.substr(at + 1).starts_with('\n')) continue;
        if (ch == '\r' || ch == '\n')
            out += "\r\n";
        else
            out += ch;
    }
    return out;
}

std::vector<std::string> addresses_in(std::string_view text) {
    std::vector<std::string> addresses;
    for (auto& mailbox : mailboxes_in(header_text(text)))
        addresses.push_back(std::move(mailbox.address));
    return addresses;
}

}  // namespace keenlance
