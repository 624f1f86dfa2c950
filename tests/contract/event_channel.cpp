#include <keenlance/system/event_channel.hpp>

#include <fcntl.h>
#include <support/catch.hpp>
#include <support/patience.hpp>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace event_channel_contract {

using namespace keenlance;

namespace {

struct Ends {
    UniqueFd out, in;
};

Ends make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// supervisord's side of a listener, and what its handlers hear.
class Listening {
  public:
    Listening() {
        reactor_.handle_signals();
        auto to_listener = make_pipe();
        auto from_listener = make_pipe();
        to_listener_ = std::move(to_listener.in);
        from_listener_ = std::move(from_listener.out);
        ::fcntl(from_listener_.get(), F_SETFL, O_NONBLOCK);
        channel_ = std::make_unique<EventChannel>(
            reactor_, std::move(to_listener.out), std::move(from_listener.in),
            EventChannel::Handlers{[this](const Event& event) { on_event(event); },
                                   [this](std::string_view line) { complaints.emplace_back(line); },
                                   [this] { ++closings; }});
    }

    void open() {
        channel_->open();
        REQUIRE(hears("READY\n"));
    }
    void say(std::string_view text) {
        REQUIRE(::write(to_listener_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void say_eof() { to_listener_.reset(); }
    void stop_listening() { from_listener_.reset(); }
    void close_at_next_event() { close_at_next_ = true; }
    Reactor& reactor() { return reactor_; }

    /// Whether exactly that is what comes, after what came before.
    bool hears(const std::string& text) {
        wait_for([&] { return heard().size() >= text.size(); });
        UNSCOPED_INFO("heard: " + heard_);
        return std::exchange(heard_, {}) == text;
    }
    /// Whether nothing comes for a while.
    bool hears_nothing() {
        reactor_.run_until([] { return false; }, Reactor::now() + Duration{30});
        return heard().empty();
    }
    bool wait_for(const std::function<bool()>& condition) {
        return reactor_.run_until([&] { return reactor_.turn(Reactor::now() + Duration{1}), condition(); },
                                  Reactor::now() + patience);
    }

    std::vector<Event> events;
    std::vector<std::string> complaints;
    int closings = 0;

  private:
    void on_event(const Event& event) {
        events.push_back(event);
        if (close_at_next_) channel_->close();
    }
    const std::string& heard() {
        std::array<char, 4096> bytes{};
        ssize_t count = 0;
        while (from_listener_ && (count = ::read(from_listener_.get(), bytes.data(), bytes.size())) > 0)
            heard_.append(bytes.data(), static_cast<std::size_t>(count));
        return heard_;
    }

    Reactor reactor_;
    UniqueFd to_listener_, from_listener_;
    std::unique_ptr<EventChannel> channel_;
    std::string heard_;
    bool close_at_next_ = false;
};

/// `length` is what supervisord writes: characters, not bytes.
std::string event_text(const std::string& name, const std::string& payload, std::size_t length) {
    return "ver:3.0 server:supervisor serial:21 pool:memmon poolserial:10 eventname:" + name +
           " len:" + std::to_string(length) + "\n" + payload;
}
std::string event_text(const std::string& name, const std::string& payload) {
    return event_text(name, payload, payload.size());
}

const std::string tick = event_text("TICK_60", "when:1201063880");
const std::string acknowledged = "RESULT 2\nOKREADY\n";

}  // namespace

TEST_CASE("a listener says READY first, and nothing before it is opened", "[event_channel]") {
    Listening listening;
    CHECK(listening.hears_nothing());
    listening.open();
    CHECK(listening.hears_nothing());
}

TEST_CASE("an event is handed over and acknowledged at once", "[event_channel]") {
    Listening listening;
    listening.open();
    const auto began = Reactor::now();
    listening.say(tick);
    CHECK(listening.hears(acknowledged));
    CHECK(Reactor::now() - began < Duration{1'000});
    REQUIRE(listening.events.size() == 1);
    CHECK(listening.events.front().name == "TICK_60");
    CHECK(listening.events.front().payload == "when:1201063880");
    CHECK(listening.events.front().pool_serial == 10);
    CHECK(listening.complaints.empty());
}

TEST_CASE("however the bytes of events are cut, each is acknowledged once", "[event_channel]") {
    Listening listening;
    listening.open();
    const std::string payload = "h\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa5";
    const auto accents = event_text("PROCESS_LOG_STDOUT", payload, 4);
    SECTION("byte by byte") {
        for (const char byte : tick + accents) {
            listening.say({&byte, 1});
            listening.reactor().turn(Reactor::now() + Duration{1});
        }
        CHECK(listening.hears(acknowledged + acknowledged));
    }
    SECTION("several at once") {
        listening.say(tick + accents + tick + tick);
        CHECK(listening.hears(acknowledged + acknowledged + acknowledged + acknowledged));
    }
    SECTION("without a payload") {
        listening.say(event_text("SUPERVISOR_STATE_CHANGE_RUNNING", "") + accents);
        CHECK(listening.hears(acknowledged + acknowledged));
    }
    REQUIRE(listening.events.size() >= 2);
    CHECK(listening.events[1].payload == payload);
    CHECK(listening.complaints.empty());
}

TEST_CASE("the end of the input closes the channel once", "[event_channel]") {
    Listening listening;
    listening.open();
    SECTION("between two events, without complaint") {
        listening.say(tick);
        CHECK(listening.hears(acknowledged));
        listening.say_eof();
        CHECK(listening.wait_for([&] { return listening.closings > 0; }));
        CHECK(listening.complaints.empty());
    }
    SECTION("in the middle of an event, which is told") {
        listening.say(tick.substr(0, tick.size() - 3));
        listening.say_eof();
        CHECK(listening.wait_for([&] { return listening.closings > 0; }));
        REQUIRE(listening.complaints.size() == 1);
        CHECK(listening.complaints.front().starts_with("input ended: "));
        CHECK(listening.events.empty());
    }
    CHECK(listening.hears_nothing());
    CHECK(listening.closings == 1);
}

TEST_CASE("garbage is told, and the next event understood", "[event_channel]") {
    Listening listening;
    listening.open();
    listening.say("what is this\n");
    CHECK(listening.wait_for([&] { return !listening.complaints.empty(); }));
    listening.say(tick);
    CHECK(listening.wait_for([&] { return !listening.events.empty(); }));
    CHECK(listening.events.front().name == "TICK_60");
    CHECK(listening.complaints.size() == 1);
    CHECK(listening.closings == 0);
}

TEST_CASE("half an event that does not go on is given up, and the next understood", "[event_channel]") {
    Listening listening;
    listening.open();
    const auto began = Reactor::now();
    listening.say(tick.substr(0, tick.size() - 3));
    CHECK(listening.hears(acknowledged));
    CHECK(Reactor::now() - began >= EventChannel::stall_limit);
    REQUIRE(listening.complaints.size() == 1);
    CHECK(listening.events.empty());
    listening.say(tick);
    CHECK(listening.hears(acknowledged));
    CHECK(listening.events.size() == 1);
    CHECK(listening.closings == 0);
}

TEST_CASE("a channel closed by its handler acknowledges that event and takes no other", "[event_channel]") {
    Listening listening;
    listening.open();
    listening.close_at_next_event();
    listening.say(tick + tick);
    CHECK(listening.hears("RESULT 2\nOK"));
    CHECK(listening.hears_nothing());
    CHECK(listening.events.size() == 1);
    CHECK(listening.closings == 0);
}

TEST_CASE("a supervisord that no longer listens closes the channel once", "[event_channel]") {
    Listening listening;
    listening.open();
    listening.stop_listening();
    listening.say(tick + tick);
    CHECK(listening.wait_for([&] { return listening.closings > 0; }));
    REQUIRE(listening.complaints.size() == 1);
    CHECK(listening.complaints.front().starts_with("cannot answer supervisord: "));
    CHECK(listening.events.size() == 1);
    listening.hears_nothing();
    CHECK(listening.closings == 1);
}

}  // namespace event_channel_contract
