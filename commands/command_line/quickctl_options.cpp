#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/command_line/quickctl_options.hpp>
#include <commands/command_line/servers.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace keenlance::command_line {

using quickctl::RollSettings;
using quickctl::Settings;
using quickctl::Verb;

namespace {

const std::vector<std::string> commands{"start", "stop", "restart", "roll", "status"};

/// Which commands an option means something to; what is not here means something to all.
struct Use {
    std::string_view key;
    std::string_view commands;
};
constexpr std::array uses{
    Use{"timeout", "start stop restart roll"},
    Use{"no-wait", "start stop restart"},
    Use{"fail-fast", "start restart roll"},
    Use{"dry-run", "start stop restart roll"},
    Use{"quiet", "start stop restart roll"},
    Use{"order", "start stop restart"},
    Use{"batch", "roll"},
    Use{"stable", "roll"},
    Use{"health-url", "roll"},
    Use{"health-cmd", "roll"},
    Use{"health-tcp", "roll"},
    Use{"health-timeout", "roll"},
    Use{"pause", "roll"},
    Use{"max-failures", "roll"},
    Use{"resume", "roll"},
    Use{"signal", "roll"},
    Use{"pre", "roll"},
    Use{"post", "roll"},
    Use{"hook-timeout", "roll"},
};

bool has_word(std::string_view words, std::string_view word) {
    const auto all = split_words(words);
    return std::ranges::find(all, word) != all.end();
}

bool is_of_use(std::string_view key, std::string_view command) {
    const auto* const use = std::ranges::find(uses, key, &Use::key);
    return use == uses.end() || has_word(use->commands, command);
}

const std::vector<OptionSpec>& command_options() {
    static const std::vector<OptionSpec> options{
        {{"i", "interactive"}, "", "read commands from standard input, a line each"},
        {{"timeout"},
         "SECONDS",
         "give a process up after this; default: by its startsecs, startretries, stopwaitsecs"},
        {{"no-wait"}, "", "do not wait until the processes are where they are asked to be"},
        {{"fail-fast"},
         "",
         "give a process up when it is in BACKOFF, instead of waiting for supervisord's retries"},
        {{"order"},
         "config",
         "start what others wait for before them, and stop in reverse, as ordered-startup-listener does"},
        {{"batch"}, "N", "so many instances at a time, a number or a percentage (25%); default: 1"},
        {{"stable"},
         "SECONDS",
         "an instance is well only after running for so long; default: 0, with --signal 1"},
        {{"health-url"}, "URL", "and when a GET is answered with a status of 200 to 399"},
        {{"health-cmd"}, "COMMAND", "and when this command exits with 0"},
        {{"health-tcp"}, "HOST:PORT", "and when this takes a connection"},
        {{"health-timeout"}, "SECONDS", "it has so long to become healthy; default: 60"},
        {{"pause"}, "SECONDS", "between two batches; default: 10"},
        {{"max-failures"}, "N", "stop when so many instances have failed; default: 1"},
        {{"resume"},
         "SINCE",
         "go on with those that are older than the last roll of the same, or than SINCE, seconds since the "
         "epoch",
         ""},
        {{"signal"}, "SIGNAL", "send this signal instead of restarting"},
        {{"pre"}, "COMMAND", "run this before each instance; if it fails, nothing is done to it"},
        {{"post"}, "COMMAND", "run this after each instance that is well"},
        {{"hook-timeout"}, "SECONDS", "--pre and --post have so long; default: 600"},
        {{"dry-run"}, "", "tell what would be done, and do nothing"},
        {{"q", "quiet"}, "", "tell only what went wrong"},
        {{"json"}, "", "tell it as JSON"},
    };
    return options;
}

Error usage(std::string message) {
    return {ErrorKind::invalid, 0, std::move(message)};
}

/// Reads options of one command line; the first Error is kept.
class Reader {
  public:
    explicit Reader(const ParsedOptions& options) : options_(options) {}

    void seconds(std::string_view key, Duration& value) {
        read(
            key, [&](const std::string& text) { return parse_seconds(text); }, value);
    }
    void seconds(std::string_view key, std::optional<Duration>& value) {
        read(
            key, [&](const std::string& text) { return parse_seconds(text); }, value);
    }
    template <class Parse, class Value>
    void read(std::string_view key, Parse parse, Value& value) {
        const auto written = options_.last(key);
        if (!written || error) return;
        auto parsed = parse(*written);
        if (parsed)
            value = static_cast<Value>(std::move(*parsed));
        else
            error = usage(fmt::format("option '--{}': {}", key, parsed.error().message));
    }
    [[nodiscard]] std::string text(std::string_view key) const { return options_.last(key).value_or(""); }

    std::optional<Error> error;

  private:
    const ParsedOptions& options_;
};

Result<std::string> parse_signal(const std::string& text) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
    const auto name = to_upper(trim(text));
    if (name.empty() || name.find_first_not_of(letters) != std::string::npos)
        return usage(fmt::format("'{}' is no signal: HUP, USR1 and the like", printable(text)));
    return name;
}

template <class Settings>
void read_common(const ParsedOptions& options, Reader& reader, Settings& settings) {
    reader.seconds("timeout", settings.tasks.timeout);
    if (options.has("fail-fast")) settings.tasks.on_backoff = OnBackoff::give_up;
    if (options.has("dry-run")) settings.deed = quickctl::Deed::told;
    if (options.has("quiet")) settings.output = quickctl::Output::failures;
    if (options.has("json")) settings.output = quickctl::Output::json;
}

Result<Request> read_control(Verb verb, std::vector<std::string> patterns, const ParsedOptions& options) {
    Reader reader(options);
    Settings settings;
    settings.verb = verb;
    settings.choice.patterns = std::move(patterns);
    if (!options.has("order")) settings.choice.configs = quickctl::Configs::unused;
    read_common(options, reader, settings);
    if (options.has("no-wait")) settings.tasks.watch = Watch::until_accepted;
    if (reader.error) return *reader.error;
    if (const auto order = options.last("order"); order && *order != "config")
        return usage(
            fmt::format("option '--order': '{}' is not config, the only one there is", printable(*order)));
    if (options.has("order") && options.has("no-wait"))
        return usage("--order config waits for each process before the next: not with --no-wait");
    if (options.has("order") && options.all("serverurl").size() > 1)
        return usage("--order config is for one server, that of the configuration");
    return Request{std::move(settings)};
}

std::optional<Error> read_health(const ParsedOptions& options, RollSettings& settings) {
    const std::vector<std::pair<std::string, ReadyKind>> kinds{
        {"health-url", ReadyKind::http}, {"health-cmd", ReadyKind::command}, {"health-tcp", ReadyKind::tcp}};
    for (const auto& [key, kind] : kinds) {
        const auto pattern = options.last(key);
        if (!pattern) continue;
        if (settings.health) return usage("only one of --health-url, --health-cmd and --health-tcp");
        settings.health = quickctl::HealthCheck{kind, *pattern};
        const quickctl::Instance sample{{"app", "app1"}, "localhost", 1};
        if (const auto check = settings.health->check_for(sample); !check)
            return usage(fmt::format("option '--{}': {}", key, check.error().message));
    }
    if (!settings.health && options.has("health-timeout"))
        return usage("--health-timeout is of no use without --health-url, --health-cmd or --health-tcp");
    if (settings.pre.empty() && settings.post.empty() && options.has("hook-timeout"))
        return usage("--hook-timeout is of no use without --pre or --post");
    return std::nullopt;
}

Result<Request> read_roll(std::vector<std::string> patterns, const ParsedOptions& options) {
    Reader reader(options);
    RollSettings settings;
    settings.choice.patterns = std::move(patterns);
    settings.choice.bare_name = quickctl::BareName::process_or_group;
    read_common(options, reader, settings);
    reader.read("batch", quickctl::parse_batch_size, settings.batch);
    reader.read("signal", parse_signal, settings.signal);
    if (!settings.signal.empty()) settings.stable = std::chrono::seconds(1);
    reader.seconds("stable", settings.stable);
    reader.seconds("health-timeout", settings.health_timeout);
    reader.seconds("pause", settings.pause);
    reader.seconds("hook-timeout", settings.hook_timeout);
    reader.read(
        "max-failures", [](const std::string& text) { return parse_integer(text, 1, 1'000'000); },
        settings.max_failures);
    settings.pre = reader.text("pre");
    settings.post = reader.text("post");
    if (const auto since = options.last("resume")) {
        settings.resumed = quickctl::RollMemory{};
        if (!since->empty())
            reader.read(
                "resume", [](const std::string& text) { return parse_integer(text, 1, 100'000'000'000); },
                settings.resumed->begun[""]);
    }
    if (reader.error) return *reader.error;
    if (const auto error = read_health(options, settings)) return *error;
    return Request{std::move(settings)};
}

}  // namespace

ProgramName program_name_of(std::string_view path) {
    const auto name = path.substr(path.rfind('/') + 1);
    if (name == "quickstart") return {"quickstart", "start"};
    if (name == "quickstop") return {"quickstop", "stop"};
    if (name == "quickrestart") return {"quickrestart", "restart"};
    if (name == "rolling-restart") return {"rolling-restart", "roll"};
    return {"quickctl", std::nullopt};
}

CommandLineSpec quickctl_command_line(const ProgramName& program) {
    CommandLineSpec spec;
    spec.program = program.name;
    spec.options = server_options();
    for (const auto& option : command_options()) {
        const std::string& key = option.names.size() > 1 ? option.names[1] : option.names[0];
        if (program.command && (key == "interactive" || !is_of_use(key, *program.command))) continue;
        spec.options.push_back(option);
        const auto* const use = std::ranges::find(uses, key, &Use::key);
        if (!program.command && use != uses.end() && use->commands == "roll")
            spec.options.back().help = "roll: " + option.help;
    }
    const std::string patterns =
        "PATTERN is a name as supervisorctl takes it (app, app:0, app:, app:*, all) or a pattern (ap*, "
        "*:web).";
    if (!program.command) {
        spec.summary = "Starts, stops, restarts and rolls processes of supervisord, and verifies.";
        spec.usage = "[OPTION]... start|stop|restart|roll|status PATTERN...";
        spec.closing = patterns +
                       "\n\n"
                       "  quickctl restart app:\n"
                       "  quickctl -s http://db1:9001 status 'web*'\n"
                       "  quickctl roll --batch 25% --health-url http://{host}:80{num}/ web:\n";
        return spec;
    }
    spec.summary = *program.command == "roll"
                       ? "Restarts instances a few at a time, and stops at the first that fails."
                       : fmt::format("The same as quickctl {}.", *program.command);
    spec.usage = "[OPTION]... PATTERN...";
    spec.closing = patterns + " More is in quickctl(1).";
    return spec;
}

Result<Request> read_request(const ProgramName& program, const ParsedOptions& options) {
    auto words = options.arguments();
    if (options.has("interactive")) {
        if (!words.empty())
            return usage("-i reads its commands from standard input: none on the command line");
        for (const auto& occurrence : options.occurrences())
            if (std::ranges::find(uses, occurrence.key, &Use::key) != uses.end() || occurrence.key == "json")
                return usage(fmt::format("'{}' belongs to a command, behind the prompt", occurrence.spelled));
        return Request{Interactive{}};
    }
    if (program.command) words.insert(words.begin(), *program.command);
    if (words.empty()) return usage("what is to be done: start, stop, restart, roll or status?");
    const std::string command = words.front();
    if (std::ranges::find(commands, command) == commands.end())
        return usage(fmt::format("'{}' is none of {}", printable(command), join(commands, ", ")));
    for (const auto& occurrence : options.occurrences())
        if (!is_of_use(occurrence.key, command))
            return usage(fmt::format("option '{}' means nothing to {}", occurrence.spelled, command));
    std::vector<std::string> patterns(words.begin() + 1, words.end());
    if (patterns.empty() && command == "status") patterns = {"all"};
    if (patterns.empty()) return usage(fmt::format("{} what? Give a PATTERN, or all", command));
    for (const auto& pattern : patterns)
        if (trim(pattern).empty()) return usage("an empty PATTERN means nothing");
    if (command == "roll") return read_roll(std::move(patterns), options);
    return read_control(command == "start"     ? Verb::start
                        : command == "stop"    ? Verb::stop
                        : command == "restart" ? Verb::restart
                                               : Verb::status,
                        std::move(patterns), options);
}

std::string resume_line(const ProgramName& program, const ParsedOptions& options) {
    std::vector<std::string> words{program.name};
    for (const auto& occurrence : options.occurrences()) {
        if (occurrence.key == "password" || occurrence.key == "resume" || occurrence.key == "dry-run")
            continue;
        const bool is_long = occurrence.spelled.starts_with("--");
        if (occurrence.value.empty()) {
            words.push_back(occurrence.spelled);
        } else if (is_long) {
            words.push_back(quickctl::quoted_for_shell(occurrence.spelled + "=" + occurrence.value));
        } else {
            words.push_back(occurrence.spelled);
            words.push_back(quickctl::quoted_for_shell(occurrence.value));
        }
    }
    words.emplace_back("--resume");
    for (const auto& word : options.arguments())
        words.push_back(quickctl::quoted_for_shell(word));
    return join(words, " ");
}

}  // namespace keenlance::command_line
