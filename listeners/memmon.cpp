#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/format.h>
#include <listeners/memmon.hpp>

#include <algorithm>

namespace keenlance::memmon {

namespace {

std::string uptime_text(std::int64_t seconds) {
    return format_duration(std::chrono::seconds(std::max<std::int64_t>(seconds, 0)));
}

}  // namespace

const Limit* Limits::limit_for(const Namespec& id) const {
    for (const auto& key : {id.full(), id.name})
        if (const auto found = programs.find(key); found != programs.end()) return &found->second;
    if (const auto found = groups.find(id.group); found != groups.end()) return &found->second;
    return any ? &*any : nullptr;
}

std::vector<Verdict> decide(const Limits& limits, std::span<const Usage> usages) {
    std::vector<Verdict> verdicts;
    for (const auto& usage : usages) {
        const Limit* limit = limits.limit_for(usage.id);
        if (limit != nullptr && usage.rss_bytes > limit->bytes) verdicts.push_back({usage, *limit});
    }
    return verdicts;
}

Actions Memmon::step(const Fact& fact, const Moment& now) {
    return std::visit(Overloaded{
                          [this](const Started&) { return on_started(); },
                          [this](const EventReceived& received) {
                              return received.event.is_tick() ? on_tick() : Actions{};
                          },
                          [this](const ProcessesListed& listed) { return on_list(listed.processes); },
                          [this](const MemoryMeasured& measured) { return on_measured(measured.rss_bytes); },
                          [&](const TaskProgress& progress) { return on_progress(progress, now); },
                          [this](const Closing&) {
                              closing_ = true;
                              return Actions{};
                          },
                          [](const auto&) { return Actions{}; },
                      },
                      fact);
}

Actions Memmon::on_started() const {
    std::vector<std::string> rules;
    for (const auto& [name, limit] : settings_.limits.programs)
        rules.push_back(limit.rule);
    for (const auto& [name, limit] : settings_.limits.groups)
        rules.push_back(limit.rule);
    if (settings_.limits.any) rules.push_back(settings_.limits.any->rule);
    return {
        Log{fmt::format("watching on every tick: {}{}", join(rules, " "),
                        settings_.scope == MemoryScope::descendants ? ", with all descendants (-c)" : "")}};
}

Actions Memmon::on_tick() {
    if (closing_) return {};
    if (checking_) {
        tick_waits_ = true;
        return {};
    }
    checking_ = true;
    return {ListProcesses{}};
}

Actions Memmon::on_list(const Result<std::vector<ProcessInfo>>& processes) {
    if (!processes) {
        Actions actions{Log{"check skipped: " + processes.error().message}};
        append(actions, finish_check());
        return actions;
    }
    Actions actions = warn_of_unknown_names(*processes);
    candidates_.clear();
    MeasureMemory measure;
    measure.scope = settings_.scope;
    for (const auto& info : *processes) {
        const bool alive = info.state == ProcessState::running || info.state == ProcessState::starting;
        if (info.pid <= 0 || !alive || pending_.contains(info.id)) continue;
        if (settings_.limits.limit_for(info.id) == nullptr) continue;
        candidates_.push_back({info.id, {info.pid, info.start}, info.now - info.start, 0});
        measure.pids.push_back(info.pid);
    }
    if (candidates_.empty()) {
        append(actions, finish_check());
    } else {
        actions.emplace_back(std::move(measure));
    }
    return actions;
}

Actions Memmon::warn_of_unknown_names(const std::vector<ProcessInfo>& processes) {
    std::set<std::string> known;
    std::set<std::string> groups;
    for (const auto& info : processes) {
        known.insert(info.id.full());
        known.insert(info.id.name);
        groups.insert(info.id.group);
    }
    Actions actions;
    const auto warn = [&](const auto& rules, const std::set<std::string>& names, const char* what) {
        for (const auto& [name, limit] : rules) {
            if (names.contains(name) || !warned_.insert(limit.rule).second) continue;
            actions.emplace_back(
                Log{fmt::format("{}: supervisord has no {} named {}", limit.rule, what, name)});
        }
    };
    warn(settings_.limits.programs, known, "process");
    warn(settings_.limits.groups, groups, "group");
    return actions;
}

Actions Memmon::on_measured(const Result<std::map<int, std::uint64_t>>& sizes) {
    Actions actions;
    if (!sizes) {
        actions.emplace_back(Log{"check skipped: " + sizes.error().message});
    } else {
        std::vector<Usage> usages;
        for (auto& candidate : candidates_) {
            const auto size = sizes->find(candidate.life.pid);
            if (size == sizes->end()) continue;  // it has ended since the list was made
            candidate.rss_bytes = size->second;
            usages.push_back(std::move(candidate));
        }
        for (const auto& verdict : decide(settings_.limits, usages))
            append(actions, queue_restart(verdict));
    }
    append(actions, finish_check());
    return actions;
}

Actions Memmon::finish_check() {
    checking_ = false;
    candidates_.clear();
    if (!tick_waits_) return {};
    tick_waits_ = false;
    return on_tick();
}

Actions Memmon::queue_restart(const Verdict& verdict) {
    const auto& id = verdict.usage.id;
    if (closing_) return {};
    if (settings_.self == id) {
        if (!warned_.insert("itself").second) return {};
        return {Log{fmt::format("{} is this memmon itself: {}; not restarting it, stopped it would stay down",
                                id.full(), account(verdict))}};
    }
    pending_.emplace(id, Pending{verdict});
    auto& queue = by_group_[id.group];
    queue.push_back(id);
    return queue.size() == 1 ? next_of_group(id.group) : Actions{};
}

Actions Memmon::next_of_group(const std::string& group) {
    const auto& id = by_group_.at(group).front();
    const auto& verdict = pending_.at(id).verdict;
    return {
        Log{fmt::format("restarting {} (pid {}): {}", id.full(), verdict.usage.life.pid, account(verdict))},
        Restart{id, verdict.usage.life}};
}

std::string Memmon::account(const Verdict& verdict) const {
    return fmt::format("{} RSS{} is over {}", format_size(verdict.usage.rss_bytes),
                       settings_.scope == MemoryScope::descendants ? " with descendants" : "",
                       verdict.limit.rule);
}

Actions Memmon::on_progress(const TaskProgress& progress, const Moment& now) {
    const auto found = pending_.find(progress.id);
    if (found == pending_.end()) return {};
    auto& pending = found->second;
    const auto& usage = pending.verdict.usage;
    const std::string name = progress.id.full();
    Actions actions;
    bool last_word = true;
    switch (progress.stage) {
        case TaskStage::already:
        case TaskStage::stopped:
        case TaskStage::starting:
        case TaskStage::backoff:
            return {};  // not said of the restart of a judged process
        case TaskStage::spared:
            actions.emplace_back(Log{fmt::format("not restarting {}: {}", name, progress.detail)});
            break;
        case TaskStage::stopping:
            actions.emplace_back(Log{fmt::format("stopping {}: {}", name, progress.detail)});
            last_word = false;
            break;
        case TaskStage::stop_failed: {
            const auto text = fmt::format("Failed to stop process {} (RSS {}), it runs on: {}", name,
                                          usage.rss_bytes, progress.detail);
            actions = {Log{text}, mail(fmt::format("failed to stop process {}", name), text)};
            break;
        }
        case TaskStage::start_failed:
        case TaskStage::abandoned: {
            last_word = progress.stage == TaskStage::abandoned;
            const auto text =
                fmt::format("Failed to start process {} after stopping it: {}", name, progress.detail);
            actions.emplace_back(Log{text});
            if (last_word || !pending.failure_mailed)
                actions.emplace_back(mail(fmt::format("failed to start process {}", name), text));
            pending.failure_mailed = true;
            break;
        }
        case TaskStage::reached: {
            actions.emplace_back(Log{fmt::format("restarted {}: {}", name, progress.detail)});
            const bool mailed = !settings_.mail_uptime_limit || pending.failure_mailed ||
                                std::chrono::seconds(usage.uptime_seconds) <= *settings_.mail_uptime_limit;
            if (!mailed) break;
            actions.emplace_back(mail(
                fmt::format("process {} restarted", name),
                fmt::format(
                    "memmon restarted the process named {} at {} {} because it was consuming too much memory "
                    "({} bytes RSS)\n\n{}. It was pid {} and up for {}; now: {}.\n",
                    name, format_asctime(now), now.zone, usage.rss_bytes, account(pending.verdict),
                    usage.life.pid, uptime_text(usage.uptime_seconds), progress.detail)));
            break;
        }
    }
    if (!last_word) return actions;
    pending_.erase(found);
    auto& queue = by_group_.at(progress.id.group);
    queue.pop_front();
    if (closing_) {
        for (const auto& id : queue)
            pending_.erase(id);
        queue.clear();
    }
    if (queue.empty()) {
        by_group_.erase(progress.id.group);
    } else {
        append(actions, next_of_group(progress.id.group));
    }
    return actions;
}

Notify Memmon::mail(const std::string& subject, const std::string& body) const {
    const std::string prefix =
        settings_.name.empty() ? "memmon: " : fmt::format("memmon [{}]: ", settings_.name);
    return {{prefix + subject, body}};
}

}  // namespace keenlance::memmon
