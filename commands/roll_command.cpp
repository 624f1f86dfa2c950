#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roll_command.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr int log_bytes = 2'000;
constexpr Duration between_looks{1'000};
constexpr Duration first_interval{250};
constexpr Duration between_paints{500};

bool is_alive(ProcessState state) {
    return state == ProcessState::running || state == ProcessState::starting;
}

/// What became of a life that was to last.
std::string how_it_ended(const ProcessInfo& info, int pid) {
    const std::string state = fmt::format("it did not last: {}", to_string(info.state));
    if (info.state == ProcessState::running) return state + fmt::format(", another process than {}", pid);
    return info.description.empty() ? state : state + ", " + info.description;
}

}  // namespace

RollCommand::RollCommand(RollSettings settings) : settings_(std::move(settings)), roster_(settings_.choice) {}

// --- facts ---

FleetActions RollCommand::step(std::size_t server, const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (ended_) return {};
    auto actions = react(server, fact);
    repaint(actions);
    return actions;
}

FleetActions RollCommand::react(std::size_t server, const Fact& fact) {
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
            [this, server](const ProcessSignalled& signalled) { return on_signalled(server, signalled); },
            [this, server](const ProcessesInspected& inspected) { return on_inspected(server, inspected); },
            [this, server](const ReadyProbed& probed) { return on_probed(server, probed); },
            [this, server](const CommandFinished& finished) { return on_command(server, finished); },
            [this, server](const LogRead& read) { return on_log(server, read); },
            [this](const Woke&) { return on_woke(); },
            [this](const Closing& closing) { return on_closing(closing.urgency); },
            [](const auto&) { return FleetActions{}; },
        },
        fact);
}

std::optional<SteadyTime> RollCommand::deadline() const {
    auto first = repaint_at_;
    const auto consider = [&first](const std::optional<SteadyTime>& time) {
        if (time && (!first || *time < *first)) first = time;
    };
    consider(pause_until_);
    for (const auto index : batch_)
        consider(progress_[index].wake_at);
    return first;
}

FleetActions RollCommand::on_woke() {
    FleetActions actions;
    for (const auto index : std::vector(batch_))
        if (progress_[index].wake_at && *progress_[index].wake_at <= now_) append(actions, look(index));
    if (pause_until_ && *pause_until_ <= now_) {
        pause_until_.reset();
        std::map<std::size_t, std::vector<Namespec>> asked;
        for (const auto index : batch_)
            if (progress_[index].stage == Stage::through)
                asked[rows_[index].member.server].push_back(rows_[index].member.info.id);
        for (auto& [server, ids] : asked) {
            looked_after_.insert(server);
            actions.push_back({server, InspectProcesses{std::move(ids)}});
        }
        if (looked_after_.empty()) append(actions, next_batch());
    }
    return actions;
}

// --- the beginning ---

FleetActions RollCommand::when_complete() {
    if (!roster_.is_complete() || chosen_) return {};
    chosen_ = true;
    FleetActions actions;
    for (const auto& complaint : roster_.complaints())
        actions.push_back({0, Log{complaint}});
    const auto refuse = [&](int exit_code) {
        ended_ = true;
        actions.push_back({0, Finish{exit_code}});
        return actions;
    };
    if (!roster_.are_all_servers_there()) return refuse(3);
    if (!roster_.complaints().empty()) return refuse(1);
    choose_what_is_old();
    batch_size_ = settings_.batch.of(rows_.size());
    if (const auto why = unfit()) {
        actions.push_back({0, Log{*why}});
        return refuse(2);
    }
    if (settings_.deed == Deed::told) {
        append(actions, forecast());
        return actions;
    }
    remember(actions);
    append(actions, next_batch());
    return actions;
}

/// Fills the rows: what is down first, for that costs nothing and shows what the new version does.
void RollCommand::choose_what_is_old() {
    auto members = roster_.members();
    std::ranges::stable_partition(members, [](const Member& member) { return !is_alive(member.info.state); });
    const auto& resumed = settings_.resumed;
    if (resumed) memory_ = *resumed;
    memory_.finished = false;
    for (auto& member : members) {
        const std::string& server = settings_.choice.servers[member.server];
        const auto key = std::pair{server, member.info.id};
        Progress progress;
        progress.pid = member.info.pid;
        if (resumed && is_alive(member.info.state)) {
            const auto through = memory_.through.find(key);
            const auto before = memory_.before.find(key);
            auto begun = memory_.begun.find(server);
            if (begun == memory_.begun.end()) begun = memory_.begun.find("");
            const bool same_life = before != memory_.before.end() && before->second == member.info.pid;
            const bool older = begun == memory_.begun.end() || member.info.start < begun->second;
            if (through != memory_.through.end() && through->second == member.info.pid)
                progress.stage = Stage::through;
            else
                progress.verified_only = !same_life && !older;
        }
        if (!resumed) {
            memory_.begun[server] = member.info.now;
            memory_.before[key] = member.info.pid;
        }
        places_[member.key()] = rows_.size();
        rows_.push_back({.member = std::move(member)});
        progress_.push_back(progress);
        if (progress.stage != Stage::through) continue;
        rows_.back().result = "was through before";
        rows_.back().good = true;
        ++rolled_;
    }
}

/// Why nothing of it can be done.
std::optional<std::string> RollCommand::unfit() const {
    const auto uses_number = [](const std::string& text) { return text.find("{num}") != std::string::npos; };
    const bool number_used = uses_number(settings_.pre) || uses_number(settings_.post) ||
                             (settings_.health && uses_number(settings_.health->pattern));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (number_used && instance(i).number().empty())
            return fmt::format("{} has no number at its end for {{num}}", rows_[i].member.title);
        if (!settings_.health) continue;
        if (const auto check = settings_.health->check_for(instance(i)); !check)
            return fmt::format("the health check of {}: {}", rows_[i].member.title, check.error().message);
    }
    return std::nullopt;
}

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

FleetActions RollCommand::next_batch() {
    batch_.clear();
    while (next_ < rows_.size() && batch_.size() < batch_size_) {
        if (progress_[next_].stage == Stage::old) batch_.push_back(next_);
        ++next_;
    }
    if (batch_.empty()) return finish();
    batch_began_ = now_;
    FleetActions actions;
    for (const auto index : std::vector(batch_))
        append(actions, begin(index));
    return actions;
}

// --- one instance ---

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
                        settings_.hook_timeout}}};
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
                        settings_.hook_timeout}}};
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

// --- its end ---

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
    memory_.through.erase({settings_.choice.servers[row.member.server], row.member.info.id});
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

// --- the batch ---

FleetActions RollCommand::when_batch_is_over() {
    const auto is_over = [this](std::size_t index) {
        const auto stage = progress_[index].stage;
        return stage == Stage::through || stage == Stage::failed || stage == Stage::left;
    };
    if (!std::ranges::all_of(batch_, is_over) || !looked_after_.empty()) return {};
    const bool untouched =
        std::ranges::all_of(batch_, [this](std::size_t index) { return progress_[index].verified_only; });
    if (!untouched) {
        spent_ += now_ - batch_began_;
        ++batches_;
    }
    if (interrupted_ || failures_ >= settings_.max_failures || next_ >= rows_.size()) return finish();
    if (untouched || settings_.pause.count() == 0) return next_batch();
    pause_until_ = now_ + settings_.pause;
    return {};
}

FleetActions RollCommand::after_pause(std::size_t server, const ProcessesInspected& inspected) {
    FleetActions actions;
    for (std::size_t i = 0; i < inspected.ids.size(); ++i) {
        const auto index = find(server, inspected.ids[i]);
        if (!index) continue;
        if (!inspected.processes) {
            append(actions, fail(*index, inspected.processes.error().message));
            continue;
        }
        const auto& info = (*inspected.processes)[i];
        const bool well = info && (progress_[*index].pid == 0 || (info->state == ProcessState::running &&
                                                                  info->pid == progress_[*index].pid));
        if (well) continue;
        if (info) rows_[*index].member.info.state = info->state;
        append(actions,
               fail(*index, info ? how_it_ended(*info, progress_[*index].pid) : info.error().message));
    }
    looked_after_.erase(server);
    if (!looked_after_.empty()) return actions;
    const bool log_is_read = std::ranges::none_of(
        batch_, [this](std::size_t index) { return progress_[index].stage == Stage::log; });
    if (!log_is_read) return actions;
    if (failures_ >= settings_.max_failures || interrupted_)
        append(actions, finish());
    else
        append(actions, next_batch());
    return actions;
}

FleetActions RollCommand::on_closing(Closing::Urgency urgency) {
    const bool first = !interrupted_;
    interrupted_ = true;
    if (!chosen_) {
        ended_ = true;
        return {{0, Log{"interrupted before anything was done"}}, {0, Finish{1}}};
    }
    if (batch_.empty()) return finish();
    FleetActions actions;
    const bool at_once = urgency == Closing::Urgency::at_once;
    std::size_t waited_for = 0;
    for (const auto index : std::vector(batch_)) {
        switch (progress_[index].stage) {
            case Stage::pre:
                append(actions, leave(index, "nothing was done to it, but its --pre was begun"));
                break;
            case Stage::acting:
                if (at_once)
                    append(actions,
                           leave(index, settings_.signal.empty() ? "it was being restarted, and may be down"
                                                                 : "it was being signalled"));
                else
                    ++waited_for;
                break;
            case Stage::steady:
            case Stage::probing:
                append(actions, leave(index, fmt::format("{}, and not looked at any more", success_word())));
                break;
            case Stage::post:
                append(actions, leave(index, "it is well, but its --post was not finished"));
                break;
            case Stage::log:
                append(actions, has_failed(index));
                break;
            default:
                break;
        }
    }
    if (first && waited_for > 0)
        actions.push_back(
            {0,
             Log{"interrupted: what is being restarted is started before this ends; interrupt again to end "
                 "at once"}});
    if (!ended_ && (pause_until_ || !looked_after_.empty())) append(actions, finish());
    return actions;
}

FleetActions RollCommand::finish() {
    if (ended_) return {};
    ended_ = true;
    pause_until_.reset();
    memory_.finished = rolled_ == rows_.size();
    FleetActions actions;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (progress_[i].stage == Stage::old) rows_[i].result = "not rolled";
    if (settings_.output == Output::json)
        actions.push_back({0, Print{to_json(rows_, Telling::result, {}, settings_.choice.servers)}});
    else if (settings_.output == Output::lines || rolled_ < rows_.size())
        actions.push_back({0, Print{summary()}});
    if (chosen_) remember(actions);
    actions.push_back({0, Finish{rolled_ == rows_.size() && !interrupted_ ? 0 : 1}});
    return actions;
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

// --- the rest ---

void RollCommand::remember(FleetActions& actions) {
    if (!settings_.memory_path.empty())
        actions.push_back({0, WriteFile{settings_.memory_path, to_text(memory_)}});
}

void RollCommand::repaint(FleetActions& actions) {
    if (settings_.liveness == Liveness::lines_only) return;
    repaint_at_.reset();
    if (ended_ || batch_.empty()) {
        actions.insert(actions.begin(), {0, Display{}});
        return;
    }
    repaint_at_ = now_ + between_paints;
    actions.push_back({0, Display{display()}});
}

std::vector<std::string> RollCommand::display() const {
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

Instance RollCommand::instance(std::size_t index) const {
    const auto& member = rows_[index].member;
    return {member.info.id, roster_.host(member.server), member.info.pid};
}

std::optional<std::size_t> RollCommand::find(std::size_t server, const Namespec& id) const {
    const auto found = places_.find({server, id});
    if (found == places_.end()) return std::nullopt;
    return found->second;
}

std::string_view RollCommand::success_word() const {
    return settings_.signal.empty() ? "restarted" : "signalled";
}

}  // namespace keenlance::quickctl
