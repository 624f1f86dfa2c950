#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/control/control_command.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace keenlance::quickctl {

namespace {

constexpr Duration slow{3'000};

}  // namespace

ControlCommand::ControlCommand(Settings settings)
    : settings_(std::move(settings)), roster_(settings_.choice), painter_(settings_.liveness) {}

FleetActions ControlCommand::step(std::size_t server, const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (ended_) return {};
    auto actions = react(server, fact);
    if (unsettled_ > 0 && !ended_) append(actions, begin_what_may());
    painter_.paint(actions, now_, [this] { return display(); });
    return actions;
}

std::optional<SteadyTime> ControlCommand::deadline() const {
    auto first = painter_.due();
    const auto consider = [&first](const std::optional<SteadyTime>& time) {
        if (time && (!first || *time < *first)) first = time;
    };
    consider(configs_at_);
    for (const auto& each : progress_)
        consider(each.look_at);
    return first;
}

FleetActions ControlCommand::react(std::size_t server, const Fact& fact) {
    if (auto asked = roster_.take(server, fact)) {
        append(*asked, when_complete());
        return std::move(*asked);
    }
    return std::visit(
        Overloaded{
            [this](const Started&) {
                began_ = now_;
                return roster_.begin();
            },
            [this, server](const ProcessConfigsListed& listed) { return on_late_configs(server, listed); },
            [this, server](const TaskProgress& progress) { return on_progress(server, progress); },
            [this, server](const LogRead& read) { return on_log(server, read); },
            [this, server](const ProcessesInspected& inspected) { return on_inspected(server, inspected); },
            [this, server](const ReadyProbed& probed) { return on_probed(server, probed); },
            [this](const Woke&) { return on_woke(); },
            [this](const Closing& closing) { return on_closing(closing.urgency); },
            [](const auto&) { return FleetActions{}; },
        },
        fact);
}

FleetActions ControlCommand::when_complete() {
    if (!roster_.is_complete() || chosen_) return {};
    chosen_ = true;
    listed_ = now_;
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
        progress_.push_back({.since = now_});
    }
    if (settings_.verb != Verb::status && settings_.deed == Deed::done) begin_tasks();
    if (unsettled_ == 0) append(actions, finish());
    return actions;
}

void ControlCommand::begin_tasks() {
    unsettled_ = rows_.size();
    pass_ = settings_.verb == Verb::start  ? Goal::running
            : settings_.verb == Verb::stop ? Goal::stopped
                                           : Goal::restarted;
    if (settings_.plan) {
        std::vector<Namespec> chosen;
        for (const auto& row : rows_)
            chosen.push_back(row.member.info.id);
        order_ = Order(*std::move(settings_.plan), chosen);
        if (pass_ == Goal::restarted) pass_ = Goal::stopped;
    }
    if (settings_.choice.configs == Configs::unused) configs_at_ = now_ + slow;
}

/// To ask for all configurations takes longer than to stop all processes, and as long as to start some: it is
/// done when supervisord has accepted all commands and startsecs are waited for, or when something is slow.
FleetActions ControlCommand::ask_for_configs() {
    configs_at_.reset();
    std::set<std::size_t> servers;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (progress_[i].phase != Phase::settled) servers.insert(rows_[i].member.server);
    FleetActions actions;
    for (const auto server : servers)
        actions.push_back({server, ListConfigs{}});
    return actions;
}

bool ControlCommand::are_all_accepted() const {
    return configs_at_ && std::ranges::all_of(progress_, [](const Progress& each) {
               return each.phase != Phase::waiting && each.phase != Phase::stopping &&
                      each.phase != Phase::starting;
           });
}

FleetActions ControlCommand::on_late_configs(std::size_t server, const ProcessConfigsListed& listed) {
    if (listed.configs)  // else supervisor's defaults do
        for (const auto& config : *listed.configs)
            if (const auto found = places_.find({server, config.id}); found != places_.end())
                rows_[found->second].member.config = config;
    FleetActions actions;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto& member = rows_[i].member;
        if (member.server != server || progress_[i].phase == Phase::settled) continue;
        const auto task = task_for(member, pass_, settings_.tasks);
        actions.push_back(
            {server, AmendTask{member.info.id, {*task.start_seconds, *task.stop_limit, *task.start_limit}}});
    }
    return actions;
}

FleetActions ControlCommand::begin(std::size_t index) {
    const auto& member = rows_[index].member;
    const bool stops = pass_ == Goal::stopped || (pass_ == Goal::restarted && !is_stopped(member.info.state));
    progress_[index].phase = stops ? Phase::stopping : Phase::starting;
    progress_[index].since = now_;
    auto task = task_for(member, pass_, settings_.tasks);
    if (now_ != began_ && now_ != listed_) task.known.reset();  // it was listed long ago
    if (settings_.verb == Verb::stop) task.stop_limit.reset();  // see give_up_at()
    return {{member.server, Bring{std::move(task)}}};
}

FleetActions ControlCommand::refuse(std::size_t index, const std::string& why) {
    rows_[index].result = "ERROR";
    rows_[index].detail = why;
    rows_[index].took = now_ - began_;
    return settle(index);
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
    switch (progress.stage) {
        case TaskStage::stopped:
            progress_[index].phase = Phase::starting;
            progress_[index].since = now_;
            return {};
        case TaskStage::starting:
            progress_[index].phase = Phase::accepted;
            return are_all_accepted() ? ask_for_configs() : FleetActions{};
        case TaskStage::stopping:
        case TaskStage::start_failed:
            return {{0, Log{fmt::format("{}: {}", row.member.title, progress.detail)}}};
        case TaskStage::backoff:
            progress_[index].phase = Phase::backing_off;
            progress_[index].since = now_;
            return {{0, Log{fmt::format("{}: BACKOFF{}; supervisord tries again", row.member.title,
                                        progress.detail.empty() ? "" : ": " + progress.detail)}}};
        case TaskStage::already:
        case TaskStage::reached:
            return reached(index, progress);
        case TaskStage::spared:
        case TaskStage::stop_failed:
        case TaskStage::abandoned:
            break;
    }
    return fail(index, progress.detail);
}

FleetActions ControlCommand::fail(std::size_t index, const std::string& why) {
    auto& row = rows_[index];
    row.good = false;
    row.result = "ERROR";
    row.detail = why;
    row.took = now_ - began_;
    progress_[index].look_at.reset();
    if (pass_ == Goal::stopped || settings_.output == Output::json || interrupted_) return settle(index);
    progress_[index].phase = Phase::reading_log;
    return {{row.member.server, ReadLogTail{row.member.info.id, log_bytes}}};
}

FleetActions ControlCommand::reached(std::size_t index, const TaskProgress& progress) {
    auto& row = rows_[index];
    const bool already = progress.stage == TaskStage::already;
    const bool starts = pass_ != Goal::stopped;
    const bool waits = settings_.tasks.watch == Watch::until_there;
    if (settings_.verb == Verb::restart && pass_ == Goal::stopped) {
        progress_[index].phase = Phase::down;
        return {};
    }
    const bool unwatched = interrupted_ && progress.state != ProcessState::running;
    row.good = !unwatched;
    row.result = unwatched ? "UNFINISHED"
                 : already ? (starts ? "already running" : "already stopped")
                 : waits   ? std::string(success_word())
                 : starts  ? "told to start"
                           : "told to stop";
    if (!starts || (!waits && !already)) row.detail.clear();
    if (!starts || !order_.has_to_be_proven(index)) return settle(index);
    progress_[index].phase = Phase::proving;
    progress_[index].since = now_;
    return prove(index);
}

FleetActions ControlCommand::on_woke() {
    FleetActions actions;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (progress_[i].look_at && *progress_[i].look_at <= now_) append(actions, prove(i));
    if (configs_at_ && *configs_at_ <= now_) append(actions, ask_for_configs());
    return actions;
}

FleetActions ControlCommand::on_log(std::size_t server, const LogRead& read) {
    const auto found = places_.find({server, read.id});
    if (found == places_.end() || progress_[found->second].phase != Phase::reading_log) return {};
    if (read.text) rows_[found->second].log_tail = last_lines(*read.text);  // without a log: nothing to show
    return settle(found->second);
}

FleetActions ControlCommand::settle(std::size_t index) {
    auto& row = rows_[index];
    progress_[index].phase = Phase::settled;
    progress_[index].look_at.reset();
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
    if (!chosen_) {
        auto actions = finish();
        actions.insert(actions.begin(), {0, Log{"interrupted before anything was done"}});
        return actions;
    }
    const auto stays_down = [this](std::size_t i) {
        const auto phase = progress_[i].phase;
        return settings_.verb == Verb::restart && (phase == Phase::stopping || phase == Phase::down ||
                                                   (phase == Phase::waiting && pass_ == Goal::running));
    };
    FleetActions actions;
    std::size_t waited_for = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto phase = progress_[i].phase;
        if (phase == Phase::settled) continue;
        if (urgency == Closing::Urgency::in_time && stays_down(i)) {
            ++waited_for;
            continue;
        }
        auto& row = rows_[i];
        row.took = now_ - began_;
        row.good = false;
        if (phase != Phase::reading_log) {
            row.result = "UNFINISHED";
            row.detail = stays_down(i) ? fmt::format("interrupted: it is {}, and not started again",
                                                     phase == Phase::stopping ? "stopping" : "down")
                         : phase == Phase::waiting  ? "interrupted: nothing was done to it"
                         : phase == Phase::stopping ? "interrupted: it has been told to stop"
                         : phase == Phase::proving  ? "interrupted: it has been started, and is not ready yet"
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

}  // namespace keenlance::quickctl
