#include <keenlance/notify/flood_gate.hpp>

#include <algorithm>
#include <utility>

namespace keenlance {

std::optional<SteadyTime> FloodGate::limited_until(const std::string& process, SteadyTime now) {
    if (!settings_.most || process.empty()) return std::nullopt;
    auto& times = told_[process];
    while (!times.empty() && times.front() + settings_.most->period <= now)
        times.pop_front();
    if (times.size() < static_cast<std::size_t>(settings_.most->count)) return std::nullopt;
    return times.front() + settings_.most->period;
}

void FloodGate::forget(SteadyTime now) {
    std::erase_if(open_, [now](const auto& each) { return each.second <= now; });
    if (!settings_.most) return;
    std::erase_if(told_, [&](const auto& each) {
        return each.second.empty() || each.second.back() + settings_.most->period <= now;
    });
}

FloodGate::Verdict FloodGate::admit(LetterNumber number, const Notification& notification, SteadyTime now) {
    forget(now);
    const std::string topic = topic_of(notification);
    const std::string process = notification.process ? notification.process->full() : "";
    const auto wait = [&](const std::string& key, SteadyTime until) {
        auto& waiting = waiting_.try_emplace(key, Waiting{{}, until, topic, process}).first->second;
        waiting.letters.push_back(number);
        return Verdict::wait;
    };
    // What waits, even if its time has come by now, keeps what follows behind it: they are told in their
    // order.
    if (waiting_.contains("process:" + process)) return wait("process:" + process, now);
    if (waiting_.contains("topic:" + topic)) return wait("topic:" + topic, now);
    if (const auto open = open_.find(topic); open != open_.end()) return wait("topic:" + topic, open->second);
    if (const auto until = limited_until(process, now)) return wait("process:" + process, *until);
    if (settings_.digest.count() > 0) open_[topic] = now + settings_.digest;
    if (settings_.most && !process.empty()) told_[process].push_back(now);
    return Verdict::pass;
}

std::vector<std::vector<LetterNumber>> FloodGate::due(SteadyTime now) {
    std::vector<Waiting> ripe;
    for (auto each = waiting_.begin(); each != waiting_.end();)
        if (each->second.until <= now) {
            ripe.push_back(std::move(each->second));
            each = waiting_.erase(each);
        } else {
            ++each;
        }
    std::vector<std::vector<LetterNumber>> groups;
    for (auto& waiting : ripe) {
        if (const auto until = limited_until(waiting.process, now)) {
            auto& behind = waiting_
                               .try_emplace("process:" + waiting.process,
                                            Waiting{{}, *until, waiting.topic, waiting.process})
                               .first->second;
            behind.letters.insert(behind.letters.end(), waiting.letters.begin(), waiting.letters.end());
            std::ranges::sort(behind.letters);
            continue;
        }
        if (settings_.digest.count() > 0) open_[waiting.topic] = now + settings_.digest;
        if (settings_.most && !waiting.process.empty()) told_[waiting.process].push_back(now);
        groups.push_back(std::move(waiting.letters));
    }
    std::ranges::sort(groups);
    return groups;
}

std::vector<std::vector<LetterNumber>> FloodGate::all() {
    std::vector<std::vector<LetterNumber>> groups;
    for (auto& [key, waiting] : std::exchange(waiting_, {}))
        groups.push_back(std::move(waiting.letters));
    std::ranges::sort(groups);
    return groups;
}

std::optional<SteadyTime> FloodGate::deadline() const {
    std::optional<SteadyTime> first;
    for (const auto& [key, waiting] : waiting_)
        if (!first || waiting.until < *first) first = waiting.until;
    return first;
}

}  // namespace keenlance
