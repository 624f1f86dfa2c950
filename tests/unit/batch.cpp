#include <listeners/batch.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace batch_test {

using namespace keenlance;
using batch::Batch;
using batch::Kind;
using batch::Settings;

namespace {

EventReceived crash(const std::string& name) {
    return event_named("PROCESS_STATE_EXITED",
                       "processname:" + name + " groupname:g from_state:RUNNING expected:0 pid:7");
}

Settings every(Duration interval) {
    Settings settings;
    settings.subject = "Crash alert from supervisord";
    settings.interval = interval;
    return settings;
}

/// Which batch is let go; nothing where none is.
std::string released(const Actions& actions) {
    const auto releases = all_of<ReleaseNotifications>(actions);
    return releases.size() == 1 ? releases.front().draft : "";
}

}  // namespace

TEST_CASE("each kind collects its own ends in superlance's words") {
    ProcessStateChange exited{{"g", "p"}, ProcessState::exited, ProcessState::running, 7,
                              false,      std::nullopt};
    const ProcessStateChange fatal{{"g", "p"}, ProcessState::fatal, ProcessState::backoff, {}, {}, {}};
    const auto now = test_moment();
    CHECK(batch::describe(Kind::crashes, exited, now) ==
          "2026-11-21 03:47:50,123 -- Process g:p (pid 7) died unexpectedly");
    CHECK(batch::describe(Kind::short_crashes, exited, now) ==
          "[g:p](7) exited unexpectedly 2026-11-21 03:47:50,123");
    CHECK_FALSE(batch::describe(Kind::fatals, exited, now));
    CHECK(batch::describe(Kind::fatals, fatal, now) ==
          "2026-11-21 03:47:50,123 -- Process g:p failed to start too many times");
    CHECK_FALSE(batch::describe(Kind::crashes, fatal, now));
    exited.expected = true;
    CHECK_FALSE(batch::describe(Kind::crashes, exited, now));
    CHECK_FALSE(batch::describe(Kind::short_crashes, exited, now));
}

TEST_CASE("what came in one interval goes out in one mail, on the tick that completes it") {
    Batch policy(every(std::chrono::minutes(2)));
    const auto first = all_of<Notify>(policy.step(crash("a"), test_moment()));
    REQUIRE(first.size() == 1);
    CHECK(first.front().notification.subject == "Crash alert from supervisord");
    CHECK(first.front().notification.body.ends_with("Process g:a (pid 7) died unexpectedly\n"));
    CHECK(first.front().notification.folding == Folding::lines);
    CHECK(policy.step(event_named("TICK_60"), test_moment()).empty());
    const auto second = all_of<Notify>(policy.step(crash("b"), test_moment()));
    REQUIRE(second.size() == 1);
    CHECK(second.front().draft == first.front().draft);
    CHECK(released(policy.step(event_named("TICK_60"), test_moment())) == first.front().draft);
    CHECK(policy.step(event_named("TICK_60"), test_moment()).empty());
}

TEST_CASE("other ticks do not count") {
    Batch policy(every(std::chrono::minutes(1)));
    policy.step(crash("a"), test_moment());
    CHECK(policy.step(event_named("TICK_5"), test_moment()).empty());
    CHECK(released(policy.step(event_named("TICK_60"), test_moment())) == "batch");
}

TEST_CASE("without ticks the batch goes out by its own clock") {
    Batch policy(every(std::chrono::minutes(1)));
    CHECK_FALSE(policy.deadline());
    policy.step(crash("a"), test_moment());
    REQUIRE(policy.deadline());
    CHECK(*policy.deadline() - test_moment().steady == std::chrono::minutes(2));
    policy.step(crash("b"), test_moment(Duration{1'000}));
    CHECK(*policy.deadline() - test_moment().steady == std::chrono::minutes(2));
    CHECK(released(policy.step(Woke{}, test_moment(Duration{120'000}))) == "batch");
    CHECK_FALSE(policy.deadline());
}

TEST_CASE("a batch that waits goes out when the listener ends") {
    Batch policy(every(std::chrono::minutes(60)));
    policy.step(crash("a"), test_moment());
    CHECK(released(policy.step(Closing{}, test_moment())) == "batch");
    CHECK(policy.idle());
}

TEST_CASE("a storm of crashes goes out before it fills the memory") {
    Batch policy(every(std::chrono::minutes(60)));
    std::size_t mails = 0;
    for (int i = 0; i < 25'000; ++i)
        mails += all_of<ReleaseNotifications>(policy.step(crash("a"), test_moment())).size();
    CHECK(mails == 2);
}

TEST_CASE("only supervisord's own ticks have a period") {
    CHECK(batch::tick_period("TICK_5") == std::chrono::seconds(5));
    CHECK(batch::tick_period("TICK_60") == std::chrono::seconds(60));
    CHECK(batch::tick_period("TICK_3600") == std::chrono::seconds(3600));
    CHECK_FALSE(batch::tick_period("TICK_7"));
    CHECK_FALSE(batch::tick_period("tick_5"));
    CHECK_FALSE(batch::tick_period(""));
}

}  // namespace batch_test
