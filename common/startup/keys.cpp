#include <keenlance/core/program_section_internal.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/startup/keys.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace keenlance::startup {

namespace {

constexpr Duration default_probe_timeout{90'000};

constexpr std::array<std::string_view, 9> all_keys{"startinorder",
                                                   "startnextafter",
                                                   "dependent_startup",
                                                   "dependent_startup_wait_for",
                                                   "dependent_startup_inherit_priority",
                                                   "keenlance_ready",
                                                   "keenlance_ready_interval",
                                                   "keenlance_start_timeout",
                                                   "keenlance_on_failure"};

/// Reads options of a section, or of its [group:x] where the section lacks them, and collects what is wrong.
class KeyReader {
  public:
    KeyReader(const Config& config, const std::string& section, const std::string& group,
              std::vector<std::string>& problems)
        : config_(config), section_(section), group_("group:" + group), problems_(problems) {}

    [[nodiscard]] const ConfigOption* find(std::string_view key) const {
        if (const auto* own = config_.find(section_, key)) return own;
        return config_.find(group_) ? config_.find(group_, key) : nullptr;
    }

    std::optional<std::string> text(std::string_view key, const PercentValues& values) {
        return text_of(find(key), values);
    }

    /// Of the section itself: supervisord's own options are not lent by groups.
    std::optional<std::string> own_text(std::string_view key, const PercentValues& values) {
        return text_of(config_.find(section_, key), values);
    }

    std::optional<std::string> text_of(const ConfigOption* option, const PercentValues& values) {
        if (!option) return std::nullopt;
        auto expanded = expand_percent(option->value, values);
        if (!expanded) {
            complain(*option, expanded.error().message);
            return std::nullopt;
        }
        return std::move(*expanded);
    }

    bool flag(std::string_view key, const PercentValues& values) {
        const auto written = text(key, values);
        if (!written) return false;
        const std::string word = to_lower(*written);
        if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
        if (word != "false" && word != "no" && word != "off" && word != "0")
            complain(*find(key), fmt::format("'{}' is neither true nor false", printable(word, 60)));
        return false;
    }

    std::optional<Duration> duration(std::string_view key, const PercentValues& values) {
        const auto written = text(key, values);
        if (!written) return std::nullopt;
        auto length = parse_seconds(*written);
        if (!length) length = parse_seconds(*written + "s");  // "0.5"
        if (length && length->count() > 0) return *length;
        complain(*find(key), length ? "has to be more than 0 seconds" : length.error().message);
        return std::nullopt;
    }

    void complain(const ConfigOption& option, std::string_view message) {
        const bool own = config_.find(section_, option.name) == &option;
        problems_.push_back(error_at(option, own ? section_ : group_, message).message);
    }

  private:
    const Config& config_;
    const std::string& section_;
    const std::string group_;
    std::vector<std::string>& problems_;
};

std::vector<int> parse_exit_codes(std::string_view text) {
    std::vector<int> codes;
    for (const auto word : split(text, ','))
        if (const auto code = python::integer(word)) codes.push_back(static_cast<int>(*code));
    return codes;
}

/// supervisord's own options that decide when a program is up or has failed. What supervisord itself would
/// refuse is left at its default: it has refused the file before we read it.
void read_supervisors_options(KeyReader& keys, const PercentValues& values, Program& program) {
    const auto number = [&](std::string_view key) -> std::optional<std::int64_t> {
        const auto written = keys.own_text(key, values);
        return written ? python::integer(*written) : std::nullopt;
    };
    constexpr std::int64_t longest = 1'000'000'000;
    if (const auto seconds = number("startsecs"))
        program.start_seconds = std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, longest));
    if (const auto seconds = number("stopwaitsecs"))
        program.stop_wait = std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, longest));
    if (const auto retries = number("startretries")) program.start_retries = *retries;
    if (const auto codes = keys.own_text("exitcodes", values)) program.exit_codes = parse_exit_codes(*codes);
    const auto autorestart = keys.own_text("autorestart", values);
    if (!autorestart || to_lower(*autorestart) == "unexpected") return;
    program.restarts_after_success = program.restarts_after_failure = keys.flag("autorestart", values);
}

void read_on_failure(KeyReader& keys, const PercentValues& values, Program& program) {
    const auto written = keys.text("keenlance_on_failure", values);
    if (!written) return;
    for (const auto choice : {OnFailure::skip, OnFailure::go_on, OnFailure::stop, OnFailure::shutdown})
        if (to_lower(*written) == to_string(choice)) program.on_failure = choice;
    if (!program.on_failure) {
        keys.complain(*keys.find("keenlance_on_failure"),
                      fmt::format("'{}' is none of skip, continue, stop, shutdown", printable(*written, 60)));
    }
}

void read_next_after(KeyReader& keys, const PercentValues& values, Program& program) {
    program.next_after = {StateGoal{ProcessState::running}};
    const auto written = keys.text("startnextafter", values);
    if (!written) return;
    if (const auto goal = parse_state_goal(*written)) {
        program.next_after = {*goal};
    } else {
        keys.complain(*keys.find("startnextafter"),
                      fmt::format("'{}' is no state; RUNNING is taken", printable(*written, 60)));
    }
}

std::optional<ReadyCheck> read_ready(KeyReader& keys, const PercentValues& values) {
    const auto written = keys.text("keenlance_ready", values);
    if (!written) return std::nullopt;
    auto check = parse_ready_check(*written);
    if (check) return std::move(*check);
    keys.complain(*keys.find("keenlance_ready"), check.error().message);
    return std::nullopt;
}

}  // namespace

WaitFor parse_wait_for(std::string_view word) {
    WaitFor wait;
    const auto last = word.rfind(':');
    if (last == std::string_view::npos) {
        wait.target = word;
        return wait;
    }
    wait.target = word.substr(0, last);
    for (const auto state : split(word.substr(last + 1), ',')) {
        if (const auto goal = parse_state_goal(state))
            wait.goals.push_back(*goal);
        else if (!state.empty())
            wait.bad_states.emplace_back(state);
    }
    if (wait.goals.empty() && word.find(':') == last) wait.namespec = word;
    return wait;
}

bool has_keys(const Config& config, const std::string& section, const std::string& group) {
    const std::string group_section = "group:" + group;
    const bool grouped = config.find(group_section) != nullptr;
    return std::ranges::any_of(all_keys, [&](std::string_view key) {
        return config.find(section, key) || (grouped && config.find(group_section, key));
    });
}

Keys read_keys(const Config& config, const PercentValues& shared, const std::string& host_node_name,
               const std::vector<ConfiguredProcess>& processes, Program& program,
               std::vector<std::string>& problems) {
    const auto& first = processes.front();
    ProgramSection section(config, shared, first.section, first.id.group, host_node_name);
    KeyReader reader(config, first.section, first.id.group, problems);
    for (const auto& process : processes) {
        const auto already = problems.size();
        program.ready.push_back(read_ready(reader, section.values_for(process.number, process.siblings)));
        if (problems.size() > already && &process != &first) problems.resize(already);  // said of the first
    }
    const auto& values = section.values_for(first.number, first.siblings);
    read_supervisors_options(reader, values, program);
    read_on_failure(reader, values, program);
    read_next_after(reader, values, program);
    program.ready_interval =
        reader.duration("keenlance_ready_interval", values).value_or(program.ready_interval);
    program.start_timeout = reader.duration("keenlance_start_timeout", values);
    if (!program.start_timeout && program.ready.front()) program.start_timeout = default_probe_timeout;

    Keys keys;
    keys.start_in_order = reader.find("startinorder");
    keys.in_order = reader.flag("startinorder", values);
    if (reader.flag("dependent_startup", values)) keys.dependent_startup = reader.find("dependent_startup");
    keys.inherits_priority = reader.flag("dependent_startup_inherit_priority", values);
    keys.wait_for_at = reader.find("dependent_startup_wait_for");
    if (const auto written = reader.text("dependent_startup_wait_for", values))
        for (const auto word : python::split(*written))
            keys.wait_for.push_back(parse_wait_for(word));
    return keys;
}

}  // namespace keenlance::startup
