#pragma once
/// Which letter one channel is to try when: in their order, and again and again until it takes them. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/notify/letter.hpp>

#include <cstdint>
#include <deque>
#include <optional>

namespace keenlance {

/// How a channel answered a try.
enum class Delivery {
    taken,
    unavailable,  ///< it did not, or said "later": nothing is known about the letter
    refused,      ///< it did not want this letter (SMTP 5yz, HTTP 4xx)
};

/// One letter is tried at a time, the first one; what follows waits behind it, so that letters arrive in
/// their order. A letter that fails although the next one is taken is at fault itself: from then on it is
/// tried beside the order.
class KEENLANCE_API DeliveryQueue {
  public:
    /// Between tries: doubled from the one to the other, and begun anew when something was taken.
    static constexpr Duration first_delay{10'000}, longest_delay{900'000};
    /// The longest wait that a channel can ask for.
    static constexpr Duration longest_asked{3'600'000};

    /// Behind all others, unless it is among them; not before `ready`.
    void add(LetterNumber number, SteadyTime ready);
    /// It may go now.
    void release(LetterNumber number, SteadyTime now);
    /// It is not to be tried any more; one that is under way is forgotten when its answer comes.
    void drop(LetterNumber number);

    /// The letter to try now; nothing while one is under way, or before deadline().
    [[nodiscard]] std::optional<LetterNumber> take(SteadyTime now);
    /// What came of the try. Not taken: the time until the next try of this channel, which is not before
    /// `least_wait`, whichever letter's it is.
    Duration answered(Delivery delivery, SteadyTime now, Duration least_wait = Duration{0});

    /// From now on nothing waits for its time, not even for one the channel asked for: each letter is tried
    /// once more at once, and that is all.
    void hurry(SteadyTime now);

    /// When take() next has something; nothing while one is under way or none waits.
    [[nodiscard]] std::optional<SteadyTime> deadline() const;
    /// Nothing waits and nothing is under way; once hurried, nothing is left to try.
    [[nodiscard]] bool idle() const;
    /// It is being tried: whether it was taken is not known yet.
    [[nodiscard]] bool is_under_way(LetterNumber number) const { return under_way_ == number; }
    [[nodiscard]] std::size_t size() const { return letters_.size(); }
    /// Of the letter, all failed.
    [[nodiscard]] int tries(LetterNumber number) const;
    /// Of the channel, since it last took one; those of letters beside the order do not count.
    [[nodiscard]] int failures() const { return failures_; }

  private:
    struct Waiting {
        LetterNumber number = 0;
        SteadyTime ready;  // not tried before
        int tries = 0;
        bool aside = false;    // others need not wait for it
        bool hurried = false;  // had its last try
    };

    [[nodiscard]] const Waiting* next() const;
    [[nodiscard]] Waiting* find(LetterNumber number);
    [[nodiscard]] bool is_alone(LetterNumber number) const;

    std::deque<Waiting> letters_;
    std::optional<LetterNumber> under_way_;
    std::optional<LetterNumber> blamed_;         // the head, while the one behind it is tried
    SteadyTime not_before_ = SteadyTime::min();  // the channel's own pause after a failure
    SteadyTime asked_ = SteadyTime::min();       // the channel does not want to be tried before
    int failures_ = 0;                           // of the channel, in a row
    bool probing_ = false;      // the head has failed so often that the one behind it is tried
    bool wants_probe_ = false;  // the head was refused, and none is behind it yet
    std::optional<SteadyTime> hurried_;
};

}  // namespace keenlance
