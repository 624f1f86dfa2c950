#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/guard/restarts.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace keenlance {

namespace {

constexpr std::string_view ending = "this listener is ending";

/// Why it is not the life that was judged; nothing when it is, or when nobody could tell.
std::optional<std::string> gone(const Result<ProcessInfo>& info, const Incarnation& judged) {
    if (!info) {
        if (info.error().kind != ErrorKind::fault) return std::nullopt;
        return "it is no longer configured";
    }
    if (info->pid == 0) return fmt::format("it is {} meanwhile", to_string(info->state));
    if (Incarnation{info->pid, info->start} == judged) return std::nullopt;
    return fmt::format("it is another process meanwhile: pid {}, no longer {}", info->pid, judged.pid);
}

std::string_view result_of(TaskStage stage) {
    switch (stage) {
        case TaskStage::reached:
        case TaskStage::already:
            return "restarted";
        case TaskStage::spared:
            return "spared";
        case TaskStage::stop_failed:
            return "stop-failed";
        default:
            return "start-failed";
    }
}

std::string after_colon(const std::string& text) {
    const auto shown = printable(trim(text));
    return shown.empty() ? "" : ": " + shown;
}

Log said(const RestartOrder& order, const std::string& what) {
    return {fmt::format("{}: {}", order.id.full(), what)};
}

}  // namespace

Actions GuardedRestarts::begin(RestartOrder order) {
    const Namespec id = order.id;
    UnderWay restart;
    restart.pid = order.judged.pid;
    restart.order = std::move(order);
    const bool plain = !settings_.pre_command && !settings_.pre_signal && !restart.order.dump_command;
    if (plain) restart.step = Step::restart;
    const auto judged = restart.order.judged;
    under_way_.insert_or_assign(id, std::move(restart));
    if (plain) return {Restart{id, judged}};
    return {InspectProcesses{{id}}};
}

RestartTurn GuardedRestarts::take(const Fact& fact, const Moment& now) {
    RestartTurn turn;
    std::visit(Overloaded{
                   [&](const ProcessesInspected& inspected) { on_inspected(inspected, turn); },
                   [&](const CommandFinished& finished) { on_command(finished, turn); },
                   [&](const ProcessSignalled& signalled) { on_signalled(signalled, now, turn); },
                   [&](const Woke&) { on_woke(now, turn); },
                   [&](const TaskProgress& progress) { on_progress(progress, turn); },
                   [&](const Closing&) { on_closing(turn); },
                   [](const auto&) {},
               },
               fact);
    for (const auto& id : turn.ended)
        under_way_.erase(id);
    return turn;
}

std::optional<SteadyTime> GuardedRestarts::deadline() const {
    std::optional<SteadyTime> earliest;
    for (const auto& [id, restart] : under_way_)
        if (restart.step == Step::wait)
            earliest = std::min(earliest.value_or(restart.wait_until), restart.wait_until);
    return earliest;
}

GuardedRestarts::Step GuardedRestarts::next_step(const UnderWay& restart) const {
    // Each case falls through to the step after it where its own next is not wanted.
    switch (restart.step) {
        case Step::look:
            if (settings_.pre_command) return Step::pre_command;
            [[fallthrough]];
        case Step::pre_command:
            if (restart.order.dump_command) return Step::dump;
            [[fallthrough]];
        case Step::dump:
            // A name may be another process's by now; what has just been looked at is not.
            if (settings_.pre_signal) return restart.step == Step::look ? Step::signal : Step::look_again;
            return Step::restart;
        case Step::look_again:
            return Step::signal;
        case Step::signal:
            return Step::wait;
        case Step::wait:
        case Step::restart:
        case Step::post_command:
            break;
    }
    return Step::restart;
}

void GuardedRestarts::go_on(UnderWay& restart, RestartTurn& turn) {
    if (closing_) return spare(restart, std::string(ending), turn);
    const auto& order = restart.order;
    restart.step = next_step(restart);
    switch (restart.step) {
        case Step::pre_command:
            restart.pre_command_begun = true;
            turn.actions.emplace_back(said(order, "running --pre-cmd before its restart"));
            turn.actions.emplace_back(command(restart, settings_.pre_command.value_or("")));
            break;
        case Step::dump: {
            auto dump = command(restart, order.dump_command.value_or(""));
            dump.timeout = order.dump_timeout;
            turn.actions.emplace_back(std::move(dump));
            break;
        }
        case Step::look:
        case Step::look_again:
            turn.actions.emplace_back(InspectProcesses{{order.id}});
            break;
        case Step::signal:
            turn.actions.emplace_back(SignalProcess{order.id, settings_.pre_signal->name});
            break;
        case Step::wait:
            break;
        case Step::restart:
        case Step::post_command:
            turn.actions.emplace_back(Restart{order.id, order.judged});
            break;
    }
}

RunCommand GuardedRestarts::command(const UnderWay& restart, const std::string& text) const {
    const auto& id = restart.order.id;
    RunCommand run{id, text, settings_.command_timeout};
    run.environment = {{"KEENLANCE_PROCESS", id.name},
                       {"KEENLANCE_GROUP", id.group},
                       {"KEENLANCE_PID", std::to_string(restart.pid)},
                       {"KEENLANCE_REASON", restart.order.reason}};
    if (!restart.result.empty()) run.environment.emplace_back("KEENLANCE_RESULT", restart.result);
    return run;
}

void GuardedRestarts::spare(UnderWay& restart, const std::string& why, RestartTurn& turn) {
    turn.progress.push_back({restart.order.id, TaskStage::spared, why});
    restart.result = result_of(TaskStage::spared);
    end(restart, turn);
}

void GuardedRestarts::end(UnderWay& restart, RestartTurn& turn) {
    const bool came_to_it = restart.pre_command_begun || restart.result != result_of(TaskStage::spared);
    if (!settings_.post_command || !came_to_it) {
        turn.ended.push_back(restart.order.id);
        return;
    }
    restart.step = Step::post_command;
    turn.actions.emplace_back(command(restart, *settings_.post_command));
}

void GuardedRestarts::on_inspected(const ProcessesInspected& inspected, RestartTurn& turn) {
    for (std::size_t i = 0; i < inspected.ids.size(); ++i) {
        const auto found = under_way_.find(inspected.ids[i]);
        if (found == under_way_.end()) continue;
        auto& restart = found->second;
        if (restart.step != Step::look && restart.step != Step::look_again) continue;
        const Result<ProcessInfo> info =
            !inspected.processes              ? Result<ProcessInfo>(inspected.processes.error())
            : i < inspected.processes->size() ? (*inspected.processes)[i]
                                              : Error{ErrorKind::malformed, 0, "no answer about it"};
        if (const auto why = gone(info, restart.order.judged)) {
            spare(restart, *why, turn);
            continue;
        }
        if (!info && restart.step == Step::look_again) {
            turn.actions.emplace_back(
                said(restart.order, fmt::format("not sending {}, restarting it all the same: {}",
                                                settings_.pre_signal->name, info.error().message)));
            restart.step = Step::wait;
        }
        go_on(restart, turn);
    }
}

void GuardedRestarts::on_command(const CommandFinished& finished, RestartTurn& turn) {
    const auto found = under_way_.find(finished.about);
    if (found == under_way_.end()) return;
    auto& restart = found->second;
    const auto& output = finished.output;
    const auto tell = [&](std::string_view name, std::string_view consequence) {
        turn.actions.emplace_back(said(
            restart.order,
            output ? fmt::format("{} has ended well{}", name, after_colon(*output))
                   : fmt::format("{} failed{}: {}", name, consequence, printable(output.error().message))));
    };
    switch (restart.step) {
        case Step::pre_command:
            tell("--pre-cmd", ", restarting it all the same");
            return go_on(restart, turn);
        case Step::dump:
            turn.dumped.push_back({finished.about, output});
            return go_on(restart, turn);
        case Step::post_command:
            tell("--post-cmd", "");
            turn.ended.push_back(finished.about);
            return;
        default:
            return;  // somebody else's command about the same process
    }
}

void GuardedRestarts::on_signalled(const ProcessSignalled& signalled, const Moment& now, RestartTurn& turn) {
    const auto found = under_way_.find(signalled.id);
    if (found == under_way_.end() || found->second.step != Step::signal || !settings_.pre_signal) return;
    auto& restart = found->second;
    const auto& [signal, wait] = *settings_.pre_signal;
    restart.step = Step::wait;
    if (!signalled.answer) {
        turn.actions.emplace_back(
            said(restart.order, fmt::format("{} could not be sent, restarting it all the same: {}", signal,
                                            signalled.answer.error().message)));
        return go_on(restart, turn);
    }
    turn.actions.emplace_back(
        said(restart.order, fmt::format("sent {}, stopping it in {}", signal, format_duration(wait))));
    restart.wait_until = now.steady + wait;
}

void GuardedRestarts::on_woke(const Moment& now, RestartTurn& turn) {
    for (auto& [id, restart] : under_way_)
        if (restart.step == Step::wait && restart.wait_until <= now.steady) go_on(restart, turn);
}

void GuardedRestarts::on_progress(const TaskProgress& progress, RestartTurn& turn) {
    const auto found = under_way_.find(progress.id);
    if (found == under_way_.end() || found->second.step != Step::restart) return;
    auto& restart = found->second;
    turn.progress.push_back(progress);
    if (!is_last(progress.stage)) return;
    restart.result = result_of(progress.stage);
    if (progress.pid > 0) restart.pid = progress.pid;
    end(restart, turn);
}

void GuardedRestarts::on_closing(RestartTurn& turn) {
    closing_ = true;
    for (auto& [id, restart] : under_way_) {
        switch (restart.step) {
            case Step::look:
            case Step::look_again:
            case Step::signal:
            case Step::wait:
                spare(restart, std::string(ending), turn);
                break;
            case Step::pre_command:  // its end decides
            case Step::dump:
            case Step::restart:
            case Step::post_command:
                break;
        }
    }
}

}  // namespace keenlance
