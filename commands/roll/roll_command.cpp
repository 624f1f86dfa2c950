#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roll/roll_command.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

bool is_alive(ProcessState state) {
    return state == ProcessState::running || state == ProcessState::starting;
}

}  // namespace

RollCommand::RollCommand(RollSettings settings)
    : settings_(std::move(settings)), roster_(settings_.choice), painter_(settings_.liveness) {}

FleetActions RollCommand::step(std::size_t server, const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (ended_) return {};
    auto actions = react(server, fact);
    painter_.paint(actions, now_, [this] { return display(); });
    return actions;
}

FleetActions RollCommand::react(std::size_t server, const Fact& fact) {
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
    auto first = painter_.due();
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
    std::stable_partition(members.begin(), members.end(),
                          [](const Member& member) { return !is_alive(member.info.state); });
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

void RollCommand::remember(FleetActions& actions) {
    if (!settings_.memory_path.empty())
        actions.push_back({0, WriteFile{settings_.memory_path, to_text(memory_)}});
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

}  // namespace keenlance::quickctl
