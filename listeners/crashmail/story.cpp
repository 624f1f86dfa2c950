#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <fmt/core.h>
#include <listeners/crashmail/story.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace keenlance::crashmail {

namespace {

/// "2026-11-21 13:11:28,824 …": the milliseconds since an epoch of the zone's own; only differences mean
/// something.
std::optional<Duration> time_of(std::string_view line) {
    constexpr std::array<std::pair<std::size_t, std::size_t>, 7> fields{
        {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 3}}};
    std::array<int, 7> numbers{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (line.size() < fields[i].first + fields[i].second) return std::nullopt;
        const auto number = whole_number<int>(line.substr(fields[i].first, fields[i].second));
        if (!number) return std::nullopt;
        numbers[i] = *number;
    }
    const std::chrono::year_month_day date{std::chrono::year(numbers[0]),
                                           std::chrono::month(static_cast<unsigned>(numbers[1])),
                                           std::chrono::day(static_cast<unsigned>(numbers[2]))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(numbers[3]) +
           std::chrono::minutes(numbers[4]) + std::chrono::seconds(numbers[5]) + Duration(numbers[6]);
}

/// "(exit status 3; not expected)", "(terminated by SIGKILL (core dumped); not expected)".
Ending read_ending(std::string_view text) {
    Ending ending;
    const auto semicolon = text.rfind(';');
    auto how = trim(text.substr(0, semicolon));
    constexpr std::string_view exit = "exit status ", signal = "terminated by ";
    if (how.starts_with(exit)) {
        ending.exit_status = whole_number<int>(how.substr(exit.size()));
        ending.words = printable(how, 60);
    } else if (how.starts_with(signal)) {
        const bool core = how.find("core dumped") != std::string_view::npos;
        how = how.substr(signal.size());
        ending.words = fmt::format("killed by {}{}", printable(how.substr(0, how.find(' ')), 30),
                                   core ? ", core dumped" : "");
    } else {
        ending.words = printable(how, 60);
    }
    return ending;
}

}  // namespace

std::optional<Ending> find_ending(std::string_view log, const std::string& name, std::optional<int> pid) {
    const std::string spawned = "spawned: '" + name + "' with pid ", exited = "exited: " + name + " (";
    std::optional<Ending> found;
    std::optional<int> alive;
    std::optional<Duration> spawned_at;
    for (const auto line : split(log, '\n')) {
        if (const auto at = line.find(spawned); at != std::string_view::npos) {
            alive = whole_number<int>(trim(line.substr(at + spawned.size())));
            spawned_at = time_of(line);
        } else if (const auto end = line.find(exited); end != std::string_view::npos) {
            const bool is_it = !pid || !alive || alive == pid;
            if (is_it) {
                found = read_ending(line.substr(end + exited.size()));
                const auto time = time_of(line);
                if (alive && spawned_at && time && *time >= *spawned_at) found->uptime = *time - *spawned_at;
            }
            alive.reset();
            spawned_at.reset();
        }
    }
    return found;
}

std::vector<std::string> last_lines(std::string_view text, std::size_t count) {
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    if (text.empty() || count == 0) return {};
    const auto lines = split(text, '\n');
    const auto first = lines.size() > count ? lines.size() - count : 0;
    return {lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end()};
}

std::string tell(const Story& story) {
    std::vector<std::string> facts;
    if (story.ending) {
        facts.push_back(story.ending->words);
        if (story.ending->uptime)
            facts.push_back("it had been up for " + format_duration(*story.ending->uptime));
    }
    if (!story.spawn_error.empty()) facts.push_back(printable(story.spawn_error));
    if (story.crashes_in_the_last_hour > 1)
        facts.push_back(fmt::format("{} crashes of it within the last hour", story.crashes_in_the_last_hour));
    if (facts.empty() && story.tails.empty()) return story.first_line;
    std::string text = story.first_line + "\n";
    if (!facts.empty()) text += "\n" + join(facts, "; ") + "\n";
    for (const auto& tail : story.tails) {
        const std::string file = tail.file.empty() ? "" : fmt::format(" ({})", printable(tail.file));
        if (tail.lines.empty()) {
            text += fmt::format("\n{}{}: {}\n", tail.name, file,
                                tail.trouble.empty() ? "empty" : printable(tail.trouble));
            continue;
        }
        text += fmt::format("\nthe last {} of {}{}:\n",
                            tail.lines.size() == 1 ? "line" : fmt::format("{} lines", tail.lines.size()),
                            tail.name, file);
        for (const auto& line : tail.lines)
            text += "    " + printable(line, 500) + "\n";
    }
    return text;
}

std::vector<std::pair<std::string, std::string>> details_of(const Story& story) {
    std::vector<std::pair<std::string, std::string>> details;
    if (story.ending) {
        details.emplace_back("ended", story.ending->words);
        if (story.ending->exit_status)
            details.emplace_back("exit_status", std::to_string(*story.ending->exit_status));
        if (story.ending->uptime)
            details.emplace_back("uptime_seconds", std::to_string(story.ending->uptime->count() / 1000));
    }
    if (!story.spawn_error.empty()) details.emplace_back("spawn_error", story.spawn_error);
    details.emplace_back("crashes_in_the_last_hour", std::to_string(story.crashes_in_the_last_hour));
    for (const auto& tail : story.tails)
        details.emplace_back("tail_" + tail.name, join(tail.lines, "\n"));
    return details;
}

}  // namespace keenlance::crashmail
