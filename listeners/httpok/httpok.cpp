#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <fmt/core.h>
#include <listeners/httpok/httpok.hpp>

#include <algorithm>
#include <utility>

namespace keenlance::httpok {

namespace {

constexpr std::size_t most_named = 20;  // checks in the log's first lines
constexpr Duration between_tries{500};

/// ReadyProbed has no tag; its name comes back as it was.
Namespec name_of_tag(std::size_t tag) {
    return {"", std::to_string(tag)};
}

}  // namespace

Httpok::Httpok(Settings settings)
    : settings_(std::move(settings)), guard_(settings_.guard), restarts_(settings_.guard) {
    for (; next_tag_ < settings_.checks.size(); ++next_tag_) {
        Target target;
        target.check = next_tag_;
        target.attempt = settings_.checks[next_tag_].attempt;
        targets_.emplace(next_tag_, std::move(target));
    }
}

Actions Httpok::step(const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (std::holds_alternative<Closing>(fact)) close();
    Actions actions = follow(restarts_.take(fact, now));
    append(
        actions,
        std::visit(Overloaded{
                       [this](const Started&) { return on_started(); },
                       [this](const EventReceived& received) {
                           return received.event.is_tick() ? on_tick() : Actions{};
                       },
                       [this](const Woke&) { return on_woke(); },
                       [this](const ProcessesListed& listed) { return on_list(listed.processes); },
                       [this](const EventListenersListed& listed) { return on_listeners(listed.groups); },
                       [this](const HttpChecked& checked) { return on_answer(checked.tag, checked.outcome); },
                       [this](const ReadyProbed& probed) { return on_probed(probed); },
                       [this](const TaskProgress& progress) { return on_start_progress(progress); },
                       [](const auto&) { return Actions{}; },
                   },
                   fact));
    return actions;
}

std::optional<SteadyTime> Httpok::deadline() const {
    auto earliest = restarts_.deadline();
    for (const auto& [tag, target] : targets_)
        if (target.retry_at) earliest = std::min(earliest.value_or(*target.retry_at), *target.retry_at);
    return earliest;
}

bool Httpok::idle() const {
    return restarts_.idle() && starting_.empty() && std::ranges::all_of(targets_, [](const auto& entry) {
               return entry.second.phase == Target::Phase::waiting;
           });
}

Actions Httpok::on_started() const {
    Actions actions;
    for (const auto& check : settings_.checks) {
        if (actions.size() == most_named && settings_.checks.size() > most_named + 1) {
            actions.emplace_back(Log{fmt::format("and {} more", settings_.checks.size() - most_named)});
            break;
        }
        const auto target = check.scope == Check::Scope::each
                                ? fmt::format("{} for each of {}", printable(without_password(check.target)),
                                              check.about.text())
                                : check.attempt.shown;
        actions.emplace_back(Log{fmt::format("checking {} on every tick", target)});
    }
    return actions;
}

/// What is not under way yet, or could come to nothing any more, is not waited for.
void Httpok::close() {
    closing_ = true;
    queue_.clear();
    for (auto& [tag, target] : targets_) {
        target.retry_at.reset();
        const bool is_due = target.phase == Target::Phase::listing || target.phase == Target::Phase::settling;
        if (!is_due) target.phase = Target::Phase::waiting;
    }
}

Actions Httpok::on_tick() {
    Actions actions;
    for (Tag tag = 0; tag < settings_.checks.size(); ++tag)
        append(actions, begin_round(tag));
    return actions;
}

bool Httpok::surveys_first(const Target& target) const {
    return settings_.eagerness == Settings::Eagerness::lazy || check_of(target).scope == Check::Scope::each;
}

Actions Httpok::begin_round(Tag tag) {
    auto& target = targets_.at(tag);
    if (closing_) return {};
    if (target.phase != Target::Phase::waiting) {
        target.tick_waits = true;
        return {};
    }
    return surveys_first(target) ? ask(tag, Target::Phase::surveying) : attempt(tag);
}

Actions Httpok::finish(Tag tag) {
    auto& target = targets_.at(tag);
    target.phase = Target::Phase::waiting;
    return std::exchange(target.tick_waits, false) ? begin_round(tag) : Actions{};
}

/// One list is for all that wait for one.
Actions Httpok::ask(Tag tag, Target::Phase phase) {
    auto& target = targets_.at(tag);
    target.phase = phase;
    const bool knows_listeners = phase == Target::Phase::listing && surveys_first(target);
    target.needs_listeners = check_of(target).about.is_wide() && !knows_listeners;
    if (target.needs_listeners) {
        if (std::exchange(finding_, true)) return {};
        return {ListEventListeners{}};
    }
    if (std::exchange(listing_, true)) return {};
    return {ListProcesses{}};
}

Actions Httpok::on_listeners(const Result<std::set<std::string>>& groups) {
    Actions actions;
    finding_ = false;
    if (groups) {
        listeners_ = *groups;
    } else {
        actions.emplace_back(
            Log{fmt::format("cannot tell which programs are event listeners, and spare only myself: {}",
                            groups.error().message)});
    }
    bool wanted = false;
    for (auto& [tag, target] : targets_)
        wanted = std::exchange(target.needs_listeners, false) || wanted;
    if (wanted && !std::exchange(listing_, true)) actions.emplace_back(ListProcesses{});
    return actions;
}

Actions Httpok::on_list(const Processes& processes) {
    listing_ = false;
    if (processes) {
        guard_.keep_only(*processes);
        for (const auto& info : *processes)
            if (info.state == ProcessState::running) left_down_.erase(info.id);
    }
    std::vector<Tag> surveying, listing;
    for (const auto& [tag, target] : targets_) {
        if (target.needs_listeners) continue;
        if (target.phase == Target::Phase::surveying) surveying.push_back(tag);
        if (target.phase == Target::Phase::listing) listing.push_back(tag);
    }
    Actions actions;
    if (!processes && !surveying.empty())
        actions.emplace_back(Log{"check skipped: " + processes.error().message});
    for (const auto tag : surveying)
        append(actions, processes ? survey(tag, *processes) : finish(tag));
    for (const auto tag : listing)
        append(actions, act(tag, processes));
    return actions;
}

bool Httpok::covers(const Target& target, const Namespec& id) const {
    if (target.process) return id == *target.process;
    return check_of(target).about.covers(id, listeners_, settings_.self);
}

bool Httpok::is_worth_trying(const Target& target, const ProcessInfo& info) const {
    if (info.state == ProcessState::running) return true;
    if (settings_.fallen == Settings::Fallen::left) return false;
    const bool by_us = info.state == ProcessState::stopped && left_down_.contains(info.id);
    return by_us || may_be_started(check_of(target), info);
}

Actions Httpok::survey(Tag tag, const std::vector<ProcessInfo>& processes) {
    const auto& target = targets_.at(tag);
    if (check_of(target).scope == Check::Scope::each) return survey_each(tag, processes);
    const bool any = std::ranges::any_of(processes, [&](const ProcessInfo& info) {
        return covers(target, info.id) && is_worth_trying(target, info);
    });
    return any ? attempt(tag) : finish(tag);
}

Actions Httpok::survey_each(Tag tag, const std::vector<ProcessInfo>& processes) {
    const std::size_t number = targets_.at(tag).check;
    const Check& check = settings_.checks[number];
    Actions actions = drop_vanished(number, processes);
    for (const auto& info : processes) {
        if (info.id == settings_.self || !covers(targets_.at(tag), info.id)) continue;
        const auto [entry, is_new] = each_.try_emplace({number, info.id}, next_tag_);
        if (is_new) {
            auto& target = targets_[next_tag_++];
            target.check = number;
            target.process = info.id;
        }
        auto& target = targets_.at(entry->second);
        if (target.phase != Target::Phase::waiting) continue;  // still at it
        if (!is_worth_trying(target, info)) {
            append(actions, resolve(entry->second, fmt::format("{} is {}: it is not checked", info.id.brief(),
                                                               to_string(info.state))));
            continue;
        }
        auto made = attempt_of(check, Instance{info.id, "{host}", info.pid});
        if (!made) {
            if (!std::exchange(target.misfit_told, true))
                actions.emplace_back(
                    Log{fmt::format("{} is not checked: {}", info.id.brief(), made.error().message)});
            continue;
        }
        target.attempt = std::move(*made);
        append(actions, attempt(entry->second));
    }
    append(actions, finish(tag));
    return actions;
}

Actions Httpok::drop_vanished(std::size_t check, const std::vector<ProcessInfo>& processes) {
    std::set<Namespec> known;
    for (const auto& info : processes)
        known.insert(info.id);
    Actions actions;
    std::erase_if(each_, [&](const auto& entry) {
        const auto& [key, tag] = entry;
        if (key.first != check || known.contains(key.second)) return false;
        const bool is_owner =
            std::ranges::any_of(owners_, [tag = tag](const auto& owned) { return owned.second == tag; });
        if (is_owner || targets_.at(tag).phase != Target::Phase::waiting) return false;
        append(actions, resolve(tag, fmt::format("{} is no longer configured", key.second.brief())));
        targets_.erase(tag);
        return true;
    });
    return actions;
}

Actions Httpok::attempt(Tag tag) {
    auto& target = targets_.at(tag);
    if (under_way_ >= most_attempts) {
        target.phase = Target::Phase::queued;
        queue_.push_back(tag);
        return {};
    }
    ++under_way_;
    target.phase = Target::Phase::checking;
    target.begun = now_;
    return send(tag);
}

Actions Httpok::send(Tag tag) {
    const auto& target = targets_.at(tag);
    return std::visit(Overloaded{
                          [&](const HttpCheck& http) -> Actions {
                              return {CheckHttp{http, tag}};
                          },
                          [&](ReadyCheck ready) -> Actions {
                              ready.timeout -= std::min(now_ - target.begun, ready.timeout);
                              return {ProbeReady{name_of_tag(tag), std::move(ready)}};
                          },
                      },
                      target.attempt.what);
}

/// A connection that is refused is tried again within the time of the check, as over HTTP.
Actions Httpok::on_probed(const ReadyProbed& probed) {
    const auto tag = whole_number<Tag>(probed.about.name);
    const auto found = tag && probed.about.group.empty() ? targets_.find(*tag) : targets_.end();
    if (found == targets_.end() || found->second.phase != Target::Phase::checking) return {};
    auto& target = found->second;
    const bool refused = !probed.ready && probed.ready.error().kind == ErrorKind::refused;
    const auto* ready = std::get_if<ReadyCheck>(&target.attempt.what);
    if (refused && ready != nullptr && now_ + between_tries < target.begun + ready->timeout) {
        target.retry_at = now_ + between_tries;
        return {};
    }
    return on_answer(*tag, probed.ready);
}

Actions Httpok::on_woke() {
    Actions actions;
    for (auto& [tag, target] : targets_) {
        if (!target.retry_at || *target.retry_at > now_) continue;
        target.retry_at.reset();
        append(actions, send(tag));
    }
    return actions;
}

Actions Httpok::on_answer(Tag tag, const Outcome& outcome) {
    const auto found = targets_.find(tag);
    if (found == targets_.end() || found->second.phase != Target::Phase::checking) return {};
    --under_way_;
    const auto& target = found->second;
    auto fault = judge(check_of(target), target.attempt, outcome);
    Actions actions = fault ? on_failed(tag, std::move(*fault)) : on_good(tag);
    if (!queue_.empty() && under_way_ < most_attempts) {
        const Tag next = queue_.front();
        queue_.pop_front();
        append(actions, attempt(next));
    }
    return actions;
}

}  // namespace keenlance::httpok
