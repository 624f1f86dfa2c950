// What becomes of a process that is over its limit, and how it is told.

#include <keenlance/core/quantity.hpp>

#include <fmt/core.h>
#include <listeners/memmon/memmon.hpp>

#include <algorithm>

namespace keenlance::memmon {

namespace {

std::string uptime_text(std::int64_t seconds) {
    return format_duration(std::chrono::seconds(std::max<std::int64_t>(seconds, 0)));
}

std::string word_name(const Namespec& id) {
    return "restart of " + id.full();
}

/// For the names of details: "rss".
std::string_view key_for(MemoryMetric metric) {
    switch (metric) {
        case MemoryMetric::rss:
            return "rss";
        case MemoryMetric::pss:
            return "pss";
        case MemoryMetric::uss:
            return "uss";
        case MemoryMetric::swap:
            return "swap";
        case MemoryMetric::cgroup:
            return "cgroup";
    }
    return "";
}

}  // namespace

std::string_view word_for(MemoryMetric metric) {
    switch (metric) {
        case MemoryMetric::rss:
            return "RSS";
        case MemoryMetric::pss:
            return "PSS";
        case MemoryMetric::uss:
            return "USS";
        case MemoryMetric::swap:
            return "swap";
        case MemoryMetric::cgroup:
            return "cgroup memory";
    }
    return "";
}

std::string account(const Settings& settings, const Verdict& verdict) {
    return fmt::format("{} {}{} is over {}", format_size(verdict.usage.bytes), word_for(settings.metric),
                       settings.scope == MemoryScope::descendants ? " with descendants" : "",
                       account(verdict.limit));
}

Actions Memmon::queue_restart(const Verdict& verdict, const Moment& now) {
    const auto& id = verdict.usage.id;
    pending_.emplace(id, Pending{verdict});
    auto& queue = by_group_[id.group];
    queue.push_back(id);
    return queue.size() == 1 ? next_of_group(id.group, now) : Actions{};
}

Actions Memmon::next_of_group(const std::string& group, const Moment& now) {
    const auto& id = by_group_.at(group).front();
    const auto& verdict = pending_.at(id).verdict;
    const auto why = account(settings_, verdict);
    Actions actions{Log{fmt::format("restarting {} (pid {}): {}", id.full(), verdict.usage.life.pid, why)}};
    actions.emplace_back(word_of(verdict, now));
    guard_.begin_restart(id, now.steady);
    append(actions, restarts_.begin({id, verdict.usage.life, why}));
    return actions;
}

Actions Memmon::on_turn(RestartTurn turn, const Moment& now) {
    Actions actions;
    for (const auto& progress : turn.progress)
        append(actions, on_progress(progress, now));
    append(actions, std::move(turn.actions));
    for (const auto& id : turn.ended)
        append(actions, on_ended(id, now));
    return actions;
}

Actions Memmon::on_progress(const TaskProgress& progress, const Moment& now) {
    guard_.on_progress(progress, now.steady);
    const std::string name = progress.id.full();
    const auto& usage = pending_.at(progress.id).verdict.usage;
    switch (progress.stage) {
        case TaskStage::already:
        case TaskStage::stopped:
        case TaskStage::starting:
        case TaskStage::backoff:
            return {};  // not said of the restart of a judged process
        case TaskStage::spared:
            return {Log{fmt::format("not restarting {}: {}", name, progress.detail)},
                    TakeBackWord{word_name(progress.id)}};
        case TaskStage::stopping:
            return {Log{fmt::format("stopping {}: {}", name, progress.detail)}};
        case TaskStage::stop_failed:
            return on_failure(progress, fmt::format("failed to stop process {}", name),
                              fmt::format("Failed to stop process {} ({} {}), it runs on: {}", name,
                                          word_for(settings_.metric), usage.bytes, progress.detail));
        case TaskStage::start_failed:
        case TaskStage::abandoned:
            return on_failure(
                progress, fmt::format("failed to start process {}", name),
                fmt::format("Failed to start process {} after stopping it: {}", name, progress.detail));
        case TaskStage::reached:
            return on_reached(progress, now);
    }
    return {};
}

Actions Memmon::on_failure(const TaskProgress& progress, const std::string& subject,
                           const std::string& text) {
    auto& pending = pending_.at(progress.id);
    Actions actions{Log{text}};
    if (!is_last(progress.stage) && pending.failure_mailed) return actions;
    pending.failure_mailed = true;
    failing_.insert(progress.id);
    auto told = about(pending.verdict, "MemoryOverLimit", subject, text);
    told.condition = Condition::firing;
    append(actions, tell(std::move(told), word_name(progress.id)));
    return actions;
}

Actions Memmon::on_reached(const TaskProgress& progress, const Moment& now) {
    const auto& pending = pending_.at(progress.id);
    const auto& usage = pending.verdict.usage;
    const std::string name = progress.id.full();
    Actions actions{Log{fmt::format("restarted {}: {}", name, progress.detail)}};
    const bool told = !settings_.mail_uptime_limit || pending.failure_mailed ||
                      std::chrono::seconds(usage.uptime_seconds) <= *settings_.mail_uptime_limit;
    if (told) {
        auto text = fmt::format(
            "memmon restarted the process named {} at {} {} because it was consuming too much memory "
            "({} bytes {})\n\n{}. It was pid {} and up for {}; now: {}.\n",
            name, format_asctime(now), now.zone, usage.bytes, word_for(settings_.metric),
            account(settings_, pending.verdict), usage.life.pid, uptime_text(usage.uptime_seconds),
            progress.detail);
        text += picture(progress.id);
        append(actions, tell(about(pending.verdict, "MemoryOverLimit",
                                   fmt::format("process {} restarted", name), text),
                             word_name(progress.id)));
    } else {
        actions.emplace_back(TakeBackWord{word_name(progress.id)});
    }
    append(actions, over_is_over(progress.id));
    return actions;
}

Actions Memmon::on_ended(const Namespec& id, const Moment& now) {
    pending_.erase(id);
    roster_.forget();  // it may live on as it was
    auto& queue = by_group_.at(id.group);
    queue.pop_front();
    if (closing_) {
        for (const auto& left : queue)
            pending_.erase(left);
        queue.clear();
    }
    if (!queue.empty()) return next_of_group(id.group, now);
    by_group_.erase(id.group);
    return {};
}

/// Samples and trend, behind what superlance's mail says; against the limit where there is one.
std::string Memmon::picture(const Namespec& id) const {
    const auto samples = histories_.of(id);
    const Limit* limit = settings_.limits.limit_for(id);
    if (limit == nullptr) limit = settings_.warnings.limit_for(id);
    const auto bars = limit == nullptr ? "" : chart(samples, limit->bytes);
    if (bars.empty()) return "";
    const auto span = samples.back().when - samples.front().when;
    const auto growth = trend(samples, limit->bytes);
    return fmt::format("\nIts {} in the last {} ({} samples{}{}); '|' is {}:\n\n{}",
                       word_for(settings_.metric), format_duration(span), samples.size(),
                       growth.empty() ? "" : ": ", growth, account(*limit), bars);
}

Notification Memmon::about(const Verdict& verdict, std::string_view alert, const std::string& subject,
                           const std::string& body) const {
    Notification told;
    told.subject = subject;
    told.body = body;
    told.alert = alert;
    told.process = verdict.usage.id;
    told.details = {{"pid", std::to_string(verdict.usage.life.pid)},
                    {fmt::format("{}_bytes", key_for(settings_.metric)), std::to_string(verdict.usage.bytes)},
                    {"limit_bytes", std::to_string(verdict.limit.bytes)},
                    {"rule", verdict.limit.rule}};
    return told;
}

Notification Memmon::with_prefix(Notification notification) const {
    const std::string prefix =
        settings_.name.empty() ? "memmon: " : fmt::format("memmon [{}]: ", settings_.name);
    notification.subject.insert(0, prefix);
    return notification;
}

/// Nothing in a dry run.
Actions Memmon::tell(Notification notification, std::string instead_of) const {
    if (settings_.guard.deed == GuardSettings::Deed::dry_run) return {};
    Notify notify{with_prefix(std::move(notification))};
    notify.instead_of = std::move(instead_of);
    return {std::move(notify)};
}

/// Also where its success would not be mailed: a failure would be.
LeaveWord Memmon::word_of(const Verdict& verdict, const Moment& now) const {
    const auto& usage = verdict.usage;
    const std::string name = usage.id.full();
    const auto text = fmt::format(
        "memmon began to restart the process named {} at {} {} because it was consuming too much memory "
        "({} bytes {})\n\n{}. It was pid {} and up for {}.\n\nmemmon was ended itself before it knew what "
        "came of it: the process may have been restarted, may be down, or still be as it was.\n",
        name, format_asctime(now), now.zone, usage.bytes, word_for(settings_.metric),
        account(settings_, verdict), usage.life.pid, uptime_text(usage.uptime_seconds));
    return {word_name(usage.id),
            with_prefix(about(verdict, "MemoryOverLimit",
                              fmt::format("restart of process {} begun, outcome unknown", name),
                              text + picture(usage.id)))};
}

Actions Memmon::over_is_over(const Namespec& id) {
    if (failing_.erase(id) == 0) return {};
    Notification told;
    told.alert = "MemoryOverLimit";
    told.process = id;
    told.condition = Condition::resolved;
    told.subject = fmt::format("process {} is well again", id.full());
    told.body = told.subject + "\n";
    return tell(std::move(told));
}

}  // namespace keenlance::memmon
