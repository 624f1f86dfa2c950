#include <keenlance/core/lost_crashes.hpp>
#include <keenlance/core/policy.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace keenlance {

namespace {

constexpr Duration after_the_last_event{1'000};
constexpr Duration at_the_latest{10'000};  // events that never stop must not keep it waiting
constexpr Duration before_another_try{30'000};

std::int64_t seconds_of(const Moment& now) {
    return std::chrono::floor<std::chrono::seconds>(now.wall.time_since_epoch()).count();
}

}  // namespace

void LostCrashes::begin(const Moment& now) {
    since_ = seconds_of(now);
}

void LostCrashes::heard(const Event& event, const Moment& now) {
    if (first_ != First::awaited) return;
    first_ = First::done;
    if (event.pool_serial == 0 || !self_) return;
    first_ = First::to_be_looked_behind;
    last_event_ = now.steady;
    due_ = now.steady + at_the_latest;
}

void LostCrashes::saw(const ProcessStateChange& change, const Moment& now) {
    last_event_ = now.steady;
    const bool ended = change.to == ProcessState::exited || change.to == ProcessState::fatal ||
                       change.to == ProcessState::backoff || change.to == ProcessState::stopped;
    if (ended) told_of_[change.id] = seconds_of(now);
}

Actions LostCrashes::lost(std::uint64_t count, const Moment& now) {
    if (!alone_) return {};
    last_event_ = now.steady;
    if (gap_) return {};
    gap_ = true;
    due_ = due_.value_or(now.steady + at_the_latest);
    return {
        Log{fmt::format("supervisord discarded {} event{} (see buffer_size): looking for crashes among them",
                        count, count == 1 ? "" : "s")}};
}

std::optional<SteadyTime> LostCrashes::deadline() const {
    if (!due_ || asked_) return std::nullopt;
    return std::min(*due_, last_event_ + after_the_last_event);
}

Actions LostCrashes::step(const Moment& now) {
    const auto due = deadline();
    if (!due || now.steady < *due) return {};
    asked_ = true;
    asked_gap_ = std::exchange(gap_, false);
    due_.reset();
    processes_.reset();
    exit_codes_.reset();
    return {ListProcesses{}, ListConfigs{}};
}

std::optional<std::vector<LostCrash>> LostCrashes::on_answer(const Fact& fact, const Moment& now,
                                                             Actions& actions) {
    if (const auto* listed = std::get_if<ProcessesListed>(&fact))
        return on_processes(listed->processes, now, actions);
    if (const auto* listed = std::get_if<ProcessConfigsListed>(&fact))
        return on_configs(listed->configs, now, actions);
    return std::nullopt;
}

std::optional<std::vector<LostCrash>> LostCrashes::on_processes(
    const Result<std::vector<ProcessInfo>>& processes, const Moment& now, Actions& actions) {
    if (!asked_) return std::nullopt;
    if (!processes) {
        on_trouble(processes.error().message, now, actions);
        return std::nullopt;
    }
    if (!std::exchange(trouble_, "").empty())
        actions.emplace_back(Log{"supervisord can be asked for lost crashes again"});
    processes_ = *processes;
    return compare(now);
}

void LostCrashes::on_trouble(const std::string& why, const Moment& now, Actions& actions) {
    asked_ = false;
    gap_ = gap_ || asked_gap_;
    due_ = now.steady + before_another_try;
    last_event_ = *due_;
    if (std::exchange(trouble_, why) == why) return;
    actions.emplace_back(Log{fmt::format("cannot look for lost crashes, trying again every {}: {}",
                                         format_duration(before_another_try), why)});
}

std::optional<std::vector<LostCrash>> LostCrashes::on_configs(
    const Result<std::vector<ProcessConfig>>& configs, const Moment& now, Actions& /*actions*/) {
    if (!asked_) return std::nullopt;
    // Without them 0 alone is an expected status: better one crash told too many.
    exit_codes_.emplace();
    if (configs)
        for (const auto& config : *configs)
            exit_codes_->emplace(config.id, config.exit_codes);
    return compare(now);
}

bool LostCrashes::is_news(const ProcessInfo& info) const {
    if (info.stop == 0 || info.stop < since_) return false;
    const auto told = told_of_.find(info.id);
    return told == told_of_.end() || told->second < info.stop;
}

bool LostCrashes::is_expected(const ProcessInfo& info) const {
    const auto codes = exit_codes_->find(info.id);
    if (codes == exit_codes_->end()) return info.exit_status == 0;
    return std::ranges::find(codes->second, info.exit_status) != codes->second.end();
}

/// In our first life all that our pool had was for us: what is missing in front was discarded. In a later one
/// it may have been told before.
void LostCrashes::look_back(const std::vector<ProcessInfo>& processes) {
    if (first_ != First::to_be_looked_behind) return;
    first_ = First::done;
    const auto own = std::ranges::find(processes, *self_, &ProcessInfo::id);
    if (own == processes.end()) return;
    since_ = std::min(since_, own->stop);
    asked_gap_ = asked_gap_ || own->stop == 0;
}

std::optional<std::vector<LostCrash>> LostCrashes::compare(const Moment& now) {
    if (!processes_ || !exit_codes_) return std::nullopt;
    asked_ = false;
    std::vector<LostCrash> crashes;
    if (self_) {
        const auto group = [this](const ProcessInfo& info) { return info.id.group == self_->group; };
        alone_ = std::ranges::count_if(*processes_, group) <= 1;
    }
    look_back(*processes_);
    std::int64_t newest = since_;
    for (const auto& info : *processes_) {
        newest = std::max(newest, info.now);
        if (!alone_ || !is_news(info) || (self_ && info.id == *self_)) continue;
        if (info.state == ProcessState::fatal) {
            crashes.push_back({info, LostCrash::Kind::fatal});
        } else if (info.state == ProcessState::exited && !is_expected(info)) {
            crashes.push_back({info, LostCrash::Kind::exited});
        } else if (asked_gap_ &&
                   (info.state == ProcessState::running || info.state == ProcessState::starting ||
                    info.state == ProcessState::backoff)) {
            crashes.push_back({info, LostCrash::Kind::back});
        }
    }
    since_ = std::max(newest, std::min(seconds_of(now), newest + 1));
    std::erase_if(told_of_, [this](const auto& each) { return each.second + 1 < since_; });
    for (const auto& crash : crashes)
        told_of_[crash.info.id] = crash.info.stop;
    processes_.reset();
    exit_codes_.reset();
    if (crashes.empty() && !asked_gap_) return std::nullopt;
    return crashes;
}

std::string describe(const LostCrash& crash) {
    const auto& info = crash.info;
    std::string what;
    switch (crash.kind) {
        case LostCrash::Kind::fatal:
            what = fmt::format("is FATAL: {}", info.spawn_error.empty() ? "it could not be started"
                                                                        : printable(info.spawn_error));
            break;
        case LostCrash::Kind::exited:
            what = info.exit_status < 0 ? "exited unexpectedly, ended by a signal"
                                        : fmt::format("exited unexpectedly with status {}", info.exit_status);
            break;
        case LostCrash::Kind::back:
            what = fmt::format("ended and is {} again{}, whether it crashed or was restarted is not known",
                               to_string(info.state), info.pid > 0 ? fmt::format(" (pid {})", info.pid) : "");
            break;
    }
    return fmt::format("Process {} in group {} {} (its event was lost; found in the process list)",
                       info.id.name, info.id.group, what);
}

}  // namespace keenlance
