#include <keenlance/core/retry_after.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keenlance {

namespace {

using Wall = std::chrono::time_point<std::chrono::system_clock, Duration>;

constexpr std::chrono::seconds longest_wait = std::chrono::hours(366 * 24);

std::vector<std::string_view> words_of(std::string_view date) {
    constexpr std::string_view between = " ,-:";
    std::vector<std::string_view> words;
    while (true) {
        date.remove_prefix(std::min(date.find_first_not_of(between), date.size()));
        if (date.empty()) return words;
        const auto end = std::min(date.find_first_of(between), date.size());
        words.push_back(date.substr(0, end));
        date.remove_prefix(end);
    }
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
std::optional<Wall> time_of(std::string_view date) {
    const auto words = words_of(date);
    if (words.size() < 7) return std::nullopt;
    const bool month_first = std::ranges::find(month_names, words[1]) != month_names.end();
    const auto month = std::ranges::find(month_names, words[month_first ? 1 : 2]);
    const std::size_t clock = month_first ? 3 : 4;
    const auto number = [&](std::size_t place) { return whole_number<int>(words[place]); };
    const auto mday = number(month_first ? 2 : 1), year = number(month_first ? 6 : 3);
    const auto hours = number(clock), minutes = number(clock + 1), seconds = number(clock + 2);
    if (month == month_names.end() || !mday || !year || !hours || !minutes || !seconds) return std::nullopt;
    const std::chrono::year_month_day ymd{
        std::chrono::year(*year < 100 ? *year + 2000 : *year),
        std::chrono::month(static_cast<unsigned>(month - month_names.begin() + 1)),
        std::chrono::day(static_cast<unsigned>(*mday))};
    const bool is_time = *hours < 24 && *minutes < 60 && *seconds <= 60;  // a minus sign is no part of a word
    if (!ymd.ok() || *year > 9999 || !is_time) return std::nullopt;
    return std::chrono::sys_days(ymd) + std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
           std::chrono::seconds(*seconds);
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Duration wait_of(std::string_view retry_after, Wall now) {
    const auto text = trim(retry_after);
    if (is_number(text)) {
        const auto seconds = whole_number<std::uint32_t>(text);
        return seconds ? std::min<std::chrono::seconds>(std::chrono::seconds(*seconds), longest_wait)
                       : longest_wait;
    }
    const auto until = time_of(text);
    if (!until || *until <= now) return Duration{0};
    return std::min<Duration>(*until - now, longest_wait);
}

}  // namespace keenlance
