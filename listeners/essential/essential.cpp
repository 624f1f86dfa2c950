#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/essential/essential.hpp>

#include <algorithm>
#include <utility>

namespace keenlance::essential {

namespace {

constexpr Duration longest_look{3'000};  // a supervisord that hangs keeps no failure from being told
constexpr Duration check_again{1'000};   // doubled each time
constexpr int most_checks = 4;           // that were not answered
constexpr Duration old_news{10'000};     // RUNNING again for longer than this when we hear of its end
const std::string stopping_event = "SUPERVISOR_STATE_CHANGE_STOPPING";

std::optional<Failure::Kind> kind_of(const ProcessStateChange& change) {
    if (change.to == ProcessState::fatal) return Failure::Kind::fatal;
    if (change.to != ProcessState::exited) return std::nullopt;
    // An exit that does not say that it is unexpected must not end everything.
    return change.expected.value_or(true) ? Failure::Kind::expected_exit : Failure::Kind::unexpected_exit;
}

/// Why a process is no reason (any more) to end everything; nothing: it is.
std::optional<std::string> excuse(const Failure& failure, const Result<ProcessInfo>& info) {
    if (!info) return "supervisord does not know it any more";
    switch (info->state) {
        case ProcessState::running:
            return fmt::format("is RUNNING again (pid {})", info->pid);
        case ProcessState::stopped:
        case ProcessState::stopping:
            return "has been stopped by hand";
        case ProcessState::starting:
        case ProcessState::backoff:
            // supervisord itself never starts what is FATAL; if this start fails, that is another failure.
            if (failure.kind == Failure::Kind::fatal) return "is being started by hand";
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

}  // namespace

Actions Essential::step(const Fact& fact, const Moment& now) {
    Actions actions =
        std::visit(Overloaded{
                       [&](const Started&) { return start(); },
                       [&](const EventReceived& received) {
                           if (!std::exchange(heard_, true) && received.event.pool_serial > 0)
                               look_again(now);
                           return on_event(received.event, now);
                       },
                       [&](const EventsLost& lost) { return on_lost(lost, now); },
                       [&](const Closing&) { return close(); },
                       [&](const ProcessesListed& listed) { return on_list(listed.processes, now); },
                       [&](const ProcessConfigsListed& listed) { return on_configs(listed.configs, now); },
                       [&](const ProcessesInspected& inspected) { return on_inspected(inspected, now); },
                       [&](const EventListenersListed& listed) { return on_listeners(listed.groups); },
                       [&](const CommandFinished& finished) { return on_signalled(finished, now); },
                       [](const auto&) { return Actions{}; },
                   },
                   fact);
    append(actions, go_on(now));
    return actions;
}

std::optional<SteadyTime> Essential::deadline() const {
    if (closing_ || going_down_) return std::nullopt;
    if (ending_) return ending_->next_look;
    auto next = survey_ == Survey::none ? next_survey_ : std::nullopt;
    for (const auto& [id, pending] : pending_)
        next = std::min(next.value_or(SteadyTime::max()), pending.due);
    return next == SteadyTime::max() ? std::nullopt : next;
}

Actions Essential::start() {
    std::vector<std::string> ends;
    if (settings_.kinds.contains(Failure::Kind::fatal)) ends.emplace_back("is FATAL");
    if (settings_.kinds.contains(Failure::Kind::unexpected_exit)) ends.emplace_back("exits unexpectedly");
    if (settings_.kinds.contains(Failure::Kind::expected_exit)) ends.emplace_back("is done");
    const std::string when =
        settings_.wait > Duration{0} ? " for longer than " + format_duration(settings_.wait) : "";
    Actions actions{Log{fmt::format("shutting supervisord down when one of these {}{}: {}",
                                    join(ends, " or "), when, settings_.chosen.describe())}};
    append(actions, survey());
    return actions;
}

Actions Essential::on_event(const Event& event, const Moment& now) {
    if (event.name == stopping_event) return on_going_down();
    if (!event.name.starts_with("PROCESS_STATE_")) return {};
    const auto change = parse_process_state_change(event);
    if (!change) {
        return {Log{fmt::format("bad input, ignored: {} with payload \"{}\"", event.name,
                                printable(event.payload, 120))}};
    }
    return on_change(*change, now);
}

Actions Essential::on_change(const ProcessStateChange& change, const Moment& now) {
    if (is_deaf()) return {};
    if (const auto kind = kind_of(change)) {
        Failure failure;
        failure.id = change.id;
        failure.kind = *kind;
        failure.pid = change.pid;
        return begin(std::move(failure), now);
    }
    const auto found = pending_.find(change.id);
    if (found == pending_.end() || settings_.wait <= Duration{0}) return {};
    ProcessInfo info;
    info.id = change.id;
    info.state = change.to;
    info.pid = change.pid.value_or(0);
    const auto why = excuse(found->second.failure, info);
    if (!why) return {};
    // Whoever counts crashes is to hear of this one too.
    Actions actions = found->second.phase == Phase::looking ? announce(found->second) : Actions{};
    append(actions, forgive(change.id, *why));
    return actions;
}

bool Essential::counts(const Namespec& id) const {
    if (settings_.self && id.group == settings_.self->group) return false;
    const auto meant = is_meant(settings_.chosen, id);
    return meant == Meant::by_name || (meant == Meant::in_general && !listeners_.contains(id.group));
}

Actions Essential::begin(Failure failure, const Moment& now) {
    if (!settings_.kinds.contains(failure.kind) || !counts(failure.id)) return {};
    failure.since = now.steady;
    const Namespec id = failure.id;
    if (const auto known = pending_.find(id); known != pending_.end()) {
        if (failure.kind == Failure::Kind::fatal) known->second.failure.kind = Failure::Kind::fatal;
        return {};
    }
    auto& pending = pending_.emplace(id, Pending{std::move(failure)}).first->second;
    if (settings_.rpc == Settings::Rpc::missing) return announce(pending);
    pending.due = now.steady + longest_look;
    if (is_meant(settings_.chosen, id) == Meant::by_name) return {InspectProcesses{{id}}};
    return {ListEventListeners{}};
}

Actions Essential::on_listeners(const Result<std::set<std::string>>& groups) {
    Actions actions;
    if (groups) {
        listeners_ = *groups;
    } else {
        actions.emplace_back(Log{"cannot tell event listeners from programs: " + groups.error().message});
    }
    InspectProcesses inspect;
    for (auto each = pending_.begin(); each != pending_.end();) {
        if (!counts(each->first)) {
            actions.emplace_back(Log{each->second.failure.describe() + ": an event listener, not counted"});
            each = pending_.erase(each);
            continue;
        }
        if (each->second.phase == Phase::looking) inspect.ids.push_back(each->first);
        ++each;
    }
    if (!inspect.ids.empty()) actions.emplace_back(std::move(inspect));
    return actions;
}

Actions Essential::on_inspected(const ProcessesInspected& inspected, const Moment& now) {
    if (ending_) return on_end_inspected(inspected, now);
    Actions actions;
    for (std::size_t i = 0; i < inspected.ids.size(); ++i) {
        const auto info = inspected.processes ? inspected.processes->at(i) : inspected.processes.error();
        if (!info && says_going_down(info.error())) return on_going_down();
        const auto found = pending_.find(inspected.ids[i]);
        if (found == pending_.end()) continue;
        const bool checking = found->second.phase == Phase::checking;
        append(actions, checking ? on_checked(found->second, info, now) : on_looked(found->second, info));
    }
    return actions;
}

Actions Essential::on_looked(Pending& pending, const Result<ProcessInfo>& info) {
    auto& failure = pending.failure;
    if (info && info->state == ProcessState::exited) failure.exit_status = info->exit_status;
    if (info && failure.kind == Failure::Kind::fatal) failure.reason = info->spawn_error;
    if (pending.phase != Phase::looking) return {};  // so late that it has been told already
    const Duration up{info ? (info->now - info->start) * 1'000 : 0};
    if (info && info->state == ProcessState::running && up > old_news + settings_.wait) {
        const Namespec id = failure.id;
        Actions actions{Log{fmt::format("{}, but has been RUNNING again for {}: old news", failure.describe(),
                                        format_duration(up))}};
        pending_.erase(id);
        return actions;
    }
    return announce(pending);
}

Actions Essential::announce(Pending& pending) {
    pending.phase = Phase::waiting;
    pending.due = pending.failure.since + settings_.wait;
    Actions actions{Log{is_down(pending.failure, settings_.wait).body}};
    if (pending.failure.kind != Failure::Kind::expected_exit)
        actions.emplace_back(Notify{is_down(pending.failure, settings_.wait)});
    return actions;
}

Actions Essential::on_checked(Pending& pending, const Result<ProcessInfo>& info, const Moment& now) {
    const bool answered =
        info || (info.error().kind == ErrorKind::fault && info.error().code == fault::bad_name);
    if (!answered && ++pending.checks < most_checks) {
        pending.phase = Phase::waiting;
        pending.due = now.steady + check_again * (1 << pending.checks);
        return {Log{fmt::format("cannot see whether {} is back: {}", pending.failure.id.brief(),
                                info.error().message)}};
    }
    if (answered)
        if (const auto why = excuse(pending.failure, info)) return forgive(pending.failure.id, *why);
    const Failure failure = pending.failure;
    return end(failure, now);
}

Actions Essential::forgive(const Namespec& id, const std::string& why) {
    const Failure failure = pending_.extract(id).mapped().failure;  // `id` may be a part of what goes
    Actions actions{Log{fmt::format("{} {}: supervisord is not shut down", failure.id.brief(), why)}};
    if (failure.kind != Failure::Kind::expected_exit) actions.emplace_back(Notify{is_back(failure, why)});
    return actions;
}

/// Does all that is due.
Actions Essential::go_on(const Moment& now) {
    Actions actions;
    if (closing_ || going_down_) return actions;
    if (ending_) return look_for_the_end(now);
    if (survey_ == Survey::none && next_survey_ && *next_survey_ <= now.steady) append(actions, survey());
    std::vector<Namespec> due;
    for (const auto& [id, pending] : pending_)
        if (pending.due <= now.steady) due.push_back(id);
    for (const auto& id : due) {
        const auto found = pending_.find(id);
        if (found == pending_.end()) continue;
        if (found->second.phase == Phase::looking) append(actions, announce(found->second));
        if (found->second.due <= now.steady) append(actions, conclude(found->second, now));
    }
    return actions;
}

Actions Essential::conclude(Pending& pending, const Moment& now) {
    if (settings_.wait <= Duration{0} || settings_.rpc == Settings::Rpc::missing) {
        const Failure failure = pending.failure;
        return end(failure, now);
    }
    pending.phase = Phase::checking;
    pending.due = SteadyTime::max();  // it is answered, if only by an Error
    return {InspectProcesses{{pending.failure.id}}};
}

}  // namespace keenlance::essential
