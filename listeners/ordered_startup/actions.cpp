// What is done about it: starts, looks, probes, and the end.

#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>

#include <algorithm>

namespace keenlance::ordered_startup {

using startup::Starter;

namespace {

constexpr std::size_t most_in_a_call = 250;  // starts: one call holds supervisord for a second at most
constexpr std::size_t most_to_inspect = 64;  // more are asked for as the list of all

}  // namespace

Actions OrderedStartup::settle() {
    Actions actions;
    if (list_at_ && *list_at_ <= now_ && !asked_list_) {
        list_at_.reset();
        asked_list_ = true;
        list_asked_at_ = now_;
        actions.emplace_back(ListProcesses{});
    }
    if (!listed_) return actions;
    for (const auto& process : processes_) {
        const auto& limit = settings_.plan.programs[process.program].start_timeout;
        if (limit && process.started_at && *process.started_at + *limit <= now_ &&
            programs_[process.program].stage == Stage::starting)
            dirty_.insert(process.program);
    }
    while (!dirty_.empty()) {
        const auto program = *dirty_.begin();
        dirty_.erase(dirty_.begin());
        judge(program);
    }
    tell_milestones(actions);
    append(actions, refresh_dependents());
    append(actions, start_due());
    append(actions, look_and_probe());
    append(actions, finish_if_settled());
    return actions;
}

/// The process that was the last to be there of all that the program waits for.
std::optional<std::size_t> OrderedStartup::last_met(std::size_t program) const {
    std::optional<std::size_t> last;
    for (const auto& dependency : settings_.plan.programs[program].waits_for) {
        for (const auto& id : dependency.processes) {
            const auto index = by_id_.at(id);
            const auto time = [this](std::size_t i) {
                return processes_[i].ended_at.value_or(processes_[i].running_at.value_or(began_));
            };
            if (!last || time(index) >= time(*last)) last = index;
        }
    }
    return last;
}

Actions OrderedStartup::start_due() {
    if (start_asked_ || halted_ || ending_ || start_in_doubt_) return {};
    std::ranges::sort(to_start_);  // a plan is in the order of priority and name
    StartProcesses start;
    std::vector<std::string> names;
    while (!to_start_.empty() && start.ids.size() < most_in_a_call) {
        const auto& process = processes_[to_start_.front()];
        to_start_.erase(to_start_.begin());
        start.ids.push_back(process.id);
        const auto& name = settings_.plan.programs[process.program].name;
        if (!names.empty() && names.back() == name) continue;
        names.push_back(name);
        programs_[process.program].freed_by = last_met(process.program);
    }
    if (start.ids.empty()) return {};
    start_asked_ = true;
    const std::size_t shown = std::min<std::size_t>(names.size(), 8);
    std::string line =
        "starting " + join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
    if (names.size() > shown) line += fmt::format(" and {} more", names.size() - shown);
    return {Log{line}, std::move(start)};
}

const std::optional<ReadyCheck>& OrderedStartup::check_of(const Process& process) const {
    const auto index = process.index - programs_[process.program].processes.front();
    return settings_.plan.programs[process.program].ready[index];
}

/// Its probe is to be tried, now or at probe_at.
bool OrderedStartup::wants_probe(const Process& process) const {
    const auto stage = programs_[process.program].stage;
    const auto state = process.track.state();
    return check_of(process) && !process.ready && !process.probing && process.track.was_started() &&
           (state == ProcessState::running || state == ProcessState::exited) &&
           (stage == Stage::starting || stage == Stage::waiting);
}

Actions OrderedStartup::look_and_probe() {
    Actions actions;
    std::vector<std::size_t> due;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        auto& process = processes_[i];
        if (process.look_at && *process.look_at <= now_) due.push_back(i);
        if (!wants_probe(process) || (process.probe_at && *process.probe_at > now_)) continue;
        process.probing = true;
        process.probe_at.reset();
        actions.emplace_back(ProbeReady{process.id, *check_of(process)});
    }
    if (due.empty() || asked_look_ || asked_list_ || ending_) return actions;
    if (due.size() > most_to_inspect) {
        for (const auto index : due)
            processes_[index].look_at = now_ + between_lists;
        asked_list_ = true;
        list_asked_at_ = now_;
        actions.emplace_back(ListProcesses{});
        return actions;
    }
    asked_look_ = true;
    look_asked_at_ = now_;
    InspectProcesses inspect;
    for (const auto index : due) {
        processes_[index].look_at.reset();
        inspect.ids.push_back(processes_[index].id);
    }
    actions.emplace_back(std::move(inspect));
    return actions;
}

Actions OrderedStartup::finish_if_settled() {
    if (exit_code_ && leave_at_ && *leave_at_ <= now_) return leave();
    if (done_) return {};
    const bool settled =
        !start_asked_ && !list_at_ && !asked_list_ && !asked_look_ && (to_start_.empty() || halted_) &&
        std::ranges::none_of(processes_, [this](const Process& process) { return under_way(process); });
    if (!settled && !ending_ && !shuts_down_) return {};
    done_ = true;
    Actions actions;
    if (!settings_.refusal) {
        actions.emplace_back(Log{summary()});
        append(actions, draw_timeline());
    }
    if (shuts_down_ && !ending_) actions.emplace_back(ShutDownSupervisord{});
    if (settings_.when_done != WhenDone::exit) return actions;
    bool all = true;
    for (std::size_t i = 0; i < programs_.size(); ++i)
        if (settings_.plan.programs[i].starter == Starter::plan && !is_there(i)) all = false;
    exit_code_ = settings_.refusal.value_or(all ? 0 : 1);
    append(actions, leave());
    return actions;
}

Actions OrderedStartup::leave() {
    leave_at_.reset();
    if (!settings_.self || ending_) return {Finish{*exit_code_}};
    return {InspectProcesses{{*settings_.self}}};
}

Actions OrderedStartup::leave_if_running(const ProcessesInspected& inspected) {
    const bool starting = inspected.processes && inspected.processes->front() &&
                          inspected.processes->front()->state == ProcessState::starting;
    if (!starting) return {Finish{*exit_code_}};
    leave_at_ = now_ + between_lists;
    return {};
}

std::optional<SteadyTime> OrderedStartup::deadline() const {
    std::optional<SteadyTime> first;
    const auto consider = [&first](const std::optional<SteadyTime>& time) {
        if (time && (!first || *time < *first)) first = time;
    };
    if (closing_) return first;
    if (exit_code_) return leave_at_;
    if (!asked_list_) consider(list_at_);
    if (!listed_ || ending_) return first;
    for (const auto& process : processes_) {
        if (!asked_look_ && !asked_list_) consider(process.look_at);
        if (wants_probe(process)) consider(process.probe_at.value_or(now_));
        const auto& limit = settings_.plan.programs[process.program].start_timeout;
        if (limit && process.started_at && !process.ended_at &&
            programs_[process.program].stage == Stage::starting)
            consider(*process.started_at + *limit);
    }
    return first;
}

}  // namespace keenlance::ordered_startup
