#include <listeners/memmon/roster.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace keenlance::memmon {

std::optional<int> Roster::parent() const {
    return children_ ? std::optional(children_->parent) : std::nullopt;
}

std::vector<Usage> Roster::watched(SteadyTime now) const {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - listed_at_).count();
    auto usages = watched_;
    for (auto& usage : usages)
        usage.uptime_seconds += passed;
    return usages;
}

bool Roster::holds_for(const std::optional<ChildProcesses>& children) const {
    return children && children == children_;
}

void Roster::learn(const std::vector<ProcessInfo>& processes, std::vector<Usage> watched, SteadyTime now) {
    listed_.clear();
    for (const auto& info : processes)
        if (info.pid > 0) listed_.insert(info.pid);
    watched_ = std::move(watched);
    listed_at_ = now;
    children_.reset();
}

void Roster::settle(const MemoryMeasured& measured) {
    const auto before = std::exchange(before_list_, std::nullopt);
    if (!measured.children || !measured.bytes) return;
    const auto& pids = measured.children->pids;
    const std::set<int> now(pids.begin(), pids.end());
    // Its parent is no supervisord where a pid was another's by the time it was measured.
    const bool ours = std::ranges::all_of(
        *measured.bytes, [&now](const auto& measurement) { return now.contains(measurement.first); });
    if (!ours) return;
    // Who was born between the list and now is in no list: what held before it is what is compared with then,
    // so that the next check asks again. An orphan that supervisord has as pid 1 of a container is in no list
    // ever.
    const bool all_listed = std::ranges::all_of(now, [this](int pid) { return listed_.contains(pid); });
    children_ = all_listed ? measured.children : before;
}

}  // namespace keenlance::memmon
