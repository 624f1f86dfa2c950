#pragma once
/// Fixed instants for tests of what is pure: a policy never sees another clock.

#include <keenlance/core/moment.hpp>

namespace keenlance {

/// 2026-11-21 03:47:50.123 in a zone an hour east of Greenwich, `later` milliseconds on.
inline Moment test_moment(Duration later = Duration{0}) {
    Moment moment;
    moment.steady = SteadyTime{Duration{5'000'000}} + later;
    moment.wall += Duration{1'795'229'270'123} + later;
    moment.local.tm_year = 126;
    moment.local.tm_mon = 10;
    moment.local.tm_mday = 21;
    moment.local.tm_wday = 6;
    moment.local.tm_hour = 3;
    moment.local.tm_min = 47;
    moment.local.tm_sec = 50;
    moment.utc_offset = 3600;
    moment.zone = "CET";
    return moment;
}

}  // namespace keenlance
