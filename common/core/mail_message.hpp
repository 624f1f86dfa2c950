#pragma once
/// A notification as an Internet message (RFC 5322, RFC 2047), all UTF-8, no header open to injection. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/notification.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Who sends and who receives, as the operator configured it; may hold anything a command line can.
struct MailAddresses {
    /// Empty: no From header, the mail command knows who it is.
    std::string from;
    /// Empty: no To header (crashmail -s without -m). An entry may hold "a@x, b@y".
    std::vector<std::string> to;
};

/// What makes one message unlike any other; made once a message, kept over its retries.
struct MessageIdentity {
    std::string date;  ///< as format_mail_date gives it
    std::string id;    ///< what stands inside the Message-ID's angle brackets: "unique@host"
};

/// The whole message with "\n" line ends, as `sendmail -t -i` reads it: To, From (where known), Subject,
/// Date, Message-ID (where there is one), Auto-Submitted: auto-generated, MIME-Version, Content-Type
/// text/plain UTF-8, Content-Transfer-Encoding 8bit, an empty line, the body.
/// Line breaks and control characters in any header text become blanks, invalid UTF-8 becomes '?'. An ASCII
/// subject is written as it is, even with a leading blank (superlance's crashmail); one that is not ASCII,
/// holds "=?" or is over 979 bytes becomes RFC 2047 encoded words, and so does a display name that is not
/// ASCII. Addresses are separated by ", " and folded there; no line of the message is over 990 bytes.
/// In the body, "\r\n" and "\r" become "\n", NUL and invalid UTF-8 U+FFFD; it ends with a newline.
KEENLANCE_API std::string format_mail(const Notification& notification, const MailAddresses& addresses,
                                      const MessageIdentity& identity);

/// The same text with CRLF line ends, as SMTP's DATA wants it (dots are stuffed by the transport).
KEENLANCE_API std::string with_crlf(std::string_view message);

/// The bare addresses of a header text: "Bob <bob@x>, c@y" gives {"bob@x", "c@y"}. For SMTP's RCPT TO. A
/// semicolon separates as a comma does; group syntax ("friends: a@x;") is not read. Not one holds a control
/// character, but they are not otherwise checked: the server will.
KEENLANCE_API std::vector<std::string> addresses_in(std::string_view text);

}  // namespace keenlance
