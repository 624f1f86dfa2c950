// What an ordered start knows of one process (startup/track).

#include <keenlance/startup/track.hpp>

#include <support/catch.hpp>

namespace track_test {

using keenlance::ProcessInfo;
using keenlance::ProcessState;
using keenlance::ProcessStateChange;
using keenlance::startup::Program;
using keenlance::startup::StateGoal;
using keenlance::startup::Track;

namespace {

ProcessInfo seen(ProcessState state, std::int64_t stop, int exit_status = 0) {
    ProcessInfo info;
    info.state = state;
    info.start = 1'000;
    info.stop = stop;
    info.now = 1'000;
    info.exit_status = exit_status;
    return info;
}

ProcessStateChange moved(ProcessState from, ProcessState to, int pid) {
    ProcessStateChange change;
    change.from = from;
    change.to = to;
    change.pid = pid;
    return change;
}

Program job() {
    Program program;
    program.start_seconds = std::chrono::seconds(0);
    program.exit_codes = {0};
    return program;
}

}  // namespace

TEST_CASE("a wrong exit within the second of the one before is a wrong exit", "[track]") {
    Track track;
    const auto program = job();
    track.learn(seen(ProcessState::running, 1'000), program);  // its first end was not seen
    track.learn(seen(ProcessState::exited, 1'000, 1), program);
    CHECK(track.exited_wrongly());
    CHECK(track.last_exit_status() == 1);
    CHECK_FALSE(
        track.has_met({.state = ProcessState::exited, .exit = StateGoal::Exit::expected, .status = 0}));

    track.learn(seen(ProcessState::running, 1'000), program);
    track.learn(seen(ProcessState::exited, 1'000, 0), program);
    CHECK_FALSE(track.exited_wrongly());
    CHECK(track.has_met({.state = ProcessState::exited, .exit = StateGoal::Exit::expected, .status = 0}));
}

TEST_CASE("an end that is seen twice counts once", "[track]") {
    Track track;
    const auto program = job();
    track.learn(seen(ProcessState::exited, 1'000, 1), program);
    track.learn(seen(ProcessState::exited, 1'000, 1), program);
    CHECK(track.exits() == 1);
    CHECK(track.wrong_exits() == 1);
    track.learn(seen(ProcessState::exited, 1'001, 1), program);
    CHECK(track.wrong_exits() == 2);
}

TEST_CASE("one that is slow to obey a stop in its start has not been RUNNING", "[track]") {
    Program program;
    program.start_seconds = std::chrono::seconds(1);
    Track track;
    track.learn(moved(ProcessState::stopped, ProcessState::starting, 7), program);
    track.learn(moved(ProcessState::starting, ProcessState::stopping, 7), program);
    auto info = seen(ProcessState::stopping, 0);
    info.now = 1'005;
    track.learn(info, program);
    CHECK_FALSE(track.has_reached(ProcessState::running));
    track.learn(seen(ProcessState::stopped, 1'010), program);
    CHECK_FALSE(track.has_reached(ProcessState::running));

    // The next life is another matter.
    track.learn(moved(ProcessState::stopped, ProcessState::starting, 8), program);
    info.start = 1'020;
    info.now = 1'025;
    track.learn(info, program);
    CHECK(track.has_reached(ProcessState::running));
}

}  // namespace track_test
