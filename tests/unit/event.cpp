#include <keenlance/core/event.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace event_test {

using namespace keenlance;

namespace {

using Item = std::variant<Event, ProtocolError>;

std::string header(std::string_view name, std::size_t length) {
    return "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:" + std::string(name) +
           " len:" + std::to_string(length) + "\n";
}

std::vector<Item> parse_in_pieces(std::string_view stream, std::size_t piece) {
    EventParser parser;
    std::vector<Item> items;
    while (!stream.empty()) {
        parser.push(stream.substr(0, piece));
        stream.remove_prefix(std::min(piece, stream.size()));
        while (auto item = parser.next())
            items.push_back(std::move(*item));
    }
    return items;
}

const Event& event_of(const Item& item) {
    REQUIRE(std::holds_alternative<Event>(item));
    return std::get<Event>(item);
}

}  // namespace

TEST_CASE("an event is read whole, whatever pieces it comes in") {
    const std::string payload = "processname:cat groupname:cat from_state:STOPPED tries:0";
    const std::string stream =
        header("PROCESS_STATE_STARTING", payload.size()) + payload + header("TICK_5", 15) + "when:1201063880";
    for (const std::size_t piece : {1U, 2U, 7U, 64U, 10'000U}) {
        const auto items = parse_in_pieces(stream, piece);
        REQUIRE(items.size() == 2);
        const auto& first = event_of(items[0]);
        CHECK(first.name == "PROCESS_STATE_STARTING");
        CHECK(first.payload == payload);
        CHECK(first.server == "supervisor");
        CHECK(first.pool == "listener");
        CHECK(first.serial == 21);
        CHECK(first.pool_serial == 10);
        CHECK_FALSE(first.cut);
        CHECK(event_of(items[1]).payload == "when:1201063880");
        CHECK(event_of(items[1]).is_tick());
    }
}

TEST_CASE("len counts characters, not bytes") {
    const std::string payload =
        "processname:\xC3\xBC groupname:\xE2\x82\xAC \xF0\x9F\x90\xB1";  // ü, €, a cat
    const std::string stream = header("REMOTE_COMMUNICATION", 27) + payload + header("TICK_5", 6) + "when:1";
    for (const std::size_t piece : {1U, 3U, 1'000U}) {
        const auto items = parse_in_pieces(stream, piece);
        REQUIRE(items.size() == 2);
        CHECK(event_of(items[0]).payload == payload);
        CHECK(event_of(items[1]).name == "TICK_5");
    }
}

TEST_CASE("bytes that are no UTF-8 count one each") {
    std::string payload;
    for (int byte = 0; byte < 256; ++byte)
        payload += static_cast<char>(byte);
    const auto items = parse_in_pieces(header("X", 256) + payload + header("TICK_5", 6) + "when:1", 5);
    REQUIRE(items.size() == 2);
    CHECK(event_of(items[0]).payload == payload);
}

TEST_CASE("an event without payload is complete with its header") {
    const auto items = parse_in_pieces(header("SUPERVISOR_STATE_CHANGE_RUNNING", 0), 4096);
    REQUIRE(items.size() == 1);
    CHECK(event_of(items[0]).payload.empty());
}

TEST_CASE("unknown header tokens are ignored, and their order does not matter") {
    const auto parsed =
        parse_event_header("eventname:TICK_5 ver:4.0 colour:blue len:3 bare serial:9 sub:a:b");
    REQUIRE(parsed);
    CHECK(parsed->event.name == "TICK_5");
    CHECK(parsed->event.serial == 9);
    CHECK(parsed->length == 3);
}

TEST_CASE("a header without a sound len or eventname is refused") {
    for (const auto* line :
         {"", "garbage", "ver:3.0 eventname:TICK_5", "ver:3.0 len:5", "ver:3.0 eventname:X len:",
          "ver:3.0 eventname:X len:-1", "ver:3.0 eventname:X len:5x", "ver:3.0 eventname: len:5",
          "ver:3.0 eventname:X len:99999999999999999999", "ver:3.0 eventname:X len:2000000000"}) {
        CAPTURE(line);
        CHECK_FALSE(parse_event_header(line));
    }
}

TEST_CASE("garbage is reported once, and the next event is found") {
    const std::string good = header("TICK_5", 6) + "when:1";
    for (const auto& garbage :
         {std::string("nonsense\n"), std::string("\x01\x02\xFF\xFE\n"),
          std::string("ver:3.0 eventname:TICK_5\n"),
          std::string("ver:3.0 server:s eventname:TICK_5 len:oops\nwhen:1"), std::string("a\nb\nc\n")}) {
        CAPTURE(garbage);
        for (const std::size_t piece : {1U, 4096U}) {
            const auto items = parse_in_pieces(garbage + good, piece);
            REQUIRE(items.size() == 2);
            REQUIRE(std::holds_alternative<ProtocolError>(items[0]));
            CHECK(std::get<ProtocolError>(items[0]).answer_due);
            CHECK(event_of(items[1]).payload == "when:1");
        }
    }
}

TEST_CASE("bytes before a header on its line are noise that needs no answer") {
    const auto items = parse_in_pieces("leftover" + header("TICK_5", 6) + "when:1", 4096);
    REQUIRE(items.size() == 2);
    REQUIRE(std::holds_alternative<ProtocolError>(items[0]));
    CHECK_FALSE(std::get<ProtocolError>(items[0]).answer_due);
    CHECK(event_of(items[1]).name == "TICK_5");
}

TEST_CASE("newlines between events are taken for nothing") {
    const auto items =
        parse_in_pieces("\n" + header("TICK_5", 6) + "when:1\n\n" + header("TICK_5", 6) + "when:2", 3);
    REQUIRE(items.size() == 2);
    CHECK(event_of(items[1]).payload == "when:2");
}

TEST_CASE("a header line without an end is refused in bounded memory") {
    EventParser parser;
    std::size_t errors = 0;
    for (int i = 0; i < 100; ++i) {
        parser.push(std::string(10'000, 'x'));
        while (parser.next())
            ++errors;
    }
    CHECK(errors == 1);
    parser.push(header("TICK_5", 6) + "when:1");
    const auto item = parser.next();
    REQUIRE(item);
    CHECK(event_of(*item).name == "TICK_5");
}

TEST_CASE("a huge payload is read through and kept in part") {
    const std::size_t length = EventParser::max_payload_bytes * 3;
    EventParser parser;
    parser.push(header("PROCESS_LOG_STDOUT", length));
    for (std::size_t sent = 0; sent < length; sent += 65'536)
        parser.push(std::string(std::min<std::size_t>(65'536, length - sent), 'y'));
    const auto item = parser.next();
    REQUIRE(item);
    CHECK(event_of(*item).cut);
    CHECK(event_of(*item).payload.size() == EventParser::max_payload_bytes);
    CHECK_FALSE(parser.in_the_middle());
}

TEST_CASE("an event that broke off can be given up, and the next one is read") {
    EventParser parser;
    parser.push(header("TICK_5", 100) + "when:");
    CHECK_FALSE(parser.next());
    CHECK(parser.in_the_middle());
    const auto error = parser.abandon();
    CHECK(error.answer_due);
    CHECK(error.message == "event TICK_5 broke off, 95 characters short of its payload");
    CHECK_FALSE(parser.in_the_middle());
    parser.push(header("TICK_60", 6) + "when:1");
    const auto item = parser.next();
    REQUIRE(item);
    CHECK(event_of(*item).name == "TICK_60");
}

TEST_CASE("a header line that broke off can be given up too") {
    EventParser parser;
    parser.push("ver:3.0 server:su");
    CHECK_FALSE(parser.next());
    CHECK(parser.in_the_middle());
    CHECK(parser.abandon().message == "a header line broke off: \"ver:3.0 server:su\"");
}

TEST_CASE("process state changes are read from their payloads") {
    Event event;
    event.name = "PROCESS_STATE_EXITED";
    event.payload = "processname:cat groupname:pets from_state:RUNNING expected:0 pid:2766";
    const auto exited = parse_process_state_change(event);
    REQUIRE(exited);
    CHECK(exited->id == Namespec{"pets", "cat"});
    CHECK(exited->to == ProcessState::exited);
    CHECK(exited->from == ProcessState::running);
    CHECK(exited->pid == 2766);
    CHECK(exited->expected == false);
    CHECK_FALSE(exited->tries);

    event.name = "PROCESS_STATE_BACKOFF";
    event.payload = "processname:cat groupname:cat from_state:STARTING tries:2";
    CHECK(parse_process_state_change(event)->tries == 2);

    event.name = "TICK_5";
    CHECK_FALSE(parse_process_state_change(event));
    event.name = "PROCESS_STATE_EXITED";
    event.payload = "processname:cat from_state:RUNNING";
    CHECK_FALSE(parse_process_state_change(event));
    event.payload = "";
    CHECK_FALSE(parse_process_state_change(event));
}

}  // namespace event_test
