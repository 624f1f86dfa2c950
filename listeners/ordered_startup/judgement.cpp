// What follows from what is known: which programs may start, are there, or have failed.

#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>

#include <algorithm>

namespace keenlance::ordered_startup {

using startup::Dependency;
using startup::OnFailure;
using startup::Starter;
using startup::StateGoal;

namespace {

constexpr Duration patience_for_a_start{10'000};

}  // namespace

void OrderedStartup::judge(std::size_t program) {
    switch (programs_[program].stage) {
        case Stage::waiting:
            return judge_waiting(program);
        case Stage::starting:
        case Stage::failed:
            return judge_starting(program);
        case Stage::reached:
        case Stage::skipped:
            return;
    }
}

void OrderedStartup::judge_waiting(std::size_t program) {
    auto& state = programs_[program];
    const auto& configured = settings_.plan.programs[program];
    const bool begun = std::ranges::all_of(state.processes, [this](std::size_t i) {
        return processes_[i].track.was_started() || processes_[i].asked || processes_[i].accepted;
    });
    if (begun || configured.starter != Starter::plan) {
        if (!begun && configured.starter == Starter::nobody) return;
        state.stage = Stage::starting;
        return judge_starting(program);
    }
    if (std::ranges::any_of(state.processes,
                            [this](std::size_t i) { return !processes_[i].failure.empty(); })) {
        state.stage = Stage::starting;
        return judge_starting(program);
    }
    if (halted_) return skip(program, halt_reason_);
    for (const auto& dependency : configured.waits_for)
        if (const auto culprit = hopeless(dependency)) {
            return skip(program, fmt::format("it waits for {}, but {}", dependency.text(),
                                             programs_[*culprit].stage == Stage::skipped
                                                 ? settings_.plan.programs[*culprit].name + " is not started"
                                                 : settings_.plan.programs[*culprit].name + " has failed"));
        }
    for (const auto& dependency : configured.waits_for)
        if (!dependency_met(dependency)) return;
    state.stage = Stage::starting;
    for (const auto index : state.processes) {
        auto& process = processes_[index];
        if (process.track.was_started() || process.asked || process.accepted) continue;
        process.asked = true;
        to_start_.push_back(index);
    }
}

void OrderedStartup::judge_starting(std::size_t program) {
    auto& state = programs_[program];
    const bool lost = std::ranges::any_of(state.processes, [this](std::size_t index) {
        const auto& process = processes_[index];
        return !process.track.was_started() && !process.asked && !process.accepted && process.failure.empty();
    });
    if (lost && settings_.plan.programs[program].starter == Starter::plan) {
        // A start that never arrived; by the list, which was asked for since.
        if (start_in_doubt_) return;
        state.stage = Stage::waiting;
        return judge_waiting(program);
    }
    std::string failure;
    bool all = true;
    for (const auto index : state.processes) {
        auto& process = processes_[index];
        const bool met = std::ranges::all_of(
            process.goals, [&](const std::vector<StateGoal>& goals) { return meets_any(process, goals); });
        if (met && !process.ended_at) process.ended_at = now_;
        if (met) continue;
        all = false;
        if (failure.empty()) failure = failure_of(process);
        if (!failure.empty() && !process.ended_at) process.ended_at = now_;
        if (!failure.empty() && state.processes.size() > 1)
            failure = fmt::format("{}: {}", process.id.brief(), failure);
        if (!failure.empty()) break;
    }
    if (all) return reach(program);
    if (!failure.empty() && state.stage != Stage::failed) fail(program, failure);
}

/// Why it will not get there any more; empty while it may.
std::string OrderedStartup::failure_of(const Process& process) const {
    const auto& configured = settings_.plan.programs[process.program];
    const auto& track = process.track;
    if (!process.failure.empty()) return process.failure;
    const auto& limit = configured.start_timeout;
    if (limit && process.started_at && now_ - *process.started_at >= *limit) {
        std::string text =
            fmt::format("not there within {} ({}", seconds_since(now_ - *limit), to_string(track.state()));
        if (!process.not_ready.empty()) text += ", not ready: " + process.not_ready;
        return text + ")";
    }
    if (process.accepted && !track.was_started() && now_ - *process.started_at > patience_for_a_start)
        return "supervisord took the start and did nothing";
    if (!track.was_started() || process.asked) return {};
    const auto with_reason = [&](std::string text) {
        return track.spawn_error().empty() ? text : fmt::format("{}: {}", text, track.spawn_error());
    };
    if (track.state() == ProcessState::fatal) return with_reason("FATAL");
    if (track.state() == ProcessState::unknown) return "supervisord lost sight of it (UNKNOWN)";
    if (track.state() == ProcessState::stopped) return "it was stopped by hand";
    if (track.state() == ProcessState::exited && !comes_up_again(process) && !track.lacks_exit_status()) {
        const bool waits_for_probe = configured.ready.front() && !process.ready && !track.exited_wrongly();
        if (!waits_for_probe)
            return fmt::format("exited with status {}", track.last_exit_status().value_or(0));
    }
    if (track.wrong_exits() > configured.start_retries)
        return fmt::format("exited wrongly {} times", track.wrong_exits());
    if (track.exits() > configured.start_retries + 1)
        return fmt::format("exited {} times, and never as it is waited for", track.exits());
    return {};
}

void OrderedStartup::fail(std::size_t program, const std::string& reason) {
    auto& state = programs_[program];
    const auto& configured = settings_.plan.programs[program];
    state.stage = Stage::failed;
    state.reason = reason;
    const auto on_failure = configured.on_failure.value_or(OnFailure::skip);
    std::string line = fmt::format("{} FAILED: {}", configured.name, reason);
    if (on_failure == OnFailure::go_on && !dependents_[program].empty())
        line += "; those who wait for it start all the same";
    if (on_failure == OnFailure::stop) line += "; nothing more is started";
    if (on_failure == OnFailure::shutdown) line += "; shutting supervisord down";
    lines_.push_back(line);
    Notification notice{fmt::format("ordered startup: {} FAILED", configured.name), line + "\n"};
    notice.alert = "ProgramNotStarted";
    notice.topic = "ProgramNotStarted " + configured.name;
    notice.details = {{"program", configured.name}, {"reason", reason}};
    notices_.push_back(std::move(notice));
    if (!done_ && (on_failure == OnFailure::stop || on_failure == OnFailure::shutdown)) {
        halted_ = true;
        halt_reason_ = configured.name + " has failed";
        shuts_down_ = on_failure == OnFailure::shutdown;
        for (std::size_t i = 0; i < programs_.size(); ++i)
            dirty_.insert(i);
    }
    touch_dependents(program);
}

void OrderedStartup::skip(std::size_t program, const std::string& reason) {
    programs_[program].stage = Stage::skipped;
    programs_[program].reason = reason;
    lines_.push_back(fmt::format("{} is NOT started: {}", settings_.plan.programs[program].name, reason));
    touch_dependents(program);
}

void OrderedStartup::reach(std::size_t program) {
    auto& state = programs_[program];
    state.stage = Stage::reached;
    state.reason.clear();
    if (settings_.plan.programs[program].starter == Starter::plan || done_) newly_reached_.push_back(program);
    if (state.returning) came_back(program);
    state.returning = false;
    touch_dependents(program);
}

bool OrderedStartup::meets(const Process& process, const StateGoal& goal) const {
    const auto& configured = settings_.plan.programs[process.program];
    StateGoal strict = goal;
    // Whoever says what is to happen when it exits wrongly does not mean "exited" to cover that.
    if (goal.exit == StateGoal::Exit::any &&
        configured.on_failure.value_or(OnFailure::go_on) != OnFailure::go_on)
        strict.exit = StateGoal::Exit::expected;
    if (!process.track.has_met(strict)) return false;
    const bool probed = goal.state == ProcessState::running || goal.state == ProcessState::exited;
    return !probed || process.ready || !configured.ready.front();
}

bool OrderedStartup::meets_any(const Process& process, const std::vector<StateGoal>& goals) const {
    return std::ranges::any_of(goals, [&](const StateGoal& goal) { return meets(process, goal); });
}

bool OrderedStartup::dependency_met(const Dependency& dependency) const {
    return std::ranges::all_of(dependency.processes, [&](const Namespec& id) {
        const auto& process = processes_[by_id_.at(id)];
        return meets_any(process, dependency.goals) ||
               (programs_[process.program].stage == Stage::failed &&
                settings_.plan.programs[process.program].on_failure == OnFailure::go_on);
    });
}

/// The program that keeps it from ever being met.
std::optional<std::size_t> OrderedStartup::hopeless(const Dependency& dependency) const {
    for (const auto& id : dependency.processes) {
        const auto& process = processes_[by_id_.at(id)];
        const auto stage = programs_[process.program].stage;
        if (meets_any(process, dependency.goals)) continue;
        const bool goes_on = settings_.plan.programs[process.program].on_failure == OnFailure::go_on;
        if (stage == Stage::skipped || (stage == Stage::failed && !goes_on)) return process.program;
    }
    return std::nullopt;
}

bool OrderedStartup::is_there(std::size_t program) const {
    return programs_[program].stage == Stage::reached &&
           std::ranges::none_of(programs_[program].processes, [this](std::size_t index) {
               return processes_[index].track.state() == ProcessState::stopped;
           });
}

bool OrderedStartup::comes_up_again(const Process& process) const {
    const auto& configured = settings_.plan.programs[process.program];
    return process.track.exited_wrongly() ? configured.restarts_after_failure
                                          : configured.restarts_after_success;
}

/// Something is still to be expected of it by itself.
bool OrderedStartup::under_way(const Process& process) const {
    const auto stage = programs_[process.program].stage;
    if (process.asked || restarting_.contains(process.index)) return true;
    if (!process.track.was_started() && process.failure.empty() &&
        (process.accepted || settings_.plan.programs[process.program].starter == Starter::supervisord))
        return true;
    if (!process.track.was_started() || stage == Stage::failed || stage == Stage::skipped) return false;
    const bool met = std::ranges::all_of(
        process.goals, [&](const std::vector<StateGoal>& goals) { return meets_any(process, goals); });
    if (met) return false;
    switch (process.track.state()) {
        case ProcessState::starting:
        case ProcessState::backoff:
        case ProcessState::stopping:
        case ProcessState::exited:
            return true;
        case ProcessState::running: {
            if (settings_.plan.programs[process.program].ready.front() && !process.ready) return true;
            return std::ranges::any_of(process.goals, [](const std::vector<StateGoal>& goals) {
                return std::ranges::any_of(
                    goals, [](const StateGoal& goal) { return goal.state == ProcessState::exited; });
            });
        }
        default:
            return false;
    }
}

void OrderedStartup::touch_dependents(std::size_t program) {
    for (const auto dependent : dependents_[program])
        if (programs_[dependent].stage == Stage::waiting ||
            (settings_.when_done == WhenDone::follow && programs_[dependent].stage == Stage::skipped)) {
            if (programs_[dependent].stage == Stage::skipped && programs_[program].stage == Stage::reached)
                programs_[dependent].stage = Stage::waiting;
            dirty_.insert(dependent);
        }
}

}  // namespace keenlance::ordered_startup
