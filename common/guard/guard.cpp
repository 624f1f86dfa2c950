#include <keenlance/core/quantity.hpp>
#include <keenlance/guard/guard.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

namespace keenlance {

namespace {

std::string times(int count) {
    return count == 1 ? "once" : fmt::format("{} times", count);
}

}  // namespace

std::optional<Duration> Checked::age() const {
    if (now < life.start) return std::nullopt;
    return std::chrono::seconds(now - life.start);
}

Guard::Record& Guard::record_of(const Checked& checked, Judgement& judgement, SteadyTime now) {
    const auto [found, is_new] = records_.try_emplace(checked.id);
    auto& record = found->second;
    if (is_new || record.life != checked.life) {
        record.life = checked.life;
        record.first_seen = now;
        for (auto& [check, failures] : record.failures)
            failures = 0;
        record.last = Ruling::good;
        // While it is exhausted we restart nothing, so another life is somebody else's doing.
        judgement.resumed = std::exchange(record.exhausted, false);
        if (judgement.resumed) record.restarts.clear();
    }
    forget_old_restarts(record, now);
    return record;
}

Judgement Guard::passed(const Checked& checked, SteadyTime now) {
    Judgement judgement;
    if (!records_.contains(checked.id)) return judgement;
    auto& record = record_of(checked, judgement, now);
    judgement.news = record.last != Ruling::good && record.last != Ruling::restart;
    record.failures.erase(checked.check);
    if (record.failures.empty()) record.last = Ruling::good;
    if (record.failures.empty() && now - record.bad_at > record.gap) record.gap = Duration{0};
    const bool clean =
        record.failures.empty() && record.restarts.empty() && record.gap.count() == 0 && !record.exhausted;
    if (clean) records_.erase(checked.id);
    return judgement;
}

Judgement Guard::failed(const Checked& checked, SteadyTime now) {
    Judgement before;
    auto& record = record_of(checked, before, now);
    auto judgement = rule(record, checked, now);
    judgement.resumed = before.resumed;
    judgement.news = judgement.ruling != record.last || judgement.ruling == Ruling::counting ||
                     judgement.ruling == Ruling::restart;
    record.last = judgement.ruling;
    if (judgement.ruling != Ruling::within_grace) record.bad_at = now;
    return judgement;
}

Judgement Guard::rule(Record& record, const Checked& checked, SteadyTime now) const {
    const auto judged = [](Ruling ruling, std::string account) {
        return Judgement{ruling, false, false, std::move(account)};
    };
    const std::string name = checked.id.brief();
    if (is_in_grace(record, checked, now))
        return judged(Ruling::within_grace,
                      fmt::format("{} was started {} ago, and has a grace of {}", name,
                                  format_duration(checked.age().value_or(now - record.first_seen)),
                                  format_duration(settings_.grace)));
    int& failures = record.failures[checked.check];
    failures = std::min(failures + 1, settings_.failures);
    if (failures < settings_.failures)
        return judged(Ruling::counting,
                      fmt::format("failure {} of {} in a row of {}", failures, settings_.failures, name));
    if (settings_.deed == GuardSettings::Deed::dry_run)
        return judged(Ruling::dry_run, fmt::format("would restart {}, but for --dry-run", name));
    const auto& most = settings_.max_restarts;
    record.exhausted =
        record.exhausted || (most && record.restarts.size() >= static_cast<std::size_t>(most->restarts));
    if (record.exhausted)
        return judged(Ruling::exhausted,
                      fmt::format("{0} was restarted {1} within {2}, as often as it may be: NOT restarting "
                                  "it any more; to resume: supervisorctl restart {0}",
                                  name, times(most->restarts), format_duration(most->period)));
    if (const auto until = record.rested_at + record.gap; record.gap.count() > 0 && now < until)
        return judged(Ruling::waiting,
                      fmt::format("{} was restarted {} ago: its next restart is due in {}", name,
                                  format_duration(now - record.rested_at), format_duration(until - now)));
    return judged(Ruling::restart, "");
}

bool Guard::is_in_grace(const Record& record, const Checked& checked, SteadyTime now) const {
    if (settings_.grace.count() == 0) return false;
    // A clock set back must not prolong the grace by as much.
    return checked.age().value_or(now - record.first_seen) < settings_.grace &&
           now - record.first_seen < settings_.grace;
}

void Guard::forget_old_restarts(Record& record, SteadyTime now) const {
    if (!settings_.max_restarts) return;
    while (!record.restarts.empty() && now - record.restarts.front() >= settings_.max_restarts->period)
        record.restarts.pop_front();
}

void Guard::begin_restart(const Namespec& id, SteadyTime now) {
    auto& record = records_[id];
    for (auto& [check, failures] : record.failures)
        failures = 0;
    if (const auto& most = settings_.max_restarts) {
        record.restarts.push_back(now);
        if (record.restarts.size() > static_cast<std::size_t>(most->restarts)) record.restarts.pop_front();
    }
    record.gap_before = record.gap;
    record.gap =
        record.gap.count() == 0 ? settings_.backoff.first : std::min(record.gap * 2, settings_.backoff.most);
    record.rested_at = record.bad_at = now;
}

void Guard::on_progress(const TaskProgress& progress, SteadyTime now) {
    const auto found = records_.find(progress.id);
    if (found == records_.end() || !is_last(progress.stage)) return;
    auto& record = found->second;
    record.rested_at = record.bad_at = now;
    if (progress.stage != TaskStage::spared) return;
    // It was not restarted after all.
    if (!record.restarts.empty()) record.restarts.pop_back();
    record.gap = record.gap_before;
}

void Guard::keep_only(std::span<const ProcessInfo> processes) {
    if (records_.empty()) return;
    std::set<Namespec> known;
    for (const auto& info : processes)
        known.insert(info.id);
    std::erase_if(records_, [&](const auto& entry) { return !known.contains(entry.first); });
}

Notification about_exhausted(const Namespec& id, const Judgement& judgement, const std::string& reason) {
    Notification told;
    told.alert = "RestartsExhausted";
    told.process = id;
    told.details = {{"reason", reason}};
    if (judgement.resumed) {
        told.condition = Condition::resolved;
        told.severity = Severity::info;
        told.subject = fmt::format("process {} may be restarted again", id.full());
        told.body = fmt::format("Somebody has restarted {}: it is looked after again.\n", id.full());
        return told;
    }
    told.condition = Condition::firing;
    told.subject = fmt::format("process {} is NOT restarted any more", id.full());
    told.body = fmt::format("{}\n\n{}\n", judgement.account, reason);
    return told;
}

}  // namespace keenlance
