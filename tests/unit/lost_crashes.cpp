#include <keenlance/core/lost_crashes.hpp>

#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace lost_crashes_test {

using namespace keenlance;

namespace {

const Namespec self{"crashmail", "crashmail"};

std::int64_t now_seconds(Duration after = {}) {
    return std::chrono::floor<std::chrono::seconds>(test_moment(after).wall.time_since_epoch()).count();
}

ProcessInfo process(const std::string& name, ProcessState state, std::int64_t ended, int status = 0) {
    ProcessInfo info;
    info.id = {name, name};
    info.state = state;
    info.stop = ended;
    info.now = now_seconds(Duration{60'000});
    info.exit_status = status;
    info.pid = state == ProcessState::running ? 4711 : 0;
    return info;
}

ProcessStateChange ended(const std::string& name) {
    ProcessStateChange change;
    change.id = {name, name};
    change.to = ProcessState::exited;
    return change;
}

/// Told of a gap after a minute, and given both lists.
std::vector<LostCrash> found(LostCrashes& lost, std::vector<ProcessInfo> processes,
                             std::vector<ProcessConfig> configs = {}) {
    const auto now = test_moment(Duration{60'000});
    CHECK(all_of<Log>(lost.lost(3, now)).size() == 1);
    CHECK(lost.step(now).empty());
    REQUIRE(lost.deadline());
    const auto later = test_moment(Duration{61'000});
    const auto asked = lost.step(later);
    CHECK(all_of<ListProcesses>(asked).size() == 1);
    CHECK(all_of<ListConfigs>(asked).size() == 1);
    Actions actions;
    CHECK_FALSE(lost.on_processes(processes, later, actions));
    const auto crashes = lost.on_configs(configs, later, actions);
    REQUIRE(crashes);
    return *crashes;
}

}  // namespace

TEST_CASE("what ended without an event is found, by its state") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    const auto ago = now_seconds(Duration{30'000});
    const auto crashes =
        found(lost,
              {process("fatal", ProcessState::fatal, ago), process("bad", ProcessState::exited, ago, 3),
               process("good", ProcessState::exited, ago, 0), process("two", ProcessState::exited, ago, 2),
               process("back", ProcessState::running, ago), process("stopped", ProcessState::stopped, ago),
               process("old", ProcessState::running, now_seconds() - 100),
               process("never", ProcessState::running, 0)},
              {{.id = {"two", "two"}, .exit_codes = {0, 2}, .command = ""}});
    REQUIRE(crashes.size() == 3);
    CHECK(describe(crashes[0]) ==
          "Process fatal in group fatal is FATAL: it could not be started (its event was "
          "lost; found in the process list)");
    CHECK(describe(crashes[1]).find("exited unexpectedly with status 3") != std::string::npos);
    CHECK(crashes[2].kind == LostCrash::Kind::back);
    CHECK(describe(crashes[2]).find("is RUNNING again (pid 4711)") != std::string::npos);
}

TEST_CASE("what an event told of is no loss, and what was found is not found twice") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    const auto ago = now_seconds(Duration{30'000});
    lost.saw(ended("told"), test_moment(Duration{30'000}));
    lost.saw(ended("again"), test_moment(Duration{20'000}));
    const std::vector processes{process("told", ProcessState::exited, ago, 1),
                                process("again", ProcessState::exited, ago, 1),
                                process("lost", ProcessState::exited, ago, 1)};
    const auto crashes = found(lost, processes);
    REQUIRE(crashes.size() == 2);
    CHECK(crashes[0].info.id.name == "again");
    CHECK(crashes[1].info.id.name == "lost");
    CHECK(found(lost, processes).empty());
}

TEST_CASE("in a pool of several processes a gap means nothing") {
    LostCrashes lost(Namespec{"pool", "pool_0"});
    lost.begin(test_moment());
    auto sibling = process("pool", ProcessState::running, 0);
    auto other = sibling;
    sibling.id = {"pool", "pool_0"};
    other.id = {"pool", "pool_1"};
    const auto ago = now_seconds(Duration{30'000});
    CHECK(found(lost, {sibling, other, process("bad", ProcessState::exited, ago, 1)}).empty());
    CHECK(lost.lost(1, test_moment()).empty());
    CHECK_FALSE(lost.deadline());
}

namespace {

Event numbered(std::uint64_t pool_serial) {
    Event event;
    event.name = "PROCESS_STATE_EXITED";
    event.pool_serial = pool_serial;
    return event;
}

/// What is found behind the first event of a life, in a list with our own process, whose last life ended
/// then.
std::optional<std::vector<LostCrash>> found_behind(std::uint64_t pool_serial, std::int64_t own_end,
                                                   std::vector<ProcessInfo> processes) {
    LostCrashes lost(self);
    lost.begin(test_moment());
    lost.heard(numbered(pool_serial), test_moment());
    const auto now = test_moment(Duration{1'000});
    if (lost.step(now).empty()) return std::nullopt;
    auto own = process(self.name, ProcessState::running, own_end);
    own.id = self;
    processes.push_back(own);
    Actions actions;
    CHECK_FALSE(lost.on_configs(std::vector<ProcessConfig>{}, now, actions));
    return lost.on_processes(processes, now, actions);
}

}  // namespace

TEST_CASE(
    "behind the first event of the first life all that ended is looked for, if it is not the pool's first") {
    const std::vector processes{process("bad", ProcessState::exited, 5, 1),
                                process("back", ProcessState::running, 5),
                                process("good", ProcessState::exited, 5, 0)};
    CHECK_FALSE(found_behind(0, 0, processes));
    const auto crashes = found_behind(1, 0, processes);
    REQUIRE(crashes);
    REQUIRE(crashes->size() == 2);
    CHECK(crashes->at(0).info.id.name == "bad");
    CHECK(crashes->at(1).info.id.name == "back");
}

TEST_CASE("behind the first event of a later life only what crashed since the former is told, no restarts") {
    const auto ended = now_seconds() - 100;
    const auto crashes = found_behind(7, ended,
                                      {process("bad", ProcessState::exited, ended + 1, 1),
                                       process("back", ProcessState::running, ended + 1),
                                       process("told before", ProcessState::exited, ended - 1, 1)});
    REQUIRE(crashes);
    REQUIRE(crashes->size() == 1);
    CHECK(crashes->at(0).info.id.name == "bad");
    CHECK_FALSE(found_behind(7, ended, {process("back", ProcessState::running, ended + 1)}));
}

TEST_CASE("events lost while the list is on its way are looked for once more") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    CHECK_FALSE(lost.lost(1, test_moment()).empty());
    CHECK_FALSE(lost.step(test_moment(Duration{1'000})).empty());
    CHECK_FALSE(lost.lost(1, test_moment(Duration{1'000})).empty());
    Actions actions;
    const auto later = test_moment(Duration{1'500});
    CHECK_FALSE(lost.on_processes(std::vector<ProcessInfo>{}, later, actions));
    CHECK(lost.on_configs(std::vector<ProcessConfig>{}, later, actions));
    CHECK_FALSE(lost.step(test_moment(Duration{2'000})).empty());
}

TEST_CASE("a crash in the second behind one that was told of is found") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    lost.saw(ended("web"), test_moment(Duration{30'000}));
    CHECK(found(lost, {process("web", ProcessState::exited, now_seconds(Duration{31'000}), 1)}).size() == 1);
}

TEST_CASE("a list that cannot be had is asked for again, and says so") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    CHECK_FALSE(lost.lost(1, test_moment()).empty());
    CHECK_FALSE(lost.step(test_moment(Duration{1'000})).empty());
    Actions actions;
    CHECK_FALSE(
        lost.on_processes(Error{ErrorKind::refused, 0, "gone"}, test_moment(Duration{1'000}), actions));
    CHECK(all_of<Log>(actions).size() == 1);
    REQUIRE(lost.deadline());
    CHECK_FALSE(lost.step(test_moment(Duration{31'000})).empty());
}

TEST_CASE("an outage is said once, again when its reason changes, and that it is over") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    CHECK_FALSE(lost.lost(1, test_moment()).empty());
    Duration passed{1'000};
    const auto said = [&](const Result<std::vector<ProcessInfo>>& processes) {
        const auto now = test_moment(passed);
        REQUIRE_FALSE(lost.step(now).empty());
        Actions actions;
        lost.on_processes(processes, now, actions);
        lost.on_configs(std::vector<ProcessConfig>{}, now, actions);
        passed += Duration{30'000};
        std::string text;
        for (const auto& log : all_of<Log>(actions))
            text += log.text + "\n";
        return text;
    };
    const Error gone{ErrorKind::refused, 0, "gone"}, slow{ErrorKind::timeout, 0, "slow"};
    CHECK(said(gone) == "cannot look for lost crashes, trying again every 30 s: gone\n");
    CHECK(said(gone).empty());
    CHECK(said(gone).empty());
    CHECK(said(slow) == "cannot look for lost crashes, trying again every 30 s: slow\n");
    CHECK(said(slow).empty());
    CHECK(said(std::vector<ProcessInfo>{}) == "supervisord can be asked for lost crashes again\n");
    CHECK_FALSE(lost.lost(1, test_moment(passed)).empty());
    passed += Duration{1'000};
    CHECK(said(std::vector<ProcessInfo>{}).empty());
    CHECK_FALSE(lost.lost(1, test_moment(passed)).empty());
    passed += Duration{1'000};
    CHECK(said(gone) == "cannot look for lost crashes, trying again every 30 s: gone\n");
}

TEST_CASE("it waits until events have ceased to come, but not for ever") {
    LostCrashes lost(self);
    lost.begin(test_moment());
    CHECK_FALSE(lost.lost(1, test_moment()).empty());
    Duration passed{0};
    while (lost.step(test_moment(passed)).empty() && passed < Duration{60'000}) {
        passed += Duration{500};
        lost.saw(ended("web"), test_moment(passed));
    }
    CHECK(passed == Duration{10'000});
}

TEST_CASE("a gap is a gap in the pool's serials, not what comes a second time") {
    PoolSerials serials;
    Event event;
    const auto missing = [&](std::uint64_t serial) {
        event.pool_serial = serial;
        return serials.missing_before(event);
    };
    CHECK(missing(7) == 0);
    CHECK(missing(8) == 0);
    CHECK(missing(11) == 2);
    CHECK(missing(10) == 0);
    CHECK(missing(12) == 0);
}

}  // namespace lost_crashes_test
