#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/guard_options.hpp>

#include <algorithm>
#include <functional>

namespace keenlance {

namespace {

constexpr std::int64_t most_times = 1000;

/// "A/B" as A and B, "A" as A and nothing.
std::pair<std::string_view, std::optional<std::string_view>> halves(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {text, std::nullopt};
    return {text.substr(0, at), text.substr(at + 1)};
}

Status read_grace(const std::string& text, GuardSettings& settings) {
    const auto grace = parse_seconds(text);
    if (!grace) return grace.error();
    settings.grace = *grace;
    return Done{};
}

Status read_failures(const std::string& text, GuardSettings& settings) {
    const auto failures = parse_integer(text, 1, most_times);
    if (!failures) return failures.error();
    settings.failures = static_cast<int>(*failures);
    return Done{};
}

Status read_max_restarts(const std::string& text, GuardSettings& settings) {
    const auto [count, span] = halves(text, '/');
    if (!span)
        return invalid(fmt::format("'{}' is no N/PERIOD: 3/1h allows 3 restarts an hour", printable(text)));
    const auto restarts = parse_integer(count, 1, most_times);
    if (!restarts) return restarts.error();
    const auto period = parse_seconds(*span);
    if (!period) return period.error();
    if (period->count() == 0) return invalid("a period is more than 0 seconds: write one like 1h");
    settings.max_restarts = RestartBudget{static_cast<int>(*restarts), *period};
    return Done{};
}

Status read_backoff(const std::string& text, GuardSettings& settings) {
    const auto [first_text, most_text] = halves(text, ':');
    const auto first = parse_seconds(first_text);
    if (!first) return first.error();
    Backoff backoff;
    backoff.first = *first;
    backoff.most = std::max(backoff.most, backoff.first);
    if (most_text) {
        const auto most = parse_seconds(*most_text);
        if (!most) return most.error();
        if (*most < *first)
            return invalid(
                fmt::format("'{}' begins above its end: write FIRST:MOST, like 5s:10m", printable(text)));
        backoff.most = *most;
    }
    settings.backoff = backoff;
    return Done{};
}

Status read_command(const std::string& text, std::optional<std::string>& command) {
    if (trim(text).empty()) return invalid("an empty command: write one for /bin/sh");
    command = text;
    return Done{};
}

/// As supervisord's signalProcess takes it: a name with or without SIG, or a number.
Status read_signal(const std::string& text, GuardSettings& settings) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
    const auto [signal_text, wait_text] = halves(text, ':');
    PreSignal signal;
    signal.name = to_upper(trim(signal_text));
    if (signal.name.starts_with("SIG")) signal.name.erase(0, 3);
    if (signal.name.empty() || signal.name.find_first_not_of(letters) != std::string::npos)
        return invalid(
            fmt::format("'{}' is no SIGNAL[:SECONDS]: USR1, HUP:10 and the like", printable(text)));
    if (wait_text) {
        const auto wait = parse_seconds(*wait_text);
        if (!wait) return wait.error();
        signal.wait = *wait;
    }
    settings.pre_signal = signal;
    return Done{};
}

Status read_option(const ParsedOptions::Occurrence& option, GuardSettings& settings) {
    if (option.key == "grace") return read_grace(option.value, settings);
    if (option.key == "failures") return read_failures(option.value, settings);
    if (option.key == "max-restarts") return read_max_restarts(option.value, settings);
    if (option.key == "backoff") return read_backoff(option.value, settings);
    if (option.key == "pre-cmd") return read_command(option.value, settings.pre_command);
    if (option.key == "post-cmd") return read_command(option.value, settings.post_command);
    if (option.key == "signal") return read_signal(option.value, settings);
    if (option.key == "dry-run") settings.deed = GuardSettings::Deed::dry_run;
    return Done{};
}

}  // namespace

std::vector<OptionSpec> guard_options() {
    std::vector<OptionSpec> options{
        {{"grace"}, "SECONDS", "leave a process alone for so long after its start; default: 0"},
        {{"failures"}, "N", "restart it only after N failed checks in a row; default: 1"},
        {{"max-restarts"},
         "N/PERIOD",
         "at most N restarts of a process in PERIOD (3/1h); then notify once and leave it alone until "
         "somebody has restarted it"},
        {{"backoff"},
         "FIRST[:MOST]",
         "from a restart of a process to its next at least FIRST, twice as long each time up to MOST; "
         "default: 5s:10m"},
        {{"dry-run"}, "", "only log what would be restarted; notify nobody"},
        {{"pre-cmd"},
         "COMMAND",
         "run COMMAND before a process is stopped, with KEENLANCE_PROCESS, _GROUP, _PID and _REASON in its "
         "environment; at most 60 s"},
        {{"post-cmd"}, "COMMAND", "the same after its restart; KEENLANCE_RESULT says what came of it"},
        {{"signal"},
         "SIGNAL[:SECONDS]",
         "send SIGNAL to a process so long before it is stopped; default: 5 seconds"},
    };
    for (auto& option : options)
        option.abbreviation = Abbreviation::yields;
    return options;
}

Result<GuardSettings> read_guard_options(const ParsedOptions& options) {
    GuardSettings settings;
    for (const auto& option : options.occurrences())
        if (const auto status = read_option(option, settings); !status)
            return invalid(fmt::format("option '{}': {}", option.spelled, status.error().message));
    return settings;
}

}  // namespace keenlance
