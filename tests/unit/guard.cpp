#include <keenlance/guard/guard.hpp>

#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace guard_test {

using namespace keenlance;

namespace {

const Namespec web{"web", "web_00"};
constexpr std::int64_t born = 1'000'000;

SteadyTime at(std::int64_t seconds) {
    return test_moment(std::chrono::seconds(seconds)).steady;
}

/// A check of the life that began with `pid`, `age` seconds later.
Checked checked(int pid, std::int64_t age = 3600, std::size_t check = 0) {
    return {web, {pid, born}, born + age, check};
}

TaskProgress came_up(int pid) {
    return {web, TaskStage::reached, "", ProcessState::running, pid};
}

/// Restarts it, as a listener that follows a Ruling::restart does.
void restart(Guard& guard, std::int64_t second) {
    guard.begin_restart(web, at(second));
    guard.on_progress(came_up(0), at(second));
}

}  // namespace

TEST_CASE("without settings every failed check is a restart at once") {
    Guard guard{GuardSettings{}};
    CHECK(guard.failed(checked(1, 0), at(0)).ruling == Ruling::restart);
    CHECK(guard.failed({{"a", "a"}, {7, 1}, 1}, at(0)).ruling == Ruling::restart);
}

TEST_CASE("a young process has its grace, by supervisord's clock") {
    GuardSettings settings;
    settings.grace = std::chrono::seconds(60);
    Guard guard{settings};
    const auto first = guard.failed(checked(1, 59), at(0));
    CHECK(first.ruling == Ruling::within_grace);
    CHECK(first.news);
    CHECK(first.account == "web:web_00 was started 59 s ago, and has a grace of 1 min");
    CHECK_FALSE(guard.failed(checked(1, 59), at(0)).news);
    CHECK(guard.failed(checked(1, 60), at(1)).ruling == Ruling::restart);
    CHECK(guard.failed(checked(2, 0), at(2)).ruling == Ruling::within_grace);
}

TEST_CASE("supervisord's clock set back prolongs no grace") {
    GuardSettings settings;
    settings.grace = std::chrono::seconds(60);
    Guard guard{settings};
    CHECK(guard.failed(checked(1, -7200), at(0)).ruling == Ruling::within_grace);
    CHECK(guard.failed(checked(1, -7141), at(59)).ruling == Ruling::within_grace);
    CHECK(guard.failed(checked(1, -7140), at(60)).ruling == Ruling::restart);
}

TEST_CASE("failures count in a row, in one life, by check") {
    GuardSettings settings;
    settings.failures = 3;
    Guard guard{settings};
    CHECK(guard.failed(checked(1), at(0)).account == "failure 1 of 3 in a row of web:web_00");
    CHECK(guard.failed(checked(1), at(1)).account == "failure 2 of 3 in a row of web:web_00");
    CHECK(guard.passed(checked(1), at(2)).news);
    CHECK(guard.failed(checked(1), at(3)).ruling == Ruling::counting);
    CHECK(guard.failed(checked(1), at(4)).ruling == Ruling::counting);
    CHECK(guard.failed(checked(1, 3600, 1), at(4)).ruling == Ruling::counting);
    CHECK(guard.failed(checked(2), at(5)).account == "failure 1 of 3 in a row of web:web_00");
    CHECK(guard.failed(checked(2), at(6)).ruling == Ruling::counting);
    CHECK(guard.failed(checked(2), at(7)).ruling == Ruling::restart);
}

TEST_CASE("with the default gaps a tick a minute restarts at once several times") {
    Guard guard{GuardSettings{}};
    int restarts = 0, minute = 0;
    for (; guard.failed(checked(minute), at(minute * 60)).ruling == Ruling::restart; ++minute) {
        restart(guard, minute * 60);
        ++restarts;
    }
    CHECK(restarts == 5);  // gaps of 5, 10, 20, 40 s are over within a minute, 80 s are not
    CHECK(guard.failed(checked(minute), at(minute * 60 + 60)).ruling == Ruling::restart);
}

TEST_CASE("gaps between restarts grow up to the most, from the end of a restart") {
    GuardSettings settings;
    settings.backoff = {std::chrono::seconds(10), std::chrono::seconds(30)};
    Guard guard{settings};
    restart(guard, 0);
    const auto waiting = guard.failed(checked(2), at(9));
    CHECK(waiting.ruling == Ruling::waiting);
    CHECK(waiting.account == "web:web_00 was restarted 9 s ago: its next restart is due in 1 s");
    CHECK_FALSE(guard.failed(checked(2), at(9)).news);
    CHECK(guard.failed(checked(2), at(10)).ruling == Ruling::restart);
    guard.begin_restart(web, at(10));
    guard.on_progress({web, TaskStage::stopping, "slowly"}, at(50));
    guard.on_progress(came_up(3), at(100));
    CHECK(guard.failed(checked(3), at(119)).ruling == Ruling::waiting);
    CHECK(guard.failed(checked(3), at(120)).ruling == Ruling::restart);
    restart(guard, 120);
    CHECK(guard.failed(checked(4), at(149)).ruling == Ruling::waiting);
    restart(guard, 150);
    CHECK(guard.failed(checked(5), at(180)).ruling == Ruling::restart);
}

TEST_CASE("a gap is forgotten by a process that stayed good for longer") {
    GuardSettings settings;
    settings.backoff = {std::chrono::seconds(10), std::chrono::seconds(100)};
    Guard guard{settings};
    guard.failed(checked(1), at(0));
    restart(guard, 0);
    guard.passed(checked(2), at(5));
    CHECK(guard.failed(checked(2), at(6)).ruling == Ruling::waiting);
    CHECK(guard.failed(checked(2), at(10)).ruling == Ruling::restart);
    restart(guard, 10);
    guard.passed(checked(3), at(31));
    CHECK(guard.failed(checked(3), at(32)).ruling == Ruling::restart);
}

TEST_CASE("another check that is passed forgets no gap") {
    Guard guard{GuardSettings{}};
    guard.failed(checked(1, 3600, 1), at(0));
    restart(guard, 0);
    for (const int minute : {1, 2, 3, 4}) {
        guard.passed(checked(minute + 1, 3600, 0), at(minute * 60));
        CHECK(guard.failed(checked(minute + 1, 3600, 1), at(minute * 60)).ruling == Ruling::restart);
        restart(guard, minute * 60);
    }
    guard.passed(checked(6, 3600, 0), at(300));
    CHECK(guard.failed(checked(6, 3600, 1), at(300)).ruling == Ruling::waiting);
}

TEST_CASE("restarts are at an end after so many in a period, which is told once, with the way out") {
    GuardSettings settings;
    settings.backoff.first = Duration{0};
    settings.max_restarts = RestartBudget{2, std::chrono::hours(1)};
    Guard guard{settings};
    for (const int second : {0, 10}) {
        REQUIRE(guard.failed(checked(second + 1), at(second)).ruling == Ruling::restart);
        restart(guard, second);
    }
    const auto end = guard.failed(checked(3), at(20));
    CHECK(end.ruling == Ruling::exhausted);
    CHECK(end.news);
    CHECK(
        end.account ==
        "web:web_00 was restarted 2 times within 1 h, as often as it may be: NOT restarting it any more; to "
        "resume: supervisorctl restart web:web_00");
    CHECK_FALSE(guard.failed(checked(3), at(30)).news);
    CHECK(guard.failed(checked(3), at(100'000)).ruling == Ruling::exhausted);

    const auto told = about_exhausted(web, end, "it is too large");
    CHECK(told.alert == "RestartsExhausted");
    CHECK(told.condition == Condition::firing);
    CHECK(told.body.find("supervisorctl restart web:web_00") != std::string::npos);
}

TEST_CASE("restarts that are at an end go on when somebody else has restarted the process") {
    GuardSettings settings;
    settings.backoff.first = Duration{0};
    settings.max_restarts = RestartBudget{1, std::chrono::hours(1)};
    Guard guard{settings};
    restart(guard, 0);
    REQUIRE(guard.failed(checked(2), at(10)).ruling == Ruling::exhausted);
    SECTION("and it fails again") {
        const auto again = guard.failed(checked(3), at(20));
        CHECK(again.resumed);
        CHECK(again.ruling == Ruling::restart);
        restart(guard, 20);
        CHECK(guard.failed(checked(4), at(30)).ruling == Ruling::exhausted);
    }
    SECTION("and it is well") {
        const auto well = guard.passed(checked(3), at(20));
        CHECK(well.resumed);
        CHECK(about_exhausted(web, well, "").condition == Condition::resolved);
        CHECK(guard.remembered() == 0);
    }
}

TEST_CASE("the period of restarts slides") {
    GuardSettings settings;
    settings.backoff.first = Duration{0};
    settings.max_restarts = RestartBudget{2, std::chrono::seconds(100)};
    Guard guard{settings};
    for (int i = 0; i < 20; ++i) {
        CHECK(guard.failed(checked(i), at(i * 50)).ruling == Ruling::restart);
        restart(guard, i * 50);
    }
    CHECK(guard.failed(checked(99), at(19 * 50 + 49)).ruling == Ruling::exhausted);
}

TEST_CASE("a process that was spared was not restarted") {
    GuardSettings settings;
    settings.max_restarts = RestartBudget{1, std::chrono::hours(1)};
    Guard guard{settings};
    guard.failed(checked(1), at(0));
    guard.begin_restart(web, at(0));
    guard.on_progress({web, TaskStage::spared, "it is STOPPED meanwhile"}, at(0));
    CHECK(guard.failed(checked(2), at(1)).ruling == Ruling::restart);
}

TEST_CASE("a dry run counts, and restarts nothing") {
    GuardSettings settings;
    settings.failures = 2;
    settings.deed = GuardSettings::Deed::dry_run;
    Guard guard{settings};
    CHECK(guard.failed(checked(1), at(0)).ruling == Ruling::counting);
    const auto would = guard.failed(checked(1), at(1));
    CHECK(would.ruling == Ruling::dry_run);
    CHECK(would.news);
    CHECK(would.account == "would restart web:web_00, but for --dry-run");
    CHECK_FALSE(guard.failed(checked(1), at(2)).news);
}

TEST_CASE("nothing is remembered of processes that are well, or gone") {
    GuardSettings settings;
    settings.failures = 2;
    settings.max_restarts = RestartBudget{3, std::chrono::hours(1)};
    Guard guard{settings};
    guard.passed(checked(1), at(0));
    CHECK(guard.remembered() == 0);
    guard.failed(checked(1), at(0));
    guard.failed({{"a", "a"}, {7, 1}, 1}, at(0));
    CHECK(guard.remembered() == 2);
    guard.keep_only(std::vector{running(web, 1)});
    CHECK(guard.remembered() == 1);
    guard.passed(checked(1), at(1));
    CHECK(guard.remembered() == 0);
    guard.failed(checked(1), at(2));
    restart(guard, 3);
    guard.passed(checked(2), at(60));
    CHECK(guard.remembered() == 1);
    guard.passed(checked(2), at(3700));
    CHECK(guard.remembered() == 0);
}

}  // namespace guard_test
