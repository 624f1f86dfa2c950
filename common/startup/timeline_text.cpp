#include <keenlance/core/text.hpp>
#include <keenlance/startup/timeline_internal.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace keenlance::startup {

using namespace drawing;

namespace {

/// How the columns are shared out: mark, name, bar (without its two borders), then the note.
struct Columns {
    std::size_t all = 0;
    std::size_t name = 0;
    std::size_t bar = 0;  ///< 0: too narrow for a bar that says anything
};

constexpr std::size_t narrowest_bar = 10;
constexpr std::size_t tick_width = 10;
constexpr std::size_t widest_text = 1000;  ///< more would only cost memory

/// A '?' for each character that is none of ASCII, so that columns can be counted anywhere.
std::string ascii(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = valid_utf8_at(text);
        out += length == 1 ? text[0] : '?';
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string shorten(std::string text, std::size_t columns) {
    if (text.size() <= columns) return text;
    const std::string_view mark = columns > 3 ? "..." : "";
    text.resize(columns - mark.size());
    return text.append(mark);
}

/// Adds a line of at most `columns` columns, without blanks at its end.
void add_line(std::string& out, std::string_view line, std::size_t columns) {
    std::string fitting = shorten(ascii(line), columns);
    fitting.erase(fitting.find_last_not_of(' ') + 1);
    out += fitting + '\n';
}

std::string note_and_wait(const Row& row) {
    return note(row) + (row.after.empty() ? "" : ", after " + row.after);
}

Columns share_out(const Chart& chart, std::size_t columns) {
    std::size_t widest_name = 0;
    std::size_t widest_note = 0;
    for (const auto& row : chart.rows) {
        widest_name = std::max(widest_name, ascii(row.name).size());
        widest_note = std::max(widest_note, ascii(note_and_wait(row)).size());
    }
    Columns shares{columns, std::min(widest_name, columns / 4), 0};
    const std::size_t others = 2 + shares.name + 4 + std::min(widest_note, columns * 2 / 5);
    if (columns >= others + narrowest_bar) shares.bar = columns - others;
    return shares;
}

std::size_t column_of(const Chart& chart, Duration time, std::size_t width) {
    const auto column = static_cast<std::size_t>(share_of_span(chart, time) * static_cast<double>(width));
    return std::min(column, width);
}

/// Whatever was spawned or failed shows for one column at least.
std::string draw_bar(const Chart& chart, const Row& row, std::size_t width) {
    const std::size_t from = std::min(column_of(chart, row.from, width), width - 1);
    const std::size_t to = std::max(column_of(chart, row.to, width), from + 1);
    const std::size_t turn = std::clamp(column_of(chart, row.turn, width), from, to);
    std::string bar = std::string(from, '.') + std::string(turn - from, '=') + std::string(to - turn, '#');
    if (turn == from && row.turn - row.from >= row.to - row.turn) bar[from] = '=';
    if (row.outcome == Outcome::failed)
        std::fill(bar.begin() + static_cast<std::ptrdiff_t>(from), bar.end(), 'x');
    if (row.outcome == Outcome::skipped) bar[from] = '-';
    if (row.outcome == Outcome::waiting) bar.back() = row.spawned ? '>' : '.';
    return bar;
}

void add_axis(std::string& out, const Chart& chart, const Columns& shares) {
    const Duration step = tick_step(chart.span, shares.bar / tick_width);
    std::string line(2 + shares.name + 2, ' ');
    const std::size_t origin = line.size();
    for (Duration at{0}; at <= chart.span; at += step) {
        const std::size_t column = origin + column_of(chart, at, shares.bar);
        if (column > origin && column <= line.size()) continue;
        line.resize(column, ' ');
        line += tick_label(at, step, chart.span);
    }
    add_line(out, line, shares.all);
}

void add_row(std::string& out, const Chart& chart, const Row& row, const Columns& shares) {
    const std::string name = shorten(ascii(row.name), shares.name);
    std::string line = fmt::format("{} {:<{}} ", row.critical ? '*' : ' ', name, shares.name);
    if (shares.bar > 0) line += fmt::format("|{:<{}}| ", draw_bar(chart, row, shares.bar), shares.bar);
    add_line(out, line + note_and_wait(row), shares.all);
}

/// The pieces one after another, broken between them where they must be.
void add_pieces(std::string& out, const std::vector<std::string>& pieces, std::string_view indent,
                std::size_t columns) {
    std::string line;
    for (const auto& piece : pieces) {
        if (!line.empty() && line.size() + piece.size() > columns) {
            add_line(out, line, columns);
            line = indent;
        }
        line += piece;
    }
    add_line(out, line, columns);
}

void add_legend(std::string& out, const Chart& chart, std::size_t columns) {
    std::vector<std::string> pieces{"* critical path", "  . waiting", "  = starting", "  # getting ready"};
    const auto explain = [&](Outcome outcome, const char* piece) {
        if (std::ranges::find(chart.rows, outcome, &Row::outcome) != chart.rows.end())
            pieces.emplace_back(piece);
    };
    explain(Outcome::failed, "  x failed");
    explain(Outcome::skipped, "  - skipped");
    explain(Outcome::waiting, "  > not there yet");
    add_pieces(out, pieces, "", columns);
}

/// "critical path: db (3.2 s) -> web (1.1 s); 4.3 s of 4.6 s".
void add_path(std::string& out, const Chart& chart, std::size_t columns) {
    if (chart.path.empty()) return add_line(out, "critical path: none, for nothing was reached", columns);
    std::vector<std::string> steps;
    for (const std::size_t index : chart.path) {
        const Row& row = chart.rows[index];
        steps.push_back(fmt::format("{} {} ({})", steps.empty() ? "critical path:" : " ->", ascii(row.name),
                                    in_words(row.to - row.from)));
    }
    steps.back() += "; " + path_share(chart);
    add_pieces(out, steps, "   ", columns);
}

}  // namespace

std::string timeline_text(const Timeline& timeline, std::size_t columns) {
    const Chart chart = lay_out(timeline);
    columns = std::min(columns, widest_text);
    std::string out;
    if (!chart.title.empty()) add_line(out, chart.title, columns);
    add_line(out, summary(chart), columns);
    if (chart.rows.empty()) return out;

    const Columns shares = share_out(chart, columns);
    if (shares.bar > 0) {
        out += '\n';
        add_axis(out, chart, shares);
    }
    for (const auto& row : chart.rows)
        add_row(out, chart, row, shares);
    if (shares.bar > 0) {
        out += '\n';
        add_legend(out, chart, columns);
    }
    add_path(out, chart, columns);
    return out;
}

}  // namespace keenlance::startup
