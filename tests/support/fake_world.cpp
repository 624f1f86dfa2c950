#include <keenlance/core/supervisor_api.hpp>

#include <fmt/core.h>
#include <support/fake_world.hpp>
#include <support/moments.hpp>

#include <algorithm>

namespace keenlance {

namespace {

constexpr Duration answer_time{2};

Error fault_error(int code) {
    return {ErrorKind::fault, code, fault_name(code)};
}

}  // namespace

FakeWorld::FakeWorld(const std::map<Namespec, Behaviour>& behaviours) {
    for (const auto& [id, behaviour] : behaviours) {
        Sim sim;
        sim.behaviour = behaviour;
        sim.info.id = id;
        sim.info.state = ProcessState::stopped;
        sims_.emplace(id, std::move(sim));
    }
}

std::int64_t FakeWorld::seconds() const {
    return 1'795'229'270 + std::chrono::duration_cast<std::chrono::seconds>(now_).count();
}

void FakeWorld::answer(const Fact& fact) {
    facts_.emplace(now_ + answer_time, fact);
}

void FakeWorld::enter(Sim& sim, ProcessState state) {
    const auto from = sim.info.state;
    auto& info = sim.info;
    info.state = state;
    sim.next.reset();
    std::string payload = fmt::format("processname:{} groupname:{} from_state:{}", info.id.name,
                                      info.id.group, to_string(from));
    if (state == ProcessState::exited) payload += fmt::format(" expected:{}", sim.behaviour.expected ? 1 : 0);
    if (state == ProcessState::starting || state == ProcessState::backoff) payload += " tries:1";
    if (state != ProcessState::starting && state != ProcessState::backoff && state != ProcessState::fatal)
        payload += fmt::format(" pid:{}", info.pid);
    if (state == ProcessState::running && !sim.running_at) sim.running_at = now_;
    if (state == ProcessState::exited || state == ProcessState::stopped) {
        info.stop = seconds();
        info.pid = 0;
    }
    on_change();
    if (!sends_events) return;
    Event event;
    event.name = fmt::format("PROCESS_STATE_{}", to_string(state));
    event.payload = payload;
    event.pool_serial = ++pool_serial_;
    if (!loses_event()) facts_.emplace(now_ + Duration{1}, EventReceived{event});
}

void FakeWorld::spawn(Sim& sim) {
    ++sim.starts;
    sim.info.start = seconds();
    sim.info.pid = ++last_pid_;
    sim.info.spawn_error.clear();
    sim.info.exit_status = 0;  // as supervisord forgets it
    sim.born = now_;
    if (!sim.started_at) sim.started_at = now_;
    enter(sim, ProcessState::starting);
    auto& behaviour = sim.behaviour;
    if (behaviour.dies_from_start != 0 && sim.starts >= behaviour.dies_from_start)
        behaviour.failing_starts = behaviour.retries + 1;
    sim.next =
        now_ + (sim.failed_starts < behaviour.failing_starts ? std::min(Duration{5}, behaviour.start_seconds)
                                                             : behaviour.start_seconds);
}

Result<bool> FakeWorld::start(const Namespec& id) {
    const auto found = sims_.find(id);
    if (found == sims_.end()) return fault_error(fault::bad_name);
    auto& sim = found->second;
    ++sim.asked_starts;
    if (sim.behaviour.fault != 0) return fault_error(sim.behaviour.fault);
    if (!is_stopped(sim.info.state)) return fault_error(fault::already_started);
    sim.failed_starts = 0;
    spawn(sim);
    return true;
}

Result<bool> FakeWorld::stop(const Namespec& id) {
    const auto found = sims_.find(id);
    if (found == sims_.end()) return fault_error(fault::bad_name);
    if (is_stopped(found->second.info.state)) return fault_error(fault::not_running);
    enter(found->second, ProcessState::stopping);
    found->second.next = now_ + found->second.behaviour.stops_within;
    return true;
}

void FakeWorld::stop_by_hand(const Namespec& id) {
    [[maybe_unused]] const auto result = stop(id);
}

void FakeWorld::start_by_hand(const Namespec& id) {
    spawn(sims_.at(id));
}

void FakeWorld::heal(const Namespec& id) {
    auto& behaviour = sims_.at(id).behaviour;
    behaviour.dies_from_start = behaviour.failing_starts = 0;
    behaviour.ready_after = Duration{0};
}

void FakeWorld::set_state(const Namespec& id, ProcessState state) {
    enter(sims_.at(id), state);
}

/// The next change of each process, in the order of time.
void FakeWorld::advance(Duration to) {
    while (true) {
        Sim* first = nullptr;
        for (auto& [id, sim] : sims_)
            if (sim.next && *sim.next <= to && (first == nullptr || *sim.next < *first->next)) first = &sim;
        if (first == nullptr) break;
        auto& sim = *first;
        const auto& behaviour = sim.behaviour;
        now_ = std::max(now_, *sim.next);
        switch (sim.info.state) {
            case ProcessState::starting:
                if (sim.failed_starts < behaviour.failing_starts) {
                    ++sim.failed_starts;
                    sim.info.spawn_error = "Exited too quickly (process log may have details)";
                    enter(sim, ProcessState::backoff);
                    sim.info.pid = 0;
                    sim.next = now_ + std::chrono::seconds(sim.failed_starts);
                } else {
                    enter(sim, ProcessState::running);
                    if (behaviour.runs_for) sim.next = std::max(now_, sim.born + *behaviour.runs_for);
                }
                break;
            case ProcessState::backoff:
                if (sim.failed_starts > behaviour.retries)
                    enter(sim, ProcessState::fatal);
                else
                    spawn(sim);
                break;
            case ProcessState::running:
                sim.info.exit_status = behaviour.exit_status;
                enter(sim, ProcessState::exited);
                if (behaviour.restarts) sim.next = now_ + Duration{1};
                break;
            case ProcessState::exited:
                spawn(sim);
                break;
            case ProcessState::stopping:
                enter(sim, ProcessState::stopped);
                break;
            default:
                sim.next.reset();
        }
    }
    now_ = std::max(now_, to);
}

void FakeWorld::perform(const Action& action) {
    const auto info_of = [this](const Namespec& id) -> Result<ProcessInfo> {
        const auto found = sims_.find(id);
        if (found == sims_.end()) return fault_error(fault::bad_name);
        ProcessInfo info = found->second.info;
        info.now = seconds();
        return info;
    };
    const Error lost{ErrorKind::timeout, 0, "no answer"};
    std::visit(
        Overloaded{
            [this](const Log& line) { log.push_back(line.text); },
            [this](const WriteFile& file) { files.push_back(file); },
            [this](const Finish& finish) { finished = finish.exit_code; },
            [this](const ShutDownSupervisord&) { shut_down = true; },
            [&](const ListProcesses&) {
                ++lists;
                std::vector<ProcessInfo> all;
                for (const auto& [id, sim] : sims_)
                    all.push_back(*info_of(id));
                answer(ProcessesListed{loses_answer() ? Result<std::vector<ProcessInfo>>(lost)
                                                      : std::move(all)});
            },
            [&](const ListConfigs&) {
                std::vector<ProcessConfig> all;
                for (const auto& [id, sim] : sims_) {
                    ProcessConfig config;
                    config.id = id;
                    config.start_seconds = static_cast<int>(
                        std::chrono::duration_cast<std::chrono::seconds>(sim.behaviour.start_seconds)
                            .count());
                    config.start_retries = sim.behaviour.retries;
                    all.push_back(std::move(config));
                }
                answer(ProcessConfigsListed{std::move(all)});
            },
            [&](const InspectProcesses& inspect) {
                ++inspections;
                std::vector<Result<ProcessInfo>> all;
                for (const auto& id : inspect.ids)
                    all.push_back(info_of(id));
                answer(ProcessesInspected{inspect.ids, loses_answer()
                                                           ? Result<std::vector<Result<ProcessInfo>>>(lost)
                                                           : std::move(all)});
            },
            [&](const StartProcesses& starts) {
                start_calls.push_back(starts.ids);
                std::vector<Result<bool>> answers;
                for (const auto& id : starts.ids)
                    answers.push_back(start(id));
                answer(ProcessesStarted{starts.ids, loses_answer() ? Result<std::vector<Result<bool>>>(lost)
                                                                   : std::move(answers)});
            },
            [&](const StopProcesses& stops) {
                std::vector<Result<bool>> answers;
                for (const auto& id : stops.ids)
                    answers.push_back(stop(id));
                answer(ProcessesStopped{stops.ids, loses_answer() ? Result<std::vector<Result<bool>>>(lost)
                                                                  : std::move(answers)});
            },
            [&](const ProbeReady& probe) {
                const auto& sim = sims_.at(probe.about);
                const bool ready = now_ - sim.born >= sim.behaviour.ready_after;
                const Error not_yet{ErrorKind::refused, 0, "Connection refused"};
                answer(ReadyProbed{probe.about, ready ? Status(Done{}) : Status(not_yet)});
            },
            [&](const Restart& restart) {
                auto& sim = sims_.at(restart.id);
                if (sim.info.pid != restart.judged.pid || sim.info.start != restart.judged.start)
                    return answer(TaskProgress{restart.id, TaskStage::spared, "it is another process"});
                enter(sim, ProcessState::stopped);
                spawn(sim);
                answer(TaskProgress{restart.id, TaskStage::reached, "pid"});
            },
            [this](const Print& text) { printed += text.text; },
            [this](const Bring& bring) {
                const auto [task, is_new] = tasks_.try_emplace(bring.task.id, bring.task);
                if (!is_new) return answer(TaskProgress{bring.task.id, TaskStage::spared, "it has a task"});
                carry_out(bring.task.id, task->second.begin(test_moment(now_).steady));
            },
            [this](const ReadLogTail& read) {
                answer(LogRead{read.id, read.stream, std::string("the last words\n")});
            },
            [this](const RunCommand& run) {
                answer(CommandFinished{run.about, std::string()});
            },
            [this](const SignalProcess& signal) {
                const auto found = sims_.find(signal.id);
                const bool runs = found != sims_.end() && found->second.info.state == ProcessState::running;
                answer(
                    ProcessSignalled{signal.id, runs ? Result<bool>(true) : fault_error(fault::not_running)});
            },
            [](const auto&) {},
        },
        action);
}

/// As system/task_runner does, a call at a time for each process.
void FakeWorld::carry_out(const Namespec& id, const control::TaskStep& step) {
    for (const auto& progress : step.progress)
        answer(progress);
    if (step.finished) {
        tasks_.erase(id);
        return;
    }
    if (step.ask) {
        at(now_ + answer_time, [this, id, ask = *step.ask] {
            const auto now = test_moment(now_).steady;
            auto& task = tasks_.at(id);
            if (ask == control::Ask::info) {
                ProcessInfo info = sims_.at(id).info;
                info.now = seconds();
                carry_out(id, task.on_info(info, now));
            } else {
                carry_out(id, task.on_command(ask == control::Ask::stop ? stop(id) : start(id), now));
            }
        });
    } else if (step.wake_at) {
        at(*step.wake_at - test_moment().steady, [this, id] { carry_out(id, tasks_.at(id).on_wake()); });
    }
}

std::size_t FakeWorld::down() const {
    return static_cast<std::size_t>(std::count_if(sims_.begin(), sims_.end(), [](const auto& each) {
        return each.second.info.state != ProcessState::running;
    }));
}

namespace {

class AsPolicy : public Policy {
  public:
    explicit AsPolicy(FleetPolicy& policy) : policy_(policy) {}
    Actions step(const Fact& fact, const Moment& now) override {
        Actions actions;
        for (auto& each : policy_.step(0, fact, now))
            actions.push_back(std::move(each.action));
        return actions;
    }
    [[nodiscard]] std::optional<SteadyTime> deadline() const override { return policy_.deadline(); }
    [[nodiscard]] bool idle() const override { return policy_.idle(); }

  private:
    FleetPolicy& policy_;
};

}  // namespace

void FakeWorld::pass(Duration span) {
    advance(now_ + span);
}

void FakeWorld::tell(FleetPolicy& policy, const Fact& fact) {
    for (const auto& each : policy.step(0, fact, test_moment(now_)))
        perform(each.action);
    if (!std::holds_alternative<Closing>(fact)) return;
    for (auto& [id, task] : tasks_)
        task.hurry();
}

void FakeWorld::run(FleetPolicy& policy, Duration until) {
    AsPolicy one(policy);
    run(one, until, [this] { return finished.has_value(); });
}

void FakeWorld::run(Policy& policy, Duration until, const std::function<bool()>& stop) {
    facts_.clear();  // what was on its way to a listener that died
    const auto tell = [&](const Fact& fact) {
        for (const auto& action : policy.step(fact, test_moment(now_)))
            perform(action);
    };
    tell(Started{});
    while (now_ < until && !stop()) {
        Duration next = until;
        for (const auto& [id, sim] : sims_)
            if (sim.next) next = std::min(next, *sim.next);
        if (!facts_.empty()) next = std::min(next, facts_.begin()->first);
        if (!deeds_.empty()) next = std::min(next, deeds_.begin()->first);
        const auto deadline = policy.deadline();
        const auto wake = deadline ? std::optional(*deadline - test_moment().steady) : std::nullopt;
        if (wake) next = std::min(next, *wake);
        advance(std::max(next, now_));
        if (!deeds_.empty() && deeds_.begin()->first <= now_) {
            const auto deed = deeds_.begin()->second;
            deeds_.erase(deeds_.begin());
            deed();
        }
        if (!facts_.empty() && facts_.begin()->first <= now_) {
            const Fact fact = facts_.begin()->second;
            facts_.erase(facts_.begin());
            tell(fact);
        } else if (wake && *wake <= now_) {
            tell(Woke{});
        }
    }
}

}  // namespace keenlance
