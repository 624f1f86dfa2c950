#include <keenlance/notify/delivery_queue.hpp>

#include <algorithm>
#include <utility>

namespace keenlance {

namespace {

// So often a letter is tried before the one behind it is, to find out which of letter and channel is at
// fault. A mail server that is down must not turn the order round, so that is late.
constexpr int patience_with_letter = 8;
constexpr int most_failures_in_a_hurry = 3;

Duration delay_after(int failures) {
    const int doublings = std::clamp(failures - 1, 0, 16);
    return std::min(DeliveryQueue::first_delay * (1 << doublings), DeliveryQueue::longest_delay);
}

}  // namespace

void DeliveryQueue::add(LetterNumber number, SteadyTime ready) {
    if (find(number) != nullptr) return;
    letters_.push_back({.number = number, .ready = ready});
    if (std::exchange(wants_probe_, false)) not_before_ = SteadyTime::min();
}

DeliveryQueue::Waiting* DeliveryQueue::find(LetterNumber number) {
    const auto found = std::ranges::find(letters_, number, &Waiting::number);
    return found == letters_.end() ? nullptr : &*found;
}

bool DeliveryQueue::is_alone(LetterNumber number) const {
    return std::ranges::none_of(
        letters_, [number](const Waiting& letter) { return !letter.aside && letter.number != number; });
}

void DeliveryQueue::release(LetterNumber number, SteadyTime now) {
    if (auto* letter = find(number)) letter->ready = std::min(letter->ready, now);
}

void DeliveryQueue::drop(LetterNumber number) {
    std::erase_if(letters_, [number](const Waiting& letter) { return letter.number == number; });
}

const DeliveryQueue::Waiting* DeliveryQueue::next() const {
    if (hurried_) {
        const auto left = std::ranges::find(letters_, false, &Waiting::hurried);
        return left == letters_.end() ? nullptr : &*left;
    }
    const Waiting* head = nullptr;
    const Waiting* beside = nullptr;
    bool skip_one = probing_;
    for (const auto& letter : letters_) {
        if (letter.aside) {
            if (beside == nullptr || letter.ready < beside->ready) beside = &letter;
            continue;
        }
        head = &letter;
        if (!skip_one) break;
        skip_one = false;  // where none is behind it, the head itself is tried on
    }
    if (head == nullptr || beside == nullptr) return head == nullptr ? beside : head;
    return beside->ready < std::max(head->ready, not_before_) ? beside : head;
}

std::optional<LetterNumber> DeliveryQueue::take(SteadyTime now) {
    const auto due = deadline();
    if (!due || *due > now) return std::nullopt;
    under_way_ = next()->number;
    const auto head = std::ranges::find(letters_, false, &Waiting::aside);
    const bool is_probe =
        probing_ && head != letters_.end() && head->number != under_way_ && !find(*under_way_)->aside;
    blamed_ = is_probe ? std::optional(head->number) : std::nullopt;
    return under_way_;
}

Duration DeliveryQueue::answered(Delivery delivery, SteadyTime now, Duration least_wait) {
    const auto number = under_way_.value_or(0);
    under_way_.reset();
    auto* const blamed = blamed_ ? find(*blamed_) : nullptr;
    probing_ = false;
    wants_probe_ = false;
    if (delivery == Delivery::taken) {
        failures_ = 0;
        not_before_ = now;
        if (blamed != nullptr) {
            blamed->aside = true;
            blamed->ready = now + delay_after(blamed->tries);
        }
        drop(number);
        return Duration{0};
    }
    auto* letter = find(number);
    if (hurried_) {
        if (letter != nullptr) letter->hurried = true;
        if (++failures_ >= most_failures_in_a_hurry)
            for (auto& each : letters_)
                each.hurried = true;
        return Duration{0};
    }
    asked_ = now + std::clamp(least_wait, Duration{0}, longest_asked);
    if (letter == nullptr) return asked_ - now;
    ++letter->tries;
    if (letter->aside) {
        letter->ready = std::max(now + delay_after(letter->tries), asked_);
        return letter->ready - now;
    }
    probing_ = blamed == nullptr && (delivery == Delivery::refused || letter->tries >= patience_with_letter);
    ++failures_;
    const auto delay = delay_after(failures_);
    // Which of the two is at fault is asked at once where the channel answers at all.
    const bool asks_at_once = probing_ && delivery == Delivery::refused;
    wants_probe_ = asks_at_once && is_alone(number);
    not_before_ = asks_at_once && !wants_probe_ ? now : now + delay;
    return std::max(delay, asked_ - now);
}

void DeliveryQueue::hurry(SteadyTime now) {
    hurried_ = now;
    failures_ = 0;
}

std::optional<SteadyTime> DeliveryQueue::deadline() const {
    if (under_way_) return std::nullopt;
    const auto* letter = next();
    if (letter == nullptr) return std::nullopt;
    if (hurried_) return *hurried_;
    return std::max({letter->ready, asked_, letter->aside ? asked_ : not_before_});
}

bool DeliveryQueue::idle() const {
    return !under_way_ && (hurried_ ? next() == nullptr : letters_.empty());
}

int DeliveryQueue::tries(LetterNumber number) const {
    const auto found = std::ranges::find(letters_, number, &Waiting::number);
    return found == letters_.end() ? 0 : found->tries;
}

}  // namespace keenlance
