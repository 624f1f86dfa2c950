#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/startup/timeline_internal.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace keenlance::startup::drawing {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_step_name = 32;
constexpr std::size_t shortest_step = 10;  ///< "a (1 ms) → "

/// From U+1100 on characters may be as wide as two.
std::size_t cells_of(std::string_view character) {
    return character < "\u1100" ? 1 : 2;
}

/// "db (3.2 s) → 12 more (0.4 s) → web (1.1 s)": the `kept` longest steps by name, the others summed up.
std::string path_steps(const Chart& chart, const std::vector<std::size_t>& by_length, std::size_t kept) {
    std::vector<bool> named(chart.path.size());
    for (std::size_t i = 0; i < kept; ++i)
        named[by_length[i]] = true;
    std::vector<std::string> steps;
    for (std::size_t i = 0; i < chart.path.size();) {
        const std::size_t first = i;
        Duration sum{0};
        do {
            sum += chart.rows[chart.path[i]].to - chart.rows[chart.path[i]].from;
            ++i;
        } while (!named[first] && i < chart.path.size() && !named[i]);
        const std::string who = named[first] ? cut(chart.rows[chart.path[first]].name, longest_step_name)
                                             : fmt::format("{} more", i - first);
        steps.push_back(fmt::format("{} ({})", who, in_words(sum)));
    }
    return join(steps, " → ");
}

}  // namespace

std::string in_words(Duration span) {
    return span < 1s ? fmt::format("{} ms", span.count()) : format_duration(span);
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::reached:
            return "reached";
        case Outcome::failed:
            return "failed";
        case Outcome::skipped:
            return "skipped";
        case Outcome::waiting:
            break;
    }
    return "waiting";
}

std::string note(const Row& row) {
    std::string text = row.spawned ? in_words(row.to - row.from) : "";
    if (row.outcome == Outcome::waiting) text = row.spawned ? text + ", not there yet" : "not started yet";
    if (row.outcome == Outcome::failed || row.outcome == Outcome::skipped)
        text = fmt::format("{}{}{}", text, text.empty() ? "" : ", ", to_string(row.outcome));
    if (row.remark.empty()) return text;
    return text + (row.outcome == Outcome::reached ? ", " : ": ") + row.remark;
}

std::string summary(const Chart& chart) {
    if (chart.rows.empty()) return "no processes";
    std::string text = fmt::format("{} {} in {}", chart.rows.size(),
                                   chart.rows.size() == 1 ? "process" : "processes", in_words(chart.span));
    std::string_view separator = ": ";
    for (const auto outcome : {Outcome::reached, Outcome::failed, Outcome::skipped, Outcome::waiting}) {
        const auto count = std::ranges::count(chart.rows, outcome, &Row::outcome);
        if (count == 0) continue;
        text += fmt::format("{}{} {}", separator, count,
                            outcome == Outcome::waiting ? "not there yet" : to_string(outcome));
        separator = ", ";
    }
    return text;
}

std::string path_share(const Chart& chart) {
    Duration sum{0};
    for (const std::size_t row : chart.path)
        sum += chart.rows[row].to - chart.rows[row].from;
    return fmt::format("{} of {}", in_words(sum), in_words(chart.span));
}

std::string tick_label(Duration at, Duration step, Duration span) {
    if (at == 0ms) return "0";
    if (span < 1s) return fmt::format("{} ms", at.count());
    if (at >= 1min) return format_duration(at);
    int decimals = 0;
    for (Duration unit = 1s; step % unit != 0ms; unit /= 10)
        ++decimals;
    return fmt::format("{:.{}f} s", static_cast<double>(at.count()) / 1000, decimals);
}

std::string path_sentence(const Chart& chart, std::size_t room) {
    if (chart.path.empty()) return "none, for nothing was reached";
    std::vector<std::size_t> by_length(chart.path.size());
    std::iota(by_length.begin(), by_length.end(), std::size_t{0});
    std::ranges::stable_sort(by_length, std::greater{}, [&](std::size_t step) {
        const Row& row = chart.rows[chart.path[step]];
        return row.to - row.from;
    });
    std::size_t kept = std::min(by_length.size(), room / shortest_step);
    std::string steps = path_steps(chart, by_length, kept);
    while (kept > 1 && cells(steps) > room)
        steps = path_steps(chart, by_length, --kept);
    return fmt::format("{}; {}", steps, path_share(chart));
}

std::string escape(std::string_view text) {
    std::string out;
    for (const char ch : text) {
        switch (ch) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += ch;
        }
    }
    return out;
}

std::size_t cells(std::string_view text) {
    std::size_t sum = 0;
    for (; !text.empty(); text.remove_prefix(valid_utf8_at(text)))
        sum += cells_of(text.substr(0, valid_utf8_at(text)));
    return sum;
}

std::string cut(std::string_view text, std::size_t most) {
    if (cells(text) <= most) return std::string(text);
    std::string out;
    for (std::size_t used = 1; !text.empty(); text.remove_prefix(valid_utf8_at(text))) {
        const auto character = text.substr(0, valid_utf8_at(text));
        used += cells_of(character);
        if (used > most) break;
        out += character;
    }
    return out + "…";
}

}  // namespace keenlance::startup::drawing
