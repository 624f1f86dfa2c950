#include <keenlance/core/text.hpp>

#include <commands/report.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr std::size_t log_lines = 5;
constexpr std::size_t bar_length = 10;

enum class Tone { plain, good, middling, bad };

std::string tinged(std::string_view text, Tone tone, Colours colours) {
    if (colours == Colours::off || tone == Tone::plain) return std::string(text);
    const int code = tone == Tone::good ? 32 : tone == Tone::middling ? 33 : 31;
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Tone tone_of(ProcessState state) {
    switch (state) {
        case ProcessState::running:
            return Tone::good;
        case ProcessState::starting:
        case ProcessState::backoff:
        case ProcessState::stopping:
            return Tone::middling;
        case ProcessState::fatal:
        case ProcessState::unknown:
            return Tone::bad;
        default:
            return Tone::plain;
    }
}

}  // namespace

void Painter::paint(FleetActions& actions, SteadyTime now,
                    const std::function<std::vector<std::string>()>& lines) {
    constexpr Duration between_paints{500};
    if (liveness_ == Liveness::lines_only) return;
    due_.reset();
    auto shown = lines();
    if (shown.empty()) {
        // Before what is printed last, which stays.
        actions.insert(actions.begin(), {0, Display{}});
        return;
    }
    due_ = now + between_paints;
    actions.push_back({0, Display{std::move(shown)}});
}

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string last_lines(std::string_view log) {
    auto lines = split(trim(log), '\n');
    if (lines.size() > log_lines) lines.erase(lines.begin(), lines.end() - log_lines);
    std::string out;
    for (const auto each : lines)
        if (!trim(each).empty()) out += "    " + printable(each, 300) + "\n";
    return out;
}

std::string result_line(const Row& row, Colours colours) {
    std::string line = fmt::format("{}: {}", row.member.title,
                                   tinged(row.result, row.good ? Tone::good : Tone::bad, colours));
    if (!row.good)
        return line + (row.detail.empty() ? "" : " (" + printable(row.detail, 400) + ")") + "\n" +
               row.log_tail;
    if (!row.detail.empty()) line += ", " + printable(row.detail);
    if (!row.result.starts_with("already")) line += fmt::format(", {:.2f} s", in_seconds(row.took));
    return line + "\n";
}

std::string status_line(const Row& row, std::size_t title_width, std::string_view rest, Colours colours) {
    const auto state = row.member.info.state;
    const std::string word = fmt::format("{:<9}", to_string(state));
    const std::string line = fmt::format("{:<{}}  {} {}", row.member.title, title_width,
                                         tinged(word, tone_of(state), colours), printable(rest));
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string to_json(std::span<const Row> rows, Telling telling, std::span<const std::string> forecasts,
                    std::span<const std::string> servers) {
    auto array = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& row = rows[i];
        const auto& info = row.member.info;
        nlohmann::ordered_json json;
        if (servers.size() > 1) json["server"] = servers[row.member.server];
        json["group"] = info.id.group;
        json["name"] = info.id.name;
        json["state"] = to_string(info.state);
        json["pid"] = info.pid;
        if (telling == Telling::state) {
            json["description"] = info.description;
            if (!forecasts.empty()) json["forecast"] = forecasts[i];
        } else {
            json["result"] = row.result;
            json["ok"] = row.good;
            json["detail"] = row.detail;
            json["seconds"] = in_seconds(row.took);
        }
        array.push_back(std::move(json));
    }
    return array.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string bar(std::size_t done, std::size_t all) {
    const auto full = all == 0 ? bar_length : bar_length * std::min(done, all) / all;
    return "[" + std::string(full, '#') + std::string(bar_length - full, '-') + "]";
}

}  // namespace keenlance::quickctl
