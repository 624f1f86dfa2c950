#pragma once
/// A notification as it waits to be delivered: what the spool keeps on disk. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/notification.hpp>
#include <keenlance/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// The place of a letter in its spool: letters are delivered in this order.
using LetterNumber = std::uint64_t;

struct Letter {
    Notification notification;
    std::string id;           ///< "unique@host": the Message-ID of every copy
    std::string listener;     ///< which program tells it: "crashmail"
    std::string host;         ///< on which machine
    std::string supervisor;   ///< supervisord's identifier; empty where none is known
    WallTime created;         ///< when it was told; of several folded into one, the first
    std::string date;         ///< `created` as a mail has it, in the zone of then
    std::string when;         ///< `created` in local time, for people
    std::string newest;       ///< the `when` of the last of several folded into one; else `when`
    std::uint32_t count = 1;  ///< how many notifications it stands for
    /// Kept back under this name until it is released or `ready` has come; empty: it may go.
    std::string draft;
    WallTime ready;
    /// The letters it was folded from: where they are still there, they are not to be delivered.
    std::vector<LetterNumber> replaces;

    friend bool operator==(const Letter&, const Letter&) = default;
};

/// What is "identical" to --digest: the notification's topic, or its alert and process, or its subject.
KEENLANCE_API std::string topic_of(const Notification& notification);

/// Several of one topic (or, where the rate of one process is limited, of one process) as one, in their
/// order; a last one that says `resolved` stays by itself, behind. `letters` is not empty; `numbers` are
/// theirs. The identity is the first one's, with ".N" for how many.
KEENLANCE_API std::vector<Letter> fold(std::span<const Letter> letters,
                                       std::span<const LetterNumber> numbers);

/// One JSON object, UTF-8 (what is not becomes U+FFFD), with a newline.
KEENLANCE_API std::string to_text(const Letter& letter);
/// Error `malformed`: half a letter, or none.
KEENLANCE_API Result<Letter> parse_letter(std::string_view text);

/// "2026-11-21T03:47:50.123Z": RFC 3339, for machines.
KEENLANCE_API std::string format_utc(WallTime time);

}  // namespace keenlance
