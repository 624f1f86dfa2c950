#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/text.hpp>

#include <commands/control/control_command.hpp>
#include <commands/restart_group_command.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace keenlance::restart_group {

namespace {

constexpr int most_logins = 3;
constexpr std::size_t highest_exit_code = 255;

bool is_no_file(const Error& error) {
    return error.kind == ErrorKind::unreachable &&
           error.message.find(std::strerror(ENOENT)) != std::string::npos;
}

bool is_against_protocol(ErrorKind kind) {
    return kind == ErrorKind::unauthorized || kind == ErrorKind::http_status ||
           kind == ErrorKind::malformed || kind == ErrorKind::too_large;
}

}  // namespace

Actions RestartGroupCommand::step(const Fact& fact, const Moment& /*now*/) {
    if (ended_) return {};
    return std::visit(Overloaded{
                          [](const Started&) -> Actions { return {ListProcesses{}}; },
                          [this](const ProcessesListed& listed) { return on_list(listed); },
                          [this](const LoggedIn& login) { return on_login(login); },
                          [this](const ProcessConfigsListed& listed) { return on_configs(listed); },
                          [this](const TaskProgress& progress) { return on_progress(progress); },
                          [this](const Closing& closing) { return on_closing(closing.urgency); },
                          [](const auto&) { return Actions{}; },
                      },
                      fact);
}

Actions RestartGroupCommand::on_list(const ProcessesListed& listed) {
    if (!listed.processes) return cannot(listed.processes.error());
    for (const auto& info : *listed.processes)
        if (info.id.group == settings_.group) processes_.push_back(info);
    if (processes_.empty()) return end(exit_code::fault, settings_.group + ": ERROR (BAD_GROUP)");
    return {ListConfigs{}};
}

Actions RestartGroupCommand::on_login(const LoggedIn& login) {
    if (login.status) return {ListProcesses{}};
    logins_ = most_logins;  // nobody is there
    return cannot(*refusal_);
}

Actions RestartGroupCommand::cannot(const Error& error) {
    if (error.kind == ErrorKind::unauthorized && settings_.terminal == quickctl::AtTerminal::may_ask &&
        logins_ < most_logins) {
        refusal_ = error;
        ++logins_;
        return {AskLogin{}};
    }
    if (error.kind == ErrorKind::refused)
        return end(exit_code::no_connection, settings_.server + ": refused connection");
    if (is_no_file(error)) return end(exit_code::no_connection, settings_.server + ": no such file");
    if (error.kind == ErrorKind::fault)
        return end(exit_code::fault, fmt::format("{}: ERROR ({})", settings_.group, fault_name(error.code)));
    if (is_against_protocol(error.kind)) {
        const std::string why = error.kind == ErrorKind::unauthorized
                                    ? fmt::format("HTTP {}: user or password is wrong or missing", error.code)
                                    : error.message;
        return end(exit_code::protocol, fmt::format("{}: protocol error ({})", settings_.group, why));
    }
    constexpr int environment = 3;
    return end(environment, fmt::format("{}: ERROR ({})", settings_.group, error.message));
}

Actions RestartGroupCommand::on_configs(const ProcessConfigsListed& listed) {
    std::map<Namespec, ProcessConfig> configs;
    // supervisord before 4.0 has no such call: the defaults do.
    if (listed.configs)
        for (const auto& config : *listed.configs)
            configs[config.id] = config;
    Actions actions;
    for (const auto& info : processes_) {
        phases_[info.id] = is_stopped(info.state) ? Phase::starting : Phase::stopping;
        actions.emplace_back(
            Bring{quickctl::task_for({0, info, configs[info.id], info.id.name}, Goal::restarted, {})});
    }
    return actions;
}

Actions RestartGroupCommand::on_progress(const TaskProgress& progress) {
    const auto found = phases_.find(progress.id);
    if (found == phases_.end() || found->second == Phase::settled) return {};
    if (progress.stage == TaskStage::stopped) found->second = Phase::starting;
    if (!is_last(progress.stage)) return {};
    if (progress.stage != TaskStage::reached && progress.stage != TaskStage::already)
        failed(progress.id, progress.detail);
    else if (interrupted_)
        unfinished(progress.id, "it is started again, and was not watched");
    found->second = Phase::settled;
    return finish_if_settled();
}

Actions RestartGroupCommand::on_closing(Closing::Urgency urgency) {
    interrupted_ = true;
    if (phases_.empty()) return end(1, settings_.group + ": ERROR (interrupted, nothing was done)");
    for (auto& [id, phase] : phases_) {
        if (phase == Phase::settled) continue;
        if (phase == Phase::stopping && urgency == Closing::Urgency::in_time) continue;
        unfinished(id, phase == Phase::stopping ? "it is stopping, and not started again"
                                                : "it has been told to start");
        phase = Phase::settled;
    }
    return finish_if_settled();
}

void RestartGroupCommand::failed(const Namespec& id, std::string_view why) {
    const auto* const code = phases_[id] == Phase::stopping ? "STOP_FAILED" : "START_FAILED";
    complaints_.push_back(fmt::format("ERROR ({}: {}: {})", code, id.name, why));
}

void RestartGroupCommand::unfinished(const Namespec& id, std::string_view what) {
    complaints_.push_back(fmt::format("ERROR (UNFINISHED: {}: interrupted: {})", id.name, what));
}

Actions RestartGroupCommand::finish_if_settled() {
    const bool settled = std::all_of(phases_.begin(), phases_.end(),
                                     [](const auto& each) { return each.second == Phase::settled; });
    if (!settled) return {};
    ended_ = true;
    if (!complaints_.empty())
        return {Finish{static_cast<int>(std::min(complaints_.size(), highest_exit_code))}};
    return {Print{settings_.group + ": restarted\n"}, Finish{0}};
}

Actions RestartGroupCommand::end(int exit_code, std::string complaint) {
    ended_ = true;
    complaints_.push_back(std::move(complaint));
    return {Finish{exit_code}};
}

}  // namespace keenlance::restart_group
