#include <keenlance/core/text.hpp>

#include <fmt/format.h>
#include <listeners/batch.hpp>

namespace keenlance::batch {

namespace {

constexpr std::size_t most_lines = 10'000;

}  // namespace

std::optional<std::string> describe(Kind kind, const ProcessStateChange& change, const Moment& now) {
    const auto id = change.id.full();
    const auto time = format_local_time(now);
    if (kind == Kind::fatals) {
        if (change.to != ProcessState::fatal) return std::nullopt;
        return fmt::format("{} -- Process {} failed to start too many times", time, id);
    }
    if (change.to != ProcessState::exited || change.expected.value_or(false)) return std::nullopt;
    const int pid = change.pid.value_or(0);
    if (kind == Kind::short_crashes) return fmt::format("[{}]({}) exited unexpectedly {}", id, pid, time);
    return fmt::format("{} -- Process {} (pid {}) died unexpectedly", time, id, pid);
}

std::optional<Duration> tick_period(const std::string& name) {
    if (name == "TICK_5") return std::chrono::seconds(5);
    if (name == "TICK_60") return std::chrono::seconds(60);
    if (name == "TICK_3600") return std::chrono::seconds(3600);
    return std::nullopt;
}

Actions Batch::step(const Fact& fact, const Moment& now) {
    return std::visit(
        Overloaded{
            [this](const Started&) -> Actions {
                return {Log{fmt::format("collecting {} and mailing them every {} s, on {}",
                                        settings_.kind == Kind::fatals ? "failed starts" : "crashes",
                                        settings_.interval.count() / 1000, settings_.tick)}};
            },
            [&](const EventReceived& received) { return on_event(received.event, now); },
            [this](const Woke&) { return send(); },
            [this](const Closing&) { return send(); },
            [](const auto&) { return Actions{}; },
        },
        fact);
}

std::optional<SteadyTime> Batch::deadline() const {
    if (lines_.empty()) return std::nullopt;
    return first_line_ + settings_.interval + settings_.tick_period;
}

Actions Batch::on_event(const Event& event, const Moment& now) {
    if (event.name == settings_.tick) {
        since_last_ += settings_.tick_period;
        return since_last_ >= settings_.interval ? send() : Actions{};
    }
    const auto change = parse_process_state_change(event);
    if (!change) return {};
    const auto line = describe(settings_.kind, *change, now);
    if (!line) return {};
    if (lines_.empty()) first_line_ = now.steady;
    lines_.push_back(*line);
    Actions actions{Log{*line}};
    if (lines_.size() < most_lines) return actions;
    append(actions, send());  // a crash storm does not fill the memory
    return actions;
}

Actions Batch::send() {
    since_last_ = {};
    if (lines_.empty()) return {};
    Notify notify{{settings_.subject, join(lines_, "\n") + "\n"}};
    lines_.clear();
    return {std::move(notify)};
}

}  // namespace keenlance::batch
