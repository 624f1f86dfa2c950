#include <listeners/ordered_startup/stop_in_order.hpp>
#include <support/catch.hpp>
#include <support/fake_plan.hpp>
#include <support/fake_world.hpp>

namespace stop_in_order_test {

using namespace keenlance;
using namespace std::chrono_literals;
using ordered_startup::StopInOrder;

namespace {

std::string program(const std::string& name, const std::string& waits_for = "") {
    return "[program:" + name + "]\nautostart=false\ndependent_startup=true\n" +
           (waits_for.empty() ? "" : "dependent_startup_wait_for=" + waits_for + "\n");
}

Namespec lone(const std::string& name) {
    return {name, name};
}

const std::string three = program("db") + program("web", "db") + program("edge", "web");

}  // namespace

TEST_CASE("waves are stopped from the last to the first, each when the one before is down",
          "[stop_in_order]") {
    FakeWorld world({{lone("db"), {}}, {lone("web"), {}}, {lone("edge"), {}}});
    for (const char* name : {"db", "web", "edge"}) {
        world.start_by_hand(lone(name));
        world.set_state(lone(name), ProcessState::running);
    }
    StopInOrder policy(plan_of(three));
    world.run(policy, 60s, [&] { return world.finished.has_value(); });
    CHECK(world.finished == 0);
    REQUIRE(world.log.size() == 4);
    CHECK(world.log[0] == "stopping wave 3: edge");
    CHECK(world.log[1] == "stopping wave 2: web");
    CHECK(world.log[2] == "stopping wave 1: db");
    CHECK(world.log[3] == "done: 3 processes are down");
    for (const char* name : {"db", "web", "edge"})
        CHECK(world.state_of(lone(name)) == ProcessState::stopped);
}

TEST_CASE("a supervisord that does not know all of them is left alone", "[stop_in_order]") {
    FakeWorld world({{lone("db"), {}}, {lone("web"), {}}});
    world.start_by_hand(lone("db"));
    StopInOrder policy(plan_of(three));
    world.run(policy, 60s, [&] { return world.finished.has_value(); });
    CHECK(world.finished == 1);
    REQUIRE(world.log.size() == 1);
    CHECK(world.log[0].starts_with("supervisord does not know edge; nothing is stopped"));
    CHECK(world.state_of(lone("db")) != ProcessState::stopped);
}

TEST_CASE("what does not run is passed over", "[stop_in_order]") {
    FakeWorld world({{lone("db"), {}}, {lone("web"), {}}, {lone("edge"), {}}});
    StopInOrder policy(plan_of(three));
    world.run(policy, 60s, [&] { return world.finished.has_value(); });
    CHECK(world.finished == 0);
    CHECK(world.log == std::vector<std::string>{"nothing was running"});
}

TEST_CASE("where a process does not go down, what it needs is left running", "[stop_in_order]") {
    Behaviour stubborn;
    stubborn.stops_within = 1h;
    FakeWorld world({{lone("db"), {}}, {lone("web"), {}}, {lone("edge"), stubborn}});
    for (const char* name : {"db", "web", "edge"}) {
        world.start_by_hand(lone(name));
        world.set_state(lone(name), ProcessState::running);
    }
    StopInOrder policy(plan_of(three));
    world.run(policy, 120s, [&] { return world.finished.has_value(); });
    CHECK(world.finished == 1);
    CHECK(world.log.back() == "NOT down: edge; what it needs is left running");
    CHECK(world.state_of(lone("db")) == ProcessState::running);
}

}  // namespace stop_in_order_test
