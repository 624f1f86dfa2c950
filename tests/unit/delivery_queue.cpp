#include <keenlance/core/delivery_queue.hpp>

#include <support/catch.hpp>

using namespace keenlance;

namespace {

constexpr SteadyTime start{Duration{1'000'000}};

}  // namespace

TEST_CASE("messages are tried one at a time, in their order") {
    DeliveryQueue queue;
    CHECK(queue.empty());
    CHECK_FALSE(queue.add("a", "A", start));
    CHECK_FALSE(queue.add("b", "B", start));
    CHECK(queue.deadline() == start);
    CHECK(queue.take(start)->text == "A");
    CHECK_FALSE(queue.take(start));
    CHECK_FALSE(queue.deadline());
    queue.succeeded();
    CHECK(queue.take(start)->text == "B");
    CHECK_FALSE(queue.empty());
    queue.succeeded();
    CHECK(queue.empty());
}

TEST_CASE("a failed message waits for its next try and holds up no other") {
    DeliveryQueue queue;
    CHECK_FALSE(queue.add("a", "A", start));
    CHECK_FALSE(queue.add("b", "B", start));
    REQUIRE(queue.take(start));
    CHECK(queue.failed(start) == Duration{10'000});
    CHECK(queue.take(start)->text == "B");
    queue.succeeded();
    CHECK_FALSE(queue.take(start + Duration{9'999}));
    CHECK(queue.deadline() == start + Duration{10'000});
    const auto again = queue.take(start + Duration{10'000});
    REQUIRE(again);
    CHECK(again->text == "A");
    CHECK(again->tries == 1);
}

TEST_CASE("a message is given up after the last delay") {
    DeliveryQueue queue;
    CHECK_FALSE(queue.add("a", "A", start));
    SteadyTime now = start;
    for (const auto delay : DeliveryQueue::delays) {
        REQUIRE(queue.take(now));
        REQUIRE(queue.failed(now) == delay);
        now += delay;
    }
    REQUIRE(queue.take(now));
    CHECK_FALSE(queue.failed(now));
    CHECK(queue.empty());
}

TEST_CASE("a full queue drops its oldest and says which") {
    DeliveryQueue queue;
    for (std::size_t i = 0; i < DeliveryQueue::most_messages; ++i)
        REQUIRE_FALSE(queue.add(std::to_string(i), "", start));
    const auto dropped = queue.add("one more", "", start);
    REQUIRE(dropped);
    CHECK(dropped->subject == "0");
}

TEST_CASE("in a hurry every message gets one try more, at once") {
    DeliveryQueue queue;
    CHECK_FALSE(queue.add("a", "A", start));
    REQUIRE(queue.take(start));
    REQUIRE(queue.failed(start));
    queue.hurry(start);
    REQUIRE(queue.take(start));
    CHECK_FALSE(queue.failed(start));
    CHECK(queue.empty());
}
