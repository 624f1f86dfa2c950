#include <keenlance/system/system_clock.hpp>

namespace keenlance {

Moment SystemClock::now() {
    Moment moment;
    moment.steady = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
    moment.wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const std::time_t seconds = std::chrono::system_clock::to_time_t(moment.wall);
    if (seconds != second_) ::localtime_r(&seconds, &local_);
    second_ = seconds;
    moment.local = local_;
    moment.utc_offset = static_cast<int>(moment.local.tm_gmtoff);
    moment.zone = moment.local.tm_zone == nullptr ? "" : moment.local.tm_zone;
    return moment;
}

}  // namespace keenlance
