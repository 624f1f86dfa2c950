#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/memmon/memmon.hpp>

#include <algorithm>

namespace keenlance::memmon {

std::vector<Verdict> decide(const Limits& limits, std::span<const Usage> usages) {
    std::vector<Verdict> verdicts;
    for (const auto& usage : usages) {
        const Limit* limit = limits.limit_for(usage.id);
        if (limit != nullptr && usage.bytes > limit->bytes) verdicts.push_back({usage, *limit});
    }
    return verdicts;
}

bool is_watched(const Settings& settings, const ProcessInfo& info) {
    const bool alive = info.state == ProcessState::running || info.state == ProcessState::starting;
    if (info.pid <= 0 || !alive) return false;
    return settings.limits.limit_for(info.id) != nullptr || settings.warnings.limit_for(info.id) != nullptr;
}

Actions Memmon::step(const Fact& fact, const Moment& now) {
    if (std::holds_alternative<Closing>(fact)) closing_ = true;
    auto actions =
        std::visit(Overloaded{
                       [this](const Started&) { return on_started(); },
                       [&](const EventReceived& received) {
                           return received.event.is_tick() ? on_tick(now) : Actions{};
                       },
                       [&](const ProcessesListed& listed) { return on_list(listed.processes, now); },
                       [&](const MemoryMeasured& measured) { return on_measured(measured, now); },
                       [](const auto&) { return Actions{}; },
                   },
                   fact);
    append(actions, on_turn(restarts_.take(fact, now), now));
    return actions;
}

Actions Memmon::on_started() const {
    std::vector<std::string> rules;
    for (const auto* const limits : {&settings_.limits, &settings_.warnings})
        for (const auto* const limit : limits->all())
            rules.push_back(account(*limit));
    std::string text = fmt::format("watching on every tick: {}", join(rules, " "));
    if (settings_.scope == MemoryScope::descendants) text += ", with all descendants (-c)";
    if (settings_.metric != MemoryMetric::rss) text += fmt::format(", by {}", word_for(settings_.metric));
    if (settings_.guard.deed == GuardSettings::Deed::dry_run)
        text += "; restarting nothing and notifying nobody (--dry-run)";
    return {Log{text}};
}

Actions Memmon::on_tick(const Moment& now) {
    if (closing_) return {};
    if (phase_ != Phase::waiting) {
        tick_waits_ = true;
        return {};
    }
    const auto parent = roster_.parent();
    if (!parent) return ask_for_list(std::nullopt);
    phase_ = Phase::glancing;
    candidates_ = roster_.watched(now.steady);
    return measure(*parent);
}

Actions Memmon::ask_for_list(std::optional<ChildProcesses> children) {
    phase_ = Phase::listing;
    roster_.expect(std::move(children));
    return {ListProcesses{}};
}

Actions Memmon::on_list(const Result<std::vector<ProcessInfo>>& processes, const Moment& now) {
    if (!processes) {
        roster_.forget();
        Actions actions{Log{"check skipped: " + processes.error().message}};
        append(actions, finish_check(now));
        return actions;
    }
    Actions actions = warn_of_unknown_names(*processes);
    append(actions, forget_all_but(*processes));
    candidates_.clear();
    for (const auto& info : *processes)
        if (is_watched(settings_, info) && !pending_.contains(info.id))
            candidates_.push_back({info.id, {info.pid, info.start}, info.now - info.start, 0});
    roster_.learn(*processes, candidates_, now.steady);
    phase_ = Phase::measuring;
    append(actions, candidates_.empty() ? finish_check(now) : measure(0));
    return actions;
}

Actions Memmon::measure(int children_of) {
    MeasureMemory measure;
    measure.scope = settings_.scope;
    measure.metric = settings_.metric;
    measure.children_of = children_of;
    measure.pids.reserve(candidates_.size());
    for (const auto& candidate : candidates_)
        measure.pids.push_back(candidate.life.pid);
    return {std::move(measure)};
}

/// What no longer runs is not forgotten while it is being restarted: it will run again.
Actions Memmon::forget_all_but(const std::vector<ProcessInfo>& processes) {
    std::set<Namespec> alive, known;
    for (const auto& info : processes) {
        known.insert(info.id);
        if (is_watched(settings_, info) || pending_.contains(info.id)) alive.insert(info.id);
    }
    Actions actions;
    guard_.keep_only(processes);
    histories_.keep_only(alive);
    for (const auto& [id, watched] : watched_) {
        if (alive.contains(id) || !watched.is_warned) continue;
        append(actions, warning_is_over(id, "it is not running any more"));
    }
    std::erase_if(watched_, [&](const auto& entry) { return !alive.contains(entry.first); });
    for (const auto& id : std::set(failing_))
        if (!known.contains(id)) append(actions, over_is_over(id));
    return actions;
}

Actions Memmon::warn_of_unknown_names(const std::vector<ProcessInfo>& processes) {
    Actions actions;
    for (const auto* const limits : {&settings_.limits, &settings_.warnings})
        for (const auto& [rule, text] : unmatched(*limits, processes))
            if (said_.insert(rule).second) actions.emplace_back(Log{text});
    return actions;
}

Actions Memmon::on_measured(const MemoryMeasured& measured, const Moment& now) {
    if (phase_ == Phase::glancing && !is_enough(measured)) return ask_for_list(measured.children);
    if (phase_ == Phase::measuring) roster_.settle(measured);
    Actions actions = measured.bytes ? judge_all(*measured.bytes, now)
                                     : Actions{Log{"check skipped: " + measured.bytes.error().message}};
    append(actions, finish_check(now));
    return actions;
}

/// Nothing was born or has died since the list, and nothing is to be restarted.
bool Memmon::is_enough(const MemoryMeasured& glance) const {
    if (!glance.bytes || !roster_.holds_for(glance.children)) return false;
    return std::ranges::none_of(candidates_, [&](const Usage& usage) {
        const auto size = glance.bytes->find(usage.life.pid);
        if (size == glance.bytes->end()) return false;
        const Limit* limit = settings_.limits.limit_for(usage.id);
        return limit != nullptr && size->second > limit->bytes;
    });
}

Actions Memmon::judge_all(const std::map<int, std::uint64_t>& sizes, const Moment& now) {
    Actions actions;
    for (auto& candidate : candidates_) {
        auto& watched = watched_[candidate.id];
        if (watched.life != candidate.life) {
            if (watched.is_warned) append(actions, warning_is_over(candidate.id, "it has been restarted"));
            watched = {candidate.life};
        }
        const auto size = sizes.find(candidate.life.pid);
        if (size == sizes.end()) {
            append(actions, unmeasured(candidate));
            continue;
        }
        watched.unmeasured = 0;
        candidate.bytes = size->second;
        append(actions, judge(candidate, now));
    }
    return actions;
}

/// The first time it may just have ended since the list was made.
Actions Memmon::unmeasured(const Usage& usage) {
    auto& times = watched_[usage.id].unmeasured;
    times = std::min(times + 1, 3);
    if (times != 2) return {};
    return {
        Log{fmt::format("{} (pid {}): its {} cannot be read, and is not watched: a process of another user's "
                        "tells it only to root",
                        usage.id.full(), usage.life.pid, word_for(settings_.metric))}};
}

Actions Memmon::judge(const Usage& usage, const Moment& now) {
    histories_.add(usage.id, usage.life, {now.steady, usage.bytes});
    const auto verdicts = decide(settings_.limits, {&usage, 1});
    if (!verdicts.empty()) return over(verdicts.front(), now);
    auto actions = not_over(usage, now);
    append(actions, warn(usage));
    return actions;
}

Actions Memmon::not_over(const Usage& usage, const Moment& now) {
    Actions actions;
    const auto judgement = guard_.passed(checked(usage), now.steady);
    if (judgement.resumed) append(actions, tell(about_exhausted(usage.id, judgement, "")));
    append(actions, over_is_over(usage.id));
    return actions;
}

Actions Memmon::over(const Verdict& verdict, const Moment& now) {
    const auto& id = verdict.usage.id;
    const auto why = account(settings_, verdict);
    roster_.forget();  // the next check needs the list in any case: it need not look at all sizes before
    if (closing_) return {};
    if (settings_.self == id) {
        if (!said_.insert("itself").second) return {};
        return {Log{fmt::format("{} is this memmon itself: {}; not restarting it, stopped it would stay down",
                                id.full(), why)}};
    }
    Actions actions;
    const auto judgement = guard_.failed(checked(verdict.usage), now.steady);
    if (judgement.resumed) append(actions, tell(about_exhausted(id, judgement, why)));
    if (judgement.ruling == Ruling::restart) {
        append(actions, queue_restart(verdict, now));
        return actions;
    }
    if (!judgement.news) return actions;
    actions.emplace_back(
        Log{fmt::format("{} (pid {}): {}; {}", id.full(), verdict.usage.life.pid, why, judgement.account)});
    if (judgement.ruling == Ruling::exhausted) {
        auto told = about_exhausted(id, judgement, why);
        told.body += picture(id);
        append(actions, tell(std::move(told)));
    }
    return actions;
}

/// Once until it has fallen well below: a size that plays around the line is one warning.
Actions Memmon::warn(const Usage& usage) {
    const Limit* limit = settings_.warnings.limit_for(usage.id);
    if (limit == nullptr) return {};
    auto& watched = watched_[usage.id];
    const bool is_over = usage.bytes > limit->bytes;
    const bool is_well_below = usage.bytes < limit->bytes / 10 * 9;
    if (watched.is_warned ? !is_well_below : !is_over) return {};
    watched.is_warned = is_over;
    if (!is_over) return warning_is_over(usage.id, fmt::format("it uses {}", format_size(usage.bytes)));
    const Verdict verdict{usage, *limit};
    const std::string name = usage.id.full();
    const auto text =
        fmt::format("{} (pid {}, up for {}): {}", name, usage.life.pid,
                    format_duration(std::chrono::seconds(std::max<std::int64_t>(usage.uptime_seconds, 0))),
                    account(settings_, verdict));
    Actions actions{Log{text}};
    auto told = about(verdict, "MemoryWarning", fmt::format("process {} uses much memory", name),
                      fmt::format("{}. It is not restarted for that.\n{}", text, picture(usage.id)));
    told.condition = Condition::firing;
    told.severity = Severity::warning;
    append(actions, tell(std::move(told)));
    return actions;
}

Actions Memmon::warning_is_over(const Namespec& id, const std::string& why) const {
    Notification told;
    told.alert = "MemoryWarning";
    told.process = id;
    told.condition = Condition::resolved;
    told.severity = Severity::warning;
    told.subject = fmt::format("process {} uses less memory again", id.full());
    told.body = fmt::format("{}: {}.\n", id.full(), why);
    return tell(std::move(told));
}

Actions Memmon::finish_check(const Moment& now) {
    phase_ = Phase::waiting;
    candidates_.clear();
    if (!tick_waits_) return {};
    tick_waits_ = false;
    return on_tick(now);
}

Checked Memmon::checked(const Usage& usage) const {
    return {usage.id, usage.life, usage.life.start + usage.uptime_seconds};
}

std::size_t Memmon::remembered() const {
    return histories_.size() + watched_.size() + pending_.size() + by_group_.size() + failing_.size() +
           said_.size() + candidates_.size() + guard_.remembered();
}

}  // namespace keenlance::memmon
