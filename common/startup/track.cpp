#include <keenlance/startup/track.hpp>

#include <algorithm>

namespace keenlance::startup {

std::uint32_t Track::bit(ProcessState state) {
    switch (state) {
        case ProcessState::stopped:
            return 1U << 0U;
        case ProcessState::starting:
            return 1U << 1U;
        case ProcessState::running:
            return 1U << 2U;
        case ProcessState::backoff:
            return 1U << 3U;
        case ProcessState::stopping:
            return 1U << 4U;
        case ProcessState::exited:
            return 1U << 5U;
        case ProcessState::fatal:
            return 1U << 6U;
        case ProcessState::unknown:
            break;
    }
    return 1U << 7U;
}

void Track::learn(const ProcessInfo& info, const Program& program) {
    const bool told_by_event = lacks_status_;
    state_ = info.state;
    pid_ = info.pid;
    start_ = info.start;
    spawn_error_ = info.spawn_error;
    if (info.start == 0 && info.state == ProcessState::stopped) return;  // never started
    started_ = true;
    reach(info.state);
    reach(ProcessState::starting);
    const bool at_once = program.start_seconds.count() == 0;
    if (info.state == ProcessState::exited) reach(ProcessState::running);
    if (info.state == ProcessState::stopped || info.state == ProcessState::stopping) {
        const auto end = info.state == ProcessState::stopped ? info.stop : info.now;
        if (at_once || std::chrono::seconds(end - info.start) > program.start_seconds)
            reach(ProcessState::running);
    }
    if (info.state == ProcessState::fatal) reach(ProcessState::backoff);
    const bool expected = std::ranges::find(program.exit_codes, info.exit_status) != program.exit_codes.end();
    if (told_by_event && expected != last_exit_wrong_ &&
        (info.state == ProcessState::running || info.state == ProcessState::starting)) {
        // supervisord has started it again since; the status still is that of the last end.
        statuses_.insert(info.exit_status);
        last_status_ = info.exit_status;
        lacks_status_ = false;
    }
    const bool ended_between = at_once && info.stop > 0 && info.stop != stop_ &&
                               (info.state == ProcessState::running || info.state == ProcessState::starting);
    if (info.state == ProcessState::exited || ended_between) {
        const bool counted = told_by_event || (stop_ != 0 && stop_ == info.stop);
        reach(ProcessState::running);
        reach(ProcessState::exited);
        statuses_.insert(info.exit_status);
        last_status_ = info.exit_status;
        if (!counted) count_exit(expected);
        lacks_status_ = false;
    }
    stop_ = info.stop;
}

void Track::learn(const ProcessStateChange& change) {
    state_ = change.to;
    started_ = true;
    if (change.pid && pid_ != *change.pid) {
        pid_ = *change.pid;
        start_ = 0;
    }
    if (change.from != ProcessState::unknown) reach(change.from);
    reach(change.to);
    if (change.to != ProcessState::exited) return;
    reach(ProcessState::running);
    lacks_status_ = true;
    last_status_.reset();
    count_exit(change.expected.value_or(true));
}

void Track::count_exit(bool expected) {
    expected_exit_ = expected_exit_ || expected;
    last_exit_wrong_ = !expected;
    if (!expected) ++wrong_exits_;
}

void Track::forget_reached() {
    reached_ = bit(state_);
    statuses_.clear();
    expected_exit_ = last_exit_wrong_ = false;
    wrong_exits_ = 0;
}

bool Track::has_met(const StateGoal& goal) const {
    if (!has_reached(goal.state)) return false;
    if (goal.state != ProcessState::exited) return true;
    if (goal.exit == StateGoal::Exit::expected) return expected_exit_;
    if (goal.exit == StateGoal::Exit::status) return statuses_.contains(goal.status);
    return true;
}

}  // namespace keenlance::startup
