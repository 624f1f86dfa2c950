#include <commands/control/control_command.hpp>
#include <fmt/core.h>
#include <support/catch.hpp>
#include <support/fake_plan.hpp>
#include <support/fake_world.hpp>
#include <support/moments.hpp>

#include <random>

namespace control_command_test {

using namespace keenlance;
using namespace std::chrono_literals;
using quickctl::ControlCommand;
using quickctl::Settings;
using quickctl::Verb;

namespace {

Namespec lone(const std::string& name) {
    return {name, name};
}

Settings settings(Verb verb) {
    Settings made;
    made.verb = verb;
    made.choice.servers = {"unix:///s"};
    made.choice.patterns = {"all"};
    return made;
}

std::string program(const std::string& name, const std::string& waits_for) {
    return "[program:" + name + "]\nautostart=false\ndependent_startup=true\n" +
           (waits_for.empty() ? "" : "dependent_startup_wait_for=" + waits_for + "\n");
}

FakeWorld world_of(const std::vector<std::string>& names) {
    std::map<Namespec, Behaviour> behaviours;
    for (const auto& name : names)
        behaviours[lone(name)] = {};
    return FakeWorld(behaviours);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("everything starts at once, and all of it counts", "[control_command]") {
    auto world = world_of({"a", "b", "c"});
    ControlCommand command(settings(Verb::start));
    world.run(command, 60s);
    CHECK(world.finished == 0);
    CHECK(world.now() < 2s);
    CHECK(world.down() == 0);
    CHECK(has(world.printed, "a: started, pid "));
}

TEST_CASE("with an order a process starts when what it waits for is there", "[control_command]") {
    auto world = world_of({"db", "app", "web"});
    auto ordered = settings(Verb::start);
    ordered.plan = plan_of(program("web", "app") + program("app", "db") + program("db", ""));
    ControlCommand command(std::move(ordered));
    world.run(command, 60s);
    CHECK(world.finished == 0);
    CHECK(*world.running_at(lone("db")) <= *world.started_at(lone("app")));
    CHECK(*world.running_at(lone("app")) <= *world.started_at(lone("web")));
}

TEST_CASE("what is not chosen passes its order on", "[control_command]") {
    auto world = world_of({"db", "app", "web"});
    auto ordered = settings(Verb::start);
    ordered.choice.patterns = {"web", "db"};
    ordered.plan = plan_of(program("web", "app") + program("app", "db") + program("db", ""));
    ControlCommand command(std::move(ordered));
    world.run(command, 60s);
    CHECK(world.finished == 0);
    CHECK(world.starts_of(lone("app")) == 0);
    CHECK(*world.running_at(lone("db")) <= *world.started_at(lone("web")));
}

TEST_CASE("those that wait for a failure are not started, and say whose", "[control_command]") {
    Behaviour fails;
    fails.failing_starts = 4;
    FakeWorld world({{lone("db"), fails}, {lone("app"), {}}, {lone("web"), {}}, {lone("other"), {}}});
    auto ordered = settings(Verb::start);
    ordered.plan =
        plan_of(program("web", "app") + program("app", "db") + program("db", "") + program("other", ""));
    ControlCommand command(std::move(ordered));
    world.run(command, 60s);
    CHECK(world.finished == 1);
    CHECK(world.starts_of(lone("app")) == 0);
    CHECK(world.starts_of(lone("web")) == 0);
    CHECK(world.state_of(lone("other")) == ProcessState::running);
    CHECK(has(world.printed, "db: ERROR (it went FATAL"));
    CHECK(has(world.printed, "    the last words\n"));
    CHECK(has(world.printed, "app: ERROR (not started: it waits for db, which has failed)"));
    CHECK(has(world.printed, "web: ERROR (not started: it waits for app, which has failed)"));
}

TEST_CASE("a probe and an end that is waited for hold back those that wait", "[control_command]") {
    Behaviour late;
    late.ready_after = 5s;
    Behaviour job;
    job.start_seconds = 0s;
    job.runs_for = 7s;
    FakeWorld world({{lone("db"), late}, {lone("migrate"), job}, {lone("web"), {}}});
    auto ordered = settings(Verb::start);
    ordered.plan =
        plan_of(program("db", "") + "keenlance_ready=tcp://localhost:1\n" + program("migrate", "") +
                "startsecs=0\nautorestart=false\n" + program("web", "db migrate:exited(0)"));
    ControlCommand command(std::move(ordered));
    world.run(command, 60s);
    CHECK(world.finished == 0);
    CHECK(*world.started_at(lone("web")) >= 7s);
    CHECK(has(world.printed, "db: started, pid "));
}

TEST_CASE("an ordered restart stops in reverse, then starts forward", "[control_command]") {
    auto world = world_of({"db", "app", "web"});
    for (const auto* const name : {"db", "app", "web"})
        world.set_state(lone(name), ProcessState::running);
    const auto order = program("web", "app") + program("app", "db") + program("db", "");
    std::vector<std::string> changes;
    world.on_change = [&] {
        changes.push_back(fmt::format("{}{}{}", to_string(world.state_of(lone("db"))).substr(0, 4),
                                      to_string(world.state_of(lone("app"))).substr(0, 4),
                                      to_string(world.state_of(lone("web"))).substr(0, 4)));
    };
    auto ordered = settings(Verb::restart);
    ordered.plan = plan_of(order);
    ControlCommand command(std::move(ordered));
    world.run(command, 60s);
    CHECK(world.finished == 0);
    CHECK(changes == std::vector<std::string>{"RUNNRUNNSTOP", "RUNNRUNNSTOP", "RUNNSTOPSTOP", "RUNNSTOPSTOP",
                                              "STOPSTOPSTOP", "STOPSTOPSTOP", "STARSTOPSTOP", "RUNNSTOPSTOP",
                                              "RUNNSTARSTOP", "RUNNRUNNSTOP", "RUNNRUNNSTAR",
                                              "RUNNRUNNRUNN"});
}

TEST_CASE("interrupted in the middle of any restart, nothing that was up stays down", "[control_command]") {
    std::mt19937 random(4);
    for (int round = 0; round < 300; ++round) {
        const int count = 1 + static_cast<int>(random() % 8);
        std::map<Namespec, Behaviour> behaviours;
        std::string config;
        for (int i = 0; i < count; ++i) {
            Behaviour behaviour;
            behaviour.stops_within = Duration{random() % 4'000};
            behaviour.start_seconds = std::chrono::seconds(random() % 3);
            behaviours[lone(fmt::format("p{}", i))] = behaviour;
            const auto before =
                i > 0 && random() % 2 == 0 ? fmt::format("p{}", random() % static_cast<unsigned>(i)) : "";
            config += program(fmt::format("p{}", i), before) +
                      fmt::format("startsecs={}\n", behaviour.start_seconds.count() / 1'000);
        }
        FakeWorld world(behaviours);
        for (const auto& [id, behaviour] : behaviours)
            world.start_by_hand(id);
        auto some = settings(Verb::restart);
        if (random() % 2 == 0) some.plan = plan_of(config);
        ControlCommand command(std::move(some));
        const Duration when{3'000 + random() % 9'000};
        bool told = false;
        world.at(when, [&] {
            told = true;
            world.tell(command, Closing{});
        });
        INFO(config << "interrupted at " << when.count() << "\n" << world.printed);
        world.pass(2'500ms);
        world.run(command, 120s);
        REQUIRE(world.finished.has_value());
        if (told) CHECK(world.finished == 1);
        world.pass(20s);
        CHECK(world.down() == 0);
    }
}

}  // namespace control_command_test
