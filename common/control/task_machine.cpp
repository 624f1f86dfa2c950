#include <keenlance/control/task_machine.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/supervisor_api.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace keenlance::control {

namespace {

constexpr Duration first_poll{20};
constexpr Duration slowest_poll{
    300};  // supervisord acts on what it sees only after it has answered: the next call tells
constexpr Duration between_attempts{1'000};  // while supervisord does not answer
constexpr Duration slow_stop{15'000};  // longer than the default stopwaitsecs, after which supervisord kills
constexpr Duration unreachable_limit{60'000};
constexpr Duration unreachable_limit_once{5'000};
constexpr Duration longest_wait{1'000};         // a program may die before its startsecs are over
constexpr Duration usual_start_seconds{1'000};  // supervisor's default
constexpr Duration soon{5};
constexpr Duration before_up{60};
constexpr int most_stops_asked = 3;
/// Waiting times before the second, third … start; the last one repeats.
constexpr std::array<Duration, 5> start_delays{Duration{2'000}, Duration{5'000}, Duration{10'000},
                                               Duration{30'000}, Duration{60'000}};
constexpr std::size_t most_starts = 15;  // about ten minutes

bool is_fault(const Error& error, int code) {
    return error.kind == ErrorKind::fault && error.code == code;
}

constexpr std::string_view shutting_down = "supervisord is shutting down";

std::string why_fatal(const ProcessInfo& info) {
    std::string why = fmt::format("it went {}", to_string(info.state));
    if (!info.spawn_error.empty()) why += ": " + info.spawn_error;
    return why;
}

}  // namespace

TaskStep TaskMachine::begin(SteadyTime now) {
    began_ = now;
    if (task_.known) return on_info(*std::exchange(task_.known, std::nullopt), now);
    return ask(Phase::look, Ask::info);
}

TaskStep TaskMachine::ask(Phase phase, Ask question) {
    phase_ = phase;
    return {question, std::nullopt, {}, false};
}

TaskStep TaskMachine::wait(Phase phase, SteadyTime now, Duration delay) {
    phase_ = phase;
    return {std::nullopt, now + delay, {}, false};
}

TaskStep TaskMachine::poll(Phase phase, SteadyTime now) {
    if (phase_ != phase || poll_delay_ == Duration{}) {
        phase_began_ = now;
        poll_delay_ = first_poll;
    } else {
        poll_delay_ = std::min(poll_delay_ * 2, slowest_poll);
    }
    return wait(phase, now, poll_delay_);
}

TaskStep TaskMachine::end(TaskStage stage, std::string detail) {
    return {std::nullopt, std::nullopt, {{task_.id, stage, std::move(detail), state_, pid_}}, true};
}

void TaskMachine::report(TaskStep& step, TaskStage stage, std::string detail) const {
    step.progress.push_back({task_.id, stage, std::move(detail), state_, pid_});
}

void TaskMachine::amend(const Amendment& amendment) {
    task_.start_seconds = amendment.start_seconds;
    task_.stop_limit = amendment.stop_limit;
    task_.start_limit = amendment.start_limit;
}

TaskStep TaskMachine::on_wake() {
    return ask(phase_, Ask::info);
}

/// When it is given up in this phase, if ever.
std::optional<SteadyTime> TaskMachine::end_of_patience() const {
    if (task_.limit) return began_ + *task_.limit;
    const auto& limit = phase_ == Phase::stopping ? task_.stop_limit : task_.start_limit;
    if (!limit || !accepted_at_) return std::nullopt;
    return *accepted_at_ + *limit;
}

/// Ends what would wait past the limit, and has the last look at it.
TaskStep TaskMachine::within_limit(TaskStep step, SteadyTime now) {
    const auto end_at = end_of_patience();
    if (!end_at || !step.wake_at) return step;
    if (now < *end_at) {
        step.wake_at = std::min(*step.wake_at, *end_at);
        return step;
    }
    const auto since = task_.limit ? began_ : *accepted_at_;
    std::string detail = fmt::format("still {} after {}", to_string(state_), format_duration(now - since));
    if (task_.goal == Goal::restarted && phase_ == Phase::stopping)
        detail += "; it stays down then: start it once it has stopped";
    return end(TaskStage::abandoned, std::move(detail));
}

TaskStep TaskMachine::on_info(const Result<ProcessInfo>& info, SteadyTime now) {
    if (info) {
        state_ = info->state;
        pid_ = info->pid;
    }
    return within_limit(after_info(info, now), now);
}

TaskStep TaskMachine::after_info(const Result<ProcessInfo>& info, SteadyTime now) {
    if (phase_ == Phase::look) return look(info, now);
    if (!info) {
        if (is_fault(info.error(), fault::bad_name))
            return end(TaskStage::abandoned, "it is no longer configured");
        return unreachable(info.error(), now);
    }
    unreachable_since_.reset();
    return phase_ == Phase::stopping ? watch_stopping(*info, now) : watch_starting(*info, now);
}

TaskStep TaskMachine::on_command(const Result<bool>& answer, SteadyTime now) {
    return within_limit(phase_ == Phase::stop ? after_stop(answer, now) : after_start(answer, now), now);
}

TaskStep TaskMachine::look(const Result<ProcessInfo>& info, SteadyTime now) {
    if (hurried_ && task_.goal != Goal::running) return end(TaskStage::spared, "this program is ending");
    if (!info) {
        if (is_fault(info.error(), fault::bad_name))
            return end(TaskStage::spared, "it is no longer configured");
        if (is_fault(info.error(), fault::shutdown_state))
            return end(TaskStage::spared, std::string(shutting_down));
        return end(TaskStage::stop_failed, info.error().message);
    }
    if (!task_.judged) return decide(*info, now);
    if (info->state != ProcessState::running && info->state != ProcessState::starting)
        return end(TaskStage::spared, fmt::format("it is {} meanwhile", to_string(info->state)));
    if (info->pid != task_.judged->pid || info->start != task_.judged->start) {
        return end(TaskStage::spared, fmt::format("it is another process meanwhile: pid {}, no longer {}",
                                                  info->pid, task_.judged->pid));
    }
    return stop(*info);
}

/// Whatever runs there is meant.
TaskStep TaskMachine::decide(const ProcessInfo& info, SteadyTime now) {
    accepted_at_ = now;  // what somebody else has asked for
    if (info.state == ProcessState::stopping) return poll(Phase::stopping, now);
    if (task_.goal == Goal::running) {
        if (info.state == ProcessState::running)
            return end(TaskStage::already, fmt::format("pid {}", info.pid));
        if (is_stopped(info.state)) return ask(Phase::start, Ask::start);
        start_accepted_ = true;
        phase_ = Phase::starting;
        return watch_starting(info, now);
    }
    if (!is_stopped(info.state)) return stop(info);
    if (task_.goal == Goal::stopped) return end(TaskStage::already, std::string(to_string(info.state)));
    return ask(Phase::start, Ask::start);
}

TaskStep TaskMachine::stop(const ProcessInfo& info) {
    stopped_life_ = Incarnation{info.pid, info.start};
    ++stops_asked_;
    return ask(Phase::stop, Ask::stop);
}

TaskStep TaskMachine::after_stop(const Result<bool>& answer, SteadyTime now) {
    if (answer || is_fault(answer.error(), fault::not_running)) {
        if (answer) state_ = ProcessState::stopping;
        accepted_at_ = now;
        if (task_.goal == Goal::stopped && task_.watch == Watch::until_accepted)
            return end(TaskStage::reached, "the stop is accepted");
        poll_delay_ = Duration{};
        phase_began_ = now;
        return ask(Phase::stopping, Ask::info);
    }
    if (is_fault(answer.error(), fault::shutdown_state))
        return end(TaskStage::spared, std::string(shutting_down));
    if (answer.error().kind == ErrorKind::fault) return end(TaskStage::stop_failed, answer.error().message);
    // Whether the stop arrived is unknown: look.
    phase_ = Phase::stopping;
    return unreachable(answer.error(), now);
}

bool TaskMachine::is_other_life(const ProcessInfo& info) const {
    return !stopped_life_ || info.pid != stopped_life_->pid || info.start != stopped_life_->start;
}

TaskStep TaskMachine::is_down() {
    if (task_.goal == Goal::stopped) return end(TaskStage::reached, "stopped");
    auto step = ask(Phase::start, Ask::start);
    if (!task_.judged) report(step, TaskStage::stopped, "stopped");
    return step;
}

TaskStep TaskMachine::watch_stopping(const ProcessInfo& info, SteadyTime now) {
    if (is_stopped(info.state)) return is_down();
    if (info.state == ProcessState::backoff && task_.goal != Goal::stopped) return is_down();
    if (info.state == ProcessState::stopping) {
        auto step = poll(Phase::stopping, now);
        if (!said_slow_ && now - phase_began_ >= slow_stop) {
            said_slow_ = true;
            report(step, TaskStage::stopping,
                   task_.goal == Goal::stopped
                       ? "it is still stopping; supervisord kills it after its stopwaitsecs"
                       : "it is still stopping; supervisord kills it after its stopwaitsecs, and it is "
                         "started when it is down");
        }
        return step;
    }
    // RUNNING or STARTING: another life has begun already, or the stop never arrived.
    if (is_other_life(info) && task_.goal != Goal::stopped) {
        start_accepted_ = true;
        return watch_starting(info, now);
    }
    if (stops_asked_ >= most_stops_asked)
        return end(TaskStage::stop_failed, "supervisord did not act on the stop");
    return stop(info);
}

TaskStep TaskMachine::after_start(const Result<bool>& answer, SteadyTime now) {
    if (answer || is_fault(answer.error(), fault::already_started)) {
        start_accepted_ = true;
        unreachable_since_.reset();
        poll_delay_ = Duration{};
        state_ = ProcessState::starting;
        accepted_at_ = now;
        if (task_.watch == Watch::until_accepted) return end(TaskStage::reached, "the start is accepted");
        if (hurried_) return end(TaskStage::reached, "started; this program is ending and does not watch it");
        started_at_ = now;
        // Where startsecs is 0, or may be, it may be there already.
        const bool waits = task_.start_seconds && task_.start_seconds->count() > 0;
        auto step = waits ? wait_for_start(now) : ask(Phase::starting, Ask::info);
        if (!task_.judged) report(step, TaskStage::starting, "the start is accepted");
        return step;
    }
    if (is_fault(answer.error(), fault::bad_name))
        return end(TaskStage::abandoned, "it is no longer configured");
    if (is_fault(answer.error(), fault::shutdown_state))
        return end(TaskStage::spared, std::string(shutting_down));
    if (is_fault(answer.error(), fault::spawn_error)) {  // BACKOFF: supervisord tries again
        start_accepted_ = true;
        accepted_at_ = now;
        return ask(Phase::starting, Ask::info);
    }
    if (answer.error().kind == ErrorKind::fault) return start_failed(answer.error().message, now);
    phase_ = Phase::resting;
    return unreachable(answer.error(), now);
}

/// Until startsecs are over nothing good can be seen, only that it died.
TaskStep TaskMachine::wait_for_start(SteadyTime now) {
    const auto up_at = started_at_.value_or(now) + task_.start_seconds.value_or(usual_start_seconds) + soon;
    if (now >= up_at) return poll(Phase::starting, now);
    poll_delay_ = Duration{};
    // supervisord looks whether startsecs are over before it looks for the dead, and takes one that has died
    // meanwhile for RUNNING; woken just before, it finds it.
    const auto reap_at = up_at - before_up;
    if (now < reap_at) return wait(Phase::starting, now, std::min(reap_at - now, longest_wait));
    return wait(Phase::starting, now, up_at - now);
}

TaskStep TaskMachine::watch_starting(const ProcessInfo& info, SteadyTime now) {
    switch (info.state) {
        case ProcessState::running:
            return end(TaskStage::reached, fmt::format("pid {}", info.pid));
        case ProcessState::exited:
            if (!start_accepted_) return ask(Phase::start, Ask::start);
            return end(TaskStage::reached,
                       fmt::format("it has already exited again, status {}", info.exit_status));
        case ProcessState::fatal:
            if (phase_ == Phase::resting) return ask(Phase::start, Ask::start);
            return start_failed(why_fatal(info), now);
        case ProcessState::stopped:
        case ProcessState::unknown:
            if (!start_accepted_) return ask(Phase::start, Ask::start);
            return end(TaskStage::abandoned, "somebody else stopped it");
        case ProcessState::backoff: {
            if (task_.on_backoff == OnBackoff::give_up)
                return end(TaskStage::abandoned,
                           "BACKOFF" + (info.spawn_error.empty() ? "" : ": " + info.spawn_error));
            started_at_.reset();
            auto step = poll(Phase::starting, now);
            if (!said_backoff_ && !task_.judged) report(step, TaskStage::backoff, info.spawn_error);
            said_backoff_ = true;
            return step;
        }
        case ProcessState::starting:
            said_backoff_ = false;
            if (started_at_) return wait_for_start(now);
            break;
        case ProcessState::stopping:
            break;
    }
    return poll(Phase::starting, now);
}

TaskStep TaskMachine::start_failed(const std::string& why, SteadyTime now) {
    ++starts_failed_;
    if (task_.persistence == Persistence::once) return end(TaskStage::abandoned, why);
    const std::string by_hand = fmt::format("; start it by hand: supervisorctl start {}", task_.id.full());
    if (hurried_) return end(TaskStage::abandoned, why + by_hand);
    if (starts_failed_ >= most_starts)
        return end(TaskStage::abandoned,
                   fmt::format("{}, {} times in a row{}", why, starts_failed_, by_hand));
    const Duration delay = start_delays[std::min(starts_failed_, start_delays.size()) - 1];
    auto step = wait(Phase::resting, now, delay);
    report(step, TaskStage::start_failed, fmt::format("{}; trying again in {}", why, format_duration(delay)));
    return step;
}

TaskStep TaskMachine::unreachable(const Error& error, SteadyTime now) {
    if (is_fault(error, fault::shutdown_state)) return end(TaskStage::spared, std::string(shutting_down));
    if (!unreachable_since_) unreachable_since_ = now;
    const Duration limit =
        task_.persistence == Persistence::once ? unreachable_limit_once : unreachable_limit;
    const bool too_long = now - *unreachable_since_ >= limit;
    if (error.kind == ErrorKind::unauthorized || too_long || hurried_) {
        return end(TaskStage::abandoned, fmt::format("{}; it may be down: look with supervisorctl status {}",
                                                     error.message, task_.id.full()));
    }
    return wait(phase_, now, between_attempts);
}

}  // namespace keenlance::control
