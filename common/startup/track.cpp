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
    if (info.start == 0 && info.state == ProcessState::stopped)
        return;  // never started, or older than what is known
    state_ = info.state;
    const bool ends = info.state == ProcessState::stopped || info.state == ProcessState::stopping;
    if (!ends || (start_ != 0 && start_ != info.start)) stopped_in_start_ = false;
    pid_ = info.pid;
    start_ = info.start;
    spawn_error_ = info.spawn_error;
    started_ = true;
    reach(info.state);
    reach(ProcessState::starting);
    const bool at_once = program.start_seconds.count() == 0;
    if (ends && !stopped_in_start_) {
        const auto end = info.state == ProcessState::stopped ? info.stop : info.now;
        if (at_once || std::chrono::seconds(end - info.start) > program.start_seconds)
            reach(ProcessState::running);
    }
    if (info.state == ProcessState::fatal) reach(ProcessState::backoff);
    const bool runs_again = info.state == ProcessState::running || info.state == ProcessState::starting;
    if (at_once && runs_again && info.stop > 0) {
        // With startsecs=0 every end is an exit. How it was nobody tells: supervisord forgets it with the new
        // spawn.
        reach(ProcessState::running);
        reach(ProcessState::exited);
    }
    if (info.state == ProcessState::exited) {
        reach(ProcessState::running);
        statuses_.insert(info.exit_status);
        last_status_ = info.exit_status;
        const auto& codes = program.exit_codes;
        judge_exit(std::ranges::find(codes, info.exit_status) != codes.end());
        // Times are whole seconds: two ends within one count once, but how the last one was is told all the
        // same.
        if (!lacks_status_ && (stop_ == 0 || stop_ != info.stop)) count_exit();
    }
    if (info.state == ProcessState::exited || runs_again) lacks_status_ = false;
    stop_ = info.stop;
}

void Track::learn(const ProcessStateChange& change, const Program& program) {
    state_ = change.to;
    started_ = true;
    if (change.pid && pid_ != *change.pid) {
        pid_ = *change.pid;
        start_ = 0;
    }
    if (change.to == ProcessState::starting) stopped_in_start_ = false;
    if (change.to == ProcessState::stopping) stopped_in_start_ = change.from == ProcessState::starting;
    if (change.from != ProcessState::unknown) reach(change.from);
    reach(change.to);
    if (change.to != ProcessState::exited) return;
    reach(ProcessState::running);
    last_status_.reset();
    const bool expected = change.expected.value_or(true);
    judge_exit(expected);
    count_exit();
    lacks_status_ = !expected || program.exit_codes.size() != 1;
    if (lacks_status_) return;
    last_status_ = program.exit_codes.front();
    statuses_.insert(*last_status_);
}

void Track::judge_exit(bool expected) {
    expected_exit_ = expected_exit_ || expected;
    last_exit_wrong_ = !expected;
}

void Track::count_exit() {
    ++exits_;
    if (last_exit_wrong_) ++wrong_exits_;
}

void Track::forget_reached() {
    reached_ = bit(state_);
    statuses_.clear();
    expected_exit_ = last_exit_wrong_ = false;
    exits_ = wrong_exits_ = 0;
}

bool Track::has_met(const StateGoal& goal) const {
    if (!has_reached(goal.state)) return false;
    if (goal.state != ProcessState::exited) return true;
    if (goal.exit == StateGoal::Exit::expected) return expected_exit_;
    if (goal.exit == StateGoal::Exit::status) return statuses_.contains(goal.status);
    return true;
}

}  // namespace keenlance::startup
