#include <keenlance/core/moment.hpp>

#include <fmt/core.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace keenlance {

namespace {

constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/// The C library's own answer to a tm that holds no date.
template <std::size_t size>
std::string_view word_at(const std::array<std::string_view, size>& names, int index) {
    return index >= 0 && static_cast<std::size_t>(index) < size ? names.at(static_cast<std::size_t>(index))
                                                                : "???";
}

std::string time_of_day(const std::tm& local) {
    return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

}  // namespace

std::string format_local_time(const Moment& moment) {
    const auto since_epoch = moment.wall.time_since_epoch();
    const auto milliseconds = since_epoch - std::chrono::floor<std::chrono::seconds>(since_epoch);
    return fmt::format("{:04}-{:02}-{:02} {},{:03}", moment.local.tm_year + 1900, moment.local.tm_mon + 1,
                       moment.local.tm_mday, time_of_day(moment.local), milliseconds.count());
}

std::string format_asctime(const Moment& moment) {
    return fmt::format("{} {} {:2} {} {}", word_at(days, moment.local.tm_wday),
                       word_at(month_names, moment.local.tm_mon), moment.local.tm_mday,
                       time_of_day(moment.local), moment.local.tm_year + 1900);
}

std::string format_mail_date(const Moment& moment) {
    const int minutes = std::abs(moment.utc_offset) / 60;
    return fmt::format("{}, {:02} {} {:04} {} {}{:02}{:02}", word_at(days, moment.local.tm_wday),
                       moment.local.tm_mday, word_at(month_names, moment.local.tm_mon),
                       moment.local.tm_year + 1900, time_of_day(moment.local),
                       moment.utc_offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace keenlance
