#include <keenlance/core/retry_after.hpp>

#include <support/catch.hpp>

#include <string>

namespace retry_after_test {

using namespace keenlance;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

/// 1994-11-06 08:48:37 UTC.
constexpr std::chrono::time_point<std::chrono::system_clock, Duration> now{Duration{784'111'717'000}};

}  // namespace

TEST_CASE("a wait in seconds is read, however long") {
    CHECK(wait_of("120", now) == seconds(120));
    CHECK(wait_of(" 5 ", now) == seconds(5));
    CHECK(wait_of("0", now) == seconds(0));
    CHECK(wait_of("4294967295", now) == hours(366 * 24));
    CHECK(wait_of(std::string(40, '9'), now) == hours(366 * 24));
}

TEST_CASE("a wait by date is read in each form a date may have") {
    CHECK(wait_of("Sun, 06 Nov 1994 08:49:37 GMT", now) == seconds(60));
    CHECK(wait_of("Sun Nov  6 08:49:37 1994", now) == seconds(60));
    const auto later = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
    CHECK(wait_of("Saturday, 21-Nov-26 00:00:10 GMT", later) == seconds(10));
    CHECK(wait_of("Sun, 06 Nov 9994 08:49:37 GMT", now) == hours(366 * 24));
}

TEST_CASE("a date that is past and what is no wait are none") {
    for (const char* text :
         {"", "soon", "-5", "1.5", "120s", "Sun, 06 Nov 1994 08:47:37 GMT", "Sun, 31 Feb 1995 08:49:37 GMT",
          "Sun, 06 Nov 1995 24:49:37 GMT", "Sun, 06 Nov 1995 08:60:37 GMT", "Sun, 06 Nox 1995 08:49:37 GMT",
          "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, -6 Nov 1995 08:49 GMT", "Sun, 06 Nov", ", - : ,,,,,,,"}) {
        INFO(text);
        CHECK(wait_of(text, now) == Duration{0});
    }
}

}  // namespace retry_after_test
