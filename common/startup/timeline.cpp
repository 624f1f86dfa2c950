#include <keenlance/core/text.hpp>
#include <keenlance/startup/timeline_internal.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

namespace keenlance::startup {

namespace {

/// The bar that `bar` waited for, if `freed_by` names another one at all.
const Bar* freer(const Timeline& timeline, const Bar& bar) {
    if (!bar.freed_by || *bar.freed_by >= timeline.bars.size()) return nullptr;
    const Bar* found = &timeline.bars[*bar.freed_by];
    return found == &bar ? nullptr : found;
}

}  // namespace

std::vector<std::size_t> critical_path(const Timeline& timeline) {
    const auto& bars = timeline.bars;
    const Bar* last = nullptr;
    for (const auto& bar : bars) {
        if (bar.outcome != Outcome::reached || !bar.ended) continue;
        // Of two that ended together, the later start is the end of a longer chain.
        if (last == nullptr || std::tie(*bar.ended, bar.started) > std::tie(*last->ended, last->started))
            last = &bar;
    }
    std::vector<std::size_t> path;
    std::vector<bool> seen(bars.size());
    for (const Bar* bar = last; bar != nullptr; bar = freer(timeline, *bar)) {
        const auto index = static_cast<std::size_t>(bar - bars.data());
        if (seen[index]) break;
        seen[index] = true;
        path.push_back(index);
    }
    std::ranges::reverse(path);
    return path;
}

namespace drawing {

namespace {

using namespace std::chrono_literals;

/// Beyond this no sum of a timeline could be trusted not to overflow.
constexpr Duration longest = 24h * 3650;

Duration sane(Duration time) {
    return std::clamp(time, Duration{0}, longest);
}

/// Characters that XML 1.0 forbids though they are valid UTF-8 and no controls (U+FFFE, U+FFFF), and those
/// that turn the direction of all that follows (U+200E/F, U+202A-E, U+2066-9).
bool is_unfit(std::string_view character) {
    if (character.size() != 3) return false;
    const auto last = static_cast<unsigned char>(character[2]);
    if (character.starts_with("\xE2\x80"))
        return last == 0x8EU || last == 0x8FU || (last >= 0xAAU && last <= 0xAEU);
    if (character.starts_with("\xE2\x81")) return last >= 0xA6U && last <= 0xA9U;
    return character.starts_with("\xEF\xBF") && last >= 0xBEU;
}

std::string harmless(std::string_view text) {
    const std::string line = printable(text, std::numeric_limits<std::size_t>::max());
    std::string out;
    for (std::string_view rest = line; !rest.empty();) {
        const auto character = rest.substr(0, valid_utf8_at(rest));
        out += is_unfit(character) ? "?" : character;
        rest.remove_prefix(character.size());
    }
    return out;
}

Duration span_of(const Timeline& timeline) {
    Duration span = timeline.end;
    for (const auto& bar : timeline.bars)
        for (const auto& time : {bar.started, bar.running, bar.ended})
            span = std::max(span, time.value_or(span));
    return sane(span);
}

Row make_row(const Timeline& timeline, const Bar& bar, Duration span) {
    Row row;
    row.name = harmless(bar.name);
    row.remark = harmless(bar.remark);
    if (const Bar* before = freer(timeline, bar)) row.after = harmless(before->name);
    row.outcome = bar.outcome;
    row.spawned = bar.started.has_value();
    row.from = sane(bar.started.value_or(Duration{0}));
    row.to = span;
    if (bar.outcome != Outcome::waiting)
        row.to = std::max(row.from, sane(bar.ended.value_or(bar.running.value_or(row.from))));
    row.turn = std::clamp(bar.running.value_or(row.to), row.from, row.to);
    if (!row.spawned) row.from = row.turn = row.to;
    return row;
}

}  // namespace

Chart lay_out(const Timeline& timeline) {
    Chart chart;
    chart.title = harmless(timeline.title);
    chart.span = span_of(timeline);

    std::vector<std::pair<Row, std::size_t>> rows;
    for (const auto& bar : timeline.bars)
        rows.emplace_back(make_row(timeline, bar, chart.span), rows.size());
    const auto path = critical_path(timeline);
    for (const std::size_t bar : path)
        rows[bar].first.critical = true;
    std::ranges::stable_sort(rows, {}, [](const auto& row) {
        return std::tuple(!row.first.spawned, row.first.from, row.first.to);
    });

    std::vector<std::size_t> row_of_bar(rows.size());
    for (auto& [row, bar] : rows) {
        row_of_bar[bar] = chart.rows.size();
        chart.rows.push_back(std::move(row));
    }
    for (const std::size_t bar : path)
        chart.path.push_back(row_of_bar[bar]);
    return chart;
}

double share_of_span(const Chart& chart, Duration time) {
    if (chart.span == 0ms) return 0;
    return static_cast<double>(time.count()) / static_cast<double>(chart.span.count());
}

Duration tick_step(Duration span, std::size_t most) {
    constexpr Duration day = 24h;
    constexpr std::array<Duration, 37> steps{
        1ms,       2ms,       5ms,       10ms,       20ms,      50ms,     100ms,    200ms,
        500ms,     1s,        2s,        5s,         10s,       20s,      30s,      1min,
        2min,      5min,      10min,     20min,      30min,     1h,       2h,       3h,
        6h,        12h,       day,       day * 2,    day * 5,   day * 10, day * 20, day * 50,
        day * 100, day * 200, day * 500, day * 1000, day * 2000};
    static_assert(longest / steps.back() <= 1);
    return *std::ranges::find_if(steps, [&](Duration step) {
        return static_cast<std::size_t>(span / step) <= std::max<std::size_t>(most, 1);
    });
}

}  // namespace drawing

}  // namespace keenlance::startup
