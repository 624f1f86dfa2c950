// The end of supervisord: recorded, asked for, and asked for again until it comes.

#include <fmt/core.h>
#include <listeners/essential/essential.hpp>

#include <algorithm>

namespace keenlance::essential {

namespace {

constexpr Duration first_pause{2'000};  // supervisord says at once whether it is going down
constexpr Duration longest_pause{60'000};

/// Nothing: it is going down.
std::optional<std::string> why_not_going_down(const ProcessesInspected& inspected) {
    if (!inspected.processes) {
        if (says_going_down(inspected.processes.error())) return std::nullopt;
        return inspected.processes.error().message;
    }
    for (const auto& info : *inspected.processes) {
        if (info) return "it answers as ever";
        if (says_going_down(info.error())) return std::nullopt;
    }
    return "it answers as ever";
}

}  // namespace

bool says_going_down(const Error& error) {
    return error.kind == ErrorKind::fault && error.code == fault::shutdown_state;
}

Actions Essential::end(const Failure& failure, const Moment& now) {
    Actions actions{Log{fmt::format("shutting supervisord down: {}", failure.describe())}};
    if (settings_.status_file)
        actions.emplace_back(WriteFile{*settings_.status_file, std::to_string(failure.exit_code()) + "\n"});
    ending_ = Ending{failure.id, first_pause};
    pending_.clear();
    append(actions, ask_for_the_end(now));
    return actions;
}

Actions Essential::ask_for_the_end(const Moment& now) {
    Actions actions;
    const bool by_rpc = settings_.rpc == Settings::Rpc::there;
    if (by_rpc) {
        actions.emplace_back(ShutDownSupervisord{});
        ending_->next_look = now.steady + ending_->pause;
        ending_->pause = std::min(ending_->pause * 2, longest_pause);
    }
    if (settings_.supervisord_pid && (!by_rpc || ending_->asked > 0))
        actions.emplace_back(
            RunCommand{ending_->culprit, fmt::format("kill -TERM {}", *settings_.supervisord_pid)});
    ++ending_->asked;
    return actions;
}

Actions Essential::look_for_the_end(const Moment& now) {
    if (!ending_->next_look || *ending_->next_look > now.steady) return {};
    ending_->next_look.reset();
    if (settings_.rpc == Settings::Rpc::missing) return ask_for_the_end(now);
    return {InspectProcesses{{ending_->culprit}}};
}

Actions Essential::on_end_inspected(const ProcessesInspected& inspected, const Moment& now) {
    const auto why_not = why_not_going_down(inspected);
    if (!why_not) return on_going_down();
    if (ending_->next_look) return {};  // asked before the end was
    Actions actions{Log{fmt::format("supervisord is not shutting down: {}", *why_not)}};
    append(actions, ask_for_the_end(now));
    return actions;
}

Actions Essential::on_signalled(const CommandFinished& finished, const Moment& now) {
    if (!ending_) return {};
    if (finished.output) return {Log{"sent SIGTERM to supervisord"}};
    if (settings_.rpc == Settings::Rpc::missing) {
        ending_->next_look = now.steady + ending_->pause;
        ending_->pause = std::min(ending_->pause * 2, longest_pause);
    }
    return {Log{"cannot send SIGTERM to supervisord: " + finished.output.error().message}};
}

Actions Essential::on_going_down() {
    if (going_down_) return {};
    going_down_ = true;
    Actions actions;
    if (ending_) {
        actions.emplace_back(Log{"supervisord is shutting down"});
    } else if (!pending_.empty()) {
        actions.emplace_back(
            Log{fmt::format("supervisord is shutting down anyway: the end of {} is no failure",
                            pending_.begin()->first.brief())});
    }
    pending_.clear();
    return actions;
}

Actions Essential::close() {
    closing_ = true;
    Actions actions;
    for (const auto& [id, pending] : pending_)
        actions.emplace_back(Log{fmt::format("told to end: nothing is done about {}", id.brief())});
    pending_.clear();
    return actions;
}

}  // namespace keenlance::essential
