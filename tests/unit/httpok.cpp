#include <listeners/httpok/check_text.hpp>
#include <listeners/httpok/httpok.hpp>
#include <support/actions.hpp>
#include <support/alerts.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace httpok_test {

using namespace keenlance;
using httpok::Httpok;
using httpok::Settings;

namespace {

const Namespec web{"web", "web"};
const Namespec app0{"app", "app_00"};
const Namespec self{"httpok", "httpok"};
const Namespec memmon_itself{"memmon", "memmon"};

using httpok::About;
using httpok::Check;

const std::string url = "http://user:secret@localhost:8080/";

Check plain(About about, const httpok::Wishes& wishes = {}) {
    auto check = httpok::make_plain_check(url, about, wishes);
    REQUIRE(check.ok());
    return *check;
}

Settings checking(std::vector<std::string> programs) {
    Settings settings;
    settings.checks = {plain({About::Kind::named, std::move(programs)})};
    settings.self = self;
    return settings;
}

Settings checking_any() {
    auto settings = checking({});
    settings.checks[0].about.kind = About::Kind::any;
    return settings;
}

/// --check
Settings checking(const std::vector<std::string>& texts, const httpok::Wishes& wishes) {
    Settings settings;
    settings.self = self;
    for (const auto& text : texts) {
        const auto parsed = httpok::parse_check(text);
        REQUIRE(parsed.ok());
        const auto check = httpok::make_check(*parsed, {}, wishes);
        INFO((check ? "" : check.error().message));
        REQUIRE(check.ok());
        settings.checks.push_back(*check);
    }
    return settings;
}

Settings with(Settings settings, GuardSettings guard) {
    settings.guard = std::move(guard);
    return settings;
}

HttpOutcome answered(int status, std::string reason = "") {
    return {status, std::move(reason), "", false};
}

ProcessesInspected still_there(const ProcessInfo& info) {
    return {{info.id}, std::vector{Result<ProcessInfo>(info)}};
}

bool says(const Notification& mail, const std::string& text) {
    return mail.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("an answer is good when its status is expected and its body holds the needle") {
    httpok::Wishes wishes;
    wishes.good = {{200, 200}, {302, 302}};
    auto check = plain({}, wishes);
    const auto judge = [&](const HttpOutcome& outcome) {
        return httpok::judge(check, check.attempt, outcome);
    };
    CHECK_FALSE(judge(answered(302)));
    check.http.needle = "pong";
    CHECK(judge(answered(200))->subject == "http://user:***@localhost:8080/: bad body returned");
    CHECK_FALSE(judge(HttpOutcome{200, "OK", "", true}));
    check.http.pattern = *BodyPattern::compile("^pong$");
    CHECK(judge(HttpOutcome{200, "OK", "", true})->message ==
          "status contacting http://user:***@localhost:8080/: 200 OK\nthe body does not match \"^pong$\"");
    CHECK_FALSE(judge(HttpOutcome{200, "OK", "", true, true}));
    const auto fault = judge(answered(502, "Bad Gateway"));
    REQUIRE(fault);
    CHECK(fault->subject == "http://user:***@localhost:8080/: bad status returned");
    CHECK(fault->message == "status contacting http://user:***@localhost:8080/: 502 Bad Gateway");
    const auto silence = judge(HttpOutcome{0, "", "no complete answer within 10 s", false});
    CHECK(silence->message ==
          "error contacting http://user:***@localhost:8080/:\n\n no complete answer within 10 s");
}

TEST_CASE("a good answer ends the check without a word") {
    Httpok policy(checking({"web"}));
    CHECK(all_of<CheckHttp>(policy.step(event_named("TICK_60"), test_moment())).size() == 1);
    CHECK_FALSE(policy.idle());
    CHECK(policy.step(HttpChecked{answered(200)}, test_moment()).empty());
    CHECK(policy.idle());
}

TEST_CASE("a bad answer restarts the chosen processes that are RUNNING, and one mail tells it all") {
    Httpok policy(checking({"web", "app:app_00", "nosuch"}));
    policy.step(event_named("TICK_60"), test_moment());
    auto actions = policy.step(HttpChecked{answered(500, "Internal Server Error")}, test_moment());
    CHECK(all_of<ListProcesses>(actions).size() == 1);
    auto stopped = running(app0, 0);
    stopped.state = ProcessState::stopped;
    actions = policy.step(ProcessesListed{std::vector{running(web, 7), stopped, running({"other", "x"}, 8)}},
                          test_moment());
    const auto restarts = all_of<Restart>(actions);
    REQUIRE(restarts.size() == 1);
    CHECK(restarts[0] == Restart{web, {7, 1'000'000}});
    CHECK(all_of<Notify>(actions).empty());

    const auto mail = the_mail(policy.step(TaskProgress{web, TaskStage::reached, "pid 9"}, test_moment()));
    CHECK(mail.subject == "httpok: http://user:***@localhost:8080/: bad status returned");
    CHECK(says(mail, "status contacting http://user:***@localhost:8080/: 500 Internal Server Error\n"));
    CHECK(says(mail, "Restarting selected processes web, app:app_00, nosuch\n"));
    CHECK(says(mail, "web is in RUNNING state, restarting\n"));
    CHECK(says(mail, "web restarted, pid 9\n"));
    CHECK(says(mail, "app:app_00 not in RUNNING state, NOT restarting\n"));
    CHECK(says(mail, "Programs not restarted because they did not exist: nosuch\n"));
    CHECK_FALSE(says(mail, "secret"));
    CHECK(policy.idle());
}

TEST_CASE("-a restarts programs, never httpok itself nor another event listener") {
    Httpok policy(checking_any());
    policy.step(event_named("TICK_60"), test_moment());
    CHECK(all_of<ListEventListeners>(policy.step(HttpChecked{answered(500)}, test_moment())).size() == 1);
    CHECK(all_of<ListProcesses>(
              policy.step(EventListenersListed{std::set<std::string>{"memmon", "httpok"}}, test_moment()))
              .size() == 1);
    const auto actions =
        policy.step(ProcessesListed{std::vector{running(web, 7), running(self, 8), running(memmon_itself, 9),
                                                running(app0, 10)}},
                    test_moment());
    const auto restarts = all_of<Restart>(actions);
    REQUIRE(restarts.size() == 2);
    CHECK(restarts[0].id == web);
    CHECK(restarts[1].id == app0);
}

TEST_CASE("-a spares at least itself where the configuration cannot tell, and says so") {
    Httpok policy(checking_any());
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    auto actions =
        policy.step(EventListenersListed{Error{ErrorKind::system, 13, "no permission"}}, test_moment());
    CHECK(all_of<Log>(actions).size() == 1);
    actions = policy.step(ProcessesListed{std::vector{running(self, 8), running(web, 9)}}, test_moment());
    REQUIRE(all_of<Restart>(actions).size() == 1);
    CHECK(all_of<Restart>(actions).front().id == web);
}

TEST_CASE("-E does not check while nothing chosen runs, and honours group:name and -a") {
    for (const bool any : {false, true}) {
        auto settings = checking({"app:app_00"});
        settings.eagerness = Settings::Eagerness::lazy;
        if (any) settings.checks[0].about.kind = About::Kind::any;
        Httpok policy(std::move(settings));
        const auto survey = [&](std::vector<ProcessInfo> processes) {
            const auto first = policy.step(event_named("TICK_60"), test_moment());
            if (any) {
                REQUIRE(all_of<ListEventListeners>(first).size() == 1);
                policy.step(EventListenersListed{std::set<std::string>{"httpok"}}, test_moment());
            }
            return policy.step(ProcessesListed{std::move(processes)}, test_moment());
        };
        CHECK(survey({running(self, 1)}).empty());
        CHECK(policy.idle());
        auto down = running(app0, 0);
        down.state = ProcessState::fatal;
        CHECK(survey({down, running(self, 1)}).empty());
        CHECK(all_of<CheckHttp>(survey({running(app0, 5)})).size() == 1);
    }
}

TEST_CASE("a core is dumped before the restart, and its output goes into the mail") {
    auto settings = checking({"app_00"});
    settings.core_folder = "/var/it's";
    Httpok policy(std::move(settings));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    auto actions = policy.step(ProcessesListed{std::vector{running(app0, 7)}}, test_moment());
    REQUIRE(all_of<InspectProcesses>(actions).size() == 1);
    actions = policy.step(still_there(running(app0, 7)), test_moment());
    const auto commands = all_of<RunCommand>(actions);
    REQUIRE(commands.size() == 1);
    CHECK(commands[0].command == "/usr/bin/gcore -o '/var/it'\\''s/app:app_00' 7");
    CHECK(all_of<Restart>(actions).empty());
    actions = policy.step(CommandFinished{app0, std::string("Saved corefile")}, test_moment());
    CHECK(all_of<Restart>(actions).size() == 1);
    const auto mail = the_mail(policy.step(TaskProgress{app0, TaskStage::reached, ""}, test_moment()));
    CHECK(says(mail, "gcore output for app:app_00:\n\n Saved corefile"));
}

TEST_CASE("a core that cannot be dumped does not keep the process from its restart") {
    auto settings = checking({"web"});
    settings.core_folder = "/cores";
    Httpok policy(std::move(settings));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
    policy.step(still_there(running(web, 7)), test_moment());
    const auto actions =
        policy.step(CommandFinished{web, Error{ErrorKind::system, 127, "status 127"}}, test_moment());
    CHECK(all_of<Restart>(actions).size() == 1);
}

TEST_CASE("the mail does not wait for a start that fails; what becomes of it is mailed later") {
    Httpok policy(checking({"web"}));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
    auto mail = the_mail(policy.step(TaskProgress{web, TaskStage::start_failed, "NO_FILE"}, test_moment()));
    CHECK(says(mail, "Failed to start process web: NO_FILE"));
    CHECK_FALSE(policy.idle());

    SECTION("the next check does not restart it a second time") {
        CHECK(all_of<CheckHttp>(policy.step(event_named("TICK_60"), test_moment())).size() == 1);
        policy.step(HttpChecked{answered(500)}, test_moment());
        const auto actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
        CHECK(all_of<Restart>(actions).empty());
        CHECK(says(the_mail(actions), "web is being restarted already"));
    }
    SECTION("a start that works after all is told") {
        mail = the_mail(policy.step(TaskProgress{web, TaskStage::reached, "pid 9"}, test_moment()));
        CHECK(mail.subject == "httpok: web started after all");
        CHECK(policy.idle());
    }
    SECTION("one that is given up is told") {
        mail = the_mail(policy.step(TaskProgress{web, TaskStage::abandoned, "NO_FILE"}, test_moment()));
        CHECK(mail.subject == "httpok: failed to start process web");
        CHECK(policy.idle());
    }
}

TEST_CASE("a supervisord that cannot list its processes is mailed, and nothing is done") {
    auto settings = checking({"web"});
    settings.name = "site";
    Httpok policy(std::move(settings));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    const auto mail =
        the_mail(policy.step(ProcessesListed{Error{ErrorKind::timeout, 0, "no answer"}}, test_moment()));
    CHECK(mail.subject == "httpok [site]: http://user:***@localhost:8080/: bad status returned");
    CHECK(says(mail, "no answer; not acting"));
    CHECK(policy.idle());
}

TEST_CASE("ticks during a check become one more check") {
    Httpok policy(checking({"web"}));
    policy.step(event_named("TICK_5"), test_moment());
    for (int i = 0; i < 10; ++i)
        CHECK(policy.step(event_named("TICK_5"), test_moment()).empty());
    CHECK(all_of<CheckHttp>(policy.step(HttpChecked{answered(200)}, test_moment())).size() == 1);
    CHECK(policy.step(HttpChecked{answered(200)}, test_moment()).empty());
    CHECK(policy.idle());
}

TEST_CASE("each check is told by its own answer, and restarts only its own processes") {
    Httpok policy(checking({"web=http://localhost:1/", "app:*=http://localhost:2/"}, {}));
    const auto checks = all_of<CheckHttp>(policy.step(event_named("TICK_60"), test_moment()));
    REQUIRE(checks.size() == 2);
    CHECK(policy.step(HttpChecked{answered(200), checks[0].tag}, test_moment()).empty());
    auto actions = policy.step(HttpChecked{answered(500), checks[1].tag}, test_moment());
    REQUIRE(all_of<ListProcesses>(actions).size() == 1);
    actions = policy.step(ProcessesListed{std::vector{running(web, 1), running(app0, 2)}}, test_moment());
    REQUIRE(all_of<Restart>(actions).size() == 1);
    CHECK(all_of<Restart>(actions)[0].id == app0);
    const auto mail = the_mail(policy.step(TaskProgress{app0, TaskStage::reached, "pid 9"}, test_moment()));
    CHECK(mail.alert == "HttpCheckFailed");
    CHECK(mail.condition == Condition::firing);
    CHECK(mail.process == app0);
    CHECK(policy.idle());
}

TEST_CASE("a check that hangs keeps no other from its next round") {
    Httpok policy(checking({"web=http://localhost:1/", "app:*=http://localhost:2/"}, {}));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(200), 1}, test_moment());
    const auto next = all_of<CheckHttp>(policy.step(event_named("TICK_60"), test_moment()));
    REQUIRE(next.size() == 1);
    CHECK(next[0].tag == 1);
    CHECK(all_of<CheckHttp>(policy.step(HttpChecked{answered(200), 0}, test_moment())).size() == 1);
}

TEST_CASE("one list of processes is for all checks that failed meanwhile") {
    Httpok policy(checking({"web=http://localhost:1/", "app:*=http://localhost:2/"}, {}));
    policy.step(event_named("TICK_60"), test_moment());
    CHECK(all_of<ListProcesses>(policy.step(HttpChecked{answered(500), 0}, test_moment())).size() == 1);
    CHECK(all_of<ListProcesses>(policy.step(HttpChecked{answered(500), 1}, test_moment())).empty());
    const auto actions =
        policy.step(ProcessesListed{std::vector{running(web, 1), running(app0, 2)}}, test_moment());
    CHECK(all_of<Restart>(actions).size() == 2);
}

TEST_CASE("two checks that fail about one process restart it once") {
    Httpok policy(checking({"web=http://localhost:1/", "web=tcp://localhost:2"}, {}));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500), 0}, test_moment());
    policy.step(ReadyProbed{{"", "1"}, Error{ErrorKind::timeout, 0, "no connection"}}, test_moment());
    const auto actions = policy.step(ProcessesListed{std::vector{running(web, 1)}}, test_moment());
    CHECK(all_of<Restart>(actions).size() == 1);
    CHECK(says(the_mail(actions), "web is being restarted already"));
}

TEST_CASE("with placeholders each process that runs is tried on its own, and restarted alone") {
    const Namespec app1{"app", "app_01"}, off{"app", "app_02"};
    Httpok policy(checking({"app:*=http://localhost:80{num}/{name}"}, {}));
    auto actions = policy.step(event_named("TICK_60"), test_moment());
    REQUIRE(all_of<ListProcesses>(actions).size() == 1);
    auto down = running(off, 0);
    down.state = ProcessState::stopped;
    const std::vector processes{running(app0, 5), running(app1, 6), down, running(web, 7)};
    actions = policy.step(ProcessesListed{processes}, test_moment());
    const auto checks = all_of<CheckHttp>(actions);
    REQUIRE(checks.size() == 2);
    CHECK(checks[0].check.url == "http://localhost:8000/app_00");
    CHECK(checks[1].check.url == "http://localhost:8001/app_01");
    CHECK(policy.step(HttpChecked{answered(200), checks[0].tag}, test_moment()).empty());
    CHECK(
        all_of<ListProcesses>(policy.step(HttpChecked{answered(503), checks[1].tag}, test_moment())).size() ==
        1);
    actions = policy.step(ProcessesListed{processes}, test_moment());
    REQUIRE(all_of<Restart>(actions).size() == 1);
    CHECK(all_of<Restart>(actions)[0].id == app1);
    const auto mail = the_mail(policy.step(TaskProgress{app1, TaskStage::reached, "pid 9"}, test_moment()));
    CHECK(mail.process == app1);
    CHECK(mail.subject == "httpok: http://localhost:8001/app_01: bad status returned");
    CHECK(says(mail, "Restarting selected processes app:app_01\n"));
    CHECK(policy.idle());

    SECTION("what was told is over when it is good, or when there is nothing to check any more") {
        policy.step(event_named("TICK_60"), test_moment());
        const bool gone = GENERATE(false, true);
        if (gone) {
            const auto told =
                the_mail(policy.step(ProcessesListed{std::vector{running(app0, 5)}}, test_moment()));
            CHECK(told.condition == Condition::resolved);
            CHECK(told.process == app1);
        } else {
            const auto again = all_of<CheckHttp>(
                policy.step(ProcessesListed{std::vector{running(app0, 5), running(app1, 9)}}, test_moment()));
            REQUIRE(again.size() == 2);
            const auto told = the_mail(policy.step(HttpChecked{answered(200), again[1].tag}, test_moment()));
            CHECK(told.condition == Condition::resolved);
            CHECK(told.alert == mail.alert);
            CHECK(told.process == mail.process);
            CHECK(told.topic == mail.topic);
            CHECK(labels_of(told) == labels_of(mail));
            CHECK(labels_of(mail).find("\"target\":\"http://localhost:8001/app_01\"") != std::string::npos);
        }
    }
}

TEST_CASE("a process without a number has no check with one, and that is said once") {
    Httpok policy(checking({"web=http://localhost:80{num}/"}, {}));
    for (const std::size_t said : {1U, 0U}) {
        policy.step(event_named("TICK_60"), test_moment());
        const auto actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
        CHECK(all_of<CheckHttp>(actions).empty());
        CHECK(all_of<Log>(actions).size() == said);
        CHECK(policy.idle());
    }
}

TEST_CASE("no more than 200 attempts are under way at once, and the others follow") {
    std::vector<std::string> texts;
    for (int i = 0; i < 250; ++i)
        texts.push_back("web=http://localhost:" + std::to_string(8000 + i) + "/");
    Httpok policy(checking(texts, {}));
    CHECK(all_of<CheckHttp>(policy.step(event_named("TICK_60"), test_moment())).size() == 200);
    const auto next = all_of<CheckHttp>(policy.step(HttpChecked{answered(200), 7}, test_moment()));
    REQUIRE(next.size() == 1);
    CHECK(next[0].tag == 200);
    CHECK_FALSE(policy.idle());
    policy.step(Closing{}, test_moment());
    CHECK(policy.idle());
}

TEST_CASE("a check of a command or a port is judged by its probe; a refused connection is tried again") {
    Httpok policy(checking({"web=exec:/bin/check {name}", "tcp://localhost:5432"}, {}));
    auto actions = policy.step(event_named("TICK_60"), test_moment());
    auto probes = all_of<ProbeReady>(actions);
    REQUIRE(probes.size() == 1);
    CHECK(probes[0].check == ReadyCheck{ReadyKind::tcp, "localhost:5432", Duration{10'000}});
    actions =
        policy.step(ReadyProbed{probes[0].about, Error{ErrorKind::refused, 0, "refused"}}, test_moment());
    CHECK(actions.empty());
    REQUIRE(policy.deadline());
    probes = all_of<ProbeReady>(policy.step(Woke{}, test_moment(Duration{500})));
    REQUIRE(probes.size() == 1);
    CHECK(probes[0].check.timeout == Duration{9'500});
    const auto mail = the_mail(policy.step(
        ReadyProbed{probes[0].about, Error{ErrorKind::refused, 0, "refused"}}, test_moment(Duration{9'900})));
    CHECK(mail.subject == "httpok: tcp://localhost:5432: check failed");
    CHECK_FALSE(mail.process);

    actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
    probes = all_of<ProbeReady>(actions);
    REQUIRE(probes.size() == 1);
    CHECK(probes[0].check.target == "/bin/check web");
    CHECK(policy.step(ReadyProbed{probes[0].about, Done{}}, test_moment()).empty());
}

TEST_CASE("a new check tells when it begins to fail, and what it does; superlance's each failed tick") {
    const bool old = GENERATE(false, true);
    Httpok policy(old ? checking({"nosuch"}) : checking({"nosuch=http://localhost/"}, {}));
    for (int round = 0; round < 3; ++round) {
        policy.step(event_named("TICK_60"), test_moment());
        policy.step(HttpChecked{answered(500)}, test_moment());
        const auto actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
        CHECK(all_of<Notify>(actions).size() == (old || round == 0 ? 1 : 0));
    }
    policy.step(event_named("TICK_60"), test_moment());
    const auto over = the_mail(policy.step(HttpChecked{answered(200)}, test_moment()));
    CHECK(over.condition == Condition::resolved);
    policy.step(event_named("TICK_60"), test_moment());
    CHECK(policy.step(HttpChecked{answered(200)}, test_moment()).empty());
}

TEST_CASE("what is down is started on request, but not what somebody has stopped") {
    struct Case {
        ProcessState state;
        std::int64_t start;
        bool wanted, started;
    };
    const auto each = GENERATE(
        Case{ProcessState::fatal, 1'000'000, true, true}, Case{ProcessState::exited, 1'000'000, true, true},
        Case{ProcessState::stopped, 0, true, true}, Case{ProcessState::stopped, 1'000'000, true, false},
        Case{ProcessState::backoff, 1'000'000, true, false},
        Case{ProcessState::starting, 1'000'000, true, false},
        Case{ProcessState::fatal, 1'000'000, false, false});
    auto settings = checking({"web"});
    if (each.wanted) settings.fallen = Settings::Fallen::started;
    Httpok policy(std::move(settings));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    auto down = running(web, 0);
    down.state = each.state;
    down.start = each.start;
    const auto actions = policy.step(ProcessesListed{std::vector{down}}, test_moment());
    CHECK(all_of<Restart>(actions).empty());
    const auto starts = all_of<Bring>(actions);
    REQUIRE(starts.size() == (each.started ? 1 : 0));
    if (!each.started) {
        CHECK(says(the_mail(actions), "web not in RUNNING state, NOT restarting"));
        return;
    }
    CHECK(starts[0].task.id == web);
    CHECK(starts[0].task.goal == Goal::running);
    const auto mail = the_mail(policy.step(TaskProgress{web, TaskStage::reached, "pid 9"}, test_moment()));
    CHECK(says(mail, "state, starting\nweb started, pid 9\n"));
    CHECK(policy.idle());
}

TEST_CASE("failures that are not in a row enough are logged and not told") {
    GuardSettings guard;
    guard.failures = 3;
    Httpok policy(with(checking({"web"}), guard));
    for (int round = 1; round <= 3; ++round) {
        policy.step(event_named("TICK_60"), test_moment());
        policy.step(HttpChecked{answered(500)}, test_moment());
        const auto actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
        CHECK(all_of<Restart>(actions).size() == (round == 3 ? 1 : 0));
        CHECK(all_of<Notify>(actions).empty());
        const auto lines = all_of<Log>(actions);
        REQUIRE_FALSE(lines.empty());
        CHECK(lines.front().text.starts_with("Restarting selected processes") == (round == 3));
    }
    const auto told = the_mail(policy.step(TaskProgress{web, TaskStage::reached, "pid 9"}, test_moment()));
    CHECK(says(told, "Restarting selected processes web\n"));
    CHECK(says(told, "web restarted, pid 9\n"));
}

TEST_CASE("a good answer in between begins the count anew") {
    GuardSettings guard;
    guard.failures = 2;
    Httpok policy(with(checking({"web"}), guard));
    for (const int status : {500, 200, 500, 200, 500}) {
        policy.step(event_named("TICK_60"), test_moment());
        policy.step(HttpChecked{answered(status)}, test_moment());
        if (status == 200) continue;
        CHECK(all_of<Restart>(policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment()))
                  .empty());
    }
}

TEST_CASE("with --dry-run nothing is restarted and nobody told") {
    GuardSettings guard;
    guard.deed = GuardSettings::Deed::dry_run;
    Httpok policy(with(checking({"web"}), guard));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500)}, test_moment());
    const auto actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
    CHECK(all_of<Restart>(actions).empty());
    CHECK(all_of<Notify>(actions).empty());
    CHECK_FALSE(all_of<Log>(actions).empty());
    CHECK(policy.idle());
}

TEST_CASE("restarts that do not help come to an end, which is told once, until somebody else restarts") {
    GuardSettings guard;
    guard.max_restarts = RestartBudget{1, Duration{3'600'000}};
    guard.backoff.first = Duration{0};
    Httpok policy(with(checking({"web"}), guard));
    int pid = 7;
    const auto round = [&](int minute) {
        const auto now = test_moment(Duration{60'000 * minute});
        policy.step(event_named("TICK_60"), now);
        policy.step(HttpChecked{answered(500)}, now);
        return policy.step(ProcessesListed{std::vector{running(web, pid)}}, now);
    };
    CHECK(all_of<Restart>(round(0)).size() == 1);
    pid = 8;
    policy.step(TaskProgress{web, TaskStage::reached, "pid 8"}, test_moment());
    const auto end = round(1);
    CHECK(all_of<Restart>(end).empty());
    CHECK(the_mail(end).alert == "RestartsExhausted");
    CHECK(the_mail(end).subject.starts_with("httpok: "));
    CHECK(all_of<Notify>(round(2)).empty());

    SECTION("the target fails on, and is restarted again") {
        pid = 99;
        const auto actions = round(3);
        CHECK(all_of<Restart>(actions).size() == 1);
        CHECK(the_mail(actions).condition == Condition::resolved);
    }
    SECTION("the target is good again, which is found out by the list") {
        const auto now = test_moment(Duration{180'000});
        policy.step(event_named("TICK_60"), now);
        auto actions = policy.step(HttpChecked{answered(200)}, now);
        REQUIRE(all_of<ListProcesses>(actions).size() == 1);
        actions = policy.step(ProcessesListed{std::vector{running(web, 99)}}, now);
        CHECK(the_mail(actions).alert == "RestartsExhausted");
        CHECK(the_mail(actions).condition == Condition::resolved);
        CHECK(policy.idle());
    }
}

TEST_CASE("--pre-cmd knows the process, and the restart waits for its end") {
    GuardSettings guard;
    guard.pre_command = "drain";
    Httpok policy(with(checking({"web"}), guard));
    policy.step(event_named("TICK_60"), test_moment());
    policy.step(HttpChecked{answered(500, "Bad")}, test_moment());
    auto actions = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
    CHECK(all_of<Restart>(actions).empty());
    actions = policy.step(still_there(running(web, 7)), test_moment());
    const auto commands = all_of<RunCommand>(actions);
    REQUIRE(commands.size() == 1);
    CHECK(commands[0].command == "drain");
    actions = policy.step(CommandFinished{web, std::string()}, test_moment());
    CHECK(all_of<Restart>(actions).size() == 1);
}

TEST_CASE("a pattern that may mean anything spares event listeners; one that names them does not") {
    for (const bool wide : {true, false}) {
        Httpok policy(checking({wide ? "*=tcp://localhost:1" : "memmon=tcp://localhost:1"}, {}));
        policy.step(event_named("TICK_60"), test_moment());
        auto actions =
            policy.step(ReadyProbed{{"", "0"}, Error{ErrorKind::timeout, 0, "late"}}, test_moment());
        CHECK(all_of<ListEventListeners>(actions).size() == (wide ? 1 : 0));
        if (wide) policy.step(EventListenersListed{std::set<std::string>{"memmon", "httpok"}}, test_moment());
        actions = policy.step(
            ProcessesListed{std::vector{running(memmon_itself, 1), running(self, 2), running(web, 3)}},
            test_moment());
        REQUIRE(all_of<Restart>(actions).size() == 1);
        CHECK(all_of<Restart>(actions)[0].id == (wide ? web : memmon_itself));
    }
}

}  // namespace httpok_test
