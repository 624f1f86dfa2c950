#include <listeners/httpok.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

using namespace keenlance;
using httpok::Httpok;
using httpok::Settings;

namespace {

const Namespec web{"web", "web"};
const Namespec app0{"app", "app_00"};
const Namespec self{"httpok", "httpok"};
const Namespec memmon_itself{"memmon", "memmon"};

Settings checking(std::vector<std::string> programs) {
    Settings settings;
    settings.check.url = "http://user:secret@localhost:8080/";
    settings.programs = std::move(programs);
    settings.self = self;
    return settings;
}

HttpOutcome answered(int status, std::string reason = "") {
    return {status, std::move(reason), "", false};
}

bool says(const Notification& mail, const std::string& text) {
    return mail.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("an answer is good when its status is expected and its body holds the needle") {
    auto settings = checking({});
    settings.statuses = {200, 302};
    CHECK_FALSE(httpok::judge(settings, answered(302)));
    settings.check.needle = "pong";
    CHECK(httpok::judge(settings, answered(200))->subject ==
          "http://user:***@localhost:8080/: bad body returned");
    CHECK_FALSE(httpok::judge(settings, HttpOutcome{200, "OK", "", true}));
    const auto fault = httpok::judge(settings, answered(502, "Bad Gateway"));
    REQUIRE(fault);
    CHECK(fault->subject == "http://user:***@localhost:8080/: bad status returned");
    CHECK(fault->message == "status contacting http://user:***@localhost:8080/: 502 Bad Gateway");
    const auto silence = httpok::judge(settings, HttpOutcome{0, "", "no complete answer within 10 s", false});
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
    auto settings = checking({});
    settings.choice = Settings::Choice::any;
    Httpok policy(std::move(settings));
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
    auto settings = checking({});
    settings.choice = Settings::Choice::any;
    Httpok policy(std::move(settings));
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
        if (any) settings.choice = Settings::Choice::any;
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
