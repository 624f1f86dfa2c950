#include <keenlance/control/restart.hpp>
#include <keenlance/core/supervisor_api.hpp>

#include <support/catch.hpp>

using namespace keenlance;
using control::Ask;
using control::RestartMachine;
using control::RestartStep;

namespace {

const Namespec web{"web", "web"};
const Restart request{web, {100, 5'000}};
constexpr SteadyTime start{Duration{1'000'000}};

ProcessInfo info(ProcessState state, int pid, std::int64_t started = 5'000) {
    ProcessInfo made;
    made.id = web;
    made.state = state;
    made.pid = pid;
    made.start = started;
    return made;
}

Error fault_of(int code, std::string message = "FAULT") {
    return {ErrorKind::fault, code, std::move(message)};
}

const Error silence{ErrorKind::timeout, 0, "no answer"};

bool asks(const RestartStep& step, Ask question) {
    return step.ask == question && !step.finished;
}

RestartStage last_stage(const RestartStep& step) {
    REQUIRE(step.progress.size() == 1);
    return step.progress.front().stage;
}

/// A machine whose stop was accepted and that has asked how the process is.
RestartMachine stopping_machine() {
    RestartMachine machine(request);
    REQUIRE(asks(machine.begin(), Ask::info));
    REQUIRE(asks(machine.on_info(info(ProcessState::running, 100), start), Ask::stop));
    REQUIRE(asks(machine.on_command(true, start), Ask::info));
    return machine;
}

/// A machine that has asked to start the process again.
RestartMachine starting_machine() {
    auto machine = stopping_machine();
    REQUIRE(asks(machine.on_info(info(ProcessState::stopped, 0), start), Ask::start));
    return machine;
}

}  // namespace

TEST_CASE("a restart verifies, stops, waits until it is down, starts and waits until it is up") {
    RestartMachine machine(request);
    CHECK(asks(machine.begin(), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::running, 100), start), Ask::stop));
    CHECK(asks(machine.on_command(true, start), Ask::info));

    auto step = machine.on_info(info(ProcessState::stopping, 100), start);
    CHECK_FALSE(step.ask);
    REQUIRE(step.wake_at);
    CHECK(*step.wake_at > start);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::stopped, 0), start), Ask::start));
    CHECK(asks(machine.on_command(true, start), Ask::info));
    step = machine.on_info(info(ProcessState::starting, 200, 5'001), start);
    CHECK(step.wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    step = machine.on_info(info(ProcessState::running, 200, 5'001), start);
    CHECK(step.finished);
    CHECK(last_stage(step) == RestartStage::restarted);
    CHECK(step.progress.front().detail == "pid 200");
}

TEST_CASE("a process that is no longer the judged one is spared") {
    for (const auto& now : {info(ProcessState::running, 101), info(ProcessState::running, 100, 5'001),
                            info(ProcessState::stopping, 100), info(ProcessState::exited, 0),
                            info(ProcessState::stopped, 0), info(ProcessState::backoff, 0)}) {
        RestartMachine machine(request);
        static_cast<void>(machine.begin());
        const auto step = machine.on_info(now, start);
        CHECK(step.finished);
        CHECK(last_stage(step) == RestartStage::spared);
    }
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    CHECK(last_stage(machine.on_info(fault_of(fault::bad_name), start)) == RestartStage::spared);
}

TEST_CASE("nothing is touched when supervisord cannot be asked first") {
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    const auto step = machine.on_info(silence, start);
    CHECK(step.finished);
    CHECK(last_stage(step) == RestartStage::stop_failed);
}

TEST_CASE("a refused stop ends the restart") {
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    const auto step = machine.on_command(fault_of(fault::failed, "no permission"), start);
    CHECK(step.finished);
    CHECK(last_stage(step) == RestartStage::stop_failed);
    CHECK(step.progress.front().detail == "no permission");
}

TEST_CASE("a process that ended by itself before the stop is started all the same") {
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    CHECK(asks(machine.on_command(fault_of(fault::not_running), start), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::exited, 0), start), Ask::start));
}

TEST_CASE("a stop whose answer was lost is looked after, and asked for again only if it never arrived") {
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    CHECK(machine.on_command(silence, start).wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::running, 100), start), Ask::stop));
    CHECK(asks(machine.on_command(true, start), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::stopped, 0), start), Ask::start));
}

TEST_CASE("a stop supervisord never acts on is given up") {
    auto machine = stopping_machine();
    CHECK(asks(machine.on_info(info(ProcessState::running, 100), start), Ask::stop));
    static_cast<void>(machine.on_command(true, start));
    CHECK(asks(machine.on_info(info(ProcessState::running, 100), start), Ask::stop));
    static_cast<void>(machine.on_command(true, start));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 100), start)) == RestartStage::stop_failed);
}

TEST_CASE("a slow stop is said once, and waited for however long it takes") {
    auto machine = stopping_machine();
    int said = 0;
    SteadyTime now = start;
    for (int i = 0; i < 5'000; ++i) {
        const auto step = machine.on_info(info(ProcessState::stopping, 100), now);
        REQUIRE(step.wake_at);
        REQUIRE(*step.wake_at - now <= Duration{1'000});
        said += static_cast<int>(step.progress.size());
        now = *step.wake_at;
        REQUIRE(asks(machine.on_wake(), Ask::info));
    }
    CHECK(said == 1);
    CHECK(asks(machine.on_info(info(ProcessState::stopped, 0), now), Ask::start));
}

TEST_CASE("a failed start is said and tried again until it works") {
    auto machine = starting_machine();
    const auto step = machine.on_command(fault_of(fault::no_file, "NO_FILE: /bin/web"), start);
    CHECK_FALSE(step.finished);
    CHECK(last_stage(step) == RestartStage::start_failed);
    REQUIRE(step.wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::stopped, 0), *step.wake_at), Ask::start));
    CHECK(asks(machine.on_command(true, *step.wake_at), Ask::info));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 200, 5'003), *step.wake_at)) ==
          RestartStage::restarted);
}

TEST_CASE("a start that fails for good is given up after many tries, and tells what to do") {
    auto machine = starting_machine();
    SteadyTime now = start;
    int tries = 0;
    for (;; ++tries) {
        REQUIRE(tries < 100);
        const auto step = machine.on_command(fault_of(fault::no_file, "NO_FILE"), now);
        if (step.finished) {
            CHECK(last_stage(step) == RestartStage::abandoned);
            CHECK(step.progress.front().detail.find("supervisorctl start web:web") != std::string::npos);
            break;
        }
        now = *step.wake_at;
        REQUIRE(asks(machine.on_wake(), Ask::info));
        REQUIRE(asks(machine.on_info(info(ProcessState::stopped, 0), now), Ask::start));
    }
    CHECK(tries >= 10);
    CHECK(now - start > std::chrono::minutes(5));
}

TEST_CASE("BACKOFF is waited through, FATAL is a failed start") {
    auto machine = starting_machine();
    static_cast<void>(machine.on_command(true, start));
    CHECK(machine.on_info(info(ProcessState::backoff, 0), start).wake_at);
    static_cast<void>(machine.on_wake());
    auto fatal = info(ProcessState::fatal, 0);
    fatal.spawn_error = "Exited too quickly (process log may have details)";
    const auto step = machine.on_info(fatal, start);
    CHECK(last_stage(step) == RestartStage::start_failed);
    CHECK(step.progress.front().detail.find("Exited too quickly") != std::string::npos);
    static_cast<void>(machine.on_wake());
    CHECK(asks(machine.on_info(fatal, start), Ask::start));
}

TEST_CASE("ALREADY_STARTED is success") {
    auto machine = starting_machine();
    CHECK(asks(machine.on_command(fault_of(fault::already_started), start), Ask::info));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 300, 5'002), start)) ==
          RestartStage::restarted);
}

TEST_CASE("a program that exits at once after its start counts as restarted") {
    auto machine = starting_machine();
    static_cast<void>(machine.on_command(true, start));
    CHECK(last_stage(machine.on_info(info(ProcessState::exited, 0), start)) == RestartStage::restarted);
}

TEST_CASE("a process somebody stops while it starts is left alone") {
    auto machine = starting_machine();
    static_cast<void>(machine.on_command(true, start));
    const auto step = machine.on_info(info(ProcessState::stopped, 0), start);
    CHECK(step.finished);
    CHECK(last_stage(step) == RestartStage::abandoned);
}

TEST_CASE("a start whose answer was lost is looked after") {
    auto machine = starting_machine();
    CHECK(machine.on_command(silence, start).wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(machine.on_info(info(ProcessState::starting, 200, 5'001), start).wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 200, 5'001), start)) ==
          RestartStage::restarted);
}

TEST_CASE("a supervisord that stays away for a minute ends the wait") {
    auto machine = stopping_machine();
    SteadyTime now = start;
    for (int i = 0;; ++i) {
        REQUIRE(i < 1'000);
        const auto step = machine.on_info(silence, now);
        if (step.finished) {
            CHECK(last_stage(step) == RestartStage::abandoned);
            break;
        }
        now = *step.wake_at;
        static_cast<void>(machine.on_wake());
    }
    CHECK(now - start >= std::chrono::minutes(1));
}

TEST_CASE("a supervisord that is shutting down is not fought, and is no failure") {
    const auto shutdown = fault_of(fault::shutdown_state, "SHUTDOWN_STATE");
    auto starting = starting_machine();
    CHECK(last_stage(starting.on_command(shutdown, start)) == RestartStage::spared);
    auto stopping = stopping_machine();
    CHECK(last_stage(stopping.on_info(shutdown, start)) == RestartStage::spared);
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    CHECK(last_stage(machine.on_command(shutdown, start)) == RestartStage::spared);
}

TEST_CASE("in a hurry no stop is begun, and what is down is started but not watched") {
    RestartMachine machine(request);
    static_cast<void>(machine.begin());
    machine.hurry();
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 100), start)) == RestartStage::spared);

    auto down = starting_machine();
    down.hurry();
    const auto step = down.on_command(true, start);
    CHECK(step.finished);
    CHECK(last_stage(step) == RestartStage::restarted);
}
