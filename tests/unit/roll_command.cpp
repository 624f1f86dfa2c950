#include <commands/roll/roll_command.hpp>
#include <fmt/core.h>
#include <support/catch.hpp>
#include <support/fake_world.hpp>
#include <support/moments.hpp>

#include <random>

namespace roll_command_test {

using namespace keenlance;
using namespace std::chrono_literals;
using quickctl::BatchSize;
using quickctl::RollCommand;
using quickctl::RollMemory;
using quickctl::RollSettings;

namespace {

Namespec instance(int number) {
    return {"app", fmt::format("{:02}", number)};
}

RollSettings settings() {
    RollSettings made;
    made.choice.servers = {"http://web1:9001"};
    made.choice.patterns = {"app:"};
    made.pause = 2s;
    made.memory_path = "/state/roll.json";
    made.resume_line = "quickctl roll --resume app:";
    return made;
}

/// That many instances, all RUNNING for a while.
FakeWorld world_of(int count, const std::map<int, Behaviour>& special = {}) {
    std::map<Namespec, Behaviour> behaviours;
    for (int i = 0; i < count; ++i) {
        const auto found = special.find(i);
        behaviours[instance(i)] = found == special.end() ? Behaviour{} : found->second;
    }
    FakeWorld world(behaviours);
    for (const auto& [id, behaviour] : behaviours)
        world.start_by_hand(id);
    world.pass(5s);
    return world;
}

Behaviour dies_next_time() {
    Behaviour behaviour;
    behaviour.dies_from_start = 2;
    return behaviour;
}

RollMemory remembered(const FakeWorld& world) {
    REQUIRE_FALSE(world.files.empty());
    auto memory = quickctl::parse_roll_memory(world.files.back().text);
    REQUIRE(memory);
    return std::move(*memory);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("one instance after the other, and the pause between", "[roll]") {
    auto world = world_of(4);
    std::size_t most_down = 0;
    world.on_change = [&] { most_down = std::max(most_down, world.down()); };
    RollCommand command(settings());
    world.run(command, 300s);
    CHECK(world.finished == 0);
    CHECK(most_down == 1);
    for (int i = 0; i < 4; ++i)
        CHECK(world.starts_of(instance(i)) == 2);
    CHECK(world.now() >= 5s + 3 * 2s);
    CHECK(has(world.printed, "[1/4] app:00: restarted, pid "));
    CHECK(has(world.printed, "; 3 left, about "));
    CHECK(has(world.printed, "done: all 4 are new"));
    CHECK(remembered(world).finished);
}

TEST_CASE("at the first failure it stops, and says what is new and what is old", "[roll]") {
    auto world = world_of(4, {{1, dies_next_time()}});
    RollCommand command(settings());
    world.run(command, 300s);
    CHECK(world.finished == 1);
    CHECK(world.starts_of(instance(2)) == 1);
    CHECK(world.starts_of(instance(3)) == 1);
    CHECK(has(world.printed, "app:01: ERROR (it went FATAL"));
    CHECK(has(world.printed, "    the last words\n"));
    CHECK(has(world.printed, "1 of 4 are new"));
    CHECK(has(world.printed, "  new:        app:00\n"));
    CHECK(has(world.printed, "  failed:     app:01\n"));
    CHECK(has(world.printed, "  old:        app:02, app:03\n"));
    CHECK(has(world.printed, "  go on with: quickctl roll --resume app:\n"));
    CHECK_FALSE(remembered(world).finished);
}

TEST_CASE("resumed, it goes on with what is old, and only looks at what is new", "[roll]") {
    auto world = world_of(5, {{2, dies_next_time()}});
    {
        RollCommand command(settings());
        world.run(command, 300s);
        REQUIRE(world.finished == 1);
    }
    world.finished.reset();
    world.printed.clear();
    world.heal(instance(2));
    auto resumed = settings();
    resumed.resumed = remembered(world);
    RollCommand command(std::move(resumed));
    world.run(command, 600s);
    CHECK(world.finished == 0);
    for (const int i : {0, 1, 3, 4})
        CHECK(world.starts_of(instance(i)) == 2);
    CHECK(world.state_of(instance(2)) == ProcessState::running);
    CHECK(has(world.printed, "done: all 5 are new"));
}

TEST_CASE("resumed, one that was up and not healthy is restarted once more", "[roll]") {
    Behaviour ill;
    ill.ready_after = 1h;
    auto world = world_of(3, {{1, ill}});
    auto healthy = settings();
    healthy.health = quickctl::HealthCheck{ReadyKind::tcp, "localhost:1"};
    healthy.health_timeout = 3s;
    {
        RollCommand command(healthy);
        world.run(command, 300s);
        REQUIRE(world.finished == 1);
    }
    world.finished.reset();
    world.heal(instance(1));
    healthy.resumed = remembered(world);
    RollCommand command(std::move(healthy));
    world.run(command, 600s);
    CHECK(world.finished == 0);
    CHECK(world.starts_of(instance(0)) == 2);
    CHECK(world.starts_of(instance(1)) == 3);
    CHECK(world.starts_of(instance(2)) == 2);
}

TEST_CASE("resumed, one that was restarted by hand meanwhile is only looked at", "[roll]") {
    auto world = world_of(3, {{1, dies_next_time()}});
    {
        RollCommand command(settings());
        world.run(command, 300s);
    }
    world.finished.reset();
    world.heal(instance(1));
    world.start_by_hand(instance(1));
    const int starts = world.starts_of(instance(1));
    world.pass(5s);
    auto resumed = settings();
    resumed.resumed = remembered(world);
    RollCommand command(std::move(resumed));
    world.run(command, 600s);
    CHECK(world.finished == 0);
    CHECK(world.starts_of(instance(1)) == starts);
    CHECK(has(world.printed, "app:01: already new, and well"));
    CHECK(world.starts_of(instance(2)) == 2);
}

TEST_CASE("an instance that dies while it has to be stable is a failure", "[roll]") {
    Behaviour short_lived;
    auto world = world_of(3, {{0, short_lived}});
    world.at(world.now() + 3s, [&] { world.set_state(instance(0), ProcessState::exited); });
    auto stable = settings();
    stable.stable = 10s;
    RollCommand command(std::move(stable));
    world.run(command, 300s);
    CHECK(world.finished == 1);
    CHECK(has(world.printed, "app:00: ERROR (it did not last: EXITED"));
    CHECK(world.starts_of(instance(1)) == 1);
}

TEST_CASE("health is waited for, and its absence is a failure", "[roll]") {
    Behaviour late;
    late.ready_after = 8s;
    auto world = world_of(2, {{0, late}, {1, late}});
    auto healthy = settings();
    healthy.health = quickctl::HealthCheck{ReadyKind::tcp, "{host}:80{num}"};
    healthy.health_timeout = 20s;
    RollCommand command(healthy);
    world.run(command, 300s);
    CHECK(world.finished == 0);
    CHECK(world.now() >= 5s + 16s);

    auto strict = settings();
    strict.health = healthy.health;
    strict.health_timeout = 4s;
    auto again = world_of(2, {{0, late}, {1, late}});
    RollCommand impatient(std::move(strict));
    again.run(impatient, 300s);
    CHECK(again.finished == 1);
    CHECK(has(again.printed, "app:00: ERROR (not healthy within 4 s: Connection refused)"));
    CHECK(again.starts_of(instance(1)) == 1);
}

TEST_CASE("what died in the pause stops the roll", "[roll]") {
    auto world = world_of(3);
    auto slow = settings();
    slow.pause = 10s;
    RollCommand command(std::move(slow));
    world.at(world.now() + 6s, [&] { world.set_state(instance(0), ProcessState::exited); });
    world.run(command, 300s);
    CHECK(world.finished == 1);
    CHECK(has(world.printed, "app:00: ERROR (it did not last: EXITED)"));
    CHECK(has(world.printed, "0 of 3 are new"));
    CHECK(world.starts_of(instance(1)) == 1);
}

TEST_CASE("what is down comes first", "[roll]") {
    auto world = world_of(3);
    world.stop_by_hand(instance(2));
    world.pass(1s);
    RollCommand command(settings());
    world.run(command, 300s);
    CHECK(world.finished == 0);
    CHECK(has(world.printed, "[1/3] app:02: restarted"));
}

TEST_CASE("a signal restarts nothing, and what does not run is left alone", "[roll]") {
    auto world = world_of(3);
    world.stop_by_hand(instance(1));
    world.pass(1s);
    auto hup = settings();
    hup.signal = "HUP";
    RollCommand command(std::move(hup));
    world.run(command, 300s);
    CHECK(world.finished == 0);
    CHECK(has(world.printed, "app:00: signalled, pid "));
    CHECK(has(world.printed, "app:01: already down, it is STOPPED"));
    for (const int i : {0, 1, 2})
        CHECK(world.starts_of(instance(i)) == 1);
}

TEST_CASE("a process without a number is named before anything is done", "[roll]") {
    FakeWorld world(std::map<Namespec, Behaviour>{{{"app", "web"}, Behaviour{}}});
    auto numbered = settings();
    numbered.pre = "drain {num}";
    RollCommand command(std::move(numbered));
    world.run(command, 300s);
    CHECK(world.finished == 2);
    CHECK(has(world.log.at(0), "app:web has no number at its end for {num}"));
}

TEST_CASE("never more are down than a batch and what has failed, whatever happens", "[roll]") {
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        const int count = 1 + static_cast<int>(random() % 12);
        std::map<int, Behaviour> behaviours;
        std::size_t sick = 0;
        for (int i = 0; i < count; ++i) {
            auto& behaviour = behaviours[i];
            behaviour.stops_within = Duration{random() % 3'000};
            behaviour.start_seconds = std::chrono::seconds(random() % 3);
            behaviour.ready_after = Duration{random() % 4'000};
            if (random() % 6 != 0) continue;
            behaviour.dies_from_start = 2;
            ++sick;
        }
        auto some = settings();
        some.batch.number = 1 + random() % 4;
        some.max_failures = 1 + random() % 3;
        some.stable = Duration{random() % 3'000};
        if (random() % 2 == 0) some.health = quickctl::HealthCheck{ReadyKind::tcp, "localhost:1"};
        const auto batch = some.batch.number;
        const auto max_failures = some.max_failures;
        auto world = world_of(count, behaviours);
        std::size_t most_down = 0;
        world.on_change = [&] { most_down = std::max(most_down, world.down()); };
        RollCommand command(std::move(some));
        if (random() % 4 == 0)
            world.at(world.now() + Duration{random() % 20'000}, [&] { world.tell(command, Closing{}); });
        world.run(command, 900s);
        INFO(fmt::format("round {}: {} of {} sick, batch {}, at most {} failures\n{}", round, sick, count,
                         batch, max_failures, world.printed));
        REQUIRE(world.finished.has_value());
        CHECK(most_down <= batch + std::min(sick, max_failures - 1));
        if (world.finished == 0) CHECK(sick == 0);
        const auto left = world.down();
        world.pass(10s);
        CHECK(world.down() <= std::min(left, sick));
    }
}

TEST_CASE("batch sizes are numbers or shares", "[roll]") {
    CHECK(quickctl::parse_batch_size("3")->of(8) == 3);
    CHECK(quickctl::parse_batch_size(" 25% ")->of(8) == 2);
    CHECK(quickctl::parse_batch_size("25%")->of(3) == 1);
    CHECK(quickctl::parse_batch_size("100%")->of(7) == 7);
    for (const auto* const wrong : {"0", "-1", "101%", "0%", "", "%", "x", "2.5"})
        CHECK_FALSE(quickctl::parse_batch_size(wrong));
}

TEST_CASE("what is filled in cannot command the shell", "[roll]") {
    const quickctl::Instance odd{{"web", "a'b; rm -rf $HOME 07"}, "db1", 42};
    CHECK(quickctl::fill_in("curl {host}/{num}?{pid} {x} ${HOME}", odd, quickctl::Filling::for_shell) ==
          "curl db1/07?42 {x} ${HOME}");
    CHECK(quickctl::fill_in("drain {group} {name}", odd, quickctl::Filling::for_shell) ==
          "drain web 'a'\\''b; rm -rf $HOME 07'");
    CHECK(quickctl::fill_in("{name}", {{"g", "{pid}"}, "h", 1}, quickctl::Filling::plain) == "{pid}");
}

TEST_CASE("what a roll remembers survives being written", "[roll]") {
    RollMemory memory;
    memory.begun["http://a:1"] = 1'795'229'270;
    memory.before[{"http://a:1", {"app", "0"}}] = 4711;
    memory.through[{"http://a:1", {"app", "1"}}] = 4712;
    CHECK(*quickctl::parse_roll_memory(quickctl::to_text(memory)) == memory);
    for (const auto* const wrong :
         {"", "{", "[]", "{}", "null", R"({"finished": 1})",
          R"({"finished": false, "begun": {"a": 99999999999999999999}, "before": [], "through": []})",
          R"({"finished": false, "begun": {"a": 1.5}, "before": [], "through": []})"})
        CHECK_FALSE(quickctl::parse_roll_memory(wrong));
    CHECK(quickctl::roll_memory_name({"a"}, {"b"}) != quickctl::roll_memory_name({"a", "b"}, {}));
}

}  // namespace roll_command_test
