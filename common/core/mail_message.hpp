#pragma once
/// A notification as an Internet message (RFC 5322, RFC 2047): headers nobody can inject into, UTF-8 throughout. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// What someone is to be told: no channel, no address, no time yet.
struct Notification {
    std::string subject;
    std::string body;

    friend bool operator==(const Notification&, const Notification&) = default;
};

/// Who sends and who receives, as the operator configured it; may hold anything a command line can.
struct MailAddresses {
    std::string from;             ///< empty: no From header, the mail command knows who it is
    std::vector<std::string> to;  ///< empty: no To header (crashmail -s without -m); an entry may hold "a@x, b@y"
};

/// What makes one message unlike any other; made once a message, kept over its retries.
struct MessageIdentity {
    Moment when;
    std::string id;  ///< what stands inside the Message-ID's angle brackets: "unique@host"
};

/// The whole message with "\n" line ends, as `sendmail -t -i` reads it: To, From (where known), Subject, Date,
/// Message-ID, Auto-Submitted: auto-generated, MIME-Version, Content-Type text/plain UTF-8, an empty line, the body.
/// Line breaks and control characters in any header text become blanks; a subject that is not ASCII becomes
/// RFC 2047 encoded words; invalid UTF-8 becomes '?' (body: U+FFFD); body lines over 990 bytes are broken at a
/// character; the body ends with a newline. An ASCII subject is written as it is, even with a leading blank
/// (superlance's crashmail).
KEENLANCE_API std::string format_mail(const Notification& notification, const MailAddresses& addresses,
                                      const MessageIdentity& identity);

/// The same text with CRLF line ends, as SMTP's DATA wants it (dots are stuffed by the transport).
KEENLANCE_API std::string with_crlf(std::string_view message);

/// The bare addresses of a header text: "Bob <bob@x>, c@y" gives {"bob@x", "c@y"}. For SMTP's RCPT TO.
KEENLANCE_API std::vector<std::string> addresses_in(std::string_view header_text);

}  // namespace keenlance
