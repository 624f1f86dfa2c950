#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/control_command.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr Duration margin{10'000};
constexpr int log_bytes = 2'000;
constexpr Duration between_paints{500};
constexpr std::size_t most_lines = 10;  // more processes than that are shown by a bar alone

/// The longest that supervisord needs to bring a program up or give it up: each try takes startsecs, and
/// before the n-th retry it waits n seconds.
Duration start_limit(const ProcessConfig& config) {
    const auto retries = std::clamp(config.start_retries, 0, 1'000);
    return std::chrono::seconds((retries + 1) * config.start_seconds + retries * (retries + 1) / 2) + margin;
}

}  // namespace

Task task_for(const Member& member, Goal goal, const TaskSettings& settings) {
    const auto& config = member.config;
    Task task;
    task.id = member.info.id;
    task.goal = goal;
    task.persistence = Persistence::once;
    task.on_backoff = settings.on_backoff;
    task.watch = settings.watch;
    task.known = member.info;
    task.start_seconds = std::chrono::seconds(std::max(config.start_seconds, 0));
    const Duration stop_limit = std::chrono::seconds(std::max(config.stop_wait_seconds, 0)) + margin;
    task.limit = settings.timeout        ? *settings.timeout
                 : goal == Goal::running ? start_limit(config)
                 : goal == Goal::stopped ? stop_limit
                                         : stop_limit + start_limit(config);
    return task;
}

ControlCommand::ControlCommand(Settings settings)
    : settings_(std::move(settings)), roster_(settings_.choice) {}

FleetActions ControlCommand::step(std::size_t server, const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (ended_) return {};
    auto actions = react(server, fact);
    repaint(actions);
    return actions;
}

FleetActions ControlCommand::react(std::size_t server, const Fact& fact) {
    const auto from_roster = [this, server](const auto& answer) {
        auto actions = roster_.take(server, answer);
        append(actions, when_complete());
        return actions;
    };
    return std::visit(
        Overloaded{
            [this](const Started&) {
                began_ = now_;
                return roster_.begin();
            },
            [&](const ProcessesListed& listed) { return from_roster(listed); },
            [&](const ProcessConfigsListed& listed) { return from_roster(listed); },
            [&](const LoggedIn& login) { return from_roster(login); },
            [this, server](const TaskProgress& progress) { return on_progress(server, progress); },
            [this, server](const LogRead& read) { return on_log(server, read); },
            [this](const Closing& closing) { return on_closing(closing.urgency); },
            [](const auto&) { return FleetActions{}; },
        },
        fact);
}

FleetActions ControlCommand::when_complete() {
    if (!roster_.is_complete() || chosen_) return {};
    chosen_ = true;
    FleetActions actions;
    for (const auto& complaint : roster_.complaints()) {
        all_good_ = false;
        actions.push_back({0, Log{complaint}});
    }
    if (!roster_.is_any_server_there()) {
        ended_ = true;
        actions.push_back({0, Finish{3}});
        return actions;
    }
    for (const auto& member : roster_.members()) {
        places_[member.key()] = rows_.size();
        rows_.push_back({.member = member});
        progress_.push_back({Phase::waiting, now_});
    }
    if (settings_.verb != Verb::status && settings_.deed == Deed::done) append(actions, begin_tasks());
    if (unsettled_ == 0) append(actions, finish());
    return actions;
}

FleetActions ControlCommand::begin_tasks() {
    FleetActions actions;
    const Goal goal = settings_.verb == Verb::start  ? Goal::running
                      : settings_.verb == Verb::stop ? Goal::stopped
                                                     : Goal::restarted;
    unsettled_ = rows_.size();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto& member = rows_[i].member;
        const bool stops =
            goal == Goal::stopped || (goal == Goal::restarted && !is_stopped(member.info.state));
        progress_[i] = {stops ? Phase::stopping : Phase::starting, now_};
        actions.push_back({member.server, Bring{task_for(member, goal, settings_.tasks)}});
    }
    return actions;
}

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

FleetActions ControlCommand::on_progress(std::size_t server, const TaskProgress& progress) {
    const auto found = places_.find({server, progress.id});
    if (found == places_.end() || progress_[found->second].phase == Phase::settled) return {};
    const std::size_t index = found->second;
    auto& row = rows_[index];
    auto& info = row.member.info;
    row.took = now_ - began_;
    if (progress.state != ProcessState::unknown) info.state = progress.state;
    info.pid = progress.pid;
    row.detail = progress.detail;
    const bool starts = settings_.verb != Verb::stop;
    switch (progress.stage) {
        case TaskStage::stopped:
            progress_[index] = {Phase::starting, now_};
            return {};
        case TaskStage::stopping:
        case TaskStage::start_failed:
            return {{0, Log{fmt::format("{}: {}", row.member.title, progress.detail)}}};
        case TaskStage::backoff:
            progress_[index] = {Phase::backing_off, now_};
            return {{0, Log{fmt::format("{}: BACKOFF{}; supervisord tries again", row.member.title,
                                        progress.detail.empty() ? "" : ": " + progress.detail)}}};
        case TaskStage::already:
            row.good = true;
            row.result = starts ? "already running" : "already stopped";
            if (!starts) row.detail.clear();
            return settle(index);
        case TaskStage::reached:
            row.good = !interrupted_;
            row.result = interrupted_                                  ? "UNFINISHED"
                         : settings_.tasks.watch == Watch::until_there ? std::string(success_word())
                         : starts                                      ? "told to start"
                                                                       : "told to stop";
            if (!starts || settings_.tasks.watch == Watch::until_accepted) row.detail.clear();
            return settle(index);
        case TaskStage::spared:
        case TaskStage::stop_failed:
        case TaskStage::abandoned:
            break;
    }
    row.result = "ERROR";
    if (!starts || settings_.output == Output::json || interrupted_) return settle(index);
    progress_[index].phase = Phase::reading_log;
    return {{server, ReadLogTail{progress.id, log_bytes}}};
}

FleetActions ControlCommand::on_log(std::size_t server, const LogRead& read) {
    const auto found = places_.find({server, read.id});
    if (found == places_.end() || progress_[found->second].phase != Phase::reading_log) return {};
    if (read.text) rows_[found->second].log_tail = last_lines(*read.text);  // without a log: nothing to show
    return settle(found->second);
}

FleetActions ControlCommand::settle(std::size_t index) {
    auto& row = rows_[index];
    progress_[index] = {Phase::settled, now_};
    --unsettled_;
    if (!row.good) all_good_ = false;
    FleetActions actions;
    const bool shown =
        settings_.output == Output::lines || (settings_.output == Output::failures && !row.good);
    if (shown) actions.push_back({0, Print{result_line(row, settings_.colours)}});
    if (unsettled_ == 0) append(actions, finish());
    return actions;
}

/// What is stopping to be started again is waited for, so that no interrupt leaves it down; the rest is
/// supervisord's by now.
FleetActions ControlCommand::on_closing(Closing::Urgency urgency) {
    interrupted_ = true;
    all_good_ = false;
    if (!chosen_) return finish();
    const auto stays_down = [this](std::size_t i) {
        return settings_.verb == Verb::restart && progress_[i].phase == Phase::stopping;
    };
    FleetActions actions;
    std::size_t waited_for = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (progress_[i].phase == Phase::settled) continue;
        if (urgency == Closing::Urgency::in_time && stays_down(i)) {
            ++waited_for;
            continue;
        }
        auto& row = rows_[i];
        row.took = now_ - began_;
        if (row.result.empty()) {
            row.result = "UNFINISHED";
            row.detail = stays_down(i) ? "interrupted: it is stopping, and not started again"
                         : progress_[i].phase == Phase::stopping ? "interrupted: it has been told to stop"
                                                                 : "interrupted: it has been told to start";
        }
        append(actions, settle(i));
    }
    if (waited_for > 0)
        actions.push_back(
            {0, Log{fmt::format("interrupted: {} {} stopping, and started again before this ends; "
                                "interrupt again to leave {} down",
                                waited_for, waited_for == 1 ? "process is" : "processes are",
                                waited_for == 1 ? "it" : "them")}});
    return actions;
}

FleetActions ControlCommand::finish() {
    ended_ = true;
    FleetActions actions;
    const bool told = settings_.verb == Verb::status || settings_.deed == Deed::told;
    std::vector<std::string> forecasts;
    std::size_t width = 0;
    for (const auto& row : rows_) {
        if (settings_.verb != Verb::status) forecasts.push_back(forecast(row));
        width = std::max(width, row.member.title.size());
    }
    if (settings_.output == Output::json) {
        actions.push_back({0, Print{to_json(rows_, told ? Telling::state : Telling::result, forecasts,
                                            settings_.choice.servers)}});
    } else if (told) {
        std::string lines;
        for (std::size_t i = 0; i < rows_.size(); ++i)
            lines += status_line(rows_[i], width,
                                 forecasts.empty() ? rows_[i].member.info.description : forecasts[i],
                                 settings_.colours);
        if (!lines.empty()) actions.push_back({0, Print{lines}});
    }
    actions.push_back({0, Finish{all_good_ ? 0 : 1}});
    return actions;
}

/// What --dry-run tells.
std::string ControlCommand::forecast(const Row& row) const {
    const auto state = row.member.info.state;
    const bool down = is_stopped(state);
    const bool there = settings_.verb == Verb::start ? !down && state != ProcessState::stopping
                                                     : settings_.verb == Verb::stop && down;
    return there ? "nothing to do" : fmt::format("would be {}", success_word());
}

void ControlCommand::repaint(FleetActions& actions) {
    if (settings_.liveness == Liveness::lines_only) return;
    repaint_at_.reset();
    if (ended_ || unsettled_ == 0) {
        // Before what is printed last, which stays.
        actions.insert(actions.begin(), {0, Display{}});
        return;
    }
    repaint_at_ = now_ + between_paints;
    actions.push_back({0, Display{display()}});
}

std::vector<std::string> ControlCommand::display() const {
    const auto word = [](Phase phase) -> std::string_view {
        switch (phase) {
            case Phase::stopping:
                return "STOPPING";
            case Phase::backing_off:
                return "BACKOFF";
            case Phase::starting:
                return "STARTING";
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
