#include <keenlance/core/text.hpp>

#include <fmt/format.h>
#include <listeners/choice.hpp>
#include <listeners/httpok.hpp>

#include <algorithm>

namespace keenlance::httpok {

namespace {

constexpr Duration core_timeout{300'000};  // a core of many gigabytes

/// A word for /bin/sh that means just these bytes.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char ch : text)
        out += ch == '\'' ? std::string("'\\''") : std::string(1, ch);
    return out + "'";
}

}  // namespace

std::optional<Fault> judge(const Settings& settings, const HttpOutcome& outcome) {
    const std::string url = without_password(settings.check.url);
    if (outcome.status == 0)
        return Fault{url + ": bad status returned",
                     fmt::format("error contacting {}:\n\n {}", url, outcome.error)};
    std::string message = fmt::format("status contacting {}: {} {}", url, outcome.status, outcome.reason);
    if (std::ranges::find(settings.statuses, outcome.status) == settings.statuses.end())
        return Fault{url + ": bad status returned", std::move(message)};
    if (settings.check.needle && !outcome.needle_found) {
        message += fmt::format("\nthe body does not hold \"{}\"", printable(*settings.check.needle));
        return Fault{url + ": bad body returned", std::move(message)};
    }
    return std::nullopt;
}

bool is_chosen(const Settings& settings, const std::set<std::string>& listeners, const Namespec& id) {
    if (settings.choice == Settings::Choice::programs) return is_named(id, settings.programs);
    return settings.self != id && !listeners.contains(id.group);
}

Actions Httpok::step(const Fact& fact, const Moment& /*now*/) {
    return std::visit(
        Overloaded{
            [this](const Started&) -> Actions {
                return {Log{fmt::format("checking {} on every tick", without_password(settings_.check.url))}};
            },
            [this](const EventReceived& received) {
                return received.event.is_tick() ? on_tick() : Actions{};
            },
            [this](const ProcessesListed& listed) { return on_list(listed.processes); },
            [this](const EventListenersListed& listed) { return on_listeners(listed.groups); },
            [this](const HttpChecked& checked) { return on_outcome(checked.outcome); },
            [this](const CommandFinished& core) { return on_core(core); },
            [this](const TaskProgress& progress) { return on_progress(progress); },
            [this](const Closing&) {
                closing_ = true;
                return Actions{};
            },
            [](const auto&) { return Actions{}; },
        },
        fact);
}

Actions Httpok::on_tick() {
    if (closing_) return {};
    if (phase_ != Phase::waiting) {
        tick_waits_ = true;
        return {};
    }
    if (survey_first()) {
        phase_ = Phase::surveying;
        if (settings_.choice == Settings::Choice::any) return {ListEventListeners{}};
        return {ListProcesses{}};
    }
    phase_ = Phase::checking;
    return {CheckHttp{settings_.check}};
}

Actions Httpok::finish() {
    phase_ = Phase::waiting;
    if (!tick_waits_ || closing_) return {};
    tick_waits_ = false;
    return on_tick();
}

Actions Httpok::on_list(const Result<std::vector<ProcessInfo>>& processes) {
    if (phase_ == Phase::surveying) return survey(processes);
    if (processes) return act(*processes);
    Actions actions{
        note(fmt::format("cannot list the processes: {}; not acting", processes.error().message))};
    append(actions, report());
    return actions;
}

Actions Httpok::survey(const Result<std::vector<ProcessInfo>>& processes) {
    if (!processes) {
        Actions actions{Log{"check skipped: " + processes.error().message}};
        append(actions, finish());
        return actions;
    }
    const bool any_running = std::ranges::any_of(*processes, [this](const ProcessInfo& info) {
        return info.state == ProcessState::running && is_chosen(settings_, listeners_, info.id);
    });
    if (!any_running) return finish();
    phase_ = Phase::checking;
    return {CheckHttp{settings_.check}};
}

Actions Httpok::on_listeners(const Result<std::set<std::string>>& groups) {
    Actions actions;
    if (groups) {
        listeners_ = *groups;
    } else {
        actions.emplace_back(
            Log{fmt::format("cannot tell which programs are event listeners, and spare only myself: {}",
                            groups.error().message)});
    }
    if (phase_ != Phase::surveying) phase_ = Phase::listing;
    actions.emplace_back(ListProcesses{});
    return actions;
}

Actions Httpok::on_outcome(const HttpOutcome& outcome) {
    const auto fault = judge(settings_, outcome);
    if (!fault || closing_) return finish();
    fault_ = *fault;
    lines_.clear();
    Actions actions{note(fault_.message)};
    const bool find_listeners = settings_.choice == Settings::Choice::any && !survey_first();
    phase_ = find_listeners ? Phase::finding : Phase::listing;
    if (find_listeners) {
        actions.emplace_back(ListEventListeners{});
    } else {
        actions.emplace_back(ListProcesses{});
    }
    return actions;
}

Actions Httpok::act(const std::vector<ProcessInfo>& processes) {
    phase_ = Phase::restarting;
    Actions actions{note(settings_.choice == Settings::Choice::any
                             ? "Restarting all running processes"
                             : "Restarting selected processes " + join(settings_.programs, ", "))};
    unsettled_.clear();
    for (const auto& info : processes) {
        if (!is_chosen(settings_, listeners_, info.id)) continue;
        if (restarting_.contains(info.id)) {
            actions.emplace_back(note(fmt::format("{} is being restarted already", info.id.brief())));
        } else if (settings_.self == info.id) {
            actions.emplace_back(
                note(fmt::format("{} is this httpok itself, NOT restarting", info.id.brief())));
        } else if (info.state == ProcessState::running && !closing_) {
            append(actions, begin_restart(info));
        } else {
            actions.emplace_back(
                note(fmt::format("{} not in RUNNING state, NOT restarting", info.id.brief())));
        }
    }
    const auto missing = missing_programs(processes);
    if (!missing.empty())
        actions.emplace_back(
            note("Programs not restarted because they did not exist: " + join(missing, ", ")));
    if (unsettled_.empty()) append(actions, report());
    return actions;
}

std::vector<std::string> Httpok::missing_programs(const std::vector<ProcessInfo>& processes) const {
    std::vector<std::string> missing;
    for (const auto& program : settings_.programs) {
        const bool exists = std::ranges::any_of(
            processes, [&](const ProcessInfo& info) { return is_named(info.id, program); });
        if (!exists) missing.push_back(program);
    }
    return missing;
}

Actions Httpok::begin_restart(const ProcessInfo& info) {
    const Incarnation life{info.pid, info.start};
    unsettled_.insert(info.id);
    restarting_[info.id] = life;
    if (settings_.core_folder) {
        const auto file = quoted(fmt::format("{}/{}", *settings_.core_folder, info.id.brief()));
        return {RunCommand{info.id, fmt::format("{} {} {}", settings_.gcore, file, info.pid), core_timeout}};
    }
    return {note(fmt::format("{} is in RUNNING state, restarting", info.id.brief())), Restart{info.id, life}};
}

Actions Httpok::on_core(const CommandFinished& core) {
    const auto found = restarting_.find(core.about);
    if (found == restarting_.end()) return {};
    const std::string name = core.about.brief();
    const Restart restart{core.about, found->second};
    return {note(core.output ? fmt::format("gcore output for {}:\n\n {}", name, *core.output)
                             : fmt::format("gcore for {} failed: {}", name, core.output.error().message)),
            note(fmt::format("{} is in RUNNING state, restarting", name)), restart};
}

Actions Httpok::on_progress(const TaskProgress& progress) {
    if (!restarting_.contains(progress.id)) return {};
    const std::string name = progress.id.brief();
    const bool late = !unsettled_.contains(progress.id);  // its mail has gone
    std::string line;
    switch (progress.stage) {
        case TaskStage::already:
        case TaskStage::stopped:
        case TaskStage::starting:
        case TaskStage::backoff:
            return {};  // not said of the restart of a judged process
        case TaskStage::spared:
            line = fmt::format("{} not restarted: {}", name, progress.detail);
            break;
        case TaskStage::stopping:
            return {Log{fmt::format("{}: {}", name, progress.detail)}};
        case TaskStage::stop_failed:
            line = fmt::format("Failed to stop process {}: {}", name, progress.detail);
            break;
        case TaskStage::start_failed:
        case TaskStage::abandoned:
            line = fmt::format("Failed to start process {}: {}", name, progress.detail);
            break;
        case TaskStage::reached:
            line = fmt::format("{} restarted, {}", name, progress.detail);
            break;
    }
    if (progress.stage != TaskStage::start_failed) restarting_.erase(progress.id);
    if (!late) {
        Actions actions{note(line)};
        append(actions, settle(progress.id));
        return actions;
    }
    Actions actions{Log{line}};
    if (progress.stage == TaskStage::reached)
        actions.emplace_back(Notify{{subject(fmt::format("{} started after all", name)), line}});
    if (progress.stage == TaskStage::abandoned)
        actions.emplace_back(Notify{{subject(fmt::format("failed to start process {}", name)), line}});
    return actions;
}

Actions Httpok::settle(const Namespec& id) {
    unsettled_.erase(id);
    return unsettled_.empty() ? report() : Actions{};
}

Actions Httpok::report() {
    Actions actions{Notify{{subject(fault_.subject), join(lines_, "\n") + "\n"}}};
    append(actions, finish());
    return actions;
}

Log Httpok::note(const std::string& line) {
    lines_.push_back(line);
    return {line};
}

std::string Httpok::subject(const std::string& text) const {
    return settings_.name.empty() ? "httpok: " + text : fmt::format("httpok [{}]: {}", settings_.name, text);
}

}  // namespace keenlance::httpok
