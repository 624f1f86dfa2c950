// One instance on its way through a roll, from its --pre to its --post.

#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roll/roll_command.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr Duration between_looks{1'000};
constexpr Duration first_interval{250};

}  // namespace

/// What became of a life that was to last.
std::string RollCommand::how_it_ended(const ProcessInfo& info, int pid) {
    const std::string state = fmt::format("it did not last: {}", to_string(info.state));
    if (info.state == ProcessState::running) return state + fmt::format(", another process than {}", pid);
    return info.description.empty() ? state : state + ", " + info.description;
}

void RollCommand::enter(std::size_t index, Stage stage) {
    progress_[index].stage = stage;
    progress_[index].stage_began = now_;
    progress_[index].wake_at.reset();
}

FleetActions RollCommand::begin(std::size_t index) {
    auto& progress = progress_[index];
    auto& row = rows_[index];
    progress.began = now_;
    if (progress.verified_only) return is_up(index, row.member.info.pid);
    if (!settings_.signal.empty() && row.member.info.state != ProcessState::running) {
        progress.verified_only = true;
        row.detail = fmt::format("it is {}", to_string(row.member.info.state));
        return is_through(index);
    }
    if (settings_.pre.empty()) return act(index);
    enter(index, Stage::pre);
    return {{row.member.server,
             RunCommand{row.member.info.id, fill_in(settings_.pre, instance(index), Filling::for_shell),
                        settings_.hook_timeout, AtEnd::ended}}};
}

FleetActions RollCommand::act(std::size_t index) {
    enter(index, Stage::acting);
    const auto& member = rows_[index].member;
    if (!settings_.signal.empty()) return {{member.server, SignalProcess{member.info.id, settings_.signal}}};
    auto task = task_for(member, Goal::restarted, settings_.tasks);
    task.known.reset();  // it was listed long ago
    return {{member.server, Bring{std::move(task)}}};
}

FleetActions RollCommand::on_progress(std::size_t server, const TaskProgress& progress) {
    const auto index = find(server, progress.id);
    if (!index || progress_[*index].stage != Stage::acting) return {};
    auto& row = rows_[*index];
    if (progress.state != ProcessState::unknown) row.member.info.state = progress.state;
    row.member.info.pid = progress.pid;
    switch (progress.stage) {
        case TaskStage::stopped:
        case TaskStage::starting:
            return {};
        case TaskStage::stopping:
        case TaskStage::start_failed:
            return {{0, Log{fmt::format("{}: {}", row.member.title, progress.detail)}}};
        case TaskStage::backoff:
            return {{0, Log{fmt::format("{}: BACKOFF{}; supervisord tries again", row.member.title,
                                        progress.detail.empty() ? "" : ": " + progress.detail)}}};
        case TaskStage::already:
        case TaskStage::reached:
            if (interrupted_) return leave(*index, "restarted, and not looked at any more");
            if (progress.state != ProcessState::running) return fail(*index, progress.detail);
            return is_up(*index, progress.pid);
        default:
            if (progress.stage == TaskStage::spared && interrupted_) return leave(*index, progress.detail);
            return fail(*index, progress.detail);
    }
}

FleetActions RollCommand::on_signalled(std::size_t server, const ProcessSignalled& signalled) {
    const auto index = find(server, signalled.id);
    if (!index || progress_[*index].stage != Stage::acting) return {};
    if (!signalled.answer) return fail(*index, signalled.answer.error().message);
    if (interrupted_) return leave(*index, "signalled, and not looked at any more");
    return is_up(*index, rows_[*index].member.info.pid);
}

FleetActions RollCommand::is_up(std::size_t index, int pid) {
    progress_[index].pid = pid;
    rows_[index].member.info.pid = pid;
    enter(index, Stage::steady);
    if (settings_.stable.count() == 0 && !progress_[index].verified_only) return on_steady(index);
    progress_[index].wake_at = now_ + std::min(settings_.stable, between_looks);
    return {};
}

FleetActions RollCommand::look(std::size_t index) {
    auto& progress = progress_[index];
    progress.wake_at.reset();
    if (progress.looking) return {};
    progress.looking = true;
    return {{rows_[index].member.server, InspectProcesses{{rows_[index].member.info.id}}}};
}

FleetActions RollCommand::on_inspected(std::size_t server, const ProcessesInspected& inspected) {
    if (looked_after_.contains(server)) return after_pause(server, inspected);
    const auto index = find(server, inspected.ids.front());
    if (!index || !progress_[*index].looking) return {};
    progress_[*index].looking = false;
    if (progress_[*index].stage != Stage::steady && progress_[*index].stage != Stage::probing) return {};
    if (!inspected.processes) return fail(*index, inspected.processes.error().message);
    return judge_look(*index, inspected.processes->front());
}

FleetActions RollCommand::judge_look(std::size_t index, const Result<ProcessInfo>& info) {
    auto& progress = progress_[index];
    if (!info) return fail(index, info.error().message);
    auto& known = rows_[index].member.info;
    known.state = info->state;
    known.pid = info->pid;
    if (info->state != ProcessState::running || info->pid != progress.pid) {
        const auto task = task_for(rows_[index].member, Goal::restarted, settings_.tasks);
        const Duration limit = task.limit.value_or(*task.stop_limit + *task.start_limit);
        const bool may_come_back = (!settings_.signal.empty() || progress.verified_only) &&
                                   info->state != ProcessState::fatal &&
                                   info->state != ProcessState::stopped && now_ - progress.began < limit;
        if (!may_come_back) return fail(index, how_it_ended(*info, progress.pid));
        // A signal may well make it end and come up again; it is to be steady from then on.
        if (info->state == ProcessState::running) progress.pid = info->pid;
        enter(index, Stage::steady);
        progress.wake_at = now_ + first_interval;
        return {};
    }
    if (progress.stage == Stage::probing) return probe(index);
    const auto steady_at = progress.stage_began + settings_.stable;
    if (now_ >= steady_at) return on_steady(index);
    progress.wake_at = std::min(now_ + between_looks, steady_at);
    return {};
}

FleetActions RollCommand::on_steady(std::size_t index) {
    if (!settings_.health) return is_well(index);
    enter(index, Stage::probing);
    progress_[index].delay = Duration{0};
    return probe(index);
}

FleetActions RollCommand::probe(std::size_t index) {
    auto check = settings_.health->check_for(instance(index));
    if (!check) return fail(index, check.error().message);
    check->timeout = std::min(check->timeout, settings_.health_timeout);
    return {{rows_[index].member.server, ProbeReady{rows_[index].member.info.id, std::move(*check)}}};
}

FleetActions RollCommand::on_probed(std::size_t server, const ReadyProbed& probed) {
    const auto index = find(server, probed.about);
    if (!index || progress_[*index].stage != Stage::probing) return {};
    if (probed.ready) return is_well(*index);
    auto& progress = progress_[*index];
    const auto end_at = progress.stage_began + settings_.health_timeout;
    if (now_ >= end_at)
        return fail(*index,
                    fmt::format("not healthy within {}: {}", format_duration(settings_.health_timeout),
                                probed.ready.error().message));
    progress.delay = std::clamp(progress.delay * 2, std::min(first_interval, settings_.longest_interval),
                                settings_.longest_interval);
    progress.wake_at = std::min(now_ + progress.delay, end_at);
    return {};
}

FleetActions RollCommand::is_well(std::size_t index) {
    if (settings_.post.empty() || progress_[index].verified_only) return is_through(index);
    enter(index, Stage::post);
    const auto& member = rows_[index].member;
    return {{member.server,
             RunCommand{member.info.id, fill_in(settings_.post, instance(index), Filling::for_shell),
                        settings_.hook_timeout, AtEnd::ended}}};
}

FleetActions RollCommand::on_command(std::size_t server, const CommandFinished& finished) {
    const auto index = find(server, finished.about);
    if (!index) return {};
    const auto stage = progress_[*index].stage;
    if (stage == Stage::pre) {
        if (!finished.output)
            return fail(*index, fmt::format("nothing was done to it: its --pre failed: {}",
                                            finished.output.error().message));
        return act(*index);
    }
    if (stage != Stage::post) return {};
    if (!finished.output)
        return fail(*index,
                    fmt::format("it is well, but its --post failed: {}", finished.output.error().message));
    return is_through(*index);
}

FleetActions RollCommand::is_through(std::size_t index) {
    auto& row = rows_[index];
    auto& progress = progress_[index];
    const bool untouched = progress.verified_only && row.member.info.pid == 0;
    enter(index, Stage::through);
    row.good = true;
    row.took = now_ - progress.began;
    row.result = untouched                ? "already down"
                 : progress.verified_only ? "already new, and well"
                                          : std::string(success_word());
    if (!untouched) row.detail = fmt::format("pid {}", progress.pid);
    ++rolled_;
    if (!untouched)
        memory_.through[{settings_.choice.servers[row.member.server], row.member.info.id}] = progress.pid;
    FleetActions actions;
    if (settings_.output == Output::lines) {
        std::string line = result_line(row, settings_.colours);
        line.pop_back();
        const auto left = rows_.size() - rolled_ - failures_;
        if (left > 0) line += fmt::format("; {} left", left);
        if (const auto time = estimate(); time && left > 0) line += ", about " + format_duration(*time);
        actions.push_back({0, Print{fmt::format("[{}/{}] {}\n", rolled_ + failures_, rows_.size(), line)}});
    }
    remember(actions);
    append(actions, when_batch_is_over());
    return actions;
}

FleetActions RollCommand::fail(std::size_t index, const std::string& why) {
    auto& row = rows_[index];
    if (progress_[index].stage == Stage::through) --rolled_;  // it was well before the pause
    const auto key = std::pair{settings_.choice.servers[row.member.server], row.member.info.id};
    memory_.through.erase(key);
    memory_.before[key] = row.member.info.pid;  // resumed, this life counts as an old one
    row.good = false;
    row.result = "ERROR";
    row.detail = why;
    row.took = now_ - progress_[index].began;
    ++failures_;
    const bool began = progress_[index].stage != Stage::pre;
    enter(index, Stage::log);
    if (settings_.output == Output::json || !began || interrupted_) return has_failed(index);
    return {{row.member.server, ReadLogTail{row.member.info.id, log_bytes}}};
}

FleetActions RollCommand::on_log(std::size_t server, const LogRead& read) {
    const auto index = find(server, read.id);
    if (!index || progress_[*index].stage != Stage::log) return {};
    if (read.text) rows_[*index].log_tail = last_lines(*read.text);
    return has_failed(*index);
}

FleetActions RollCommand::has_failed(std::size_t index) {
    enter(index, Stage::failed);
    FleetActions actions;
    if (settings_.output != Output::json)
        actions.push_back({0, Print{fmt::format("[{}/{}] {}", rolled_ + failures_, rows_.size(),
                                                result_line(rows_[index], settings_.colours))}});
    remember(actions);
    append(actions, when_batch_is_over());
    return actions;
}

FleetActions RollCommand::leave(std::size_t index, const std::string& why) {
    auto& row = rows_[index];
    enter(index, Stage::left);
    row.result = "UNFINISHED";
    row.detail = "interrupted: " + why;
    row.took = now_ - progress_[index].began;
    FleetActions actions;
    if (settings_.output != Output::json) actions.push_back({0, Print{result_line(row, settings_.colours)}});
    append(actions, when_batch_is_over());
    return actions;
}

}  // namespace keenlance::quickctl
