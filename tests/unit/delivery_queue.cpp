#include <keenlance/notify/delivery_queue.hpp>

#include <support/catch.hpp>

#include <initializer_list>

namespace delivery_queue_test {

using namespace keenlance;

namespace {

constexpr SteadyTime start{Duration{1'000'000}};

DeliveryQueue queue_of(std::initializer_list<LetterNumber> numbers) {
    DeliveryQueue queue;
    for (const auto number : numbers)
        queue.add(number, start);
    return queue;
}

}  // namespace

TEST_CASE("letters are tried one at a time, in their order") {
    auto queue = queue_of({1, 2});
    CHECK(queue.deadline() == start);
    CHECK(queue.take(start) == 1);
    CHECK_FALSE(queue.take(start));
    CHECK_FALSE(queue.deadline());
    queue.answered(Delivery::taken, start);
    CHECK(queue.take(start) == 2);
    CHECK_FALSE(queue.idle());
    queue.answered(Delivery::taken, start);
    CHECK(queue.idle());
}

TEST_CASE("a channel that is down is tried with its first letter, at growing intervals") {
    auto queue = queue_of({1, 2});
    auto now = start;
    for (const int seconds : {10, 20, 40, 80, 160, 320, 640}) {
        REQUIRE(queue.take(now) == 1);
        CHECK(queue.answered(Delivery::unavailable, now) == std::chrono::seconds(seconds));
        CHECK_FALSE(queue.take(now + std::chrono::seconds(seconds) - Duration{1}));
        now += std::chrono::seconds(seconds);
    }
    CHECK(queue.tries(1) == 7);
    REQUIRE(queue.take(now) == 1);
    queue.answered(Delivery::taken, now);
    REQUIRE(queue.take(now) == 2);
    CHECK(queue.answered(Delivery::unavailable, now) == DeliveryQueue::first_delay);
}

TEST_CASE("a letter that fails while the next one is taken no longer holds the others up") {
    auto queue = queue_of({1, 2, 3});
    auto now = start;
    while (queue.tries(1) < 8) {
        REQUIRE(queue.take(now) == 1);
        now += queue.answered(Delivery::unavailable, now);
    }
    REQUIRE(queue.take(now) == 2);
    queue.answered(Delivery::taken, now);
    REQUIRE(queue.take(now) == 3);
    queue.answered(Delivery::taken, now);
    REQUIRE(queue.deadline());
    CHECK(*queue.deadline() > now);
    REQUIRE(queue.take(*queue.deadline()) == 1);
}

TEST_CASE("while the channel is down nothing but its first letter is blamed") {
    auto queue = queue_of({1, 2});
    auto now = start;
    int tries_of_2 = 0;
    for (int i = 0; i < 20; ++i) {
        const auto number = queue.take(now);
        REQUIRE(number);
        if (*number == 2) ++tries_of_2;
        now += queue.answered(Delivery::unavailable, now);
    }
    CHECK(tries_of_2 > 0);
    now += DeliveryQueue::longest_delay;
    if (queue.take(now) == 2) {  // a probe that happens to be the first after the outage
        queue.answered(Delivery::unavailable, now);
        now += DeliveryQueue::longest_delay;
        REQUIRE(queue.take(now) == 1);
    }
    queue.answered(Delivery::taken, now);
    CHECK(queue.take(now) == 2);
}

TEST_CASE("a letter that is refused lets the next one go at once") {
    auto queue = queue_of({1, 2});
    REQUIRE(queue.take(start) == 1);
    queue.answered(Delivery::refused, start);
    REQUIRE(queue.take(start) == 2);
    queue.answered(Delivery::taken, start);
    CHECK_FALSE(queue.take(start));
    CHECK(queue.take(start + DeliveryQueue::first_delay) == 1);
}

TEST_CASE(
    "a letter that is refused and has none behind it is tried again later, and lets the next one go at "
    "once") {
    auto queue = queue_of({1});
    auto now = start;
    for (const int seconds : {10, 20, 40, 80}) {
        REQUIRE(queue.take(now) == 1);
        CHECK(queue.answered(Delivery::refused, now) == std::chrono::seconds(seconds));
        CHECK(queue.deadline() == now + std::chrono::seconds(seconds));
        now += std::chrono::seconds(seconds);
    }
    REQUIRE(queue.take(now) == 1);
    queue.answered(Delivery::refused, now);
    queue.add(2, now + Duration{1'000});
    CHECK(queue.deadline() == now + Duration{1'000});
    now += Duration{1'000};
    REQUIRE(queue.take(now) == 2);
    queue.answered(Delivery::taken, now);
    CHECK_FALSE(queue.take(now));
    REQUIRE(queue.deadline());
    CHECK(queue.take(*queue.deadline()) == 1);
}

TEST_CASE("a letter that is not ready holds up those behind it until it is released") {
    DeliveryQueue queue;
    queue.add(1, start + Duration{5'000});
    queue.add(2, start);
    CHECK(queue.deadline() == start + Duration{5'000});
    CHECK_FALSE(queue.take(start));
    queue.release(1, start);
    CHECK(queue.take(start) == 1);
}

TEST_CASE("a channel that asks for time is not tried before, nor earlier than it would be without") {
    auto queue = queue_of({1, 2});
    auto now = start;
    REQUIRE(queue.take(now) == 1);
    CHECK(queue.answered(Delivery::unavailable, now, Duration{120'000}) == Duration{120'000});
    CHECK(queue.deadline() == now + Duration{120'000});
    CHECK_FALSE(queue.take(now + Duration{119'999}));
    now += Duration{120'000};
    REQUIRE(queue.take(now) == 1);
    CHECK(queue.answered(Delivery::unavailable, now, Duration{1'000}) == 2 * DeliveryQueue::first_delay);
    now += 2 * DeliveryQueue::first_delay;
    REQUIRE(queue.take(now) == 1);
    CHECK(queue.answered(Delivery::unavailable, now, std::chrono::hours(1'000'000)) == std::chrono::hours(1));
    now += std::chrono::hours(1);
    REQUIRE(queue.take(now) == 1);
    CHECK(queue.answered(Delivery::unavailable, now) == 8 * DeliveryQueue::first_delay);
}

TEST_CASE("what a channel asks for one letter holds for the others, those beside the order too") {
    auto queue = queue_of({1, 2, 3});
    REQUIRE(queue.take(start) == 1);
    queue.answered(Delivery::refused, start);
    REQUIRE(queue.take(start) == 2);
    queue.answered(Delivery::taken, start);  // 1 stands beside the order, and is due in 10 s
    REQUIRE(queue.take(start) == 3);
    queue.answered(Delivery::unavailable, start, Duration{60'000});
    CHECK(queue.deadline() == start + Duration{60'000});
    auto now = start + Duration{60'000};
    REQUIRE(queue.take(now) == 3);
    CHECK(queue.answered(Delivery::unavailable, now, Duration{90'000}) == Duration{90'000});
    CHECK(queue.deadline() == now + Duration{90'000});
    now += Duration{90'000};
    REQUIRE(queue.take(now) == 1);
    CHECK(queue.answered(Delivery::unavailable, now, Duration{30'000}) == Duration{30'000});
    CHECK(queue.deadline() == now + Duration{30'000});
    now += Duration{30'000};
    REQUIRE(queue.take(now) == 3);
    queue.drop(3);
    CHECK(queue.answered(Delivery::unavailable, now, Duration{40'000}) == Duration{40'000});
    CHECK(queue.deadline() == now + Duration{40'000});
}

TEST_CASE("in a hurry a channel that asked for time is tried once more all the same") {
    auto queue = queue_of({1});
    REQUIRE(queue.take(start) == 1);
    queue.answered(Delivery::unavailable, start, Duration{600'000});
    queue.hurry(start);
    CHECK(queue.take(start) == 1);
}

TEST_CASE("what was dropped is not tried, and its answer is nobody's") {
    auto queue = queue_of({1, 2});
    REQUIRE(queue.take(start) == 1);
    queue.drop(1);
    queue.answered(Delivery::unavailable, start);
    CHECK(queue.take(start) == 2);
    queue.drop(2);
    queue.answered(Delivery::taken, start);
    CHECK(queue.idle());
}

TEST_CASE("in a hurry every letter gets one try more, at once, as long as the channel is not plainly down") {
    auto queue = queue_of({1, 2, 3, 4, 5});
    REQUIRE(queue.take(start) == 1);
    queue.answered(Delivery::unavailable, start);
    queue.hurry(start);
    CHECK_FALSE(queue.idle());
    REQUIRE(queue.take(start) == 1);
    queue.answered(Delivery::unavailable, start);
    REQUIRE(queue.take(start) == 2);
    queue.answered(Delivery::taken, start);
    for (const LetterNumber number : {3U, 4U, 5U}) {
        REQUIRE(queue.take(start) == number);
        queue.answered(Delivery::unavailable, start);
    }
    CHECK(queue.idle());
    CHECK(queue.size() == 4);
}

}  // namespace delivery_queue_test
