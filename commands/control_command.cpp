#include <keenlance/core/quantity.hpp>
#include <keenlance/core/selector.hpp>
#include <keenlance/core/text.hpp>

#include <commands/control_command.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr Duration margin{10'000};
constexpr int log_bytes = 2'000;
constexpr std::size_t log_lines = 5;

double in_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// The last lines of a log, each printable.
std::string last_lines(std::string_view text) {
    auto lines = split(trim(text), '\n');
    if (lines.size() > log_lines) lines.erase(lines.begin(), lines.end() - log_lines);
    std::string out;
    for (const auto each : lines)
        if (!trim(each).empty()) out += "    " + printable(each, 300) + "\n";
    return out;
}

/// The longest that supervisord needs to bring a program up or give it up: each try takes startsecs, and
/// before the n-th retry it waits n seconds.
Duration start_limit(const ProcessConfig& config) {
    const auto retries = std::clamp(config.start_retries, 0, 1'000);
    return std::chrono::seconds((retries + 1) * config.start_seconds + retries * (retries + 1) / 2) + margin;
}

}  // namespace

Actions ControlCommand::step(const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (ended_) return {};
    return std::visit(Overloaded{
                          [this](const Started&) -> Actions {
                              began_ = now_;
                              if (settings_.verb == Verb::status) {
                                  configs_known_ = true;
                                  return {ListProcesses{}};
                              }
                              return {ListProcesses{}, ListConfigs{}};
                          },
                          [this](const ProcessesListed& listed) { return on_list(listed); },
                          [this](const ProcessConfigsListed& listed) { return on_configs(listed); },
                          [this](const TaskProgress& progress) { return on_progress(progress); },
                          [this](const LogRead& read) { return on_log(read); },
                          [this](const Closing&) {
                              all_good_ = false;
                              return finish();
                          },
                          [](const auto&) { return Actions{}; },
                      },
                      fact);
}

Actions ControlCommand::cannot(const Error& error) {
    ended_ = true;
    return {Log{error.message}, Finish{3}};
}

Actions ControlCommand::on_list(const ProcessesListed& listed) {
    if (!listed.processes) return cannot(listed.processes.error());
    processes_ = *listed.processes;
    return choose();
}

Actions ControlCommand::on_configs(const ProcessConfigsListed& listed) {
    configs_known_ = true;
    // supervisord before 4.0 has no such call: the defaults do.
    if (listed.configs)
        for (const auto& config : *listed.configs)
            configs_[config.id] = config;
    return choose();
}

Actions ControlCommand::choose() {
    if (!processes_ || !configs_known_) return {};
    std::vector<Namespec> ids;
    ids.reserve(processes_->size());
    for (const auto& info : *processes_)
        ids.push_back(info.id);
    const auto selection = select(settings_.patterns, ids);
    Actions actions;
    for (const auto& pattern : selection.unmatched) {
        all_good_ = false;
        const bool group = std::ranges::find(ids, pattern, &Namespec::group) != ids.end();
        actions.emplace_back(
            Log{fmt::format("'{}' means no process{}", printable(pattern),
                            group ? fmt::format("; all of the group is '{}:'", pattern) : "")});
    }
    for (const auto index : selection.chosen) {
        const auto& info = (*processes_)[index];
        rows_[info.id].info = info;
        name_width_ = std::max(name_width_, info.id.brief().size());
    }
    if (settings_.verb != Verb::status && settings_.deed == Deed::done) {
        unsettled_ = rows_.size();
        for (const auto& [id, row] : rows_)
            actions.emplace_back(Bring{task_for(row.info)});
        if (unsettled_ > 0) return actions;
    } else if (settings_.output != Output::json) {
        for (const auto& [id, row] : rows_)
            actions.emplace_back(Print{status_line(row)});
    }
    append(actions, finish());
    return actions;
}

Task ControlCommand::task_for(const ProcessInfo& info) const {
    const auto found = configs_.find(info.id);
    const ProcessConfig config = found == configs_.end() ? ProcessConfig{} : found->second;
    Task task;
    task.id = info.id;
    task.goal = settings_.verb == Verb::start  ? Goal::running
                : settings_.verb == Verb::stop ? Goal::stopped
                                               : Goal::restarted;
    task.persistence = Persistence::once;
    task.on_backoff = settings_.on_backoff;
    task.watch = settings_.watch;
    task.known = info;
    task.start_seconds = std::chrono::seconds(std::max(config.start_seconds, 0));
    const Duration stop_limit = std::chrono::seconds(std::max(config.stop_wait_seconds, 0)) + margin;
    task.limit = settings_.timeout            ? *settings_.timeout
                 : task.goal == Goal::running ? start_limit(config)
                 : task.goal == Goal::stopped ? stop_limit
                                              : stop_limit + start_limit(config);
    return task;
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

Actions ControlCommand::on_progress(const TaskProgress& progress) {
    const auto found = rows_.find(progress.id);
    if (found == rows_.end() || !found->second.result.empty()) return {};
    auto& row = found->second;
    row.took = now_ - began_;
    if (progress.state != ProcessState::unknown) row.info.state = progress.state;
    row.info.pid = progress.pid;
    row.detail = progress.detail;
    switch (progress.stage) {
        case TaskStage::stopped:
            return {};
        case TaskStage::stopping:
        case TaskStage::start_failed:
            return {Log{fmt::format("{}: {}", progress.id.brief(), progress.detail)}};
        case TaskStage::backoff:
            return {Log{fmt::format("{}: BACKOFF{}; supervisord tries again", progress.id.brief(),
                                    progress.detail.empty() ? "" : ": " + progress.detail)}};
        case TaskStage::already:
            row.good = true;
            row.result = settings_.verb == Verb::stop ? "already stopped" : "already running";
            return settle(row);
        case TaskStage::reached:
            row.good = true;
            row.result = success_word();
            return settle(row);
        case TaskStage::spared:
        case TaskStage::stop_failed:
        case TaskStage::abandoned:
            break;
    }
    row.result = "ERROR";
    all_good_ = false;
    if (settings_.verb == Verb::stop || settings_.output == Output::json) return settle(row);
    return {ReadLogTail{progress.id, log_bytes}};
}

Actions ControlCommand::on_log(const LogRead& read) {
    const auto found = rows_.find(read.id);
    if (found == rows_.end()) return {};
    if (read.text) found->second.log_tail = last_lines(*read.text);  // without a log there is nothing to show
    return settle(found->second);
}

Actions ControlCommand::settle(Row& row) {
    --unsettled_;
    Actions actions;
    const bool shown =
        settings_.output == Output::lines || (settings_.output == Output::failures && !row.good);
    if (shown) actions.emplace_back(Print{result_line(row)});
    if (unsettled_ == 0) append(actions, finish());
    return actions;
}

Actions ControlCommand::finish() {
    ended_ = true;
    Actions actions;
    for (auto& [id, row] : rows_) {
        if (settings_.verb == Verb::status || settings_.deed == Deed::told || !row.result.empty()) continue;
        row.result = "UNFINISHED";
        row.detail = "interrupted";
        if (settings_.output != Output::json) actions.emplace_back(Print{result_line(row)});
    }
    if (settings_.output == Output::json) actions.emplace_back(Print{json()});
    actions.emplace_back(Finish{all_good_ ? 0 : 1});
    return actions;
}

/// What --dry-run tells.
std::string ControlCommand::forecast(const Row& row) const {
    const auto state = row.info.state;
    const bool down = is_stopped(state);
    const bool there = settings_.verb == Verb::start ? !down && state != ProcessState::stopping
                                                     : settings_.verb == Verb::stop && down;
    return there ? "nothing to do" : fmt::format("would be {}", success_word());
}

std::string ControlCommand::status_line(const Row& row) const {
    const bool told = settings_.deed == Deed::told && settings_.verb != Verb::status;
    const std::string line =
        fmt::format("{:<{}}  {:<9} {}", row.info.id.brief(), name_width_, to_string(row.info.state),
                    told ? forecast(row) : printable(row.info.description));
    return std::string(trim(line)) + "\n";
}

std::string ControlCommand::result_line(const Row& row) const {
    std::string line = fmt::format("{}: {}", row.info.id.brief(), row.result);
    if (!row.good)
        return line + (row.detail.empty() ? "" : " (" + printable(row.detail, 400) + ")") + "\n" +
               row.log_tail;
    const bool starts = settings_.verb != Verb::stop;
    if (starts && row.info.pid != 0 && row.info.state == ProcessState::running)
        line += fmt::format(", pid {}", row.info.pid);
    else if (starts && row.result != "already running")
        line += ", " + printable(row.detail);
    if (!row.result.starts_with("already")) line += fmt::format(", {:.2f} s", in_seconds(row.took));
    return line + "\n";
}

std::string ControlCommand::json() const {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& [id, row] : rows_) {
        nlohmann::ordered_json json{{"group", id.group},
                                    {"name", id.name},
                                    {"state", to_string(row.info.state)},
                                    {"pid", row.info.pid}};
        if (settings_.verb == Verb::status || settings_.deed == Deed::told) {
            json["description"] = row.info.description;
            if (settings_.verb != Verb::status) json["forecast"] = forecast(row);
        } else {
            json["result"] = row.result;
            json["ok"] = row.good;
            json["detail"] = row.detail;
            json["seconds"] = in_seconds(row.took);
        }
        rows.push_back(std::move(json));
    }
    return rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace keenlance::quickctl
