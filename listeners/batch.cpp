#include <fmt/core.h>
#include <listeners/batch.hpp>

#include <algorithm>
#include <utility>

namespace keenlance::batch {

namespace {

constexpr std::size_t most_lines = 10'000;  // in one mail
const std::string draft = "batch";

}  // namespace

std::optional<std::string> describe(Kind kind, const ProcessStateChange& change, const Moment& now) {
    const bool is_told = kind == Kind::fatals
                             ? change.to == ProcessState::fatal
                             : change.to == ProcessState::exited && !change.expected.value_or(false);
    if (!is_told) return std::nullopt;
    const auto id = change.id.full();
    const auto time = format_local_time(now);
    if (kind == Kind::fatals) return fmt::format("{} -- Process {} failed to start too many times", time, id);
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
    Actions actions = std::visit(
        Overloaded{
            [&](const Started&) -> Actions {
                lost_.begin(now);
                return {Log{fmt::format("collecting {} and mailing them every {} s, on {}",
                                        settings_.kind == Kind::fatals ? "failed starts" : "crashes",
                                        settings_.interval.count() / 1000, settings_.tick)}};
            },
            [&](const EventReceived& received) { return on_event(received.event, now); },
            [&](const EventsLost& lost) {
                return settings_.rpc == Settings::Rpc::there ? lost_.lost(lost.count, now) : Actions{};
            },
            [&](const Woke&) { return lines_ > 0 && *batch_due() <= now.steady ? send() : Actions{}; },
            [this](const Closing&) { return send(); },
            [](const auto&) { return Actions{}; },
        },
        fact);
    const auto lost = lost_.on_answer(fact, now, actions);
    append(actions, add_lost(lost, now));
    append(actions, lost_.step(now));
    return actions;
}

std::optional<SteadyTime> Batch::deadline() const {
    const auto batch = batch_due(), look = lost_.deadline();
    return batch && look ? std::min(*batch, *look) : (batch ? batch : look);
}

std::optional<SteadyTime> Batch::batch_due() const {
    if (lines_ == 0) return std::nullopt;
    return first_line_ + settings_.interval + settings_.tick_period;
}

Actions Batch::on_event(const Event& event, const Moment& now) {
    if (settings_.rpc == Settings::Rpc::there) lost_.heard(event, now);
    if (event.name == settings_.tick) {
        since_last_ += settings_.tick_period;
        return since_last_ >= settings_.interval ? send() : Actions{};
    }
    const auto change = parse_process_state_change(event);
    if (!change) return {};
    lost_.saw(*change, now);
    const auto line = describe(settings_.kind, *change, now);
    return line ? add(*line, now) : Actions{};
}

Actions Batch::add_lost(const std::optional<std::vector<LostCrash>>& crashes, const Moment& now) {
    Actions actions;
    if (!crashes) return actions;
    for (const auto& crash : *crashes) {
        const bool is_fatal = crash.kind == LostCrash::Kind::fatal;
        if (is_fatal != (settings_.kind == Kind::fatals)) continue;
        append(actions,
               add(fmt::format("{} -- {}", format_local_time(now), keenlance::describe(crash)), now));
    }
    return actions;
}

Actions Batch::add(const std::string& line, const Moment& now) {
    if (lines_ == 0) first_line_ = now.steady;
    ++lines_;
    Notification told{settings_.subject, line + "\n"};
    told.alert = settings_.kind == Kind::fatals ? "ProcessFatal" : "ProcessCrashed";
    told.folding = Folding::lines;
    told.topic = draft;
    // Each line is handed over at once, so that a spool has it on disk before its event is acknowledged.
    Actions actions{Log{line},
                    Notify{std::move(told), draft, settings_.interval + 2 * settings_.tick_period}};
    if (lines_ < most_lines) return actions;
    append(actions, send());  // a crash storm does not fill the memory
    return actions;
}

Actions Batch::send() {
    since_last_ = {};
    lines_ = 0;
    return {ReleaseNotifications{draft}};
}

}  // namespace keenlance::batch
