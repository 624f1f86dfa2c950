// What is told of a roll: before, while it goes on, and in the end.

#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roll/roll_command.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

FleetActions RollCommand::forecast() {
    ended_ = true;
    std::size_t width = 0;
    for (const auto& row : rows_)
        width = std::max(width, row.member.title.size());
    std::vector<std::string> forecasts;
    std::string lines;
    std::size_t place = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        forecasts.push_back(
            progress_[i].stage == Stage::through ? "was through before"
            : progress_[i].verified_only
                ? fmt::format("would be looked at, batch {}", place++ / batch_size_ + 1)
                : fmt::format("would be {}, batch {}", success_word(), place++ / batch_size_ + 1));
        lines += status_line(rows_[i], width, forecasts.back(), settings_.colours);
    }
    if (settings_.output == Output::json)
        lines = to_json(rows_, Telling::state, forecasts, settings_.choice.servers);
    return {{0, Print{lines}}, {0, Finish{0}}};
}

std::string RollCommand::summary() const {
    const auto took = format_duration(now_ - began_);
    if (rolled_ == rows_.size()) return fmt::format("done: all {} are new, after {}\n", rows_.size(), took);
    std::vector<std::string> through, failed, left, old;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        auto& names = progress_[i].stage == Stage::through  ? through
                      : progress_[i].stage == Stage::failed ? failed
                      : progress_[i].stage == Stage::old    ? old
                                                            : left;
        names.push_back(rows_[i].member.title);
    }
    std::string text = fmt::format("{} after {}: {} of {} are new\n",
                                   interrupted_ ? "INTERRUPTED" : "STOPPED", took, rolled_, rows_.size());
    const auto add = [&text](std::string_view word, const std::vector<std::string>& names) {
        if (!names.empty()) text += fmt::format("  {:<11} {}\n", word, join(names, ", "));
    };
    add("new:", through);
    add("failed:", failed);
    add("unfinished:", left);
    add("old:", old);
    if (!settings_.resume_line.empty()) text += fmt::format("  go on with: {}\n", settings_.resume_line);
    return text;
}

std::vector<std::string> RollCommand::display() const {
    if (ended_ || batch_.empty()) return {};
    const auto word = [this](const Progress& progress) -> std::string {
        switch (progress.stage) {
            case Stage::pre:
                return "--pre";
            case Stage::acting:
                return settings_.signal.empty() ? "restarting" : "signalling";
            case Stage::steady:
                return "is it stable?";
            case Stage::probing:
                return "is it healthy?";
            case Stage::post:
                return "--post";
            default:
                return "";
        }
    };
    std::vector<std::string> lines;
    for (const auto index : batch_)
        if (const auto doing = word(progress_[index]); !doing.empty())
            lines.push_back(fmt::format("  {}: {} {}", rows_[index].member.title, doing,
                                        format_duration(std::chrono::floor<std::chrono::seconds>(
                                            now_ - progress_[index].stage_began))));
    const auto done = rolled_ + failures_;
    std::string line = fmt::format("{} {}/{}", bar(done, rows_.size()), done, rows_.size());
    if (failures_ > 0) line += fmt::format("  {} failed", failures_);
    if (pause_until_)
        line += fmt::format("  next in {}", format_duration(std::chrono::ceil<std::chrono::seconds>(
                                                std::max(*pause_until_ - now_, Duration{0}))));
    if (const auto time = estimate()) line += "  about " + format_duration(*time) + " left";
    lines.push_back(std::move(line));
    return lines;
}

/// For what has not been begun, by what the batches so far have taken.
std::optional<Duration> RollCommand::estimate() const {
    const auto left = static_cast<std::size_t>(std::count_if(
        progress_.begin(), progress_.end(), [](const Progress& each) { return each.stage == Stage::old; }));
    if (left == 0) return std::nullopt;
    const auto batches_left = (left + batch_size_ - 1) / batch_size_;
    const auto spent = batches_ == 0 ? now_ - batch_began_ : spent_ / static_cast<Duration::rep>(batches_);
    const Duration whole = (spent + settings_.pause) * static_cast<Duration::rep>(batches_left);
    return std::chrono::ceil<std::chrono::seconds>(whole);
}

std::string_view RollCommand::success_word() const {
    return settings_.signal.empty() ? "restarted" : "signalled";
}

}  // namespace keenlance::quickctl
