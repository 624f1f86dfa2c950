#pragma once
/// The address lists of mail headers (RFC 5322) as people type them, taken apart. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// One entry of an address list, taken apart.
struct Mailbox {
    std::string text;     ///< as it was written, one blank for many
    std::string phrase;   ///< what stands before the angle, without its quotes
    std::string angle;    ///< what stands in "<>"; empty where there is none
    std::string address;  ///< the bare address
};

/// The entries of a list, cut at commas and at the semicolons some write for them; an entry without an
/// address is left out. Reads no group syntax ("friends: a@x, b@y;").
std::vector<Mailbox> mailboxes_in(std::string_view text);

}  // namespace keenlance
