#include <listeners/crashmail.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

using namespace keenlance;
using crashmail::Crashmail;

namespace {

EventReceived exited(const std::string& name, const std::string& group, int expected) {
    return event_named("PROCESS_STATE_EXITED",
                       "processname:" + name + " groupname:" + group +
                           " from_state:RUNNING expected:" + std::to_string(expected) + " pid:58597");
}

EventReceived fatal(const std::string& name, const std::string& group) {
    return event_named("PROCESS_STATE_FATAL",
                       "processname:" + name + " groupname:" + group + " from_state:BACKOFF");
}

}  // namespace

TEST_CASE("an unexpected exit is mailed in superlance's words") {
    Crashmail policy({{}, "host"});
    const auto mail = the_mail(policy.step(exited("foo", "bar", 0), test_moment()));
    CHECK(mail.subject == "host: foo crashed at 2026-11-21 03:47:50,123");
    CHECK(mail.body == "Process foo in group bar exited unexpectedly (pid 58597) from state RUNNING");
}

TEST_CASE("without -o the subject begins with a blank, as mail filters know it") {
    Crashmail policy({{}, ""});
    CHECK(the_mail(policy.step(exited("foo", "foo", 0), test_moment())).subject ==
          " foo crashed at 2026-11-21 03:47:50,123");
}

TEST_CASE("an expected exit and other events are not mailed") {
    Crashmail policy({{}, ""});
    CHECK(policy.step(exited("foo", "foo", 1), test_moment()).empty());
    CHECK(policy.step(event_named("TICK_5"), test_moment()).empty());
    CHECK(
        policy
            .step(event_named("PROCESS_STATE_STOPPED", "processname:a groupname:a from_state:RUNNING pid:1"),
                  test_moment())
            .empty());
    CHECK(policy
              .step(event_named("PROCESS_STATE_BACKOFF",
                                "processname:a groupname:a from_state:STARTING tries:1"),
                    test_moment())
              .empty());
}

TEST_CASE("FATAL is mailed") {
    Crashmail policy({{}, ""});
    const auto mail = the_mail(policy.step(fatal("foo", "bar"), test_moment()));
    CHECK(mail.subject == " foo crashed at 2026-11-21 03:47:50,123");
    CHECK(mail.body.find("FATAL") != std::string::npos);
}

TEST_CASE("-p chooses by name or by group:name") {
    Crashmail policy({{"foo", "g:x"}, ""});
    CHECK(all_of<Notify>(policy.step(exited("foo", "any", 0), test_moment())).size() == 1);
    CHECK(all_of<Notify>(policy.step(exited("x", "g", 0), test_moment())).size() == 1);
    CHECK(policy.step(exited("x", "h", 0), test_moment()).empty());
    CHECK(policy.step(exited("g", "g", 0), test_moment()).empty());
    CHECK(policy.step(fatal("bar", "bar"), test_moment()).empty());
}

TEST_CASE("a state event that cannot be read is said, not mailed") {
    Crashmail policy({{}, ""});
    const auto actions = policy.step(event_named("PROCESS_STATE_EXITED", "nonsense"), test_moment());
    CHECK(all_of<Notify>(actions).empty());
    CHECK(all_of<Log>(actions).size() == 1);
}
