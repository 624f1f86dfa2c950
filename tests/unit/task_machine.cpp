#include <keenlance/control/task_machine.hpp>
#include <keenlance/core/supervisor_api.hpp>

#include <support/catch.hpp>

namespace task_machine_test {

using namespace keenlance;
using control::Ask;
using control::TaskMachine;
using control::TaskStep;

namespace {

const Namespec web{"web", "web"};
/// startsecs=0: the first look comes at once.
Task restart_of_judged() {
    Task task{web};
    task.judged = Incarnation{100, 5'000};
    task.start_seconds = Duration{0};
    return task;
}
const Task request = restart_of_judged();
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

bool asks(const TaskStep& step, Ask question) {
    return step.ask == question && !step.finished;
}

TaskStage last_stage(const TaskStep& step) {
    REQUIRE(step.progress.size() == 1);
    return step.progress.front().stage;
}

/// A machine whose stop was accepted and that has asked how the process is.
TaskMachine stopping_machine() {
    TaskMachine machine(request);
    REQUIRE(asks(machine.begin(start), Ask::info));
    REQUIRE(asks(machine.on_info(info(ProcessState::running, 100), start), Ask::stop));
    REQUIRE(asks(machine.on_command(true, start), Ask::info));
    return machine;
}

/// A machine that has asked to start the process again.
TaskMachine starting_machine() {
    auto machine = stopping_machine();
    REQUIRE(asks(machine.on_info(info(ProcessState::stopped, 0), start), Ask::start));
    return machine;
}

}  // namespace

TEST_CASE("a restart verifies, stops, waits until it is down, starts and waits until it is up") {
    TaskMachine machine(request);
    CHECK(asks(machine.begin(start), Ask::info));
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
    CHECK(last_stage(step) == TaskStage::reached);
    CHECK(step.progress.front().detail == "pid 200");
}

TEST_CASE("a process that is no longer the judged one is spared") {
    for (const auto& now : {info(ProcessState::running, 101), info(ProcessState::running, 100, 5'001),
                            info(ProcessState::stopping, 100), info(ProcessState::exited, 0),
                            info(ProcessState::stopped, 0), info(ProcessState::backoff, 0)}) {
        TaskMachine machine(request);
        static_cast<void>(machine.begin(start));
        const auto step = machine.on_info(now, start);
        CHECK(step.finished);
        CHECK(last_stage(step) == TaskStage::spared);
    }
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
    CHECK(last_stage(machine.on_info(fault_of(fault::bad_name), start)) == TaskStage::spared);
}

TEST_CASE("nothing is touched when supervisord cannot be asked first") {
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
    const auto step = machine.on_info(silence, start);
    CHECK(step.finished);
    CHECK(last_stage(step) == TaskStage::stop_failed);
}

TEST_CASE("a refused stop ends the restart") {
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    const auto step = machine.on_command(fault_of(fault::failed, "no permission"), start);
    CHECK(step.finished);
    CHECK(last_stage(step) == TaskStage::stop_failed);
    CHECK(step.progress.front().detail == "no permission");
}

TEST_CASE("a process that ended by itself before the stop is started all the same") {
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    CHECK(asks(machine.on_command(fault_of(fault::not_running), start), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::exited, 0), start), Ask::start));
}

TEST_CASE("a stop whose answer was lost is looked after, and asked for again only if it never arrived") {
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
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
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 100), start)) == TaskStage::stop_failed);
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
    CHECK(last_stage(step) == TaskStage::start_failed);
    REQUIRE(step.wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(asks(machine.on_info(info(ProcessState::stopped, 0), *step.wake_at), Ask::start));
    CHECK(asks(machine.on_command(true, *step.wake_at), Ask::info));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 200, 5'003), *step.wake_at)) ==
          TaskStage::reached);
}

TEST_CASE("a start that fails for good is given up after many tries, and tells what to do") {
    auto machine = starting_machine();
    SteadyTime now = start;
    int tries = 0;
    for (;; ++tries) {
        REQUIRE(tries < 100);
        const auto step = machine.on_command(fault_of(fault::no_file, "NO_FILE"), now);
        if (step.finished) {
            CHECK(last_stage(step) == TaskStage::abandoned);
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
    CHECK(last_stage(step) == TaskStage::start_failed);
    CHECK(step.progress.front().detail.find("Exited too quickly") != std::string::npos);
    static_cast<void>(machine.on_wake());
    CHECK(asks(machine.on_info(fatal, start), Ask::start));
}

TEST_CASE("ALREADY_STARTED is success") {
    auto machine = starting_machine();
    CHECK(asks(machine.on_command(fault_of(fault::already_started), start), Ask::info));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 300, 5'002), start)) == TaskStage::reached);
}

TEST_CASE("a program that exits at once after its start counts as restarted") {
    auto machine = starting_machine();
    static_cast<void>(machine.on_command(true, start));
    CHECK(last_stage(machine.on_info(info(ProcessState::exited, 0), start)) == TaskStage::reached);
}

TEST_CASE("a process somebody stops while it starts is left alone") {
    auto machine = starting_machine();
    static_cast<void>(machine.on_command(true, start));
    const auto step = machine.on_info(info(ProcessState::stopped, 0), start);
    CHECK(step.finished);
    CHECK(last_stage(step) == TaskStage::abandoned);
}

TEST_CASE("a start whose answer was lost is looked after") {
    auto machine = starting_machine();
    CHECK(machine.on_command(silence, start).wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(machine.on_info(info(ProcessState::starting, 200, 5'001), start).wake_at);
    CHECK(asks(machine.on_wake(), Ask::info));
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 200, 5'001), start)) == TaskStage::reached);
}

TEST_CASE("a supervisord that stays away for a minute ends the wait") {
    auto machine = stopping_machine();
    SteadyTime now = start;
    for (int i = 0;; ++i) {
        REQUIRE(i < 1'000);
        const auto step = machine.on_info(silence, now);
        if (step.finished) {
            CHECK(last_stage(step) == TaskStage::abandoned);
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
    CHECK(last_stage(starting.on_command(shutdown, start)) == TaskStage::spared);
    auto stopping = stopping_machine();
    CHECK(last_stage(stopping.on_info(shutdown, start)) == TaskStage::spared);
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
    static_cast<void>(machine.on_info(info(ProcessState::running, 100), start));
    CHECK(last_stage(machine.on_command(shutdown, start)) == TaskStage::spared);
}

TEST_CASE("in a hurry no stop is begun, and what is down is started but not watched") {
    TaskMachine machine(request);
    static_cast<void>(machine.begin(start));
    machine.hurry();
    CHECK(last_stage(machine.on_info(info(ProcessState::running, 100), start)) == TaskStage::spared);

    auto down = starting_machine();
    down.hurry();
    const auto step = down.on_command(true, start);
    CHECK(step.finished);
    CHECK(last_stage(step) == TaskStage::reached);
}

namespace {

Task plain(Goal goal) {
    Task task{web, goal};
    task.persistence = Persistence::once;
    return task;
}

Task known(Goal goal, ProcessInfo as_listed) {
    Task task = plain(goal);
    task.known = std::move(as_listed);
    return task;
}

}  // namespace

TEST_CASE("what is there already takes no command") {
    TaskMachine up(known(Goal::running, info(ProcessState::running, 7)));
    CHECK(last_stage(up.begin(start)) == TaskStage::already);
    TaskMachine down(known(Goal::stopped, info(ProcessState::exited, 0)));
    CHECK(last_stage(down.begin(start)) == TaskStage::already);
}

TEST_CASE("a start looks when startsecs are over, or after a second, for it may die before") {
    auto task = known(Goal::running, info(ProcessState::stopped, 0));
    task.start_seconds = Duration{2'500};
    TaskMachine machine(task);
    REQUIRE(asks(machine.begin(start), Ask::start));
    auto step = machine.on_command(true, start);
    CHECK(step.wake_at == start + Duration{1'000});
    REQUIRE(asks(machine.on_wake(), Ask::info));
    step = machine.on_info(info(ProcessState::starting, 8), start + Duration{1'000});
    CHECK(step.wake_at == start + Duration{2'000});
    step = machine.on_info(info(ProcessState::starting, 8), start + Duration{2'000});
    CHECK(step.wake_at == start + Duration{2'445});
    step = machine.on_info(info(ProcessState::starting, 8), start + Duration{2'445});
    CHECK(step.wake_at == start + Duration{2'505});
    step = machine.on_info(info(ProcessState::running, 8), start + Duration{2'505});
    CHECK(last_stage(step) == TaskStage::reached);
}

TEST_CASE("a stop ends when the process is down, a restart then starts it at once") {
    TaskMachine stop(known(Goal::stopped, info(ProcessState::running, 7)));
    REQUIRE(asks(stop.begin(start), Ask::stop));
    REQUIRE(asks(stop.on_command(true, start), Ask::info));
    CHECK(last_stage(stop.on_info(info(ProcessState::stopped, 0), start)) == TaskStage::reached);

    TaskMachine restart(known(Goal::restarted, info(ProcessState::running, 7)));
    REQUIRE(asks(restart.begin(start), Ask::stop));
    REQUIRE(asks(restart.on_command(true, start), Ask::info));
    const auto step = restart.on_info(info(ProcessState::stopped, 0), start);
    CHECK(asks(step, Ask::start));
    CHECK(last_stage(step) == TaskStage::stopped);
}

TEST_CASE("a restart starts what was down") {
    TaskMachine machine(known(Goal::restarted, info(ProcessState::fatal, 0)));
    CHECK(asks(machine.begin(start), Ask::start));
}

TEST_CASE("what is STOPPING already is waited for, and started after if that is asked") {
    TaskMachine machine(known(Goal::running, info(ProcessState::stopping, 7)));
    CHECK(machine.begin(start).wake_at);
    CHECK(asks(machine.on_info(info(ProcessState::stopped, 0), start), Ask::start));
}

TEST_CASE("a start that is not to be persistent ends with FATAL and says why") {
    TaskMachine machine(known(Goal::running, info(ProcessState::stopped, 0)));
    REQUIRE(asks(machine.begin(start), Ask::start));
    REQUIRE(machine.on_command(true, start).wake_at);
    auto fatal = info(ProcessState::fatal, 0);
    fatal.spawn_error = "can't find command";
    const auto step = machine.on_info(fatal, start);
    CHECK(step.finished);
    CHECK(last_stage(step) == TaskStage::abandoned);
    CHECK(step.progress.front().detail == "it went FATAL: can't find command");
}

TEST_CASE("BACKOFF is told once and waited through, or is the end") {
    const auto how = GENERATE(OnBackoff::wait, OnBackoff::give_up);
    auto task = known(Goal::running, info(ProcessState::stopped, 0));
    task.on_backoff = how;
    TaskMachine machine(task);
    REQUIRE(asks(machine.begin(start), Ask::start));
    REQUIRE(machine.on_command(true, start).wake_at);
    const auto step = machine.on_info(info(ProcessState::backoff, 0), start);
    CHECK(step.finished == (how == OnBackoff::give_up));
    CHECK(last_stage(step) == (how == OnBackoff::wait ? TaskStage::backoff : TaskStage::abandoned));
    if (how == OnBackoff::wait)
        CHECK(machine.on_info(info(ProcessState::backoff, 0), start).progress.empty());
}

TEST_CASE("a task ends at its limit and says in which state") {
    auto task = known(Goal::stopped, info(ProcessState::running, 7));
    task.limit = Duration{30'000};
    TaskMachine machine(task);
    REQUIRE(asks(machine.begin(start), Ask::stop));
    REQUIRE(asks(machine.on_command(true, start), Ask::info));
    CHECK(machine.on_info(info(ProcessState::stopping, 7), start + Duration{29'000}).wake_at);
    const auto step = machine.on_info(info(ProcessState::stopping, 7), start + Duration{30'000});
    CHECK(last_stage(step) == TaskStage::abandoned);
    CHECK(step.progress.front().detail == "still STOPPING after 30 s");
}

TEST_CASE("without a wait, the acceptance of the last command is the end") {
    auto task = known(Goal::restarted, info(ProcessState::running, 7));
    task.watch = Watch::until_accepted;
    TaskMachine machine(task);
    REQUIRE(asks(machine.begin(start), Ask::stop));
    REQUIRE(asks(machine.on_command(true, start), Ask::info));
    REQUIRE(asks(machine.on_info(info(ProcessState::stopped, 0), start), Ask::start));
    CHECK(last_stage(machine.on_command(true, start)) == TaskStage::reached);
}

}  // namespace task_machine_test
