#pragma once
/// Which message is to be tried when: a bounded queue with retries, for channels that fail. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace keenlance {

/// A message that waits for its first or next try.
struct QueuedMessage {
    std::uint64_t id = 0;
    std::string subject;  ///< for the log
    std::string text;     ///< what the channel carries
    int tries = 0;        ///< already made, all failed
    SteadyTime due;
};

/// One message is tried at a time, the earliest due first; one that failed waits for its next try and holds
/// up no other.
class KEENLANCE_API DeliveryQueue {
  public:
    static constexpr std::size_t most_messages = 1000;
    /// Waiting times after the first, second … failure; after the last one a message is given up. About an
    /// hour in all: long enough for a mail server to be restarted, short enough not to repeat a mail for days
    /// that a command with a wrong exit status did send.
    static constexpr std::array<Duration, 5> delays{Duration{10'000}, Duration{60'000}, Duration{300'000},
                                                    Duration{900'000}, Duration{2'700'000}};

    /// Takes a message. Full: the oldest is dropped and returned.
    [[nodiscard]] std::optional<QueuedMessage> add(std::string subject, std::string text, SteadyTime now);
    /// The message to try now; nothing if one is being tried, or none is due.
    [[nodiscard]] std::optional<QueuedMessage> take(SteadyTime now);
    /// The message taken last was delivered.
    void succeeded();
    /// It was not: it waits for its next try, whose delay is returned, or it is given up (nothing).
    [[nodiscard]] std::optional<Duration> failed(SteadyTime now);

    /// From now on nothing waits: each message is tried once more at once, and given up if that fails.
    void hurry(SteadyTime now);

    /// When take() next has something; nothing while one is being tried or none waits.
    [[nodiscard]] std::optional<SteadyTime> deadline() const;
    [[nodiscard]] bool empty() const { return waiting_.empty() && !in_flight_; }

  private:
    std::deque<QueuedMessage> waiting_;
    std::optional<QueuedMessage> in_flight_;
    std::uint64_t last_id_ = 0;
    bool hurried_ = false;
};

}  // namespace keenlance
