// --order config: who has to wait for whom, and when a process counts for those that wait.

#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/control/control_command.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

/// Whether in this pass nothing more is to come of it.
bool ControlCommand::is_over(std::size_t index) const {
    return progress_[index].phase == Phase::settled || progress_[index].phase == Phase::down;
}

/// Whoever has to be there, or gone, before it; nothing: its turn has come.
std::optional<std::size_t> ControlCommand::hindrance(std::size_t index) const {
    if (pass_ == Goal::stopped) {
        for (const auto other : order_.needed_by(index))
            if (!is_over(other) || (progress_[other].phase == Phase::settled && !rows_[other].good))
                return other;
        return std::nullopt;
    }
    for (const auto& need : order_.needs(index)) {
        const auto& other = progress_[need.on];
        const bool ready = order_.ready(need.on) == nullptr || other.ready;
        const bool met = ready && std::ranges::any_of(need.goals, [&](const startup::StateGoal& goal) {
                             return other.track.has_met(goal);
                         });
        // Interrupted, what was taken down is started whatever became of the others.
        const bool settled_well = other.phase == Phase::settled &&
                                  (rows_[need.on].good || order_.is_optional(need.on) || interrupted_);
        if (!met && !settled_well) return need.on;
    }
    return std::nullopt;
}

FleetActions ControlCommand::begin_what_may() {
    FleetActions actions;
    for (bool more = true; more;) {
        more = false;
        for (std::size_t i = 0; i < rows_.size() && !ended_; ++i) {
            if (progress_[i].phase != Phase::waiting) continue;
            const auto other = hindrance(i);
            if (!other) {
                append(actions, begin(i));
            } else if (progress_[*other].phase == Phase::settled) {
                more = true;  // others may wait for this one
                append(actions, refuse(i, pass_ == Goal::stopped
                                              ? fmt::format("not stopped: {} needs it, and is not down",
                                                            rows_[*other].member.title)
                                              : fmt::format("not started: it waits for {}, which has failed",
                                                            rows_[*other].member.title)));
            }
        }
    }
    append(actions, next_pass());
    return actions;
}

/// The second half of an ordered restart, once all that is to go down is down.
FleetActions ControlCommand::next_pass() {
    if (ended_ || pass_ != Goal::stopped || settings_.verb != Verb::restart) return {};
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (!is_over(i)) return {};
    pass_ = Goal::running;
    for (auto& each : progress_)
        if (each.phase == Phase::down) each.phase = Phase::waiting;
    return begin_what_may();
}

/// One look and one probe; what they find is judged when it comes.
FleetActions ControlCommand::prove(std::size_t index) {
    const auto& member = rows_[index].member;
    progress_[index].look_at.reset();
    FleetActions actions{{member.server, InspectProcesses{{member.info.id}}}};
    if (const auto* check = order_.ready(index); check != nullptr && !progress_[index].ready)
        actions.push_back({member.server, ProbeReady{member.info.id, *check}});
    return actions;
}

FleetActions ControlCommand::on_inspected(std::size_t server, const ProcessesInspected& inspected) {
    const auto found = places_.find({server, inspected.ids.front()});
    if (found == places_.end() || progress_[found->second].phase != Phase::proving) return {};
    const auto index = found->second;
    auto& info = rows_[index].member.info;
    if (!inspected.processes) return fail(index, inspected.processes.error().message);
    const auto& seen = inspected.processes->front();
    if (!seen) return fail(index, seen.error().message);
    info = *seen;
    progress_[index].track.learn(info, *order_.program(index));
    return judge_proof(index);
}

FleetActions ControlCommand::on_probed(std::size_t server, const ReadyProbed& probed) {
    const auto found = places_.find({server, probed.about});
    if (found == places_.end() || progress_[found->second].phase != Phase::proving) return {};
    const auto index = found->second;
    progress_[index].ready = bool(probed.ready);
    if (!probed.ready) progress_[index].not_ready = probed.ready.error().message;
    return judge_proof(index);
}

FleetActions ControlCommand::judge_proof(std::size_t index) {
    auto& progress = progress_[index];
    const auto& program = *order_.program(index);
    const auto state = rows_[index].member.info.state;
    const bool all_met = std::ranges::all_of(order_.needed_by(index), [&](std::size_t other) {
        return std::ranges::all_of(order_.needs(other), [&](const Need& need) {
            return need.on != index || std::ranges::any_of(need.goals, [&](const startup::StateGoal& goal) {
                       return progress.track.has_met(goal);
                   });
        });
    });
    const bool ready = order_.ready(index) == nullptr || progress.ready;
    if (ready && all_met) {
        rows_[index].took = now_ - began_;
        return settle(index);
    }
    const bool restarts =
        progress.track.exited_wrongly() ? program.restarts_after_failure : program.restarts_after_success;
    if (state == ProcessState::fatal || state == ProcessState::stopped ||
        (state == ProcessState::exited && !restarts))
        return fail(index, fmt::format("it is {}, and not as it is waited for", to_string(state)));
    const auto limit = settings_.tasks.timeout ? settings_.tasks.timeout : program.start_timeout;
    if (limit && now_ - progress.since >= *limit)
        return fail(index,
                    fmt::format("not there within {}{}", format_duration(*limit),
                                progress.not_ready.empty() ? "" : ", not ready: " + progress.not_ready));
    if (!progress.look_at) progress.look_at = now_ + program.ready_interval;
    return {};
}

}  // namespace keenlance::quickctl
