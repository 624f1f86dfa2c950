// What an ordered start says of itself: milestones, the summary, the timeline.

#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/ordered_startup/ordered_startup.hpp>

#include <algorithm>

namespace keenlance::ordered_startup {

using startup::Starter;

namespace {

constexpr std::size_t most_named = 8;

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Where it has come; an event that comes late does not put it back.
ProcessState shown_state(const startup::Track& track) {
    const bool on_its_way = track.state() == ProcessState::starting || track.state() == ProcessState::backoff;
    return on_its_way && track.has_reached(ProcessState::running) ? ProcessState::running : track.state();
}

}  // namespace

std::string OrderedStartup::seconds_since(SteadyTime start) const {
    return fmt::format("{:.2f} s", in_seconds(now_ - start));
}

void OrderedStartup::tell_milestones(Actions& actions) {
    for (const auto& line : lines_)
        actions.emplace_back(Log{line});
    lines_.clear();
    for (auto& notice : notices_)
        actions.emplace_back(Notify{std::move(notice)});
    notices_.clear();
    if (newly_reached_.empty()) return;
    std::vector<std::string> names;
    for (const auto program : newly_reached_) {
        if (names.size() == most_named) break;
        std::optional<SteadyTime> start;
        bool wrong = false;
        for (const auto index : programs_[program].processes) {
            const auto& process = processes_[index];
            if (process.started_at && (!start || *process.started_at < *start)) start = process.started_at;
            wrong = wrong || process.track.exited_wrongly();
        }
        const auto& first = processes_[programs_[program].processes.front()];
        std::string text =
            fmt::format("{} is {} after {}", settings_.plan.programs[program].name,
                        to_string(shown_state(first.track)), start ? seconds_since(*start) : "0 s");
        if (wrong) {
            const auto status = first.track.last_exit_status();
            text += fmt::format(" ({}not expected; \"exited\" takes any exit, exited(expected) would not)",
                                status ? fmt::format("status {}, ", *status) : "");
        }
        names.push_back(std::move(text));
    }
    std::string line = join(names, ", ");
    if (newly_reached_.size() > names.size())
        line += fmt::format(" and {} more", newly_reached_.size() - names.size());
    newly_reached_.clear();
    actions.emplace_back(Log{line});
}

std::string OrderedStartup::summary() const {
    std::size_t all = 0, reached = 0;
    std::vector<std::string> failed, skipped, waiting, stopped;
    for (std::size_t i = 0; i < programs_.size(); ++i) {
        const auto& program = settings_.plan.programs[i];
        const auto& state = programs_[i];
        if (program.starter == Starter::plan) ++all;
        if (program.starter == Starter::plan && is_there(i)) ++reached;
        if (state.stage == Stage::reached && !is_there(i)) stopped.push_back(program.name);
        if (state.stage == Stage::failed)
            failed.push_back(fmt::format("{} ({})", program.name, state.reason));
        if (program.starter != Starter::plan) continue;
        if (state.stage == Stage::skipped) skipped.push_back(program.name);
        if (state.stage == Stage::waiting) {
            std::vector<std::string> missing;
            for (const auto& dependency : program.waits_for)
                if (!dependency_met(dependency)) missing.push_back(dependency.text());
            waiting.push_back(fmt::format("{} (for {})", program.name, join(missing, ", ")));
        }
        if (state.stage == Stage::starting) waiting.push_back(program.name);
    }
    std::string text =
        reached == all
            ? fmt::format("done after {}: all {} programs are there", seconds_since(began_), all)
            : fmt::format("done after {}: {} of {} programs are there", seconds_since(began_), reached, all);
    if (all == 1 && reached == 1)
        text = fmt::format("done after {}: the one program is there", seconds_since(began_));
    if (!failed.empty()) text += "; FAILED: " + join(failed, ", ");
    if (!skipped.empty()) text += "; NOT started: " + join(skipped, ", ");
    if (!stopped.empty()) text += "; stopped by hand and left alone: " + join(stopped, ", ");
    if (!waiting.empty()) text += "; still waiting: " + join(waiting, ", ");
    return text;
}

startup::Timeline OrderedStartup::timeline() const {
    startup::Timeline picture;
    picture.title = settings_.title;
    picture.end = now_ - began_;
    const auto since = [this](const std::optional<SteadyTime>& time) {
        return time ? std::optional(*time - began_) : std::nullopt;
    };
    for (const auto& process : processes_) {
        const auto& program = programs_[process.program];
        startup::Bar bar;
        bar.name = process.id.brief();
        bar.started = since(process.started_at);
        bar.running = since(process.running_at);
        bar.ended = since(process.ended_at);
        bar.remark = program.reason;
        bar.freed_by = program.freed_by;
        switch (program.stage) {
            case Stage::reached:
                bar.outcome = startup::Outcome::reached;
                break;
            case Stage::failed:
                bar.outcome = startup::Outcome::failed;
                break;
            case Stage::skipped:
                bar.outcome = startup::Outcome::skipped;
                break;
            case Stage::waiting:
            case Stage::starting:
                bar.outcome = startup::Outcome::waiting;
                break;
        }
        picture.bars.push_back(std::move(bar));
    }
    return picture;
}

Actions OrderedStartup::draw_timeline() const {
    Actions actions;
    if (!settings_.timeline) return actions;
    if (*settings_.timeline != "-") {
        actions.emplace_back(WriteFile{*settings_.timeline, startup::timeline_svg(timeline())});
        return actions;
    }
    const std::string text = startup::timeline_text(timeline());
    for (const auto line : split(std::string_view(text).substr(0, text.size() - 1), '\n'))
        actions.emplace_back(Log{std::string(line)});
    return actions;
}

}  // namespace keenlance::ordered_startup
