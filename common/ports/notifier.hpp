#pragma once
/// What carries notifications to people, with its own retries.

#include <keenlance/core/action.hpp>
#include <keenlance/core/event.hpp>

namespace keenlance {

class Notifier {
  public:
    Notifier() = default;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    Notifier(Notifier&&) = delete;
    Notifier& operator=(Notifier&&) = delete;
    virtual ~Notifier() = default;

    /// Until the next call, what is sent is told of this event: one that comes a second time makes the same
    /// notification. nullptr: of none. The event must live until then.
    virtual void caused_by(const Event* event) = 0;
    /// Takes it over; never waits, never fails: what becomes of it is logged.
    virtual void send(const Notify& notify) = 0;
    /// Keeps it for the case that this program is killed.
    virtual void leave_word(const LeaveWord& word) = 0;
    virtual void take_back(const TakeBackWord& word) = 0;
    /// What was kept back under that name may go.
    virtual void release(const ReleaseNotifications& release) = 0;
    /// The listener is about to end: try what is waiting for a retry once more, now.
    virtual void hurry() = 0;
    /// Nothing is waiting or on its way.
    [[nodiscard]] virtual bool idle() const = 0;
};

}  // namespace keenlance
