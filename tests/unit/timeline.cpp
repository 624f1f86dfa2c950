#include <keenlance/core/text.hpp>
#include <keenlance/startup/timeline.hpp>

#include <fmt/core.h>
#include <support/catch.hpp>
#include <tinyxml2.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>

namespace timeline_test {

using namespace keenlance;
using namespace keenlance::startup;
using namespace std::chrono_literals;

namespace {

using Indices = std::vector<std::size_t>;
using Freed = std::optional<std::size_t>;

Bar reached(std::string name, Duration started, Duration running, Duration ended, Freed freed_by = {}) {
    return {std::move(name), started, running, ended, Outcome::reached, "", freed_by};
}

Timeline small_start() {
    return {"ordered start on db1",
            4600ms,
            {reached("db", 0ms, 1000ms, 3200ms),
             reached("web", 3200ms, 4200ms, 4300ms, 0),
             {"search", 0ms, {}, 2000ms, Outcome::failed, "FATAL: Exited too quickly", {}},
             {"indexer", {}, {}, 2000ms, Outcome::skipped, "search failed", {}},
             {"report", 4300ms, {}, {}, Outcome::waiting, "", 1},
             {"last", {}, {}, {}, Outcome::waiting, "", {}}}};
}

Timeline chain(std::size_t length) {
    Timeline timeline{"chain", Duration(10 * length), {}};
    for (std::size_t i = 0; i < length; ++i)
        timeline.bars.push_back(reached(fmt::format("stage_{}", i), Duration(10 * i), Duration(10 * i + 4),
                                        Duration(10 * i + 10), i > 0 ? Freed(i - 1) : Freed()));
    return timeline;
}

/// U+202E, which turns all behind it round; in two pieces, for as one it would do so to this line.
std::string backwards() {
    return std::string("\xE2\x80") + '\xAE';
}

/// Everything at its worst at once: times out of order and of range, links that lead nowhere or in circles.
Timeline hostile() {
    constexpr Duration most = Duration::max();
    return {"<!-- \xFF\x1B[31m & title",
            -5ms,
            {{"a<b>&\"'\x01\n]]>", most, Duration::min(), 0ms, Outcome::reached, "</g>\xC0\xAF\x1B[2J", 1},
             {"\xEF\xBF\xBE\xEF\xBF\xBF" + backwards(), 5ms, 1ms, most, Outcome::reached, "", 0},
             {std::string(3000, '<'), -9ms, {}, {}, Outcome::failed, std::string(3000, '&'), 2},
             {"", {}, {}, {}, Outcome::reached, "", std::numeric_limits<std::size_t>::max()},
             {std::string("\0x", 2), {}, 3ms, most, Outcome::skipped, "\xED\xA0\x80", 4},
             {"\xE6\xB0\xB4\xE6\xB0\xB4", 1ms, {}, 2ms, Outcome::waiting, "\xE6\xB0\xB4", 0}}};
}

/// Calls `visit` with each element, parents first.
void walk(const tinyxml2::XMLElement& element,
          const std::function<void(const tinyxml2::XMLElement&)>& visit) {
    visit(element);
    for (const auto* child = element.FirstChildElement(); child != nullptr;
         child = child->NextSiblingElement())
        walk(*child, visit);
}

std::string text_of(const tinyxml2::XMLElement& element) {
    return element.GetText() == nullptr ? "" : element.GetText();
}

std::vector<std::string> words_of_class(const tinyxml2::XMLElement& element) {
    const char* found = element.Attribute("class");
    std::vector<std::string> words;
    for (const auto word : split_words(found == nullptr ? "" : found))
        words.emplace_back(word);
    return words;
}

bool has_class(const tinyxml2::XMLElement& element, std::string_view name) {
    const auto words = words_of_class(element);
    return std::ranges::find(words, name) != words.end();
}

/// What a reader sees in one row of the picture.
struct SeenRow {
    std::string tooltip;
    std::map<std::string, std::string> texts;  ///< by class: name, after, note
    std::map<std::string, double> lefts;       ///< of the rects, by class
    std::map<std::string, double> rights;
    bool hatched = false;
    bool critical = false;
    std::string outcome;
};

/// The picture as read back by an XML parser that knows nothing of how it was made.
struct Seen {
    std::map<std::string, SeenRow> rows;  ///< by shown name
    std::vector<std::string> order;
    std::map<std::string, double> ticks;  ///< label to x
    std::vector<std::string> links;       ///< "d" of the lines of the critical path
    std::string all_text;

    /// Where the axis has `time`, judged by its labels alone.
    [[nodiscard]] double x(Duration time) const {
        const double second = ticks.at("1.0 s") - ticks.at("0");
        return ticks.at("0") + second * static_cast<double>(time.count()) / 1000;
    }
};

SeenRow read_row(const tinyxml2::XMLElement& group) {
    SeenRow row;
    row.outcome = words_of_class(group).at(0);
    row.critical = has_class(group, "critical");
    for (const auto* part = group.FirstChildElement(); part != nullptr; part = part->NextSiblingElement()) {
        const std::string kind = part->Name();
        const auto classes = words_of_class(*part);
        if (kind == "title") row.tooltip = text_of(*part);
        if (kind == "text") row.texts[classes.at(0)] = text_of(*part);
        if (kind != "rect") continue;
        if (classes.empty()) {
            row.hatched = std::string(part->Attribute("fill")) == "url(#hatch)";
            continue;
        }
        row.lefts[classes[0]] = part->DoubleAttribute("x");
        row.rights[classes[0]] = part->DoubleAttribute("x") + part->DoubleAttribute("width");
    }
    return row;
}

Seen read_picture(const std::string& svg) {
    tinyxml2::XMLDocument document;
    REQUIRE(document.Parse(svg.data(), svg.size()) == tinyxml2::XML_SUCCESS);
    REQUIRE(std::string(document.RootElement()->Name()) == "svg");
    Seen seen;
    walk(*document.RootElement(), [&](const tinyxml2::XMLElement& element) {
        const std::string kind = element.Name();
        if (kind == "text") seen.all_text += text_of(element) + '\n';
        if (has_class(element, "tick")) seen.ticks[text_of(element)] = element.DoubleAttribute("x");
        if (has_class(element, "link")) seen.links.emplace_back(element.Attribute("d"));
        if (kind != "g" || element.FirstChildElement("title") == nullptr) return;
        const SeenRow row = read_row(element);
        seen.order.push_back(row.texts.at("name"));
        seen.rows[row.texts.at("name")] = row;
    });
    return seen;
}

}  // namespace

TEST_CASE("The critical path leads from the last that was reached back to one that waited for none") {
    CHECK(critical_path(small_start()) == Indices{0, 1});
    CHECK(critical_path({"", 0ms, {}}).empty());
    CHECK(critical_path({"", 9ms, {{"a", 1ms, 2ms, 9ms, Outcome::failed, "", {}}}}).empty());
    CHECK(critical_path({"", 9ms, {reached("a", 0ms, 1ms, 5ms), reached("b", 0ms, 1ms, 9ms)}}) == Indices{1});
}

TEST_CASE("Of two that ended together, the critical path has the one that was started later") {
    CHECK(critical_path({"", 9ms, {reached("b", 9ms, 9ms, 9ms, 1), reached("a", 0ms, 1ms, 9ms)}}) ==
          Indices{1, 0});
}

TEST_CASE("A link that leads nowhere, to itself or in a circle ends the critical path") {
    CHECK(critical_path({"", 9ms, {reached("a", 0ms, 1ms, 5ms, 7)}}) == Indices{0});
    CHECK(critical_path({"", 9ms, {reached("a", 0ms, 1ms, 5ms, 0)}}) == Indices{0});
    CHECK(critical_path({"", 9ms, {reached("a", 0ms, 1ms, 5ms, 1), reached("b", 0ms, 1ms, 9ms, 0)}}) ==
          Indices{0, 1});
}

TEST_CASE("The text of a timeline draws a line a process and names the critical path") {
    CHECK('\n' + timeline_text(small_start(), 80) == R"(
ordered start on db1
6 processes in 4.6 s: 2 reached, 1 failed, 1 skipped, 2 not there yet

           0              2 s            4 s
  search  |xxxxxxxxxxxxxxx                    | 2 s, failed: FATAL: Exited to...
* db      |=======#################           | 3.2 s
* web     |........................=======#   | 1.1 s, after db
  report  |................................==>| 300 ms, not there yet, after web
  indexer |...............-                   | skipped: search failed
  last    |...................................| not started yet

* critical path  . waiting  = starting  # getting ready  x failed  - skipped
  > not there yet
critical path: db (3.2 s) -> web (1.1 s); 4.3 s of 4.6 s
)");
}

TEST_CASE("The text of a timeline never has more columns than asked for") {
    for (const auto& timeline : {small_start(), hostile(), chain(30), Timeline{}})
        for (std::size_t columns = 0; columns < 130; ++columns) {
            const std::string text = timeline_text(timeline, columns);
            CHECK(text.ends_with('\n'));
            for (const auto line : split(text, '\n')) {
                INFO(columns << " columns: " << line);
                CHECK(line.size() <= columns);
                CHECK(std::ranges::all_of(line, [](char ch) { return ch >= ' ' && ch <= '~'; }));
            }
        }
    CHECK(timeline_text(chain(3), std::numeric_limits<std::size_t>::max()).size() < 10'000);
}

TEST_CASE("In a few columns the text of a timeline still names processes and times") {
    const std::string text = timeline_text(small_start(), 20);
    CHECK(text.find("* db    3.2 s\n") != std::string::npos);
    CHECK(text.find('|') == std::string::npos);
}

TEST_CASE("A long critical path is broken into lines before its arrows") {
    const std::string text = timeline_text(chain(20), 60);
    CHECK(text.find("critical path: stage_0 (10 ms) -> stage_1 (10 ms)\n    -> stage_2 (10 ms)") !=
          std::string::npos);
    CHECK(text.find("-> stage_19 (10 ms); 200 ms of 200 ms\n") != std::string::npos);
}

TEST_CASE("Each bar of the picture stands at its times on the axis") {
    const Seen seen = read_picture(timeline_svg(small_start()));
    const auto& db = seen.rows.at("db");
    CHECK(db.lefts.at("starting") == Approx(seen.x(0ms)).margin(0.2));
    CHECK(db.rights.at("starting") == Approx(seen.x(1000ms)).margin(0.2));
    CHECK(db.lefts.at("ready") == Approx(seen.x(1000ms)).margin(0.2));
    CHECK(db.rights.at("ready") == Approx(seen.x(3200ms)).margin(0.2));
    const auto& web = seen.rows.at("web");
    CHECK(web.lefts.at("starting") == Approx(seen.x(3200ms)).margin(0.2));
    CHECK(web.rights.at("ready") == Approx(seen.x(4300ms)).margin(0.2));
    CHECK(web.texts.at("after") == "after db");
    CHECK(web.texts.at("note") == "1.1 s");
    CHECK(web.tooltip == "web\nstarted at 3.2 s, after db\nstarting: 1 s\ngetting ready: 100 ms\n1.1 s");
}

TEST_CASE("Rows stand in the order of their start, what never started last") {
    CHECK(read_picture(timeline_svg(small_start())).order ==
          std::vector<std::string>{"search", "db", "web", "report", "indexer", "last"});
}

TEST_CASE("The picture tells apart what failed, was skipped and is not there yet") {
    const Seen seen = read_picture(timeline_svg(small_start()));
    const auto& search = seen.rows.at("search");
    CHECK(search.outcome == "failed");
    CHECK(search.texts.at("note") == "2 s, failed: FATAL: Exited too quickly");
    CHECK(search.rights.at("starting") == Approx(seen.x(2000ms)).margin(0.2));
    const auto& indexer = seen.rows.at("indexer");
    CHECK(indexer.outcome == "skipped");
    CHECK(indexer.texts.at("note") == "skipped: search failed");
    CHECK(indexer.lefts.empty());
    const auto& report = seen.rows.at("report");
    CHECK(report.hatched);
    CHECK(report.rights.at("starting") == Approx(seen.x(4600ms)).margin(0.2));
    CHECK(report.texts.at("note") == "300 ms, not there yet");
    CHECK(seen.rows.at("last").texts.at("note") == "not started yet");
    CHECK_FALSE(seen.rows.at("db").hatched);
}

TEST_CASE("The critical path is outlined, linked and put into words") {
    const std::string svg = timeline_svg(small_start());
    const Seen seen = read_picture(svg);
    for (const auto& [name, row] : seen.rows) {
        const bool expected = name == "db" || name == "web";
        CHECK(row.critical == expected);
        CHECK(row.lefts.contains("edge") == expected);
    }
    REQUIRE(seen.links.size() == 1);
    CHECK(seen.links[0].starts_with(fmt::format("M{:.1f} ", seen.rows.at("db").rights.at("edge"))));
    CHECK(seen.links[0].find(fmt::format("H{:.1f}V", seen.rows.at("web").lefts.at("edge"))) !=
          std::string::npos);
    CHECK(svg.find("db (3.2 s) → web (1.1 s); 4.3 s of 4.6 s<") != std::string::npos);
}

TEST_CASE("A picture where nothing was reached says so") {
    const std::string svg = timeline_svg({"t", 9ms, {{"a", 1ms, 2ms, 9ms, Outcome::failed, "", {}}}});
    CHECK(read_picture(svg).links.empty());
    CHECK(svg.find("none, for nothing was reached") != std::string::npos);
}

TEST_CASE("Of a long critical path the slowest steps are named and the others counted") {
    Timeline timeline = chain(40);
    timeline.bars.push_back(reached("slow", 400ms, 500ms, 1400ms, 39));
    timeline.bars.push_back(reached("end", 1400ms, 1400ms, 1405ms, 40));
    const std::string svg = timeline_svg(timeline);
    CHECK(svg.find(" more (") != std::string::npos);
    CHECK(svg.find("slow (1 s) → ") != std::string::npos);
    CHECK(svg.find("1.4 s of 1.4 s") != std::string::npos);
}

TEST_CASE("Names and remarks are text in the picture, whatever they hold") {
    const std::string svg = timeline_svg(hostile());
    const Seen seen = read_picture(svg);
    CHECK(seen.order.size() == 6);
    CHECK(seen.rows.contains("a<b>&\"'? ]]>"));
    CHECK(seen.rows.at("a<b>&\"'? ]]>").tooltip.find("</g>??") != std::string::npos);
    CHECK(seen.rows.contains("???"));
    CHECK(seen.rows.contains("\xE6\xB0\xB4\xE6\xB0\xB4"));
    for (const auto* forbidden : {"\x1B", "\x01", "\xEF\xBF\xBE", "\xEF\xBF\xBF"})
        CHECK(svg.find(forbidden) == std::string::npos);
    CHECK(svg.find(backwards()) == std::string::npos);
    CHECK(svg.find('\0') == std::string::npos);
    for (std::string_view rest = svg; !rest.empty();) {
        const std::size_t length = valid_utf8_at(rest);
        REQUIRE(length > 0);
        rest.remove_prefix(length);
    }
}

TEST_CASE("A long name is cut in its row and whole in the tooltip") {
    const std::string name(60, 'n');
    const Seen seen = read_picture(timeline_svg({"t", 10ms, {reached(name, 0ms, 5ms, 10ms)}}));
    CHECK(seen.order == std::vector<std::string>{std::string(31, 'n') + "…"});
    CHECK(seen.rows.begin()->second.tooltip.starts_with(name + '\n'));
}

TEST_CASE("A remark longer than its room is cut in its row and whole in the tooltip") {
    const std::string remark(300, 'r');
    const Seen seen =
        read_picture(timeline_svg({"t", 10ms, {{"a", 0ms, {}, 10ms, Outcome::failed, remark, {}}}}));
    CHECK(seen.rows.at("a").texts.at("note").ends_with("r…"));
    CHECK(seen.rows.at("a").tooltip.ends_with("failed: " + remark));
}

TEST_CASE("A bar of no length is seen") {
    const Seen seen = read_picture(timeline_svg({"t", 0ms, {reached("a", 0ms, 0ms, 0ms)}}));
    CHECK(seen.rows.at("a").rights.at("starting") - seen.rows.at("a").lefts.at("starting") >= 2);
    CHECK(seen.ticks.size() == 1);
    CHECK(timeline_text({"t", 0ms, {reached("a", 0ms, 0ms, 0ms)}}).find("|=   ") != std::string::npos);
}

TEST_CASE("An empty timeline is a picture and a text that say so") {
    const Seen seen = read_picture(timeline_svg({"start", 5ms, {}}));
    CHECK(seen.all_text.find("no processes") != std::string::npos);
    CHECK(timeline_text({"start", 5ms, {}}) == "start\nno processes\n");
}

TEST_CASE("Ticks are round, in units that fit the whole") {
    const auto ticks = [](Duration span) {
        const Seen seen = read_picture(timeline_svg({"t", span, {reached("a", 0ms, 0ms, span)}}));
        std::map<double, std::string> sorted;
        for (const auto& [label, x] : seen.ticks)
            sorted[x] = label;
        std::string labels;
        for (const auto& [x, label] : sorted)
            labels += (labels.empty() ? "" : ", ") + label;
        return labels;
    };
    CHECK(ticks(3ms) == "0, 1 ms, 2 ms, 3 ms");
    CHECK(ticks(420ms) == "0, 50 ms, 100 ms, 150 ms, 200 ms, 250 ms, 300 ms, 350 ms, 400 ms");
    CHECK(ticks(1200ms) == "0, 0.2 s, 0.4 s, 0.6 s, 0.8 s, 1.0 s, 1.2 s");
    CHECK(ticks(45s) == "0, 5 s, 10 s, 15 s, 20 s, 25 s, 30 s, 35 s, 40 s, 45 s");
    CHECK(ticks(130s) == "0, 20 s, 40 s, 1 min, 1 min 20 s, 1 min 40 s, 2 min");
    CHECK(ticks(24h) == "0, 3 h, 6 h, 9 h, 12 h, 15 h, 18 h, 21 h, 1 d");
    CHECK(ticks(24h * 90) == "0, 10 d, 20 d, 30 d, 40 d, 50 d, 60 d, 70 d, 80 d, 90 d");
    CHECK(ticks(Duration::max()) == "0, 500 d, 1000 d, 1500 d, 2000 d, 2500 d, 3000 d, 3500 d");
}

TEST_CASE("A thousand bars are drawn at once, each in its own row") {
    const Timeline timeline = chain(1000);
    const std::string svg = timeline_svg(timeline);
    const std::string text = timeline_text(timeline);
    const Seen seen = read_picture(svg);
    CHECK(seen.rows.size() == 1000);
    CHECK(seen.links.size() == 999);
    CHECK(text.find("* stage_999 ") != std::string::npos);
}

}  // namespace timeline_test
