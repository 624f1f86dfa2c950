#include <keenlance/startup/timeline_internal.hpp>
#include <keenlance/startup/timeline_style_internal.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace keenlance::startup {

using namespace drawing;

namespace {

// Lengths are in pixels. No font can be measured here: these widths of a character err to the wide side.
constexpr double picture_width = 1200;
constexpr double margin = 24;
constexpr double row_height = 24;
constexpr double bar_height = 14;
constexpr double bar_inset = (row_height - bar_height) / 2;
constexpr double narrowest_rect = 3;
constexpr double first_row = 142;
constexpr double name_character = 7.3;
constexpr double small_character = 6.5;
constexpr double longest_note = 300;
constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_path = 150;
constexpr std::size_t rows_at_a_glance = 25;

/// Where time runs in the picture.
struct Frame {
    const Chart& chart;
    double left = 0;
    double width = 0;
    double bottom = 0;

    [[nodiscard]] double x(Duration time) const { return left + share_of_span(chart, time) * width; }
};

template <class... Args>
void add(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    out += fmt::format(format, std::forward<Args>(args)...);
}

double small_width(std::string_view text) {
    return static_cast<double>(cells(text)) * small_character;
}

double right_of_bar(const Frame& frame, const Row& row) {
    return std::max(frame.x(row.to), frame.x(row.from) + (row.spawned ? narrowest_rect : 0));
}

/// A cross marks the end of what failed or was never started, so that colour does not say it alone.
bool ends_in_cross(const Row& row) {
    return row.outcome == Outcome::failed || row.outcome == Outcome::skipped;
}

double gap_before_note(const Row& row) {
    return ends_in_cross(row) ? 20 : 7;
}

/// Leaves as much room right of the axis as the notes need, up to a bound: a note may begin at any bar's end.
Frame frame_for(const Chart& chart) {
    std::size_t name = 0;
    for (const auto& row : chart.rows)
        name = std::max(name, std::min(cells(row.name), longest_name));
    Frame frame{chart};
    frame.left = margin + static_cast<double>(name) * name_character + 16;
    frame.width = picture_width - margin - frame.left;
    frame.bottom = first_row + static_cast<double>(chart.rows.size()) * row_height;
    const double room = frame.width;
    for (const auto& row : chart.rows) {
        const double needed =
            narrowest_rect + gap_before_note(row) + std::min(small_width(note(row)), longest_note);
        const double share = share_of_span(chart, row.to);
        if (share > 0) frame.width = std::min(frame.width, (room - needed) / share);
    }
    return frame;
}

void add_heading(std::string& out, const Chart& chart) {
    add(out, "<text class='title' x='{}' y='36'>{}</text>\n", margin, escape(cut(chart.title, 100)));
    add(out, "<text class='words' x='{}' y='60'>{}</text>\n", margin, escape(summary(chart)));
    if (!chart.rows.empty())
        add(out, "<text class='words path' x='{}' y='80'><tspan>critical path:</tspan> {}</text>\n", margin,
            escape(path_sentence(chart, longest_path)));
}

void add_legend(std::string& out, const Chart& chart) {
    struct Entry {
        std::string_view row_class;
        std::string_view swatch;
        std::string_view words;
        bool shown;
    };
    const auto any = [&](Outcome outcome) {
        return std::ranges::find(chart.rows, outcome, &Row::outcome) != chart.rows.end();
    };
    const std::array<Entry, 7> entries{{
        {"reached", "<path class='wait' d='M0 5H22'/>", "waiting for others", true},
        {"reached", "<rect class='starting' width='22' height='10'/>", "starting, until RUNNING", true},
        {"reached", "<rect class='ready' width='22' height='10'/>", "getting ready", true},
        {"critical", "<rect class='edge' width='22' height='10'/>", "critical path", !chart.path.empty()},
        {"failed",
         "<rect class='ready' width='14' height='10'/>"
         "<path class='cross' d='M17 2l6 6m0 -6l-6 6'/>",
         "failed", any(Outcome::failed)},
        {"skipped", "<path class='cross' d='M8 2l6 6m0 -6l-6 6'/>", "skipped", any(Outcome::skipped)},
        {"waiting",
         "<rect class='ready' width='22' height='10'/>"
         "<rect fill='url(#hatch)' width='22' height='10'/>",
         "not there yet", any(Outcome::waiting)},
    }};
    double x = margin;
    for (const auto& entry : entries) {
        if (!entry.shown) continue;
        add(out,
            "<g class='{}' transform='translate({:.1f} 98)'>{}<text class='legend' x='28' "
            "y='9'>{}</text></g>\n",
            entry.row_class, x, entry.swatch, entry.words);
        x += 28 + small_width(entry.words) + 18;
    }
}

void add_axis(std::string& out, const Frame& frame) {
    const Duration step = tick_step(frame.chart.span, 10);
    const double top = first_row - 4;
    for (Duration at{0}; at <= frame.chart.span; at += step) {
        const double x = frame.x(at);
        const std::string label = tick_label(at, step, frame.chart.span);
        add(out,
            "<path class='grid' d='M{0:.1f} {1}V{2}'/><text class='tick' x='{0:.1f}' "
            "y='{3}'>{4}</text>\n",
            x, top, frame.bottom, top - 6, label);
        if (frame.chart.rows.size() > rows_at_a_glance)
            add(out, "<text class='tick' x='{:.1f}' y='{}'>{}</text>\n", x, frame.bottom + 14, label);
    }
}

/// From the end of what freed it to the start of what was freed, behind all bars.
void add_links(std::string& out, const Frame& frame) {
    const auto& path = frame.chart.path;
    for (std::size_t i = 1; i < path.size(); ++i) {
        const double x1 = right_of_bar(frame, frame.chart.rows[path[i - 1]]);
        const double x2 = frame.x(frame.chart.rows[path[i]].from);
        const double y1 = first_row + static_cast<double>(path[i - 1]) * row_height + row_height / 2;
        const double down = path[i] > path[i - 1] ? 1 : -1;
        const double y2 = first_row + static_cast<double>(path[i]) * row_height + row_height / 2 -
                          down * (bar_height / 2 + 1);
        add(out, "<path class='link' d='M{:.1f} {}H{:.1f}V{}'/>", x1, y1, x2, y2 - down * 4);
        add(out, "<path class='head' d='M{:.1f} {}l-3.5 {}h7z'/>\n", x2, y2, -down * 6);
    }
}

void add_bar(std::string& out, const Frame& frame, const Row& row, double top) {
    const double y = top + bar_inset;
    const double from = frame.x(row.from);
    const double to = right_of_bar(frame, row);
    const double turn = row.turn == row.to ? to : std::min(frame.x(row.turn), to);
    constexpr std::string_view rect = "<rect class='{}' x='{:.1f}' y='{}' width='{:.1f}' height='{}'/>";
    if (turn > from) add(out, rect, "starting", from, y, turn - from, bar_height);
    if (to > turn) add(out, rect, "ready", turn, y, to - turn, bar_height);
    if (row.outcome == Outcome::waiting)
        add(out, "<rect fill='url(#hatch)' x='{:.1f}' y='{}' width='{:.1f}' height='{}'/>", from, y,
            to - from, bar_height);
    if (row.critical) add(out, rect, "edge", from, y, to - from, bar_height);
}

/// All of it, for the reader who points at the row.
std::string tooltip(const Row& row) {
    std::string text = row.name;
    if (row.spawned) text += fmt::format("\nstarted at {}", in_words(row.from));
    if (!row.after.empty()) text += fmt::format(", after {}", row.after);
    if (row.spawned && row.turn > row.from)
        text += fmt::format("\nstarting: {}", in_words(row.turn - row.from));
    if (row.spawned && row.to > row.turn)
        text += fmt::format("\ngetting ready: {}", in_words(row.to - row.turn));
    return text + '\n' + note(row);
}

void add_row(std::string& out, const Frame& frame, const Row& row, double top) {
    const double middle = top + row_height / 2;
    const double from = frame.x(row.from);
    const double to = right_of_bar(frame, row);
    add(out, "<g class='{}{}'><title>{}</title><text class='name' x='{}' y='{}'>{}</text>",
        to_string(row.outcome), row.critical ? " critical" : "", escape(tooltip(row)), margin, middle + 4,
        escape(cut(row.name, longest_name)));
    if (from - frame.left > 2)
        add(out, "<path class='wait' d='M{:.1f} {}H{:.1f}'/>", frame.left, middle, from);
    if (row.spawned) add_bar(out, frame, row, top);
    if (ends_in_cross(row))
        add(out, "<path class='cross' d='M{:.1f} {}l7 7m0 -7l-7 7'/>", to + 6, middle - 3.5);

    std::string words = note(row);
    const std::string after = row.after.empty() ? "" : "after " + cut(row.after, longest_name);
    const bool fits_before = small_width(after) + 16 < from - frame.left;
    if (!after.empty() && fits_before)
        add(out, "<text class='after' x='{:.1f}' y='{}'>{}</text>", from - 8, middle + 4, escape(after));
    if (!after.empty() && !fits_before) words += ", " + after;
    const double x = to + gap_before_note(row);
    const double room = std::max((picture_width - 8 - x) / small_character, 8.0);
    add(out, "<text class='note' x='{:.1f}' y='{}'>{}</text></g>\n", x, middle + 4,
        escape(cut(words, static_cast<std::size_t>(room))));
}

}  // namespace

std::string timeline_svg(const Timeline& timeline) {
    const Chart chart = lay_out(timeline);
    const Frame frame = frame_for(chart);
    const double height = frame.bottom + margin;
    std::string out;
    add(out,
        "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} {1}' "
        "role='img'>\n<title>{2}</title>\n{3}",
        picture_width, height, escape(chart.title), style);
    add(out, "<rect class='back' width='{}' height='{}'/>\n", picture_width, height);
    add_heading(out, chart);
    if (!chart.rows.empty()) {
        add_legend(out, chart);
        add_axis(out, frame);
    }
    add_links(out, frame);
    double top = first_row;
    for (const auto& row : chart.rows) {
        add_row(out, frame, row, top);
        top += row_height;
    }
    return out + "</svg>\n";
}

}  // namespace keenlance::startup
