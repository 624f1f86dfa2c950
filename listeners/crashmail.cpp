#include <keenlance/core/text.hpp>

#include <fmt/format.h>
#include <listeners/choice.hpp>
#include <listeners/crashmail.hpp>

namespace keenlance::crashmail {

std::optional<std::string> describe_crash(const ProcessStateChange& change) {
    if (change.to == ProcessState::fatal) {
        return fmt::format(
            "Process {} in group {} could not be started, tried too often, and is FATAL (from state {})",
            change.id.name, change.id.group, to_string(change.from));
    }
    if (change.to != ProcessState::exited || change.expected.value_or(false)) return std::nullopt;
    return fmt::format("Process {} in group {} exited unexpectedly (pid {}) from state {}", change.id.name,
                       change.id.group, change.pid.value_or(0), to_string(change.from));
}

Actions Crashmail::step(const Fact& fact, const Moment& now) {
    if (std::holds_alternative<Started>(fact)) {
        return {Log{settings_.programs.empty() ? "mailing the crashes of all processes"
                                               : "mailing the crashes of " + join(settings_.programs, ", ")}};
    }
    const auto* received = std::get_if<EventReceived>(&fact);
    return received == nullptr ? Actions{} : on_event(received->event, now);
}

Actions Crashmail::on_event(const Event& event, const Moment& now) const {
    const auto change = parse_process_state_change(event);
    if (!change) {
        if (!event.name.starts_with("PROCESS_STATE_")) return {};
        return {Log{fmt::format("bad input, ignored: {} with payload \"{}\"", event.name,
                                printable(event.payload, 120))}};
    }
    const auto message = describe_crash(*change);
    if (!message || !is_chosen(change->id)) return {};
    // superlance's subject without -o begins with a blank; mail filters were written to that.
    const std::string prefix = settings_.prefix.empty() ? "" : settings_.prefix + ":";
    return {Log{*message},
            Notify{{fmt::format("{} {} crashed at {}", prefix, change->id.name, format_local_time(now)),
                    *message}}};
}

bool Crashmail::is_chosen(const Namespec& id) const {
    return settings_.programs.empty() || is_named(id, settings_.programs);
}

}  // namespace keenlance::crashmail
