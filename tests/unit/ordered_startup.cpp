#include <keenlance/core/supervisor_api.hpp>

#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>
#include <support/catch.hpp>
#include <support/fake_plan.hpp>
#include <support/fake_world.hpp>

#include <algorithm>
#include <random>

namespace ordered_startup_test {

using namespace keenlance;
using namespace std::chrono_literals;
using ordered_startup::OrderedStartup;
using ordered_startup::WhenDone;

namespace {

const std::string off = "autostart=false\n";
const std::string dependent = off + "dependent_startup=true\n";

std::string program(const std::string& name, const std::string& waits_for = "",
                    const std::string& more = "") {
    return "[program:" + name + "]\n" + dependent + more +
           (waits_for.empty() ? "" : "dependent_startup_wait_for=" + waits_for + "\n");
}

Namespec lone(const std::string& name) {
    return {name, name};
}

/// One start of a listener, and the world it acts on.
struct Start {
    explicit Start(const std::string& config, std::map<std::string, Behaviour> behaviours = {},
                   WhenDone when_done = WhenDone::stay) {
        settings.plan = plan_of(config);
        settings.when_done = when_done;
        std::map<Namespec, Behaviour> all;
        for (const auto& each : settings.plan.programs)
            for (const auto& id : each.processes) {
                const auto found = behaviours.find(id.name);
                Behaviour behaviour = found == behaviours.end() ? Behaviour{} : found->second;
                behaviour.start_seconds = each.start_seconds;
                all[id] = behaviour;
            }
        world = std::make_unique<FakeWorld>(all);
    }

    Start& run(Duration until = 300s) {
        policy = std::make_unique<OrderedStartup>(settings);
        world->run(*policy, until);
        return *this;
    }

    [[nodiscard]] bool said(const std::string& part) const {
        return std::ranges::any_of(
            world->log, [&](const std::string& line) { return line.find(part) != std::string::npos; });
    }
    [[nodiscard]] std::string summary() const {
        for (const auto& line : world->log)
            if (line.starts_with("done after")) return line;
        return "no summary";
    }
    [[nodiscard]] bool in_order(const std::string& first, const std::string& then) const {
        const auto up = world->running_at(lone(first));
        const auto started = world->started_at(lone(then));
        return up && started && *up <= *started;
    }

    ordered_startup::Settings settings;
    std::unique_ptr<FakeWorld> world;
    std::unique_ptr<OrderedStartup> policy;
};

Behaviour job(Duration runs_for, int status = 0, bool expected = true) {
    Behaviour behaviour;
    behaviour.runs_for = runs_for;
    behaviour.exit_status = status;
    behaviour.expected = expected;
    return behaviour;
}

bool ends_with(const std::string& text, const std::string& end) {
    INFO("text: " << text);
    CHECK(text.ends_with(end));
    return text.ends_with(end);
}

}  // namespace

TEST_CASE("programs start when what they wait for is there, the rest at once", "[ordered_startup]") {
    Start start(program("db", "", "startsecs=3\n") + program("web", "db:running") + program("log"));
    start.run();
    CHECK(start.in_order("db", "web"));
    CHECK(*start.world->started_at(lone("log")) < 100ms);
    CHECK(*start.world->started_at(lone("web")) < 3'100ms);
    ends_with(start.summary(), "all 3 programs are there");
    CHECK_FALSE(start.world->finished);
}

TEST_CASE("it works before any event comes, and without events", "[ordered_startup]") {
    Start start(program("a") + program("b", "a") + program("c", "b:exited"), {{"b", job(50ms)}});
    start.world->sends_events = false;
    start.run();
    ends_with(start.summary(), "all 3 programs are there");
}

TEST_CASE("five hundred independent programs are one wave of a handful of calls", "[ordered_startup]") {
    std::string config;
    for (int i = 0; i < 500; ++i)
        config += program(fmt::format("p{:03}", i), "", "startsecs=0\n");
    Start start(config);
    start.run();
    ends_with(start.summary(), "all 500 programs are there");
    CHECK(start.world->start_calls.size() <= 3);
    CHECK(start.world->lists + start.world->inspections <= 8);
}

TEST_CASE("a program that goes FATAL takes its dependents with it, loudly", "[ordered_startup]") {
    Behaviour broken;
    broken.failing_starts = 99;
    Start start(program("db") + program("web", "db") + program("edge", "web") + program("log"),
                {{"db", broken}}, WhenDone::exit);
    start.run();
    CHECK(start.said("db FAILED: FATAL"));
    CHECK(start.said("web is NOT started: it waits for db:running, but db has failed"));
    CHECK(start.said("edge is NOT started: it waits for web:running, but web is not started"));
    CHECK(start.summary().find("1 of 4 programs are there; FAILED: db (FATAL") != std::string::npos);
    CHECK(start.world->finished == 1);
    CHECK(start.world->starts_of(lone("web")) == 0);
}

TEST_CASE("who waits for fatal starts when it is FATAL", "[ordered_startup]") {
    Behaviour broken;
    broken.failing_starts = 99;
    Start start(program("db") + program("rescue", "db:exited,fatal"), {{"db", broken}});
    start.run();
    CHECK(start.world->starts_of(lone("rescue")) == 1);
    ends_with(start.summary(), "all 2 programs are there");
}

TEST_CASE("on_failure=continue starts them all the same", "[ordered_startup]") {
    Behaviour broken;
    broken.failing_starts = 99;
    Start start(program("db", "", "keenlance_on_failure=continue\n") + program("web", "db"),
                {{"db", broken}});
    start.run();
    CHECK(start.world->starts_of(lone("web")) == 1);
    CHECK(start.said("those who wait for it start all the same"));
}

TEST_CASE("on_failure=stop starts nothing more, shutdown ends supervisord", "[ordered_startup]") {
    const std::string how = GENERATE(as<std::string>{}, "stop", "shutdown");
    Behaviour refused;
    refused.fault = fault::no_file;
    Start start(program("db", "", "startsecs=5\n") + program("later", "db") +
                    program("bad", "", "keenlance_on_failure=" + how + "\n"),
                {{"bad", refused}}, WhenDone::exit);
    start.run();
    CHECK(start.said("bad FAILED: NO_FILE"));
    CHECK(start.world->starts_of(lone("later")) == 0);
    CHECK(start.world->shut_down == (how == "shutdown"));
    CHECK(start.world->finished == 1);
}

TEST_CASE("plain exited takes any exit and says so when it was wrong", "[ordered_startup]") {
    const std::string state = GENERATE(as<std::string>{}, "exited", "exited(3)");
    Start start(program("init", "", "autorestart=false\n") + program("web", "init:" + state),
                {{"init", job(2s, 3, false)}});
    start.run();
    CHECK(start.world->starts_of(lone("web")) == 1);
    CHECK(start.said(state == "exited" ? "not expected" : "all 2 programs are there"));
}

TEST_CASE("exited(expected) and exited(0) are not met by a failure", "[ordered_startup]") {
    const std::string state = GENERATE(as<std::string>{}, "exited(expected)", "exited(0)");
    Start start(program("init", "", "autorestart=false\n") + program("web", "init:" + state),
                {{"init", job(2s, 3, false)}});
    start.run();
    CHECK(start.world->starts_of(lone("web")) == 0);
    CHECK(start.said("init FAILED: exited with status 3"));
}

TEST_CASE("an on_failure of its own makes plain exited mean expected", "[ordered_startup]") {
    Start start(
        program("init", "", "autorestart=false\nkeenlance_on_failure=skip\n") + program("web", "init:exited"),
        {{"init", job(2s, 3, false)}});
    start.run();
    CHECK(start.world->starts_of(lone("web")) == 0);
}

TEST_CASE("a job that supervisord restarts may fail startretries times", "[ordered_startup]") {
    auto flapping = job(2s, 1, false);
    flapping.restarts = true;
    Start start(program("init") + program("web", "init:exited(0)"), {{"init", flapping}}, WhenDone::exit);
    start.run();
    CHECK(start.said("init FAILED: exited wrongly 4 times"));
    CHECK(start.world->finished == 1);
}

TEST_CASE("exited(0) is not met by a job that failed and runs again", "[ordered_startup]") {
    auto flapping = job(200ms, 1, false);
    flapping.restarts = true;
    const bool events = GENERATE(true, false);
    Start start(program("init", "", "startsecs=0\nstartretries=2\n") + program("web", "init:exited(0)"),
                {{"init", flapping}});
    start.world->sends_events = events;
    start.run(60s);
    CHECK(start.world->starts_of(lone("web")) == 0);
}

TEST_CASE("a program counts once its probe succeeds", "[ordered_startup]") {
    Behaviour slow;
    slow.ready_after = 7s;
    Start start(program("db", "", "keenlance_ready=tcp://127.0.0.1:5432\n") + program("web", "db"),
                {{"db", slow}});
    start.run();
    CHECK(*start.world->started_at(lone("web")) >= 7s);
    CHECK(*start.world->started_at(lone("web")) < 7'500ms);
}

TEST_CASE("a probe that never succeeds fails its program in time", "[ordered_startup]") {
    Behaviour never;
    never.ready_after = 10'000s;
    Start start(program("db", "", "keenlance_ready=tcp://127.0.0.1:5432\nkeenlance_start_timeout=20\n") +
                    program("web", "db"),
                {{"db", never}}, WhenDone::exit);
    start.run();
    CHECK(start.said("db FAILED: not there within 20.00 s (RUNNING, not ready: Connection refused)"));
    CHECK(start.world->finished == 1);
    CHECK(start.world->now() < 301s);
}

TEST_CASE("what an operator stopped by hand is left alone", "[ordered_startup]") {
    Start start(program("a") + program("b", "a"));
    start.world->start_by_hand(lone("a"));
    start.world->stop_by_hand(lone("a"));
    start.run();
    CHECK(start.world->asked_starts_of(lone("a")) == 0);
    CHECK(start.world->starts_of(lone("b")) == 0);
    CHECK(start.said("it was stopped by hand"));
}

TEST_CASE("what was stopped by hand after it was up is told, and not counted as there", "[ordered_startup]") {
    Start start(program("a") + program("b", "a"), {}, WhenDone::exit);
    start.world->start_by_hand(lone("a"));
    start.world->at(5s, [&] { start.world->stop_by_hand(lone("a")); });
    OrderedStartup before(start.settings);
    start.world->run(before, 8s);
    start.world->log.clear();
    start.run();
    CHECK(start.world->starts_of(lone("a")) == 1);
    CHECK(start.summary().find("1 of 2 programs are there; stopped by hand and left alone: a") !=
          std::string::npos);
    CHECK(start.world->finished == 1);
}

TEST_CASE("asked to, it starts what was stopped by hand or is FATAL, in order", "[ordered_startup]") {
    Start start(program("a") + program("b", "a"), {}, WhenDone::exit);
    start.run(10s);
    start.world->stop_by_hand(lone("b"));
    start.world->stop_by_hand(lone("a"));
    start.settings.stopped = ordered_startup::Settings::Stopped::started;
    start.world->finished.reset();
    start.run(60s);
    CHECK(start.world->starts_of(lone("a")) == 2);
    CHECK(start.world->starts_of(lone("b")) == 2);
    CHECK(start.world->finished == 0);
}

TEST_CASE("a job that always succeeds is no end to a wait for another status", "[ordered_startup]") {
    auto again = job(2s);
    again.restarts = true;
    Start start(program("init", "", "autorestart=true\n") + program("web", "init:exited(3)"),
                {{"init", again}}, WhenDone::exit);
    start.run();
    CHECK(start.said("init FAILED: exited 5 times, and never as it is waited for"));
}

TEST_CASE("the text timeline has its title", "[ordered_startup]") {
    Start start(program("a"));
    start.settings.timeline = "-";
    start.settings.title = "a start on a host with a long enough name";
    start.run();
    CHECK(start.said("a start on a host with a long enough name"));
}

TEST_CASE("states reached before count", "[ordered_startup]") {
    Start start(
        program("init", "", "autorestart=false\n") + program("db", "init:exited") + program("web", "db"),
        {{"init", job(2s)}});
    start.run(10s);
    CHECK(start.world->starts_of(lone("web")) == 1);
    start.world->log.clear();
    start.run(20s);
    CHECK(start.world->starts_of(lone("init")) == 1);
    CHECK(start.world->starts_of(lone("db")) == 1);
    CHECK(start.world->starts_of(lone("web")) == 1);
    ends_with(start.summary(), "all 3 programs are there");
}

TEST_CASE("a start whose answer is lost is not given twice", "[ordered_startup]") {
    Start start(program("a") + program("b", "a"));
    int answers = 0;
    start.world->loses_answer = [&answers] { return ++answers == 2; };
    start.run();
    CHECK(start.world->starts_of(lone("a")) == 1);
    ends_with(start.summary(), "all 2 programs are there");
}

TEST_CASE("waits that nothing under way can end do not keep the summary back", "[ordered_startup]") {
    Start start("[program:a]\n" + off + program("b", "a") + program("c", "d:fatal") + program("d"));
    start.run(30s);
    CHECK(start.summary().find(
              "1 of 3 programs are there; still waiting: b (for a:running), c (for d:fatal)") !=
          std::string::npos);
    start.world->start_by_hand(lone("a"));
    start.run(60s);
    CHECK(start.world->starts_of(lone("b")) == 1);
}

TEST_CASE("--timeline - puts the picture into the log, a path gets a file", "[ordered_startup]") {
    Start text(program("a") + program("b", "a"));
    text.settings.timeline = "-";
    text.run();
    CHECK(text.said("critical path"));
    Start picture(program("a") + program("b", "a"));
    picture.settings.timeline = "/tmp/x.svg";
    picture.run();
    REQUIRE(picture.world->files.size() == 1);
    CHECK(picture.world->files[0].path == "/tmp/x.svg");
    CHECK(picture.world->files[0].text.starts_with("<svg "));
}

TEST_CASE("it ends only once supervisord holds it RUNNING", "[ordered_startup]") {
    const Namespec self = lone("listener");
    Start start(program("a", "", "startsecs=0\n"), {}, WhenDone::exit);
    start.settings.self = self;
    start.world = std::make_unique<FakeWorld>(std::map<Namespec, Behaviour>{{lone("a"), {}}, {self, {}}});
    start.world->start_by_hand(self);
    const bool refused = GENERATE(false, true);
    if (refused) {
        start.settings.refusal = 3;
        start.settings.plan.programs.clear();
    }
    start.policy = std::make_unique<OrderedStartup>(start.settings);
    start.world->run(*start.policy, 30s, [&] { return start.world->finished.has_value(); });
    CHECK(start.world->finished == (refused ? 3 : 0));
    CHECK(start.world->now() >= 1s);
    CHECK(start.world->now() < 2s);
    CHECK(start.world->starts_of(lone("a")) == (refused ? 0 : 1));
}

TEST_CASE("followed, those who wait for a program are restarted when it comes back", "[ordered_startup]") {
    Start start(program("db") + program("web", "db") + program("edge", "web") + program("log"), {},
                WhenDone::follow);
    start.world->at(20s, [&] { start.world->stop_by_hand(lone("db")); });
    start.world->at(25s, [&] { start.world->start_by_hand(lone("db")); });
    start.run(60s);
    CHECK(start.world->starts_of(lone("db")) == 2);
    CHECK(start.world->starts_of(lone("web")) == 2);
    CHECK(start.world->starts_of(lone("edge")) == 2);
    CHECK(start.world->starts_of(lone("log")) == 1);
}

/// Any graph, any behaviour, events and answers lost, the listener killed at any moment: nothing is started
/// twice, nothing before what it waits for, and it always comes to an end.
TEST_CASE("whatever happens, nothing starts twice or too early, and it ends", "[ordered_startup]") {
    const int seed = GENERATE(range(0, 400));
    CAPTURE(seed);
    std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
    const auto chance = [&random](int percent) { return static_cast<int>(random() % 100) < percent; };
    const int count = 2 + static_cast<int>(random() % 12);
    std::string config;
    std::map<std::string, Behaviour> behaviours;
    std::vector<std::vector<int>> waits(static_cast<std::size_t>(count));
    std::vector<bool> is_job;
    for (int i = 0; i < count; ++i) {
        const auto name = fmt::format("p{}", i);
        is_job.push_back(chance(30));
        std::string wait;
        for (int on = 0; on < i; ++on) {
            if (!chance(30)) continue;
            wait += fmt::format(" p{}:{}", on, is_job[static_cast<std::size_t>(on)] ? "exited" : "running");
            waits[static_cast<std::size_t>(i)].push_back(on);
        }
        config += program(name, wait, fmt::format("startsecs={}\nautorestart=false\n", random() % 3));
        Behaviour behaviour;
        if (is_job.back()) behaviour = job(Duration{1 + static_cast<int>(random() % 4'000)}, 0, true);
        if (chance(10)) behaviour.failing_starts = 1 + static_cast<int>(random() % 5);
        if (chance(5)) behaviour.fault = fault::not_executable;
        behaviours[name] = behaviour;
    }
    Start start(config, behaviours, WhenDone::exit);
    start.world->sends_events = chance(80);
    start.world->loses_event = [&] { return chance(10); };
    start.world->loses_answer = [&] { return chance(5); };
    Duration until{0};
    for (int life = 0; life < 4 && !start.world->finished; ++life) {
        start.policy = std::make_unique<OrderedStartup>(start.settings);
        until = start.world->now() + Duration{1 + static_cast<int>(random() % 3'000)};
        start.world->run(*start.policy, until, [&] { return start.world->finished.has_value(); });
    }
    start.world->loses_answer = [] { return false; };
    start.policy = std::make_unique<OrderedStartup>(start.settings);
    start.world->run(*start.policy, start.world->now() + 600s,
                     [&] { return start.world->finished.has_value(); });

    REQUIRE(start.world->finished);
    const bool misfortune = std::ranges::any_of(behaviours, [](const auto& each) {
        return each.second.fault != 0 || each.second.failing_starts > each.second.retries;
    });
    if (!misfortune) CHECK(start.world->finished == 0);
    for (int i = 0; i < count; ++i) {
        const auto id = lone(fmt::format("p{}", i));
        CAPTURE(id.name);
        CHECK(start.world->starts_of(id) <= 1 + behaviours[id.name].failing_starts);
        if (start.world->starts_of(id) == 0) continue;
        for (const int on : waits[static_cast<std::size_t>(i)]) {
            const auto up = start.world->running_at(lone(fmt::format("p{}", on)));
            REQUIRE(up);
            CHECK(*up <= *start.world->started_at(id));
        }
    }
}

}  // namespace ordered_startup_test
