#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/httpok/httpok.hpp>

#include <algorithm>
#include <utility>

namespace keenlance::httpok {

namespace {

constexpr Duration core_timeout{300'000};  // a core of many gigabytes

/// Into the log, and into what is told of the failure.
Log note(Target& target, const std::string& line) {
    if (target.failure) target.failure->lines.push_back(line);
    return {line};
}

/// What is left to be told if the end of a failure isn't.
std::string word_name(std::size_t tag) {
    return fmt::format("failure {}", tag);
}

/// One that holds already goes on under the name it was told under.
void choose_process_told_of(Target& target) {
    if (target.firing || !target.failure) return;
    const auto& met = target.failure->met;
    target.told_of = met.size() == 1 ? *met.begin() : target.process;
}

/// A reason of several lines in one.
std::string in_one_line(const std::string& text) {
    constexpr std::size_t longest = 300;
    return printable(text, longest);
}

}  // namespace

Actions Httpok::on_good(Tag tag) {
    auto& target = targets_.at(tag);
    target.failures = 0;
    target.failure.reset();
    Actions actions = resolve(tag, "it is good again");
    bool exhausted = false;
    for (auto& [id, judged] : target.judged) {
        guard_.passed(judged.last, now_);
        exhausted = exhausted || judged.exhausted;
    }
    // Whether somebody else has restarted them since is not in the answer.
    append(actions, exhausted && !closing_ ? ask(tag, Target::Phase::listing) : finish(tag));
    return actions;
}

Actions Httpok::look_after_exhausted(Tag tag, const Processes& processes) {
    auto& target = targets_.at(tag);
    Actions actions;
    if (processes) {
        for (const auto& info : *processes) {
            const auto found = target.judged.find(info.id);
            if (found == target.judged.end() || !found->second.exhausted) continue;
            found->second.last.life = {info.pid, info.start};
            found->second.last.now = info.now;
            const auto judgement = guard_.passed(found->second.last, now_);
            if (!judgement.resumed) continue;
            found->second.exhausted = false;
            auto told = about_exhausted(info.id, judgement, target.attempt.shown + " is good again");
            told.subject = subject(told.subject);
            actions.emplace_back(Log{std::string(trim(told.body))});
            actions.emplace_back(Notify{std::move(told)});
        }
    }
    append(actions, finish(tag));
    return actions;
}

Actions Httpok::on_failed(Tag tag, Fault fault) {
    auto& target = targets_.at(tag);
    ++target.failures;
    target.failure.emplace(Failure{std::move(fault)});
    Actions actions{note(target, target.failure->fault.message)};
    const bool can_act = check_of(target).about.kind != About::Kind::nothing;
    append(actions, can_act ? ask(tag, Target::Phase::listing) : report(tag));
    return actions;
}

Actions Httpok::act(Tag tag, const Processes& processes) {
    auto& target = targets_.at(tag);
    if (!target.failure) return look_after_exhausted(tag, processes);
    Actions actions;
    if (!processes) {
        actions.emplace_back(note(
            target, fmt::format("cannot list the processes: {}; not acting", processes.error().message)));
        append(actions, report(tag));
        return actions;
    }
    target.phase = Target::Phase::settling;
    const auto& about = check_of(target).about;
    const std::string heading =
        "Restarting " + (target.process ? "selected processes " + target.process->brief() : about.text());
    auto& lines = target.failure->lines;
    const auto place = static_cast<std::ptrdiff_t>(lines.size());
    Actions dealt;
    for (const auto& info : *processes)
        if (covers(target, info.id)) append(dealt, deal_with(tag, info));
    // Where each is held back, nothing is being restarted.
    if (target.failure->deeds > 0 || target.failure->held + target.failure->exhausted == 0) {
        lines.insert(lines.begin() + place, heading);
        actions.emplace_back(Log{heading});
    }
    if (target.failure->deeds > 0) actions.emplace_back(word_of(tag));
    append(actions, std::move(dealt));
    const auto missing = target.process ? std::vector<std::string>{} : about.unmatched(*processes);
    if (!missing.empty())
        actions.emplace_back(
            note(target, "Programs not restarted because they did not exist: " + join(missing, ", ")));
    if (target.failure->unsettled.empty()) append(actions, report(tag));
    return actions;
}

Actions Httpok::deal_with(Tag tag, const ProcessInfo& info) {
    auto& target = targets_.at(tag);
    const std::string name = info.id.brief();
    target.failure->met.insert(info.id);
    if (is_worth_trying(target, info) && settings_.self != info.id && !restarts_.contains(info.id) &&
        !starting_.contains(info.id) && !closing_)
        return deal_with_judged(tag, info);
    ++target.failure->others;
    if (restarts_.contains(info.id))
        return {note(target, fmt::format("{} is being restarted already", name))};
    if (starting_.contains(info.id)) return {note(target, fmt::format("{} is being started already", name))};
    if (settings_.self == info.id)
        return {note(target, fmt::format("{} is this httpok itself, NOT restarting", name))};
    if (closing_ && info.state == ProcessState::running)
        return {
            note(target, fmt::format("{} is in RUNNING state, but httpok is ending: NOT restarting", name))};
    return {note(target, fmt::format("{} not in RUNNING state, NOT restarting", name))};
}

Actions Httpok::deal_with_judged(Tag tag, const ProcessInfo& info) {
    auto& target = targets_.at(tag);
    auto& failure = *target.failure;
    const Checked checked{info.id, {info.pid, info.start}, info.now, tag};
    const auto judgement = guard_.failed(checked, now_);
    const bool is_exhausted = judgement.ruling == Ruling::exhausted;
    target.judged[info.id] = {checked, is_exhausted};
    Actions actions;
    if (judgement.resumed || (is_exhausted && judgement.news)) {
        auto told = about_exhausted(info.id, judgement, in_one_line(failure.fault.message));
        told.subject = subject(told.subject);
        actions.emplace_back(Notify{std::move(told)});
    }
    if (!judgement.account.empty()) actions.emplace_back(note(target, judgement.account));
    switch (judgement.ruling) {
        case Ruling::restart:
            guard_.begin_restart(info.id, now_);
            append(actions, begin_deed(tag, info));
            break;
        case Ruling::within_grace:
        case Ruling::counting:
        case Ruling::dry_run:
            ++failure.held;
            break;
        case Ruling::exhausted:
            ++failure.exhausted;
            break;
        case Ruling::good:
        case Ruling::waiting:
            ++failure.others;
            break;
    }
    return actions;
}

Actions Httpok::begin_deed(Tag tag, const ProcessInfo& info) {
    auto& target = targets_.at(tag);
    auto& failure = *target.failure;
    const std::string name = info.id.brief();
    ++failure.deeds;
    failure.unsettled.insert(info.id);
    owners_[info.id] = tag;
    if (info.state != ProcessState::running) {
        starting_.insert(info.id);
        Task task;
        task.id = info.id;
        task.goal = Goal::running;
        task.known = info;
        return {note(target, fmt::format("{} is in {} state, starting", name, to_string(info.state))),
                Bring{std::move(task)}};
    }
    RestartOrder order{info.id, {info.pid, info.start}, in_one_line(failure.fault.message)};
    if (!settings_.core_folder) {
        Actions actions{note(target, fmt::format("{} is in RUNNING state, restarting", name))};
        append(actions, restarts_.begin(std::move(order)));
        return actions;
    }
    const auto file = quoted_for_shell(fmt::format("{}/{}", *settings_.core_folder, name));
    order.dump_command = fmt::format("{} {} {}", settings_.gcore, file, info.pid);
    order.dump_timeout = core_timeout;
    return restarts_.begin(std::move(order));
}

Actions Httpok::follow(const RestartTurn& turn) {
    Actions actions = turn.actions;
    for (const auto& dumped : turn.dumped)
        append(actions, on_dumped(dumped));
    for (const auto& progress : turn.progress)
        append(actions, on_progress(progress, "restarted"));
    return actions;
}

Actions Httpok::on_dumped(const Dumped& dumped) {
    const auto owner = owners_.find(dumped.id);
    if (owner == owners_.end()) return {};
    auto& target = targets_.at(owner->second);
    const std::string name = dumped.id.brief();
    return {note(target, dumped.output
                             ? fmt::format("gcore output for {}:\n\n {}", name, *dumped.output)
                             : fmt::format("gcore for {} failed: {}", name, dumped.output.error().message)),
            note(target, fmt::format("{} is in RUNNING state, restarting", name))};
}

Actions Httpok::on_start_progress(const TaskProgress& progress) {
    if (!starting_.contains(progress.id)) return {};
    if (is_last(progress.stage)) starting_.erase(progress.id);
    return on_progress(progress, "started");
}

Actions Httpok::on_progress(const TaskProgress& progress, std::string_view done) {
    guard_.on_progress(progress, now_);
    const auto owner = owners_.find(progress.id);
    if (owner == owners_.end()) return {};
    const Tag tag = owner->second;
    auto& target = targets_.at(tag);
    const std::string name = progress.id.brief();
    std::string line;
    switch (progress.stage) {
        case TaskStage::stopped:
        case TaskStage::starting:
        case TaskStage::backoff:
            return {};
        case TaskStage::stopping:
            return {Log{fmt::format("{}: {}", name, progress.detail)}};
        case TaskStage::spared:
            line = fmt::format("{} not {}: {}", name, done, progress.detail);
            break;
        case TaskStage::already:
            line = fmt::format("{} is {} already", name, to_string(progress.state));
            break;
        case TaskStage::stop_failed:
            line = fmt::format("Failed to stop process {}: {}", name, progress.detail);
            break;
        case TaskStage::start_failed:
        case TaskStage::abandoned:
            line = fmt::format("Failed to start process {}: {}", name, progress.detail);
            break;
        case TaskStage::reached:
            line = fmt::format("{} {}, {}", name, done, progress.detail);
            break;
    }
    if (progress.stage == TaskStage::abandoned) left_down_.insert(progress.id);
    if (is_last(progress.stage)) owners_.erase(owner);
    const bool late = !target.failure || !target.failure->unsettled.contains(progress.id);  // it was told
    if (!late) {
        Actions actions{note(target, line)};
        append(actions, settle(tag, progress.id));
        return actions;
    }
    Actions actions{Log{line}};
    Notification told;
    told.body = line;
    told.alert = "ProcessStartFailed";
    told.process = progress.id;
    if (progress.stage == TaskStage::reached) {
        told.subject = subject(fmt::format("{} started after all", name));
        told.severity = Severity::info;
        actions.emplace_back(Notify{std::move(told)});
    } else if (progress.stage == TaskStage::abandoned) {
        told.subject = subject(fmt::format("failed to start process {}", name));
        actions.emplace_back(Notify{std::move(told)});
    }
    return actions;
}

Actions Httpok::settle(Tag tag, const Namespec& id) {
    auto& unsettled = targets_.at(tag).failure->unsettled;
    unsettled.erase(id);
    return unsettled.empty() ? report(tag) : Actions{};
}

bool Httpok::is_worth_telling(const Target& target) const {
    const auto& failure = *target.failure;
    if (settings_.guard.deed == GuardSettings::Deed::dry_run) return false;
    if (failure.deeds > 0) return true;
    if (failure.held > 0) return false;
    // Nothing was judged that counts failures by itself.
    if (failure.exhausted == 0 && target.failures < settings_.guard.failures) return false;
    if (!target.firing) return true;
    return check_of(target).telling == Check::Telling::every_failure && failure.exhausted == 0;
}

Notification Httpok::notification(const Target& target, const std::string& about) const {
    Notification told;
    told.subject = subject(about);
    told.alert = "HttpCheckFailed";
    told.process = target.told_of;
    told.topic = fmt::format("HttpCheckFailed {} {}", target.attempt.shown,
                             target.process ? target.process->full() : "");
    told.details = {{"target", target.attempt.shown}};
    return told;
}

/// Of no condition: the next httpok would not know that it is to be resolved.
LeaveWord Httpok::word_of(Tag tag) {
    auto& target = targets_.at(tag);
    const auto& fault = target.failure->fault;
    choose_process_told_of(target);
    auto told = notification(target, fault.subject + "; what came of the restart is not known");
    told.body = join(target.failure->lines, "\n") +
                "\n\nhttpok was ended itself before it knew what came of the restart.\n";
    told.details.emplace_back("reason", in_one_line(fault.message));
    return {word_name(tag), std::move(told)};
}

Actions Httpok::report(Tag tag) {
    auto& target = targets_.at(tag);
    Actions actions;
    if (is_worth_telling(target)) {
        const auto& failure = *target.failure;
        choose_process_told_of(target);
        auto told = notification(target, failure.fault.subject);
        told.condition = Condition::firing;
        told.body = join(failure.lines, "\n") + "\n";
        told.details.emplace_back("reason", in_one_line(failure.fault.message));
        target.firing = true;
        Notify notify{std::move(told)};
        notify.instead_of = word_name(tag);
        actions.emplace_back(std::move(notify));
    }
    append(actions, finish(tag));
    return actions;
}

Actions Httpok::resolve(Tag tag, const std::string& why) {
    auto& target = targets_.at(tag);
    if (!std::exchange(target.firing, false)) return {};
    auto told = notification(target, target.attempt.shown + ": " + why);
    told.condition = Condition::resolved;
    told.body = fmt::format("{}: {}\n", target.attempt.shown, why);
    return {Log{fmt::format("{}: {}", target.attempt.shown, why)}, Notify{std::move(told)}};
}

std::string Httpok::subject(const std::string& text) const {
    return settings_.name.empty() ? "httpok: " + text : fmt::format("httpok [{}]: {}", settings_.name, text);
}

}  // namespace keenlance::httpok
