#include <keenlance/notify/flood_gate.hpp>

#include <support/catch.hpp>

namespace flood_gate_test {

using namespace keenlance;

namespace {

using Groups = std::vector<std::vector<LetterNumber>>;
using Verdict = FloodGate::Verdict;

constexpr SteadyTime start{Duration{1'000'000}};
constexpr Duration second{1'000};

Notification about(const std::string& process, const std::string& alert = "ProcessCrashed") {
    Notification notification{"subject", "body"};
    notification.alert = alert;
    notification.process = Namespec{process, process};
    return notification;
}

}  // namespace

TEST_CASE("without settings everything passes") {
    FloodGate gate({});
    for (LetterNumber number = 1; number < 100; ++number)
        REQUIRE(gate.admit(number, about("web"), start) == Verdict::pass);
    CHECK_FALSE(gate.deadline());
}

TEST_CASE("the first of a topic passes, the rest of its time waits and goes together, and so on") {
    FloodGate gate({.digest = 60 * second, .most = {}});
    CHECK(gate.admit(1, about("web"), start) == Verdict::pass);
    CHECK(gate.admit(2, about("web"), start + second) == Verdict::wait);
    CHECK(gate.admit(3, about("db"), start + second) == Verdict::pass);
    CHECK(gate.admit(4, about("web", "ProcessFatal"), start + second) == Verdict::pass);
    CHECK(gate.admit(5, about("web"), start + 2 * second) == Verdict::wait);
    CHECK(gate.deadline() == start + 60 * second);
    CHECK(gate.due(start + 59 * second).empty());
    CHECK(gate.due(start + 60 * second) == Groups{{2, 5}});
    CHECK(gate.admit(6, about("web"), start + 61 * second) == Verdict::wait);
    CHECK(gate.due(start + 120 * second) == Groups{{6}});
    CHECK_FALSE(gate.deadline());
    CHECK(gate.admit(7, about("web"), start + 181 * second) == Verdict::pass);
}

TEST_CASE("who comes when the time of those that wait is over, but they have not gone yet, goes with them") {
    FloodGate gate({.digest = 60 * second, .most = {}});
    CHECK(gate.admit(1, about("web"), start) == Verdict::pass);
    CHECK(gate.admit(2, about("web"), start + second) == Verdict::wait);
    CHECK(gate.admit(3, about("web"), start + 60 * second) == Verdict::wait);
    CHECK(gate.deadline() == start + 60 * second);
    CHECK(gate.due(start + 60 * second) == Groups{{2, 3}});
}

TEST_CASE("of one process no more than its rate passes; what is beyond waits for the next free place") {
    FloodGate gate({.digest = {}, .most = Rate{2, 3600 * second}});
    CHECK(gate.admit(1, about("web"), start) == Verdict::pass);
    CHECK(gate.admit(2, about("web", "Other"), start + 10 * second) == Verdict::pass);
    CHECK(gate.admit(3, about("web"), start + 20 * second) == Verdict::wait);
    CHECK(gate.admit(4, about("web", "Other"), start + 30 * second) == Verdict::wait);
    CHECK(gate.admit(5, about("db"), start + 30 * second) == Verdict::pass);
    CHECK(gate.deadline() == start + 3600 * second);
    CHECK(gate.due(start + 3600 * second) == Groups{{3, 4}});
    CHECK(gate.admit(6, about("web"), start + 3605 * second) == Verdict::wait);
    CHECK(gate.due(start + 3610 * second) == Groups{{6}});
}

TEST_CASE("what waits for its topic may have to wait for its process after that") {
    FloodGate gate({.digest = 60 * second, .most = Rate{1, 3600 * second}});
    CHECK(gate.admit(1, about("web"), start) == Verdict::pass);
    CHECK(gate.admit(2, about("web"), start + second) == Verdict::wait);
    CHECK(gate.due(start + 60 * second).empty());
    CHECK(gate.deadline() == start + 3600 * second);
    CHECK(gate.admit(3, about("web"), start + 70 * second) == Verdict::wait);
    CHECK(gate.due(start + 3600 * second) == Groups{{2, 3}});
}

TEST_CASE("at the end all that waits can be had at once") {
    FloodGate gate({.digest = 60 * second, .most = {}});
    for (LetterNumber number = 1; number <= 4; ++number)
        gate.admit(number, about(number % 2 == 0 ? "web" : "db"), start);
    CHECK(gate.all() == Groups{{3}, {4}});
    CHECK(gate.all().empty());
}

TEST_CASE("a day of notifications about many processes leaves nothing behind") {
    FloodGate gate({.digest = 60 * second, .most = Rate{10, 3600 * second}});
    auto now = start;
    LetterNumber told = 0, number = 0;
    for (int minute = 0; minute < 24 * 60; ++minute, now += 60 * second) {
        for (const auto& group : gate.due(now))
            told += group.size();
        for (int process = 0; process < 20; ++process)
            if (gate.admit(++number, about(std::to_string(process)), now) == Verdict::pass) ++told;
    }
    for (const auto& group : gate.all())
        told += group.size();
    CHECK(told == number);
}

}  // namespace flood_gate_test
