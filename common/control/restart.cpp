#include <keenlance/control/restart.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/supervisor_api.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keenlance::control {

namespace {

constexpr Duration first_poll{20};
constexpr Duration slowest_poll{
    300};  // supervisord acts on what it sees only after it has answered: the next call tells
constexpr Duration between_attempts{1'000};  // while supervisord does not answer
constexpr Duration slow_stop{15'000};  // longer than the default stopwaitsecs, after which supervisord kills
constexpr Duration unreachable_limit{60'000};
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

RestartStep RestartMachine::begin() {
    return ask(Phase::verify, Ask::info);
}

RestartStep RestartMachine::ask(Phase phase, Ask question) {
    phase_ = phase;
    return {question, std::nullopt, {}, false};
}

RestartStep RestartMachine::wait(Phase phase, SteadyTime now, Duration delay) {
    phase_ = phase;
    return {std::nullopt, now + delay, {}, false};
}

RestartStep RestartMachine::poll(Phase phase, SteadyTime now) {
    if (phase_ != phase || poll_delay_ == Duration{}) {
        phase_began_ = now;
        poll_delay_ = first_poll;
    } else {
        poll_delay_ = std::min(poll_delay_ * 2, slowest_poll);
    }
    return wait(phase, now, poll_delay_);
}

RestartStep RestartMachine::end(RestartStage stage, std::string detail) {
    return {std::nullopt, std::nullopt, {{request_.id, stage, std::move(detail)}}, true};
}

RestartStep RestartMachine::on_wake() {
    return ask(phase_, Ask::info);
}

RestartStep RestartMachine::on_info(const Result<ProcessInfo>& info, SteadyTime now) {
    if (phase_ == Phase::verify) return verify(info);
    if (!info) {
        if (is_fault(info.error(), fault::bad_name))
            return end(RestartStage::abandoned, "it is no longer configured");
        return unreachable(info.error(), now);
    }
    unreachable_since_.reset();
    if (phase_ == Phase::stopping) return watch_stopping(*info, now);
    return watch_starting(*info, now);
}

RestartStep RestartMachine::on_command(const Result<bool>& answer, SteadyTime now) {
    return phase_ == Phase::stop ? after_stop(answer, now) : after_start(answer, now);
}

RestartStep RestartMachine::verify(const Result<ProcessInfo>& info) {
    if (hurried_) return end(RestartStage::spared, "this listener is ending");
    if (!info) {
        if (is_fault(info.error(), fault::bad_name))
            return end(RestartStage::spared, "it is no longer configured");
        if (is_fault(info.error(), fault::shutdown_state))
            return end(RestartStage::spared, std::string(shutting_down));
        return end(RestartStage::stop_failed, info.error().message);
    }
    if (info->state != ProcessState::running && info->state != ProcessState::starting)
        return end(RestartStage::spared, fmt::format("it is {} meanwhile", to_string(info->state)));
    if (info->pid != request_.judged.pid || info->start != request_.judged.start) {
        return end(RestartStage::spared, fmt::format("it is another process meanwhile: pid {}, no longer {}",
                                                     info->pid, request_.judged.pid));
    }
    ++stops_asked_;
    return ask(Phase::stop, Ask::stop);
}

RestartStep RestartMachine::after_stop(const Result<bool>& answer, SteadyTime now) {
    if (answer || is_fault(answer.error(), fault::not_running)) {
        poll_delay_ = Duration{};
        phase_began_ = now;
        return ask(Phase::stopping, Ask::info);
    }
    if (is_fault(answer.error(), fault::shutdown_state))
        return end(RestartStage::spared, std::string(shutting_down));
    if (answer.error().kind == ErrorKind::fault)
        return end(RestartStage::stop_failed, answer.error().message);
    // Whether the stop arrived is unknown: look.
    phase_ = Phase::stopping;
    return unreachable(answer.error(), now);
}

RestartStep RestartMachine::watch_stopping(const ProcessInfo& info, SteadyTime now) {
    if (is_stopped(info.state) || info.state == ProcessState::backoff) return ask(Phase::start, Ask::start);
    if (info.state == ProcessState::stopping) {
        auto step = poll(Phase::stopping, now);
        if (!said_slow_ && now - phase_began_ >= slow_stop) {
            said_slow_ = true;
            step.progress.push_back(
                {request_.id, RestartStage::stopping,
                 "it is still stopping; supervisord kills it after its stopwaitsecs, and it is "
                 "started when it is down"});
        }
        return step;
    }
    // RUNNING or STARTING: another life has begun already, or the stop never arrived.
    if (info.pid != request_.judged.pid || info.start != request_.judged.start) {
        start_accepted_ = true;
        return watch_starting(info, now);
    }
    if (stops_asked_ >= most_stops_asked)
        return end(RestartStage::stop_failed, "supervisord did not act on the stop");
    ++stops_asked_;
    return ask(Phase::stop, Ask::stop);
}

RestartStep RestartMachine::after_start(const Result<bool>& answer, SteadyTime now) {
    if (answer || is_fault(answer.error(), fault::already_started)) {
        start_accepted_ = true;
        unreachable_since_.reset();
        poll_delay_ = Duration{};
        if (hurried_)
            return end(RestartStage::restarted, "started; this listener is ending and does not watch it");
        return ask(Phase::starting, Ask::info);
    }
    if (is_fault(answer.error(), fault::bad_name))
        return end(RestartStage::abandoned, "it is no longer configured");
    if (is_fault(answer.error(), fault::shutdown_state))
        return end(RestartStage::spared, std::string(shutting_down));
    if (answer.error().kind == ErrorKind::fault) return start_failed(answer.error().message, now);
    phase_ = Phase::resting;
    return unreachable(answer.error(), now);
}

RestartStep RestartMachine::watch_starting(const ProcessInfo& info, SteadyTime now) {
    switch (info.state) {
        case ProcessState::running:
            return end(RestartStage::restarted, fmt::format("pid {}", info.pid));
        case ProcessState::exited:
            if (!start_accepted_) return ask(Phase::start, Ask::start);
            return end(RestartStage::restarted,
                       fmt::format("it has already exited again, status {}", info.exit_status));
        case ProcessState::fatal:
            if (phase_ == Phase::resting) return ask(Phase::start, Ask::start);
            return start_failed(why_fatal(info), now);
        case ProcessState::stopped:
        case ProcessState::unknown:
            if (!start_accepted_) return ask(Phase::start, Ask::start);
            return end(RestartStage::abandoned, "somebody else stopped it");
        case ProcessState::starting:
        case ProcessState::backoff:
        case ProcessState::stopping:
            break;
    }
    return poll(Phase::starting, now);
}

RestartStep RestartMachine::start_failed(const std::string& why, SteadyTime now) {
    ++starts_failed_;
    const std::string by_hand = fmt::format("; start it by hand: supervisorctl start {}", request_.id.full());
    if (hurried_) return end(RestartStage::abandoned, why + by_hand);
    if (starts_failed_ >= most_starts)
        return end(RestartStage::abandoned,
                   fmt::format("{}, {} times in a row{}", why, starts_failed_, by_hand));
    const Duration delay = start_delays[std::min(starts_failed_, start_delays.size()) - 1];
    auto step = wait(Phase::resting, now, delay);
    step.progress.push_back({request_.id, RestartStage::start_failed,
                             fmt::format("{}; trying again in {}", why, format_duration(delay))});
    return step;
}

RestartStep RestartMachine::unreachable(const Error& error, SteadyTime now) {
    if (is_fault(error, fault::shutdown_state)) return end(RestartStage::spared, std::string(shutting_down));
    if (!unreachable_since_) unreachable_since_ = now;
    const bool too_long = now - *unreachable_since_ >= unreachable_limit;
    if (error.kind == ErrorKind::unauthorized || too_long || hurried_) {
        return end(RestartStage::abandoned,
                   fmt::format("{}; it may be down: look with supervisorctl status {}", error.message,
                               request_.id.full()));
    }
    return wait(phase_, now, between_attempts);
}

}  // namespace keenlance::control
