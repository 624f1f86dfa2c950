// What comes in: events, lists, answers.

#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>
#include <listeners/ordered_startup/pace.hpp>

#include <algorithm>

namespace keenlance::ordered_startup {

using startup::StateGoal;

namespace {

constexpr std::size_t few = 20;  // so many processes are looked at often
constexpr Duration retry_delay{1'000};
constexpr Duration soon{5};
constexpr Duration before_up{60};

/// Who waits for "fatal" alone waits for a misfortune: the program itself is there without it.
bool is_success(const std::vector<StateGoal>& goals) {
    return std::ranges::any_of(goals, [](const StateGoal& goal) {
        return goal.state == ProcessState::running || goal.state == ProcessState::exited ||
               goal.state == ProcessState::starting;
    });
}

bool is_fault(const Error& error, int code) {
    return error.kind == ErrorKind::fault && error.code == code;
}

}  // namespace

OrderedStartup::OrderedStartup(Settings settings)
    : settings_(std::move(settings)), dependents_(settings_.plan.dependents()) {
    const auto& programs = settings_.plan.programs;
    programs_.resize(programs.size());
    for (std::size_t i = 0; i < programs.size(); ++i) {
        for (const auto& id : programs[i].processes) {
            Process process;
            process.id = id;
            process.index = processes_.size();
            process.program = i;
            if (is_success(programs[i].next_after)) process.goals.push_back(programs[i].next_after);
            programs_[i].processes.push_back(processes_.size());
            by_id_[id] = processes_.size();
            processes_.push_back(std::move(process));
        }
    }
    for (const auto& program : programs) {
        for (const auto& dependency : program.waits_for) {
            for (const auto& id : dependency.processes) {
                auto& goals = processes_[by_id_.at(id)].goals;
                if (!is_success(dependency.goals)) continue;
                if (std::ranges::find(goals, dependency.goals) == goals.end())
                    goals.push_back(dependency.goals);
            }
        }
    }
    for (auto& process : processes_)
        if (process.goals.empty()) process.goals = {{StateGoal{ProcessState::running}}};
}

Actions OrderedStartup::step(const Fact& fact, const Moment& now) {
    now_ = now.steady;
    Actions actions =
        std::visit(Overloaded{
                       [this](const Started&) -> Actions {
                           began_ = now_;
                           list_at_ = now_;
                           return {};
                       },
                       [this](const EventReceived& received) { return on_event(received.event); },
                       [this](const ProcessesListed& listed) { return on_list(listed.processes); },
                       [this](const ProcessesInspected& inspected) { return on_inspected(inspected); },
                       [this](const ProcessesStarted& started) { return on_started(started); },
                       [this](const ReadyProbed& probed) {
                           on_probed(probed);
                           return Actions{};
                       },
                       [this](const TaskProgress& progress) {
                           on_restart(progress);
                           return Actions{};
                       },
                       [this](const Closing&) {
                           closing_ = true;
                           return Actions{};
                       },
                       [](const auto&) { return Actions{}; },
                   },
                   fact);
    if (!closing_) append(actions, settle());
    return actions;
}

Actions OrderedStartup::on_event(const Event& event) {
    // An event that comes again (its listener died on it) has an old serial; only a jump ahead is a loss.
    const auto next = last_pool_serial_ ? *last_pool_serial_ + 1 : 0;
    if (event.pool_serial > next) events_were_lost();
    last_pool_serial_ = std::max(last_pool_serial_.value_or(0), event.pool_serial);
    const auto change = parse_process_state_change(event);
    if (!change) return {};
    events_flow_ = true;
    const auto found = by_id_.find(change->id);
    if (found == by_id_.end()) return {};
    if (!listed_) {  // it may be older or newer than the first list, whose answer is still to come
        list_at_ = now_;
        return {};
    }
    auto& process = processes_[found->second];
    const auto before = process.track.state();
    const int pid_before = process.track.pid();
    process.track.learn(*change, settings_.plan.programs[process.program]);
    process.event_at = now_;
    after_learning(process, before, pid_before);
    return {};
}

/// To this listener, or to one before it.
void OrderedStartup::events_were_lost() {
    const bool anything_to_learn = !done_ || settings_.when_done == WhenDone::follow ||
                                   std::ranges::any_of(programs_, [](const ProgramState& program) {
                                       return program.stage == Stage::waiting;
                                   });
    if (anything_to_learn && !list_at_) list_at_ = std::max(now_, listed_at_ + between_lists);
}

Actions OrderedStartup::unanswered(const Error& error) {
    ending_ = ending_ || is_fault(error, fault::shutdown_state);
    if (!listed_ && settings_.unanswered == Settings::Unanswered::end) {
        done_ = ending_ = true;
        return {Log{error.message}, Finish{3}};
    }
    if (!ending_) list_at_ = now_ + retry_delay;
    if (said_unanswered_ || done_) return {};
    said_unanswered_ = true;
    return {Log{ending_ ? "supervisord is shutting down; nothing more is started"
                        : error.message + "; trying again"}};
}

Actions OrderedStartup::on_list(const Result<std::vector<ProcessInfo>>& processes) {
    asked_list_ = false;
    if (!processes) return unanswered(processes.error());
    said_unanswered_ = start_in_doubt_ = false;
    listed_at_ = now_;
    if (!listed_ && settings_.stopped == Settings::Stopped::started &&
        std::ranges::any_of(*processes, [this](const ProcessInfo& info) {
            return info.state == ProcessState::stopping && by_id_.contains(info.id);
        })) {
        list_at_ = now_ + between_lists;  // supervisord takes no start of what is still going down
        return {};
    }
    std::set<Namespec> seen;
    for (const auto& info : *processes) {
        const auto found = by_id_.find(info.id);
        if (found == by_id_.end()) continue;
        seen.insert(info.id);
        auto& process = processes_[found->second];
        if (!starts_anew(process, info)) learn(process, info, list_asked_at_);
    }
    for (auto& process : processes_) {
        if (seen.contains(process.id)) continue;
        process.failure = "supervisord does not know it: is the configuration newer? (supervisorctl update)";
        dirty_.insert(process.program);
    }
    for (std::size_t i = 0; i < programs_.size(); ++i)
        if (!listed_ || programs_[i].stage == Stage::starting) dirty_.insert(i);
    listed_ = true;
    return {};
}

/// It is down, and to be started as if it had never run.
bool OrderedStartup::starts_anew(const Process& process, const ProcessInfo& info) const {
    return settings_.stopped == Settings::Stopped::started && !process.asked && !process.accepted &&
           !process.track.was_started() &&
           (info.state == ProcessState::stopped || info.state == ProcessState::fatal);
}

Actions OrderedStartup::on_inspected(const ProcessesInspected& inspected) {
    if (exit_code_ && inspected.ids.size() == 1 && settings_.self == inspected.ids.front())
        return leave_if_running(inspected);
    asked_look_ = false;
    if (!inspected.processes) {
        for (const auto& id : inspected.ids)
            processes_[by_id_.at(id)].look_at = now_ + retry_delay;
        return unanswered(inspected.processes.error());
    }
    said_unanswered_ = false;
    Actions actions;
    for (std::size_t i = 0; i < inspected.ids.size(); ++i) {
        const auto index = by_id_.at(inspected.ids[i]);
        auto& process = processes_[index];
        const auto& info = (*inspected.processes)[i];
        if (info) {
            learn(process, *info, look_asked_at_);
            if (restarting_.contains(index) && !done_) restarting_.erase(index);
        } else if (is_fault(info.error(), fault::shutdown_state)) {
            append(actions, unanswered(info.error()));
        } else {
            process.failure = info.error().message;
            dirty_.insert(process.program);
        }
    }
    return actions;
}

Actions OrderedStartup::on_started(const ProcessesStarted& started) {
    start_asked_ = false;
    Actions actions;
    for (std::size_t i = 0; i < started.ids.size(); ++i) {
        auto& process = processes_[by_id_.at(started.ids[i])];
        process.asked = false;
        dirty_.insert(process.program);
        if (!started.answers) continue;  // it may have arrived or not: the list will tell
        const auto& answer = (*started.answers)[i];
        if (answer || is_fault(answer.error(), fault::already_started) ||
            is_fault(answer.error(), fault::spawn_error)) {  // BACKOFF: supervisord tries again
            process.accepted = true;
            if (!process.started_at) process.started_at = now_;
            process.look_at = now_;
            process.look_delay = Duration{0};
        } else if (is_fault(answer.error(), fault::shutdown_state)) {
            append(actions, unanswered(answer.error()));
        } else {
            process.failure = answer.error().message;
        }
    }
    if (!started.answers) {
        start_in_doubt_ = true;
        append(actions, unanswered(started.answers.error()));
    }
    return actions;
}

void OrderedStartup::on_probed(const ReadyProbed& probed) {
    auto& process = processes_[by_id_.at(probed.about)];
    process.probing = false;
    process.ready = process.ready || probed.ready.ok();
    process.not_ready = probed.ready ? "" : probed.ready.error().message;
    if (!process.ready) process.probe_at = now_ + settings_.plan.programs[process.program].ready_interval;
    dirty_.insert(process.program);
    if (process.ready) touch_dependents(process.program);
}

/// An event may overtake an answer that supervisord made before it; then the answer is no news.
void OrderedStartup::learn(Process& process, const ProcessInfo& info, SteadyTime asked_at) {
    if (process.event_at && *process.event_at >= asked_at) {
        if (under_way(process)) process.look_at = now_ + first_look;
        return;
    }
    const auto before = process.track.state();
    const int pid_before = process.track.pid();
    const bool lacked_status = process.track.lacks_exit_status();
    const bool had_run = process.track.has_reached(ProcessState::running);
    process.track.learn(info, settings_.plan.programs[process.program]);
    const bool has_run = process.track.has_reached(ProcessState::running);
    if ((lacked_status && !process.track.lacks_exit_status()) || has_run != had_run) {
        dirty_.insert(process.program);
        touch_dependents(process.program);
    }
    after_learning(process, before, pid_before);
}

void OrderedStartup::after_learning(Process& process, ProcessState before, int pid_before) {
    const auto state = process.track.state();
    const bool another_life =
        process.track.pid() != 0 && pid_before != 0 && process.track.pid() != pid_before;
    if (before == state && !another_life && listed_) {
        // Nothing new: look again later, each time a little later.
        process.look_delay = std::clamp(process.look_delay * 2, first_look, slowest_look_at_many);
    } else {
        process.look_delay = Duration{0};
        dirty_.insert(process.program);
        touch_dependents(process.program);
    }
    if (process.track.was_started() && !process.started_at) process.started_at = now_;
    if (process.track.has_reached(ProcessState::running) && !process.running_at) process.running_at = now_;
    auto& program = programs_[process.program];
    const bool was_down = before != ProcessState::running && before != ProcessState::stopping;
    if (done_ && settings_.when_done == WhenDone::follow && program.stage != Stage::waiting &&
        (another_life || was_down) && (state == ProcessState::running || state == ProcessState::starting) &&
        before != ProcessState::starting) {
        process.track.forget_reached();
        process.ready = false;
        process.started_at = now_;
        process.running_at.reset();
        process.ended_at.reset();
        process.failure.clear();
        program.returning = true;
        program.stage = Stage::starting;
    }
    if (!under_way(process)) {
        process.look_at.reset();
        return;
    }
    const auto& configured = settings_.plan.programs[process.program];
    const bool quick = processes_.size() <= few || !events_flow_;
    const Duration slowest = quick ? slowest_look : slowest_look_at_many;
    process.look_at = now_ + std::min(process.look_delay, slowest);
    if (state != ProcessState::starting || !process.started_at) return;
    // supervisord sees that startsecs are over when something wakes it: be that something. It looks whether
    // they are before it looks for the dead, so it takes one that has died meanwhile for RUNNING: wake it
    // just before, too.
    const auto up_at = *process.started_at + configured.start_seconds + soon;
    const auto reap_at = *process.started_at + configured.start_seconds - before_up;
    if (now_ >= up_at) return;
    process.look_at = now_ < reap_at ? std::min(reap_at, now_ + slowest_look_at_many) : up_at;
    process.look_delay = Duration{0};
}

}  // namespace keenlance::ordered_startup
