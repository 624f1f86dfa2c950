#include <listeners/crashmail/crashmail.hpp>
#include <support/actions.hpp>
#include <support/alerts.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace crashmail_test {

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
    Crashmail policy({.prefix = "host"});
    const auto mail = the_mail(policy.step(exited("foo", "bar", 0), test_moment()));
    CHECK(mail.subject == "host: foo crashed at 2026-11-21 03:47:50,123");
    CHECK(mail.body == "Process foo in group bar exited unexpectedly (pid 58597) from state RUNNING");
}

TEST_CASE("without -o the subject begins with a blank, as mail filters know it") {
    Crashmail policy({});
    CHECK(the_mail(policy.step(exited("foo", "foo", 0), test_moment())).subject ==
          " foo crashed at 2026-11-21 03:47:50,123");
}

TEST_CASE("an expected exit and other events are not mailed") {
    Crashmail policy({});
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
    Crashmail policy({});
    const auto mail = the_mail(policy.step(fatal("foo", "bar"), test_moment()));
    CHECK(mail.subject == " foo crashed at 2026-11-21 03:47:50,123");
    CHECK(mail.body.find("FATAL") != std::string::npos);
}

TEST_CASE("-p chooses by name or by group:name") {
    Crashmail policy({.programs = {"foo", "g:x"}});
    CHECK(all_of<Notify>(policy.step(exited("foo", "any", 0), test_moment())).size() == 1);
    CHECK(all_of<Notify>(policy.step(exited("x", "g", 0), test_moment())).size() == 1);
    CHECK(policy.step(exited("x", "h", 0), test_moment()).empty());
    CHECK(policy.step(exited("g", "g", 0), test_moment()).empty());
    CHECK(policy.step(fatal("bar", "bar"), test_moment()).empty());
}

TEST_CASE("a state event that cannot be read is said, not mailed") {
    Crashmail policy({});
    const auto actions = policy.step(event_named("PROCESS_STATE_EXITED", "nonsense"), test_moment());
    CHECK(all_of<Notify>(actions).empty());
    CHECK(all_of<Log>(actions).size() == 1);
}

namespace {

const std::string log_of_two_lives =
    "2026-11-21 13:11:28,824 INFO spawned: 'web' with pid 11\n"
    "2026-11-21 13:12:28,824 WARN exited: web (exit status 3; not expected)\n"
    "2026-11-21 13:12:29,000 INFO spawned: 'web' with pid 12\n"
    "2026-11-21 13:12:30,000 INFO spawned: 'other' with pid 13\n"
    "2026-11-21 13:22:29,000 WARN exited: web (terminated by SIGSEGV (core dumped); not expected)\n"
    "2026-11-21 13:22:30,000 INFO spawned: 'web' with pid 14\n";

crashmail::Settings with_rpc(int lines = 0) {
    crashmail::Settings settings;
    settings.rpc = crashmail::Settings::Rpc::there;
    settings.tail_lines = lines;
    return settings;
}

const Namespec web{"web", "web"};

ProcessesInspected inspected(ProcessState state, int exit_status) {
    ProcessInfo info;
    info.id = web;
    info.state = state;
    info.exit_status = exit_status;
    info.stderr_logfile = "/var/log/web.err";
    return {{web}, std::vector<Result<ProcessInfo>>{info}};
}

}  // namespace

TEST_CASE("supervisord's log tells how a life ended, and how long it was") {
    const auto first = crashmail::find_ending(log_of_two_lives, "web", 11);
    REQUIRE(first);
    CHECK(first->words == "exit status 3");
    CHECK(first->exit_status == 3);
    CHECK(first->uptime == std::chrono::minutes(1));
    const auto second = crashmail::find_ending(log_of_two_lives, "web", 12);
    REQUIRE(second);
    CHECK(second->words == "killed by SIGSEGV, core dumped");
    CHECK_FALSE(second->exit_status);
    CHECK(second->uptime == std::chrono::minutes(10));
    CHECK_FALSE(crashmail::find_ending(log_of_two_lives, "we", 11));
    CHECK_FALSE(crashmail::find_ending(log_of_two_lives, "other", 13));
    CHECK_FALSE(crashmail::find_ending("", "web", 11));
    const auto late = crashmail::find_ending("xx exited: web (exit status 1; not expected)", "web", 99);
    REQUIRE(late);
    CHECK(late->exit_status == 1);
    CHECK_FALSE(late->uptime);
}

TEST_CASE("the last lines are the last lines") {
    using Lines = std::vector<std::string>;
    CHECK(crashmail::last_lines("a\nb\nc\n", 2) == Lines{"b", "c"});
    CHECK(crashmail::last_lines("a", 2) == Lines{"a"});
    CHECK(crashmail::last_lines("\n\n", 2).empty());
    CHECK(crashmail::last_lines("", 2).empty());
}

TEST_CASE("a crash is handed over at once, and completed by what supervisord knows of it") {
    Crashmail policy(with_rpc(2));
    auto actions = policy.step(exited("web", "web", 0), test_moment());
    const auto notes = all_of<Notify>(actions);
    REQUIRE(notes.size() == 1);
    CHECK_FALSE(notes.front().draft.empty());
    CHECK(all_of<InspectProcesses>(actions).size() == 1);
    CHECK(all_of<ReadLogTail>(actions).size() == 3);
    CHECK_FALSE(policy.idle());
    CHECK(policy.step(inspected(ProcessState::running, 0), test_moment()).empty());
    CHECK(policy.step(LogRead{web, LogStream::err, std::string("one\ntwo\nthree\n")}, test_moment()).empty());
    CHECK(policy
              .step(LogRead{web, LogStream::out, Error{ErrorKind::fault, fault::no_file, "NO_FILE"}},
                    test_moment())
              .empty());
    actions = policy.step(LogRead{web, LogStream::supervisord,
                                  std::string("x spawned: 'web' with pid 58597\n"
                                              "x exited: web (exit status 3; not expected)\n")},
                          test_moment());
    const auto released = all_of<ReleaseNotifications>(actions);
    REQUIRE(released.size() == 1);
    CHECK(released.front().draft == notes.front().draft);
    CHECK(*released.front().body ==
          "Process web in group web exited unexpectedly (pid 58597) from state RUNNING\n\nexit status 3\n\n"
          "the last 2 lines of stderr (/var/log/web.err):\n    two\n    three\n\nstdout: there is no log of "
          "it\n");
    CHECK(policy.idle());
}

TEST_CASE("where supervisord tells nothing the mail is superlance's") {
    Crashmail policy(with_rpc());
    const Error gone{ErrorKind::refused, 0, "gone"};
    policy.step(exited("web", "web", 0), test_moment());
    CHECK(policy.step(ProcessesInspected{{web}, gone}, test_moment()).empty());
    const auto released =
        all_of<ReleaseNotifications>(policy.step(LogRead{web, LogStream::supervisord, gone}, test_moment()));
    REQUIRE(released.size() == 1);
    CHECK(*released.front().body ==
          "Process web in group web exited unexpectedly (pid 58597) from state RUNNING");
}

TEST_CASE("a log piece that begins within a character is asked for again, a byte longer, and not for ever") {
    Crashmail policy(with_rpc());
    auto actions = policy.step(exited("web", "web", 0), test_moment());
    int asked = all_of<ReadLogTail>(actions).front().bytes;
    for (int i = 0; i < 3; ++i) {
        actions = policy.step(LogRead{web, LogStream::supervisord, Error{ErrorKind::http_status, 500, ""}},
                              test_moment());
        REQUIRE(all_of<ReadLogTail>(actions).size() == 1);
        CHECK(all_of<ReadLogTail>(actions).front().bytes == ++asked);
    }
    CHECK(
        policy
            .step(LogRead{web, LogStream::supervisord, Error{ErrorKind::http_status, 500, ""}}, test_moment())
            .empty());
}

TEST_CASE("in a storm most crashes are told by their events alone") {
    Crashmail policy(with_rpc());
    std::size_t looked_into = 0;
    for (int i = 0; i < 10'000; ++i)
        looked_into += all_of<InspectProcesses>(policy.step(exited("web", "web", 0), test_moment())).size();
    CHECK(looked_into == 32);
}

TEST_CASE("the crashes of an hour are counted") {
    Crashmail policy(with_rpc());
    Duration passed{0};
    std::string body;
    for (int i = 0; i < 8; ++i, passed += std::chrono::minutes(10)) {
        policy.step(exited("web", "web", 0), test_moment(passed));
        policy.step(inspected(ProcessState::running, 0), test_moment(passed));
        const auto released = all_of<ReleaseNotifications>(
            policy.step(LogRead{web, LogStream::supervisord, std::string()}, test_moment(passed)));
        REQUIRE(released.size() == 1);
        body = *released.front().body;
    }
    CHECK(body.find("7 crashes of it within the last hour") != std::string::npos);
}

TEST_CASE("--states adds and leaves out") {
    crashmail::Settings settings;
    settings.states = {ProcessState::backoff};
    Crashmail policy(settings);
    const auto mail = the_mail(policy.step(
        event_named("PROCESS_STATE_BACKOFF", "processname:web groupname:app from_state:STARTING tries:1"),
        test_moment()));
    CHECK(mail.subject == " web entered BACKOFF at 2026-11-21 03:47:50,123");
    CHECK(mail.body == "Process web in group app entered state BACKOFF (from state STARTING)");
    CHECK(policy.step(exited("web", "web", 0), test_moment()).empty());
    CHECK(policy.step(fatal("web", "web"), test_moment()).empty());
}

TEST_CASE("FATAL holds until the process runs again") {
    Crashmail policy({});
    const auto firing = the_mail(policy.step(fatal("web", "web"), test_moment()));
    CHECK(firing.condition == Condition::firing);
    const auto running =
        event_named("PROCESS_STATE_RUNNING", "processname:web groupname:web from_state:STARTING pid:7");
    const auto resolved = the_mail(policy.step(running, test_moment()));
    CHECK(resolved.condition == Condition::resolved);
    CHECK(labels_of(resolved) == labels_of(firing));
    CHECK(policy.step(running, test_moment()).empty());
}

TEST_CASE("a crash whose event was lost is told from the list, marked as such") {
    Crashmail policy(with_rpc());
    policy.step(Started{}, test_moment());
    policy.step(EventsLost{3}, test_moment(Duration{60'000}));
    CHECK(policy.deadline());
    policy.step(Woke{}, test_moment(Duration{61'000}));
    ProcessInfo info;
    info.id = web;
    info.state = ProcessState::exited;
    info.exit_status = 3;
    info.stop =
        std::chrono::floor<std::chrono::seconds>(test_moment(Duration{30'000}).wall.time_since_epoch())
            .count();
    policy.step(ProcessesListed{std::vector{info}}, test_moment(Duration{61'000}));
    const auto mail = the_mail(
        policy.step(ProcessConfigsListed{std::vector<ProcessConfig>{}}, test_moment(Duration{61'000})));
    CHECK(mail.subject.starts_with(" web crashed at "));
    CHECK(mail.body.find("its event was lost") != std::string::npos);
}

}  // namespace crashmail_test
