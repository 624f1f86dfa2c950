#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/ordered_startup/pace.hpp>
#include <listeners/ordered_startup/stop_in_order.hpp>

#include <algorithm>

namespace keenlance::ordered_startup {

namespace {

constexpr Duration margin{15'000};  // after stopwaitsecs supervisord kills

std::vector<std::string> names_of(const std::set<Namespec>& ids) {
    std::vector<std::string> names;
    names.reserve(ids.size());
    for (const auto& id : ids)
        names.push_back(id.brief());
    return names;
}

}  // namespace

Actions StopInOrder::step(const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (ended_) return {};
    return std::visit(Overloaded{
                          [](const Started&) -> Actions { return {ListProcesses{}}; },
                          [this](const ProcessesListed& listed) { return on_list(listed); },
                          [this](const ProcessesStopped& stopped) { return on_stopped(stopped); },
                          [this](const ProcessesInspected& inspected) { return on_inspected(inspected); },
                          [this](const Woke&) { return look(); },
                          [this](const Closing&) {
                              return end(1, stopping_.empty() ? "interrupted"
                                                              : "interrupted; still stopping: " +
                                                                    join(names_of(stopping_), ", "));
                          },
                          [](const auto&) { return Actions{}; },
                      },
                      fact);
}

Actions StopInOrder::on_list(const ProcessesListed& listed) {
    if (!listed.processes) return end(3, listed.processes.error().message);
    for (const auto& info : *listed.processes)
        known_[info.id] = info;
    std::vector<std::string> unknown;
    for (const auto& program : plan_.programs)
        for (const auto& id : program.processes)
            if (program.starter == startup::Starter::plan && !known_.contains(id))
                unknown.push_back(id.brief());
    if (!unknown.empty())
        return end(
            1, fmt::format("supervisord does not know {}; nothing is stopped: is it the right one, and its "
                           "configuration up to date (supervisorctl update)?",
                           join(unknown, ", ")));
    return next_wave();
}

Actions StopInOrder::next_wave() {
    while (!waves_.empty()) {
        StopProcesses stop;
        patience_ = Duration{0};
        for (const auto index : waves_.back()) {
            const auto& program = plan_.programs[index];
            for (const auto& id : program.processes) {
                const auto found = known_.find(id);
                if (found == known_.end() || is_stopped(found->second.state)) continue;
                stop.ids.push_back(id);
                patience_ = std::max(patience_, program.stop_wait + margin);
            }
        }
        const std::size_t wave = waves_.size();
        waves_.pop_back();
        if (stop.ids.empty()) continue;
        stopping_ = {stop.ids.begin(), stop.ids.end()};
        wave_began_ = now_;
        look_delay_ = Duration{0};
        return {Log{fmt::format("stopping wave {}: {}", wave, join(names_of(stopping_), ", "))},
                std::move(stop)};
    }
    return end(0,
               stopped_ == 0 ? "nothing was running" : fmt::format("done: {} processes are down", stopped_));
}

Actions StopInOrder::on_stopped(const ProcessesStopped& stopped) {
    if (!stopped.answers) return end(1, stopped.answers.error().message);
    Actions actions;
    for (std::size_t i = 0; i < stopped.ids.size(); ++i) {
        const auto& answer = (*stopped.answers)[i];
        if (answer || (answer.error().kind == ErrorKind::fault && answer.error().code == fault::not_running))
            continue;
        actions.emplace_back(Log{fmt::format("{}: {}", stopped.ids[i].brief(), answer.error().message)});
    }
    append(actions, look());
    return actions;
}

Actions StopInOrder::look() {
    look_at_.reset();
    return {InspectProcesses{{stopping_.begin(), stopping_.end()}}};
}

Actions StopInOrder::on_inspected(const ProcessesInspected& inspected) {
    if (!inspected.processes) return end(1, inspected.processes.error().message);
    for (std::size_t i = 0; i < inspected.ids.size(); ++i) {
        const auto& info = (*inspected.processes)[i];
        if (info && !is_stopped(info->state)) continue;
        if (!info && info.error().code != fault::bad_name) return end(1, info.error().message);
        stopping_.erase(inspected.ids[i]);
        ++stopped_;
    }
    if (stopping_.empty()) return next_wave();
    if (now_ - wave_began_ >= patience_)
        return end(
            1, fmt::format("NOT down: {}; what it needs is left running", join(names_of(stopping_), ", ")));
    look_delay_ = std::clamp(look_delay_ * 2, first_look, slowest_look);
    look_at_ = now_ + look_delay_;
    return {};
}

Actions StopInOrder::end(int exit_code, const std::string& last_words) {
    ended_ = true;
    look_at_.reset();
    return {Log{last_words}, Finish{exit_code}};
}

}  // namespace keenlance::ordered_startup
