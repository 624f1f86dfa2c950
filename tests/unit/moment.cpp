#include <keenlance/core/moment.hpp>

#include <support/catch.hpp>
#include <support/moments.hpp>

namespace moment_test {

using namespace keenlance;

TEST_CASE("local time is written as supervisor's own logs have it") {
    CHECK(format_local_time(test_moment()) == "2026-11-21 03:47:50,123");
}

TEST_CASE("milliseconds are padded, and count forwards even before 1970") {
    auto moment = test_moment();
    moment.wall = {};
    moment.wall += Duration{5};
    CHECK(format_local_time(moment) == "2026-11-21 03:47:50,005");
    moment.wall -= Duration{6};
    CHECK(format_local_time(moment) == "2026-11-21 03:47:50,999");
}

TEST_CASE("asctime pads the day with a blank, as C does") {
    CHECK(format_asctime(test_moment()) == "Sat Nov 21 03:47:50 2026");
    auto moment = test_moment();
    moment.local.tm_mday = 1;
    moment.local.tm_mon = 0;
    moment.local.tm_wday = 0;
    CHECK(format_asctime(moment) == "Sun Jan  1 03:47:50 2026");
}

TEST_CASE("the C library agrees on asctime") {
    auto moment = test_moment();
    for (moment.local.tm_mon = 0; moment.local.tm_mon < 12; ++moment.local.tm_mon) {
        moment.local.tm_wday = moment.local.tm_mon % 7;
        moment.local.tm_mday = moment.local.tm_mon + 5;
        CHECK(format_asctime(moment) + "\n" == std::asctime(&moment.local));
    }
}

TEST_CASE("the mail date carries the zone's distance from Greenwich") {
    auto moment = test_moment();
    CHECK(format_mail_date(moment) == "Sat, 21 Nov 2026 03:47:50 +0100");
    moment.utc_offset = 0;
    CHECK(format_mail_date(moment) == "Sat, 21 Nov 2026 03:47:50 +0000");
    moment.utc_offset = -(3 * 60 + 30) * 60;
    CHECK(format_mail_date(moment) == "Sat, 21 Nov 2026 03:47:50 -0330");
    moment.utc_offset = -30 * 60;
    CHECK(format_mail_date(moment) == "Sat, 21 Nov 2026 03:47:50 -0030");
    moment.local.tm_mday = 1;
    moment.utc_offset = 14 * 3600;
    CHECK(format_mail_date(moment) == "Sat, 01 Nov 2026 03:47:50 +1400");
}

TEST_CASE("a moment without a date names no day rather than a wrong one") {
    auto moment = test_moment();
    moment.local.tm_mon = 12;
    moment.local.tm_wday = -1;
    CHECK(format_asctime(moment) == "??? ??? 21 03:47:50 2026");
}

}  // namespace moment_test
