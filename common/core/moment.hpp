#pragma once
/// The time as a fact: what a policy gets instead of reading a clock.

#include <keenlance/core/export.hpp>

#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

namespace keenlance {

using Duration = std::chrono::milliseconds;
/// For deadlines: never jumps, means nothing outside this process.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// As mails and HTTP have them, whatever the locale.
inline constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// One instant, as the steady clock, the calendar clock and the local time zone have it.
struct Moment {
    SteadyTime steady;
    std::chrono::time_point<std::chrono::system_clock, Duration> wall;
    std::tm local{};     ///< `wall` in local time
    int utc_offset = 0;  ///< seconds east of Greenwich of `local`
    std::string zone;    ///< "CET"; may be empty
};

/// "2026-11-21 03:47:50,123", local time: supervisor's childutils.get_asctime, for logs and mail subjects.
KEENLANCE_API std::string format_local_time(const Moment& moment);
/// "Sat Nov 21 03:47:50 2026", local time: C's asctime, which memmon's mail carries. Never localised.
KEENLANCE_API std::string format_asctime(const Moment& moment);
/// "Sat, 21 Nov 2026 03:47:50 +0100": RFC 5322's Date. Never localised.
KEENLANCE_API std::string format_mail_date(const Moment& moment);

}  // namespace keenlance
