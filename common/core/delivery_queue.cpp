#include <keenlance/core/delivery_queue.hpp>

#include <algorithm>

namespace keenlance {

namespace {

bool earlier(const QueuedMessage& a, const QueuedMessage& b) {
    return a.due != b.due ? a.due < b.due : a.id < b.id;
}

}  // namespace

std::optional<QueuedMessage> DeliveryQueue::add(std::string subject, std::string text, SteadyTime now) {
    std::optional<QueuedMessage> dropped;
    if (waiting_.size() >= most_messages) {
        const auto oldest = std::ranges::min_element(waiting_, {}, &QueuedMessage::id);
        dropped = std::move(*oldest);
        waiting_.erase(oldest);
    }
    waiting_.push_back({++last_id_, std::move(subject), std::move(text), 0, now});
    return dropped;
}

std::optional<QueuedMessage> DeliveryQueue::take(SteadyTime now) {
    if (in_flight_ || waiting_.empty()) return std::nullopt;
    const auto first = std::ranges::min_element(waiting_, earlier);
    if (first->due > now) return std::nullopt;
    in_flight_ = std::move(*first);
    waiting_.erase(first);
    return in_flight_;
}

void DeliveryQueue::succeeded() {
    in_flight_.reset();
}

std::optional<Duration> DeliveryQueue::failed(SteadyTime now) {
    QueuedMessage message = std::move(*in_flight_);
    in_flight_.reset();
    const auto tries = static_cast<std::size_t>(message.tries);
    if (hurried_ || tries >= delays.size()) return std::nullopt;
    ++message.tries;
    message.due = now + delays[tries];
    waiting_.push_back(std::move(message));
    return delays[tries];
}

void DeliveryQueue::hurry(SteadyTime now) {
    hurried_ = true;
    for (auto& message : waiting_)
        message.due = std::min(message.due, now);
}

std::optional<SteadyTime> DeliveryQueue::deadline() const {
    if (in_flight_ || waiting_.empty()) return std::nullopt;
    return std::ranges::min_element(waiting_, earlier)->due;
}

}  // namespace keenlance
