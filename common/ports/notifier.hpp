#pragma once
/// A channel that carries notifications to people, with its own retries.

#include <keenlance/core/mail_message.hpp>

namespace keenlance {

class Notifier {
  public:
    Notifier() = default;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    Notifier(Notifier&&) = delete;
    Notifier& operator=(Notifier&&) = delete;
    virtual ~Notifier() = default;

    /// Takes it over; never waits, never fails: what becomes of it is logged.
    virtual void send(const Notification& notification) = 0;
    /// The listener is about to end: try what is waiting for a retry once more, now.
    virtual void hurry() = 0;
    /// Nothing is waiting or on its way.
    [[nodiscard]] virtual bool idle() const = 0;
};

}  // namespace keenlance
