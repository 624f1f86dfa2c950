#include <commands/task_settings.hpp>

#include <algorithm>

namespace keenlance::quickctl {

namespace {

constexpr Duration margin{10'000};

/// The longest that supervisord needs to bring a program up or give it up: each try takes startsecs, and
/// before the n-th retry it waits n seconds.
Duration start_limit(const ProcessConfig& config) {
    const auto retries = std::clamp(config.start_retries, 0, 1'000);
    return std::chrono::seconds((retries + 1) * config.start_seconds + retries * (retries + 1) / 2) + margin;
}

}  // namespace

Task task_for(const Member& member, Goal goal, const TaskSettings& settings) {
    const auto& config = member.config;
    Task task;
    task.id = member.info.id;
    task.goal = goal;
    task.persistence = Persistence::once;
    task.on_backoff = settings.on_backoff;
    task.watch = settings.watch;
    task.known = member.info;
    task.start_seconds = std::chrono::seconds(std::max(config.start_seconds, 0));
    task.limit = settings.timeout;
    task.stop_limit = std::chrono::seconds(std::max(config.stop_wait_seconds, 0)) + margin;
    task.start_limit = start_limit(config);
    return task;
}

}  // namespace keenlance::quickctl
