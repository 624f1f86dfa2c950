// --when-done follow: who waits for a program is restarted when it has come back.

#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>

#include <algorithm>

namespace keenlance::ordered_startup {

using startup::Starter;

void OrderedStartup::came_back(std::size_t program) {
    if (settings_.when_done != WhenDone::follow || !done_) return;
    for (const auto dependent : dependents_[program]) {
        const bool up = std::ranges::any_of(programs_[dependent].processes, [this](std::size_t index) {
            const auto state = processes_[index].track.state();
            return state == ProcessState::running || state == ProcessState::starting;
        });
        if (!up || settings_.plan.programs[dependent].starter != Starter::plan) continue;
        if (stale_.insert(dependent).second) {
            lines_.push_back(fmt::format("{} has come back: restarting {}, which waits for it",
                                         settings_.plan.programs[program].name,
                                         settings_.plan.programs[dependent].name));
        }
    }
}

/// Restarts what is stale once all it waits for is there again; its own dependents follow when it has come
/// back.
Actions OrderedStartup::refresh_dependents() {
    Actions actions;
    if (ending_ || list_at_ || asked_list_) return actions;
    for (auto each = stale_.begin(); each != stale_.end();) {
        const auto program = *each;
        const bool free = std::ranges::all_of(
            settings_.plan.programs[program].waits_for, [&](const startup::Dependency& dependency) {
                return std::ranges::all_of(dependency.programs, [&](std::size_t on) {
                    const bool busy = stale_.contains(on) || programs_[on].returning ||
                                      std::ranges::any_of(programs_[on].processes, [&](std::size_t process) {
                                          return restarting_.contains(process);
                                      });
                    return !busy && programs_[on].stage == Stage::reached;
                });
            });
        if (!free) {
            ++each;
            continue;
        }
        const bool unknown = std::ranges::any_of(programs_[program].processes, [this](std::size_t index) {
            return processes_[index].track.pid() != 0 && processes_[index].track.start() == 0;
        });
        if (unknown) {  // a restart has to know whom it restarts
            list_at_ = now_;
            return actions;
        }
        each = stale_.erase(each);
        for (const auto index : programs_[program].processes) {
            auto& process = processes_[index];
            const auto state = process.track.state();
            if (state != ProcessState::running && state != ProcessState::starting) continue;
            restarting_.insert(index);
            process.look_at.reset();
            actions.emplace_back(Restart{process.id, {process.track.pid(), process.track.start()}});
        }
    }
    return actions;
}

void OrderedStartup::on_restart(const TaskProgress& progress) {
    const auto found = by_id_.find(progress.id);
    if (found == by_id_.end()) return;
    const bool last = is_last(progress.stage);
    if (last) restarting_.erase(found->second);
    lines_.push_back(fmt::format("{}: {}{}", progress.id.brief(),
                                 progress.stage == TaskStage::reached ? "restarted, " : "", progress.detail));
    if (!last) return;
    list_at_ = now_;  // what it is now, also where events were lost
}

}  // namespace keenlance::ordered_startup
