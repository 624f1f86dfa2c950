#include <keenlance/core/event.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <algorithm>
#include <array>

namespace keenlance {

namespace {

constexpr std::string_view header_start = "ver:";

/// The values of "key:value" among the words of `line`, in the order of `keys`; empty where there is none.
/// The first of equal keys wins.
template <std::size_t count>
std::array<std::string_view, count> tokens(std::string_view line,
                                           const std::array<std::string_view, count>& keys) {
    std::array<std::string_view, count> values;
    for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
        const auto colon = word.find(':');
        if (colon == std::string_view::npos) continue;
        const auto key = std::ranges::find(keys, word.substr(0, colon));
        if (key == keys.end()) continue;
        auto& value = values[static_cast<std::size_t>(key - keys.begin())];
        if (value.data() == nullptr) value = word.substr(colon + 1);
    }
    return values;
}

/// Bytes of the character at the head of `text`; nothing if more bytes must come to tell. A byte that belongs
/// to no UTF-8 sequence counts as a character of its own, as Python's surrogateescape has it.
std::optional<std::size_t> character_at(std::string_view text) {
    const std::size_t length = utf8_sequence_length(static_cast<unsigned char>(text[0]));
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size()) return std::nullopt;
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 1;
    }
    return length;
}

/// How many characters, at most `most`, are whole in `text`, and how many bytes these take.
struct Measured {
    std::size_t bytes = 0;
    std::uint64_t characters = 0;
};
Measured measure_characters(std::string_view text, std::uint64_t most) {
    Measured measured;
    const auto one_by_one = std::min<std::uint64_t>(most, text.size());
    while (measured.bytes < one_by_one && static_cast<unsigned char>(text[measured.bytes]) < 0x80U)
        ++measured.bytes;
    measured.characters = measured.bytes;
    while (measured.characters < most && measured.bytes < text.size()) {
        const auto length = character_at(text.substr(measured.bytes));
        if (!length) break;
        measured.bytes += *length;
        ++measured.characters;
    }
    return measured;
}

/// Where in a line the last sound header begins, and the header: behind garbage that had no newline of its
/// own (a payload that could not be measured) it begins in mid-line. "server:" is not such a beginning.
struct FoundHeader {
    std::size_t at = 0;
    EventHeader header;
};
std::optional<FoundHeader> find_header(std::string_view line) {
    constexpr int most_tries = 4;  // a line of garbage may hold thousands of beginnings
    auto at = line.rfind(header_start);
    for (int tries = 0; at != std::string_view::npos && tries < most_tries; ++tries) {
        if (!line.substr(0, at).ends_with("ser")) {
            if (auto header = parse_event_header(line.substr(at))) return FoundHeader{at, std::move(*header)};
        }
        if (at == 0) break;
        at = line.rfind(header_start, at - 1);
    }
    return std::nullopt;
}

}  // namespace

bool Event::is_tick() const {
    return name.starts_with("TICK");
}

std::optional<EventHeader> parse_event_header(std::string_view line) {
    const auto [length_word, name, server, pool, serial, pool_serial] =
        tokens<6>(line, {"len", "eventname", "server", "pool", "serial", "poolserial"});
    const auto length = whole_number<std::uint64_t>(length_word);
    if (!length || *length > EventParser::max_payload_length || name.empty()) return std::nullopt;
    EventHeader header;
    header.length = *length;
    header.event.name = name;
    header.event.server = server;
    header.event.pool = pool;
    header.event.serial = whole_number<std::uint64_t>(serial).value_or(0);
    header.event.pool_serial = whole_number<std::uint64_t>(pool_serial).value_or(0);
    return header;
}

void EventParser::push(std::string_view bytes) {
    buffer_ += bytes;
}

std::optional<std::variant<Event, ProtocolError>> EventParser::next() {
    return pending_ ? take_payload() : take_header();
}

std::optional<std::variant<Event, ProtocolError>> EventParser::take_header() {
    for (;;) {
        // supervisord puts no newline after a payload; people who type one, or test with one, mean no event
        // by it.
        buffer_.erase(0, std::min(buffer_.find_first_not_of("\r\n"), buffer_.size()));
        const auto newline = buffer_.find('\n');
        if (newline == std::string::npos) return refuse_endless_header();

        const std::string line = buffer_.substr(0, newline);
        buffer_.erase(0, newline + 1);
        if (auto found = find_header(line)) {
            pending_ = std::move(found->header.event);
            missing_ = found->header.length;
            const bool noise = found->at > 0 && !skipping_;
            skipping_ = false;
            if (!noise) return take_payload();
            return ProtocolError{
                "garbage before an event: \"" + printable(line.substr(0, found->at), 60) + "\"", false};
        }
        if (skipping_) continue;
        skipping_ = true;
        return ProtocolError{"not an event header: \"" + printable(line, 120) + "\""};
    }
}

std::optional<std::variant<Event, ProtocolError>> EventParser::refuse_endless_header() {
    if (buffer_.size() <= max_header_bytes) return std::nullopt;
    ProtocolError error{"no end of a header line within " + std::to_string(max_header_bytes) +
                        " bytes, beginning with \"" + printable(buffer_, 60) + "\""};
    // Its tail may already hold the beginning of the next header.
    buffer_.erase(0, buffer_.size() - max_header_bytes / 2);
    if (skipping_) return std::nullopt;
    skipping_ = true;
    return error;
}

std::optional<std::variant<Event, ProtocolError>> EventParser::take_payload() {
    const Measured measured = measure_characters(buffer_, missing_);
    const std::size_t room = max_payload_bytes - std::min(max_payload_bytes, pending_->payload.size());
    pending_->payload += std::string_view(buffer_).substr(0, std::min(measured.bytes, room));
    pending_->cut = pending_->cut || measured.bytes > room;
    buffer_.erase(0, measured.bytes);
    missing_ -= measured.characters;
    if (missing_ > 0) return std::nullopt;
    Event event = std::move(*pending_);
    pending_.reset();
    return event;
}

bool EventParser::in_the_middle() const {
    return pending_.has_value() || (!skipping_ && !buffer_.empty());
}

ProtocolError EventParser::abandon() {
    ProtocolError error;
    if (pending_) {
        error.message = "event " + printable(pending_->name, 60) + " broke off, " + std::to_string(missing_) +
                        " characters short of its payload";
    } else {
        error.message = "a header line broke off: \"" + printable(buffer_, 60) + "\"";
    }
    pending_.reset();
    missing_ = 0;
    buffer_.clear();
    skipping_ = true;
    return error;
}

std::uint64_t PoolSerials::missing_before(const Event& event) {
    const auto newest = newest_.value_or(event.pool_serial);
    newest_ = std::max(newest, event.pool_serial);
    return event.pool_serial > newest + 1 ? event.pool_serial - newest - 1 : 0;
}

std::optional<ProcessStateChange> parse_process_state_change(const Event& event) {
    constexpr std::string_view prefix = "PROCESS_STATE_";
    if (!event.name.starts_with(prefix)) return std::nullopt;
    const auto line = std::string_view(event.payload).substr(0, event.payload.find('\n'));
    const auto [group, name, from, pid, tries, expected] =
        tokens<6>(line, {"groupname", "processname", "from_state", "pid", "tries", "expected"});
    if (group.empty() || name.empty()) return std::nullopt;
    ProcessStateChange change;
    change.id = {std::string(group), std::string(name)};
    change.to = parse_process_state(std::string_view(event.name).substr(prefix.size()))
                    .value_or(ProcessState::unknown);
    change.from = parse_process_state(from).value_or(ProcessState::unknown);
    change.pid = whole_number<int>(pid);
    change.tries = whole_number<int>(tries);
    if (const auto number = whole_number<int>(expected)) change.expected = *number != 0;
    return change;
}

}  // namespace keenlance
