// What is told of the processes while they are on their way, and beforehand.

#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/control/control_command.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr std::size_t most_lines = 10;  // more processes than that are shown by a bar alone

}  // namespace

std::string_view ControlCommand::success_word() const {
    switch (settings_.verb) {
        case Verb::start:
            return "started";
        case Verb::stop:
            return "stopped";
        case Verb::restart:
            return "restarted";
        case Verb::status:
            break;
    }
    return "seen";
}

/// What --dry-run tells.
std::string ControlCommand::forecast(const Row& row) const {
    const auto state = row.member.info.state;
    const bool down = is_stopped(state);
    const bool there = settings_.verb == Verb::start ? !down && state != ProcessState::stopping
                                                     : settings_.verb == Verb::stop && down;
    return there ? "nothing to do" : fmt::format("would be {}", success_word());
}

std::vector<std::string> ControlCommand::display() const {
    if (ended_ || unsettled_ == 0) return {};
    const auto word = [](Phase phase) -> std::string_view {
        switch (phase) {
            case Phase::stopping:
                return "STOPPING";
            case Phase::backing_off:
                return "BACKOFF";
            case Phase::starting:
            case Phase::accepted:
                return "STARTING";
            case Phase::proving:
                return "not ready yet";
            case Phase::waiting:
                return "waiting";
            default:
                return "";
        }
    };
    std::map<std::string_view, std::size_t> counts;
    std::size_t failed = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (progress_[i].phase != Phase::settled) ++counts[word(progress_[i].phase)];
        if (progress_[i].phase == Phase::settled && !rows_[i].good) ++failed;
    }
    const auto done = rows_.size() - unsettled_;
    std::string line = fmt::format("{} {}/{}", bar(done, rows_.size()), done, rows_.size());
    for (const auto& [state, count] : counts)
        if (!state.empty()) line += fmt::format("  {} {}", count, state);
    if (failed > 0) line += fmt::format("  {} failed", failed);
    line += fmt::format("  {}", format_duration(std::chrono::floor<std::chrono::seconds>(now_ - began_)));
    std::vector<std::string> lines;
    if (unsettled_ <= most_lines)
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (progress_[i].phase != Phase::settled && !word(progress_[i].phase).empty())
                lines.push_back(fmt::format(
                    "  {}: {} {}", rows_[i].member.title, word(progress_[i].phase),
                    format_duration(std::chrono::floor<std::chrono::seconds>(now_ - progress_[i].since))));
    lines.push_back(std::move(line));
    return lines;
}

}  // namespace keenlance::quickctl
