// What events do not tell: a look at all processes, at the start and where events were lost.

#include <fmt/core.h>
#include <listeners/essential/essential.hpp>

#include <algorithm>
#include <utility>

namespace keenlance::essential {

namespace {

constexpr Duration after_loss{500};  // losses come in bursts, and one look serves them all
constexpr Duration first_survey_pause{1'000};
constexpr Duration longest_survey_pause{600'000};

}  // namespace

Actions Essential::survey() {
    if (settings_.rpc == Settings::Rpc::missing) return {};
    next_survey_.reset();
    survey_ = Survey::under_way;
    exited_.clear();
    return {ListProcesses{}};
}

void Essential::look_again(const Moment& now) {
    if (is_deaf() || settings_.rpc == Settings::Rpc::missing || next_survey_) return;
    next_survey_ = now.steady + after_loss;
}

Actions Essential::on_lost(const EventsLost& lost, const Moment& now) {
    const bool is_news = !next_survey_;
    look_again(now);
    if (!is_news || !next_survey_) return {};
    return {Log{fmt::format("supervisord discarded {} events: looking at all processes", lost.count)}};
}

Actions Essential::put_off_survey(const Error& error, const Moment& now) {
    survey_ = Survey::none;
    if (says_going_down(error)) return on_going_down();
    next_survey_ = now.steady + survey_pause_;
    survey_pause_ = std::min(survey_pause_ * 2, longest_survey_pause);
    return {Log{"cannot look at the processes, trying again: " + error.message}};
}

Actions Essential::on_list(const Result<std::vector<ProcessInfo>>& processes, const Moment& now) {
    if (is_deaf()) return {};
    if (!processes) return put_off_survey(processes.error(), now);
    survey_ = Survey::none;
    survey_pause_ = first_survey_pause;
    Actions actions;
    if (!names_checked_)
        for (const auto& stranger : unmatched(settings_.chosen, *processes))
            actions.emplace_back(Log{stranger + ": supervisord has no such process"});
    names_checked_ = true;
    for (const auto& info : *processes) {
        if (info.state == ProcessState::fatal) {
            Failure failure;
            failure.id = info.id;
            failure.reason = info.spawn_error;
            append(actions, begin(std::move(failure), now));
        } else if (info.state == ProcessState::exited && counts(info.id)) {
            exited_.push_back(info);
        }
    }
    if (exited_.empty()) return actions;
    survey_ = Survey::under_way;
    actions.emplace_back(ListConfigs{});
    return actions;
}

Actions Essential::on_configs(const Result<std::vector<ProcessConfig>>& configs, const Moment& now) {
    if (is_deaf()) return {};
    if (!configs && configs.error().kind != ErrorKind::fault) return put_off_survey(configs.error(), now);
    survey_ = Survey::none;
    const auto exited = std::exchange(exited_, {});
    if (!configs) {
        if (says_going_down(configs.error())) return on_going_down();
        return {Log{"cannot tell expected exits from others, those of earlier are not counted: " +
                    configs.error().message}};
    }
    Actions actions;
    for (const auto& info : exited) {
        const auto config =
            std::ranges::find_if(*configs, [&](const ProcessConfig& each) { return each.id == info.id; });
        if (config == configs->end()) continue;
        Failure failure;
        failure.id = info.id;
        failure.exit_status = info.exit_status;
        failure.kind = std::ranges::count(config->exit_codes, info.exit_status) > 0
                           ? Failure::Kind::expected_exit
                           : Failure::Kind::unexpected_exit;
        append(actions, begin(std::move(failure), now));
    }
    return actions;
}

}  // namespace keenlance::essential
