#pragma once
/// Picks the actions of one kind out of what a policy wants done.

#include <keenlance/core/action.hpp>
#include <keenlance/core/event.hpp>
#include <keenlance/core/fact.hpp>

#include <string>
#include <vector>

namespace keenlance {

template <class Kind>
std::vector<Kind> all_of(const Actions& actions) {
    std::vector<Kind> found;
    for (const auto& action : actions)
        if (const auto* kind = std::get_if<Kind>(&action)) found.push_back(*kind);
    return found;
}

/// The notification, when there is exactly one.
inline Notification the_mail(const Actions& actions) {
    const auto mails = all_of<Notify>(actions);
    return mails.size() == 1 ? mails.front().notification
                             : Notification{"not one mail but " + std::to_string(mails.size()), ""};
}

inline EventReceived event_named(const std::string& name, const std::string& payload = "when:1") {
    Event event;
    event.name = name;
    event.payload = payload;
    return {event};
}

inline ProcessInfo running(const Namespec& id, int pid, std::int64_t uptime = 60) {
    ProcessInfo info;
    info.id = id;
    info.state = ProcessState::running;
    info.pid = pid;
    info.start = 1'000'000;
    info.now = info.start + uptime;
    return info;
}

}  // namespace keenlance
