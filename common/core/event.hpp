#pragma once
/// supervisord's event-listener protocol (supervisord.org/events.html) as a parser: bytes in, events out.
/// Pure.
///
/// A header line `ver:3.0 server:ID serial:N pool:NAME poolserial:N eventname:NAME len:N\n`, then the payload
/// with no newline after it. `len` counts characters of a Python string while the wire carries their UTF-8
/// (supervisor/process.py _eventEnvelope), so payloads are measured in code points.

#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keenlance {

/// One event, as it came.
struct KEENLANCE_API Event {
    std::string name;               ///< "PROCESS_STATE_EXITED", "TICK_60", …
    std::string payload;            ///< at most max_payload_bytes of it
    std::string server;             ///< supervisord's identifier
    std::string pool;               ///< the listener's group
    std::uint64_t serial = 0;       ///< unique in one life of supervisord
    std::uint64_t pool_serial = 0;  ///< consecutive in this pool: a gap means discarded events
    bool cut = false;               ///< the payload was longer and its rest was thrown away

    [[nodiscard]] bool is_tick() const;  ///< TICK_5, TICK_60, TICK_3600

    friend bool operator==(const Event&, const Event&) = default;
};

/// Input that was no event.
struct ProtocolError {
    std::string message;     ///< one line, printable: what came and what was expected
    bool answer_due = true;  ///< supervisord meant it as an event and waits for a RESULT

    friend bool operator==(const ProtocolError&, const ProtocolError&) = default;
};

/// Cuts a byte stream into events. After garbage it finds its feet at the next "ver:" that begins a sound
/// header.
class KEENLANCE_API EventParser {
  public:
    static constexpr std::size_t max_header_bytes = std::size_t{64} * 1024;
    static constexpr std::size_t max_payload_bytes = std::size_t{1024} * 1024;
    /// A `len` beyond this is garbage, not an event (in code points).
    static constexpr std::uint64_t max_payload_length = std::uint64_t{1} << 30U;

    /// Takes any piece of the stream, down to single bytes.
    void push(std::string_view bytes);
    /// The next event or error that is complete; nothing when more bytes are needed. Call until nothing
    /// comes.
    std::optional<std::variant<Event, ProtocolError>> next();

    /// Inside an event: bytes of it have come, more must come.
    [[nodiscard]] bool in_the_middle() const;
    /// Gives up on the event in progress (it stalled, or the stream ended) and says what was there.
    ProtocolError abandon();

  private:
    std::optional<std::variant<Event, ProtocolError>> take_header();
    std::optional<std::variant<Event, ProtocolError>> refuse_endless_header();
    std::optional<std::variant<Event, ProtocolError>> take_payload();

    std::string buffer_;            // bytes not yet understood
    std::optional<Event> pending_;  // a header whose payload is still coming
    std::uint64_t missing_ = 0;     // code points of that payload still to come
    bool skipping_ = false;         // garbage was reported: drop bytes until a header begins
};

/// Finds events that supervisord discarded: an event gets its pool_serial when the pool accepts it, so one
/// that was dropped from a full buffer leaves a gap. Where a pool has several processes, each sees a part of
/// the events, and every event looks like a gap.
class PoolSerials {
  public:
    /// How many are missing before this event; 0 for the first one, and for one that was sent again.
    KEENLANCE_API std::uint64_t missing_before(const Event& event);

  private:
    std::optional<std::uint64_t> newest_;
};

/// A header line without its newline; nullopt when `len`, `eventname` or their numbers are not sound.
/// Unknown tokens are ignored.
struct EventHeader {
    Event event;               ///< without payload
    std::uint64_t length = 0;  ///< of the payload, in code points
};
KEENLANCE_API std::optional<EventHeader> parse_event_header(std::string_view line);

/// PROCESS_STATE_*: what happened to which process (supervisor/events.py ProcessStateEvent).
struct KEENLANCE_API ProcessStateChange {
    Namespec id;
    ProcessState to = ProcessState::unknown;
    ProcessState from = ProcessState::unknown;
    std::optional<int> pid;        ///< RUNNING, EXITED, STOPPING, STOPPED
    std::optional<bool> expected;  ///< EXITED: the exit status is one of `exitcodes`
    std::optional<int> tries;      ///< STARTING, BACKOFF

    friend bool operator==(const ProcessStateChange&, const ProcessStateChange&) = default;
};
/// nullopt when the event is no PROCESS_STATE_* or its payload lacks processname or groupname.
KEENLANCE_API std::optional<ProcessStateChange> parse_process_state_change(const Event& event);

}  // namespace keenlance
