#include <listeners/essential/essential.hpp>
#include <support/actions.hpp>
#include <support/alerts.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace essential_test {

using namespace keenlance;
using essential::Chosen;
using essential::Essential;
using essential::Failure;
using essential::Settings;

namespace {

const Namespec web{"web", "web"};
const Error refused{ErrorKind::refused, 0, "nobody listens"};
const Error going_down{ErrorKind::fault, fault::shutdown_state, "SHUTDOWN_STATE"};

Settings watching(std::vector<std::string> programs, Duration wait = Duration{0}) {
    Settings settings;
    settings.chosen.programs = std::move(programs);
    settings.wait = wait;
    settings.self = Namespec{"essential", "essential"};
    settings.status_file = "/run/status";
    return settings;
}

EventReceived changed(const std::string& state, const std::string& process, const std::string& more,
                      const std::string& from = "RUNNING") {
    std::string group = process;
    std::string name = process;
    if (const auto colon = process.find(':'); colon != std::string::npos) {
        group = process.substr(0, colon);
        name = process.substr(colon + 1);
    }
    return event_named("PROCESS_STATE_" + state,
                       "processname:" + name + " groupname:" + group + " from_state:" + from + " " + more);
}

EventReceived exited(const std::string& process, int expected = 0) {
    return changed("EXITED", process, "expected:" + std::to_string(expected) + " pid:12");
}

EventReceived fatal(const std::string& process) {
    return changed("FATAL", process, "", "BACKOFF");
}

ProcessInfo info_of(const Namespec& id, ProcessState state, int exit_status = 0) {
    auto info = running(id, 0, 1);
    info.state = state;
    info.exit_status = exit_status;
    return info;
}

ProcessesInspected seen(const Namespec& id, ProcessState state, int exit_status = 0) {
    return {{id}, std::vector<Result<ProcessInfo>>{info_of(id, state, exit_status)}};
}

ProcessesInspected seen(const Namespec& id, const Error& fault) {
    return {{id}, std::vector<Result<ProcessInfo>>{fault}};
}

ProcessConfig config_of(const Namespec& id, std::vector<int> exit_codes) {
    ProcessConfig config;
    config.id = id;
    config.exit_codes = std::move(exit_codes);
    return config;
}

bool shuts_down(const Actions& actions) {
    return !all_of<ShutDownSupervisord>(actions).empty();
}

/// What is recorded as the exit status; nothing: the shutdown was not asked for.
std::string recorded(const Actions& actions) {
    const auto files = all_of<WriteFile>(actions);
    return shuts_down(actions) && files.size() == 1 ? files.front().text : "nothing";
}

/// Tells a failure and what supervisord says of it when it is looked into.
Actions fail(Essential& policy, const EventReceived& event, const ProcessesInspected& found,
             const Moment& when = test_moment()) {
    const auto looks = policy.step(event, when);
    if (all_of<InspectProcesses>(looks).size() != 1 || looks.size() != 1) return looks;
    return policy.step(found, when);
}

}  // namespace

TEST_CASE("an unexpected exit is told, recorded and the end, in this order") {
    Essential policy(watching({"web"}));
    const auto actions = fail(policy, exited("web"), seen(web, ProcessState::exited, 3));
    const auto mail = the_mail(actions);
    CHECK(mail.subject == "essential: web exited unexpectedly");
    CHECK(mail.body == "web exited unexpectedly with status 3 (pid 12). supervisord is being shut down.");
    CHECK(mail.alert == "EssentialProcessDown");
    CHECK(mail.process == web);
    CHECK(mail.severity == Severity::critical);
    CHECK(mail.condition == Condition::event);
    CHECK(mail.details ==
          std::vector<std::pair<std::string, std::string>>{
              {"state", "EXITED"}, {"pid", "12"}, {"exit_status", "3"}, {"container_exit_status", "3"}});
    CHECK(recorded(actions) == "3\n");
    CHECK(std::holds_alternative<ShutDownSupervisord>(actions.back()));
    CHECK(std::holds_alternative<WriteFile>(actions.at(actions.size() - 2)));
}

TEST_CASE("FATAL is the end, with status 1 and supervisord's reason") {
    Essential policy(watching({"web"}));
    auto found = seen(web, ProcessState::fatal);
    found.processes.value().front().value().spawn_error = "can't find command 'wbe'";
    const auto actions = fail(policy, fatal("web"), found);
    CHECK(recorded(actions) == "1\n");
    CHECK(the_mail(actions).subject == "essential: web is FATAL");
    CHECK(the_mail(actions).body.find("can't find command 'wbe'") != std::string::npos);
}

TEST_CASE("the recorded status is the process's own where it is known, and never 0 for a failure") {
    const auto status_for = [](ProcessState state, int exit_status) {
        Essential policy(watching({"web"}));
        return recorded(fail(policy, exited("web"), seen(web, state, exit_status)));
    };
    CHECK(status_for(ProcessState::exited, 77) == "77\n");
    CHECK(status_for(ProcessState::exited, 255) == "255\n");
    CHECK(status_for(ProcessState::exited, -1) == "255\n");  // a signal
    CHECK(status_for(ProcessState::exited, 0) == "1\n");     // 0 was not among its exitcodes
    CHECK(status_for(ProcessState::starting, 0) == "1\n");   // autorestart has made supervisord forget it
    CHECK(status_for(ProcessState::running, 9) == "1\n");
}

TEST_CASE("an expected exit goes on, unless it was asked for: then it is the end with 0, and no mail") {
    Essential patient(watching({"web"}));
    CHECK(patient.step(exited("web", 1), test_moment()).empty());

    auto settings = watching({"web"});
    settings.kinds.insert(Failure::Kind::expected_exit);
    Essential done(settings);
    const auto actions = fail(done, exited("web", 1), seen(web, ProcessState::exited, 2));
    CHECK(recorded(actions) == "0\n");
    CHECK(all_of<Notify>(actions).empty());
}

TEST_CASE("--states leaves out what it does not name") {
    auto settings = watching({"web"});
    settings.kinds = {Failure::Kind::fatal};
    Essential policy(settings);
    CHECK(policy.step(exited("web"), test_moment()).empty());
    CHECK(shuts_down(fail(policy, fatal("web"), seen(web, ProcessState::fatal))));
}

TEST_CASE("what an operator or supervisord stops is no failure, and neither are other events") {
    Essential policy(watching({"web"}));
    for (const auto* state : {"STOPPED", "STOPPING", "STARTING", "RUNNING", "BACKOFF", "UNKNOWN"})
        CHECK(policy.step(changed(state, "web", "pid:1 tries:1"), test_moment()).empty());
    CHECK(policy.step(event_named("TICK_5"), test_moment()).empty());
    CHECK(policy.step(event_named("REMOTE_COMMUNICATION", "type:x"), test_moment()).empty());
}

TEST_CASE("a failure while supervisord goes down is none") {
    Essential by_answer(watching({"web"}));
    CHECK_FALSE(shuts_down(fail(by_answer, fatal("web"), seen(web, going_down))));
    CHECK(by_answer.step(exited("web"), test_moment()).empty());

    Essential by_event(watching({"web"}));
    by_event.step(event_named("SUPERVISOR_STATE_CHANGE_STOPPING", ""), test_moment());
    CHECK(by_event.step(fatal("web"), test_moment()).empty());

    Essential in_the_middle(watching({"web"}, Duration{5'000}));
    fail(in_the_middle, fatal("web"), seen(web, ProcessState::fatal));
    in_the_middle.step(event_named("SUPERVISOR_STATE_CHANGE_STOPPING", ""), test_moment());
    CHECK_FALSE(in_the_middle.deadline());
    CHECK(in_the_middle.step(Woke{}, test_moment(Duration{6'000})).empty());
}

TEST_CASE("names, groups, patterns and any choose; event listeners only by name, itself never") {
    struct Case {
        Chosen chosen;
        std::string process;
        bool counts;
    };
    const Chosen any{{}, {}, Chosen::Scope::any};
    const std::vector<Case> cases{
        {{{"web"}, {}}, "web", true},
        {{{"web"}, {}}, "site:web", true},
        {{{"web"}, {}}, "web2", false},
        {{{"site:web"}, {}}, "site:web", true},
        {{{"site:web"}, {}}, "web", false},
        {{{"site:*"}, {}}, "site:a", true},
        {{{"w*"}, {}}, "site:web", true},
        {{{"all"}, {}}, "web", false},  // a program may be called so; for all there is -a
        {{{}, {"site"}}, "site:a", true},
        {{{}, {"site"}}, "web", false},
        {{{}, {"s*"}}, "site:a", true},
        {any, "web", true},
        {any, "memmon", false},
        {any, "essential", false},
        {{{"memmon"}, {}}, "memmon", true},
        {{{"mem*"}, {}}, "memmon", false},
        {{{"essential"}, {}}, "essential", false},
    };
    for (const auto& each : cases) {
        CAPTURE(each.chosen.describe(), each.process);
        auto settings = watching({});
        settings.chosen = each.chosen;
        Essential policy(settings);
        const auto colon = each.process.find(':');
        const Namespec id = colon == std::string::npos
                                ? Namespec{each.process, each.process}
                                : Namespec{each.process.substr(0, colon), each.process.substr(colon + 1)};
        auto actions = policy.step(fatal(each.process), test_moment());
        if (!all_of<ListEventListeners>(actions).empty())
            actions = policy.step(EventListenersListed{std::set<std::string>{"memmon", "essential"}},
                                  test_moment());
        CHECK(all_of<InspectProcesses>(actions).empty() != each.counts);
        CHECK(shuts_down(policy.step(seen(id, ProcessState::fatal), test_moment())) == each.counts);
    }
}

TEST_CASE("where event listeners cannot be told from programs, a failure counts all the same") {
    auto settings = watching({});
    settings.chosen.scope = Chosen::Scope::any;
    Essential policy(settings);
    policy.step(fatal("web"), test_moment());
    const auto looks = policy.step(EventListenersListed{refused}, test_moment());
    CHECK(all_of<InspectProcesses>(looks).size() == 1);
    CHECK(shuts_down(policy.step(seen(web, ProcessState::fatal), test_moment())));
}

TEST_CASE("with --wait it is told at once, and the end comes when the time is over and it is still down") {
    Essential policy(watching({"web"}, Duration{5'000}));
    const auto told = fail(policy, exited("web"), seen(web, ProcessState::exited, 3));
    CHECK(the_mail(told).condition == Condition::firing);
    CHECK(the_mail(told).body ==
          "web exited unexpectedly with status 3 (pid 12). supervisord will be shut down in 5 s unless it is "
          "RUNNING by then.");
    CHECK_FALSE(shuts_down(told));
    CHECK(policy.deadline() == test_moment(Duration{5'000}).steady);
    CHECK(policy.step(Woke{}, test_moment(Duration{4'999})).empty());
    CHECK(policy.step(Woke{}, test_moment(Duration{5'000})) == Actions{InspectProcesses{{web}}});
    CHECK(recorded(policy.step(seen(web, ProcessState::starting), test_moment(Duration{5'001}))) == "3\n");
}

TEST_CASE("what is RUNNING again before the wait is over is forgiven") {
    Essential by_event(watching({"web"}, Duration{5'000}));
    fail(by_event, exited("web"), seen(web, ProcessState::starting));
    const auto back = by_event.step(changed("RUNNING", "web", "pid:13", "STARTING"), test_moment());
    CHECK(the_mail(back).condition == Condition::resolved);
    CHECK(the_mail(back).subject == "essential: web is RUNNING again (pid 13)");
    CHECK_FALSE(by_event.deadline());

    Essential by_look(watching({"web"}, Duration{5'000}));
    fail(by_look, exited("web"), seen(web, ProcessState::starting));
    by_look.step(Woke{}, test_moment(Duration{5'000}));
    CHECK_FALSE(shuts_down(by_look.step(seen(web, ProcessState::running), test_moment(Duration{5'001}))));
    CHECK_FALSE(by_look.deadline());
    // And the next failure has its own wait.
    fail(by_look, exited("web"), seen(web, ProcessState::exited, 4), test_moment(Duration{7'000}));
    CHECK(by_look.deadline() == test_moment(Duration{12'000}).steady);
}

TEST_CASE("a return that is seen before supervisord has answered is told as a crash and as its end") {
    Essential policy(watching({"web"}, Duration{5'000}));
    policy.step(exited("web"), test_moment());
    const auto actions = policy.step(changed("RUNNING", "web", "pid:13", "STARTING"), test_moment());
    const auto mails = all_of<Notify>(actions);
    REQUIRE(mails.size() == 2);
    CHECK(mails.front().notification.condition == Condition::firing);
    CHECK(mails.back().notification.condition == Condition::resolved);
    CHECK(labels_of(mails.back().notification) == labels_of(mails.front().notification));
    CHECK(policy.step(seen(web, ProcessState::running), test_moment()).empty());
}

TEST_CASE("FATAL is final, unless somebody starts, stops or removes it by hand within the wait") {
    const auto ends = [](const ProcessesInspected& found) {
        Essential policy(watching({"web"}, Duration{5'000}));
        fail(policy, fatal("web"), seen(web, ProcessState::fatal));
        policy.step(Woke{}, test_moment(Duration{5'000}));
        return shuts_down(policy.step(found, test_moment(Duration{5'001})));
    };
    CHECK(ends(seen(web, ProcessState::fatal)));
    CHECK_FALSE(ends(seen(web, ProcessState::starting)));
    CHECK_FALSE(ends(seen(web, ProcessState::running)));
    CHECK_FALSE(ends(seen(web, ProcessState::stopped)));
    CHECK_FALSE(ends(seen(web, Error{ErrorKind::fault, fault::bad_name, "BAD_NAME"})));
    CHECK_FALSE(ends(seen(web, going_down)));
}

TEST_CASE("an exit that becomes FATAL within the wait keeps the wait it has") {
    Essential policy(watching({"web"}, Duration{5'000}));
    fail(policy, exited("web"), seen(web, ProcessState::starting));
    CHECK(policy.step(fatal("web"), test_moment(Duration{3'000})).empty());
    CHECK(policy.deadline() == test_moment(Duration{5'000}).steady);
    policy.step(Woke{}, test_moment(Duration{5'000}));
    const auto actions = policy.step(seen(web, ProcessState::fatal), test_moment(Duration{5'001}));
    CHECK(recorded(actions) == "1\n");
    CHECK(all_of<Log>(actions).front().text.find("is FATAL") != std::string::npos);
}

TEST_CASE("an event that is sent again, and a second failure, make one shutdown and one mail") {
    Essential policy(watching({"web", "db"}, Duration{5'000}));
    CHECK(all_of<Notify>(fail(policy, exited("web"), seen(web, ProcessState::exited, 3))).size() == 1);
    CHECK(policy.step(exited("web"), test_moment()).empty());
    policy.step(Woke{}, test_moment(Duration{5'000}));
    CHECK(shuts_down(policy.step(seen(web, ProcessState::exited, 3), test_moment(Duration{5'000}))));
    CHECK(policy.step(exited("web"), test_moment(Duration{5'001})).empty());
    CHECK(policy.step(exited("db"), test_moment(Duration{5'001})).empty());
}

TEST_CASE("an end that is heard of long after the process came back is old news") {
    Essential policy(watching({"web"}));
    policy.step(exited("web"), test_moment());
    ProcessesInspected found{{web}, std::vector<Result<ProcessInfo>>{running(web, 13, 3600)}};
    const auto actions = policy.step(found, test_moment());
    CHECK_FALSE(shuts_down(actions));
    CHECK(all_of<Notify>(actions).empty());
    CHECK(all_of<Log>(actions).size() == 1);
    CHECK_FALSE(policy.deadline());
}

TEST_CASE("a supervisord that does not answer keeps no failure from being told and from being the end") {
    Essential policy(watching({"web"}));
    policy.step(exited("web"), test_moment());
    CHECK(policy.deadline() == test_moment(Duration{3'000}).steady);
    const auto actions = policy.step(Woke{}, test_moment(Duration{3'000}));
    CHECK(all_of<Notify>(actions).size() == 1);
    CHECK(recorded(actions) == "1\n");

    Essential told_so(watching({"web"}));
    CHECK(shuts_down(fail(told_so, exited("web"), {{web}, refused})));
}

TEST_CASE("whether it is back is asked several times, and then the failure stands") {
    Essential policy(watching({"web"}, Duration{5'000}));
    fail(policy, exited("web"), seen(web, ProcessState::exited, 3));
    Actions actions;
    int asked = 0;
    for (Duration at{5'000}; at < Duration{60'000} && !shuts_down(actions); at += Duration{500}) {
        actions = policy.step(Woke{}, test_moment(at));
        if (actions != Actions{InspectProcesses{{web}}}) continue;
        ++asked;
        actions = policy.step(ProcessesInspected{{web}, refused}, test_moment(at));
    }
    CHECK(shuts_down(actions));
    CHECK(asked == 4);
}

TEST_CASE("the shutdown is asked for until supervisord goes down, by SIGTERM too, with growing pauses") {
    auto settings = watching({"web"});
    settings.supervisord_pid = 7;
    Essential policy(settings);
    CHECK(all_of<RunCommand>(fail(policy, fatal("web"), seen(web, ProcessState::fatal))).empty());
    Duration at{2'000};
    CHECK(policy.deadline() == test_moment(at).steady);
    CHECK(policy.step(Woke{}, test_moment(at)) == Actions{InspectProcesses{{web}}});
    const auto again = policy.step(ProcessesInspected{{web}, refused}, test_moment(at));
    CHECK(shuts_down(again));
    CHECK(all_of<WriteFile>(again).empty());
    CHECK(all_of<Notify>(again).empty());
    REQUIRE(all_of<RunCommand>(again).size() == 1);
    CHECK(all_of<RunCommand>(again).front().command == "kill -TERM 7");
    CHECK(policy.deadline() == test_moment(Duration{6'000}).steady);
    policy.step(CommandFinished{web, std::string()}, test_moment(at));
    CHECK(policy.step(Woke{}, test_moment(Duration{6'000})) == Actions{InspectProcesses{{web}}});
    CHECK_FALSE(shuts_down(policy.step(seen(web, going_down), test_moment(Duration{6'001}))));
    CHECK_FALSE(policy.deadline());
}

TEST_CASE("without RPC an event is the end by SIGTERM, which is sent again where it failed") {
    auto settings = watching({"web"}, Duration{5'000});
    settings.rpc = Settings::Rpc::missing;
    settings.supervisord_pid = 7;
    Essential policy(settings);
    CHECK(all_of<ListProcesses>(policy.step(Started{}, test_moment())).empty());
    CHECK(all_of<Notify>(policy.step(exited("web"), test_moment())).size() == 1);
    const auto actions = policy.step(Woke{}, test_moment(Duration{5'000}));
    CHECK_FALSE(shuts_down(actions));
    REQUIRE(all_of<RunCommand>(actions).size() == 1);
    CHECK(all_of<RunCommand>(actions).front().command == "kill -TERM 7");
    CHECK(all_of<WriteFile>(actions) == std::vector<WriteFile>{{"/run/status", "1\n"}});
    CHECK_FALSE(policy.deadline());
    policy.step(CommandFinished{web, Error{ErrorKind::system, 1, "not permitted"}},
                test_moment(Duration{5'100}));
    REQUIRE(policy.deadline());
    CHECK(all_of<RunCommand>(policy.step(Woke{}, test_moment(Duration{10'000}))).size() == 1);
    policy.step(CommandFinished{web, std::string()}, test_moment(Duration{10'001}));
    CHECK_FALSE(policy.deadline());
}

TEST_CASE("at the start, what has failed before is found, and names that mean nothing are said") {
    Essential policy(watching({"web", "typo"}));
    const auto first = policy.step(Started{}, test_moment());
    CHECK(all_of<ListProcesses>(first).size() == 1);
    std::vector<ProcessInfo> processes{info_of({"db", "db"}, ProcessState::fatal),
                                       info_of(web, ProcessState::fatal)};
    const auto found = policy.step(ProcessesListed{processes}, test_moment());
    CHECK(all_of<InspectProcesses>(found) == std::vector<InspectProcesses>{{{web}}});
    REQUIRE(all_of<Log>(found).size() == 1);
    CHECK(all_of<Log>(found).front().text == "-p typo: supervisord has no such process");
    CHECK(shuts_down(policy.step(seen(web, ProcessState::fatal), test_moment())));
}

TEST_CASE(
    "after lost events, one look at all finds FATAL, and EXITED with a status that is none of its own") {
    Essential policy(watching({"a", "b", "c"}));
    for (int i = 0; i < 3; ++i)
        CHECK(all_of<ListProcesses>(policy.step(EventsLost{5}, test_moment())).empty());
    CHECK(policy.step(Woke{}, test_moment(Duration{500})) == Actions{ListProcesses{}});
    const Namespec a{"a", "a"}, b{"b", "b"}, c{"c", "c"};
    const std::vector<ProcessInfo> processes{info_of(a, ProcessState::exited, 2), running(b, 5),
                                             info_of(c, ProcessState::exited, 5)};
    CHECK(policy.step(ProcessesListed{processes}, test_moment()) == Actions{ListConfigs{}});
    const std::vector<ProcessConfig> configs{config_of(a, {0, 2}), config_of(b, {0}), config_of(c, {0, 2})};
    CHECK(policy.step(ProcessConfigsListed{configs}, test_moment()) == Actions{InspectProcesses{{c}}});
    CHECK(recorded(policy.step(seen(c, ProcessState::exited, 5), test_moment())) == "5\n");
}

TEST_CASE("before the first event others may have been discarded, so one more look follows it") {
    Essential policy(watching({"web"}));
    policy.step(Started{}, test_moment());
    policy.step(ProcessesListed{std::vector<ProcessInfo>{running(web, 5)}}, test_moment());
    CHECK_FALSE(policy.deadline());
    auto first = changed("STARTING", "db", "tries:0");
    first.event.pool_serial = 17;
    policy.step(first, test_moment());
    REQUIRE(policy.deadline());
    CHECK(policy.step(Woke{}, test_moment(Duration{500})) == Actions{ListProcesses{}});
    policy.step(ProcessesListed{std::vector<ProcessInfo>{running(web, 5)}}, test_moment());
    policy.step(first, test_moment());
    CHECK_FALSE(policy.deadline());

    Essential complete(watching({"web"}));
    complete.step(changed("STARTING", "db", "tries:0"), test_moment());
    CHECK_FALSE(complete.deadline());
}

TEST_CASE("a list that cannot be had is asked for again, and is no reason to end anything") {
    Essential policy(watching({"web"}));
    policy.step(Started{}, test_moment());
    auto actions = policy.step(ProcessesListed{refused}, test_moment());
    CHECK(all_of<Log>(actions).size() == actions.size());
    CHECK(policy.deadline() == test_moment(Duration{1'000}).steady);
    CHECK(policy.step(Woke{}, test_moment(Duration{1'000})) == Actions{ListProcesses{}});
    actions = policy.step(ProcessesListed{refused}, test_moment(Duration{1'000}));
    CHECK(policy.deadline() == test_moment(Duration{3'000}).steady);

    Essential old_supervisord(watching({"web"}));
    old_supervisord.step(Started{}, test_moment());
    old_supervisord.step(ProcessesListed{std::vector{info_of(web, ProcessState::exited, 3)}}, test_moment());
    actions = old_supervisord.step(
        ProcessConfigsListed{Error{ErrorKind::fault, fault::unknown_method, "UNKNOWN_METHOD"}},
        test_moment());
    CHECK(all_of<Log>(actions).size() == 1);
    CHECK(actions.size() == 1);
    CHECK_FALSE(old_supervisord.deadline());
}

TEST_CASE("what cannot be read is said and ends nothing") {
    Essential policy(watching({"web"}));
    for (const auto* payload : {"", "nonsense", "processname:web"}) {
        const auto actions = policy.step(event_named("PROCESS_STATE_EXITED", payload), test_moment());
        CHECK(all_of<Log>(actions).size() == 1);
        CHECK(actions.size() == 1);
    }
    // An exit of which it is not said whether it was expected.
    CHECK(policy.step(changed("EXITED", "web", "pid:1"), test_moment()).empty());
}

TEST_CASE("told to end itself it ends nothing else, whatever comes afterwards") {
    Essential policy(watching({"web", "db"}, Duration{5'000}));
    fail(policy, exited("web"), seen(web, ProcessState::exited, 3));
    policy.step(exited("db"), test_moment());
    CHECK(all_of<Log>(policy.step(Closing{}, test_moment())).size() == 2);
    CHECK(policy.idle());
    CHECK_FALSE(policy.deadline());
    CHECK(policy.step(seen({"db", "db"}, ProcessState::exited, 3), test_moment()).empty());
    CHECK(policy.step(Woke{}, test_moment(Duration{9'000})).empty());
    CHECK(policy.step(fatal("web"), test_moment(Duration{9'000})).empty());
}

}  // namespace essential_test
