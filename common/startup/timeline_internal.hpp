#pragma once
/// What the picture and the text of a timeline share: times put right, order, scale and words. Pure.

#include <keenlance/startup/timeline.hpp>

#include <string_view>

namespace keenlance::startup::drawing {

/// One process as it is drawn, whatever its bar held: 0 <= from <= turn <= to <= the chart's span, and texts
/// of one line in which no character steers a terminal, a browser or the direction of writing.
struct Row {
    std::string name;
    std::string after;  ///< who let it start; empty if it waited for none
    std::string remark;
    Outcome outcome = Outcome::waiting;
    bool spawned = false;
    bool critical = false;
    Duration from{0};  ///< its start; if never spawned, the end of its wait, like `turn` and `to`
    Duration turn{0};  ///< STARTING from `from` until here, getting ready until `to`
    Duration to{0};
};

struct Chart {
    std::string title;              ///< as harmless as the texts of a row
    Duration span{1};               ///< what the time axis must hold; never zero
    std::vector<Row> rows;          ///< in the order of their start, those never spawned last
    std::vector<std::size_t> path;  ///< the critical path in rows
};

Chart lay_out(const Timeline& timeline);

/// From 0 to 1: where `time` is on the axis. 0 if the axis has no length.
double share_of_span(const Chart& chart, Duration time);

/// "950 ms", "3.2 s", "5 min 3 s".
std::string in_words(Duration span);
/// "reached", ...
std::string_view to_string(Outcome outcome);
/// How long it took or what went wrong: "3.2 s", "2 s, failed: FATAL", "not started yet".
std::string note(const Row& row);
/// "5 processes in 4.6 s: 3 reached, 1 failed, 1 skipped".
std::string summary(const Chart& chart);
/// "4.5 s of 4.6 s": how much of the whole the processes of the critical path account for.
std::string path_share(const Chart& chart);
/// "db (3.2 s) → 12 more (0.4 s) → web (1.1 s); 4.7 s of 4.8 s": as many of the longest steps by name as
/// fit into about `room` cells.
std::string path_sentence(const Chart& chart, std::size_t room);

/// Columns that a terminal or a font of one width needs at most. `text` is valid UTF-8, as all of a chart is.
std::size_t cells(std::string_view text);
/// At most `most` cells of `text`, "…" at the end if there was more.
std::string cut(std::string_view text, std::size_t most);
/// Fit for an element or a quoted attribute of XML. `text` holds no characters that XML forbids.
std::string escape(std::string_view text);

/// The smallest round step (1, 2 or 5 by decades, minutes and hours by the clock) with which at most `most`
/// ticks follow the one at zero.
Duration tick_step(Duration span, std::size_t most);
/// "0.5 s"; in milliseconds if the whole span is less than a second.
std::string tick_label(Duration at, Duration step, Duration span);

}  // namespace keenlance::startup::drawing
