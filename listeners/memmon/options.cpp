#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/guard_options.hpp>
#include <listeners/memmon/options.hpp>

#include <algorithm>
#include <array>

namespace keenlance::memmon {

namespace {

using Occurrence = ParsedOptions::Occurrence;

Error wrong(const Occurrence& option, const std::string& message) {
    return invalid(fmt::format("option '{}': {}", option.spelled, message));
}

Result<Limit> size_limit(const Occurrence& option, std::string_view size) {
    const auto parsed = parse_size_or_share(size);
    if (!parsed) return wrong(option, parsed.error().message);
    return Limit{parsed->bytes, fmt::format("{} {}", option.spelled, option.value), parsed->share};
}

/// "NAME=SIZE"; the name is empty where there is none.
struct Named {
    std::string name;
    Limit limit;
};

Result<Named> named_limit(const Occurrence& option) {
    const auto equals = option.value.rfind('=');
    const bool has_name = equals != std::string::npos;
    auto limit = size_limit(option, std::string_view(option.value).substr(has_name ? equals + 1 : 0));
    const auto name = has_name ? trim(std::string_view(option.value).substr(0, equals)) : std::string_view();
    if (has_name && name.empty()) return wrong(option, "there is no name before '='");
    if (!limit) return limit.error();
    return Named{std::string(name), std::move(*limit)};
}

Result<Named> limit_with_name(const Occurrence& option) {
    const auto equals = option.value.rfind('=');
    const auto name = trim(std::string_view(option.value).substr(0, equals));
    if (equals == std::string::npos || name.empty())
        return wrong(option, fmt::format("'{}' is no NAME=SIZE pair: write {} myprogram=200MB",
                                         printable(option.value), option.spelled));
    return named_limit(option);
}

Status read_metric(const Occurrence& option, Settings& settings) {
    constexpr std::array<std::pair<std::string_view, MemoryMetric>, 5> metrics{{
        {"rss", MemoryMetric::rss},
        {"pss", MemoryMetric::pss},
        {"uss", MemoryMetric::uss},
        {"swap", MemoryMetric::swap},
        {"cgroup", MemoryMetric::cgroup},
    }};
    const auto word = to_lower(trim(option.value));
    const auto* const found =
        std::ranges::find(metrics, word, &std::pair<std::string_view, MemoryMetric>::first);
    if (found == metrics.end())
        return wrong(option,
                     fmt::format("'{}' is none of rss, pss, uss, swap and cgroup", printable(option.value)));
    settings.metric = found->second;
    return Done{};
}

Status read_limit(const Occurrence& option, Settings& settings) {
    if (option.key == "any") {
        auto limit = size_limit(option, option.value);
        if (!limit) return limit.error();
        settings.limits.any = std::move(*limit);
        return Done{};
    }
    auto named = option.key == "warn" ? named_limit(option) : limit_with_name(option);
    if (!named) return named.error();
    if (option.key == "groupname")
        settings.limits.add_group(named->name, std::move(named->limit));
    else if (option.key == "program")
        settings.limits.add_program(named->name, std::move(named->limit));
    else if (named->name.empty())
        settings.warnings.any = std::move(named->limit);
    else
        settings.warnings.add_program(named->name, std::move(named->limit));
    return Done{};
}

Status read_option(const Occurrence& option, Settings& settings) {
    constexpr std::array<std::string_view, 4> limits{"program", "groupname", "any", "warn"};
    if (std::ranges::find(limits, option.key) != limits.end()) return read_limit(option, settings);
    if (option.key == "metric") return read_metric(option, settings);
    if (option.key == "uptime") {
        const auto uptime = parse_seconds(option.value);
        if (!uptime) return wrong(option, uptime.error().message);
        settings.mail_uptime_limit = *uptime;
    }
    return Done{};
}

std::vector<OptionSpec> yielding(std::vector<OptionSpec> options) {
    for (auto& option : options)
        option.abbreviation = Abbreviation::yields;
    return options;
}

}  // namespace

std::vector<OptionSpec> options_of_superlance() {
    return {
        {{"c", "cumulative"}, "", "count the memory of all descendants of a process too"},
        {{"p", "program"},
         "NAME=SIZE",
         "restart process NAME (or GROUP:NAME) when it uses more than SIZE; repeatable"},
        {{"g", "groupname", "group"},
         "NAME=SIZE",
         "restart any process of group NAME that uses more; repeatable"},
        {{"a", "any"}, "SIZE", "restart any process that uses more"},
        {{"u", "uptime"}, "TIME", "mail only if the process had been up for at most TIME (90, 5m, 1h, 2d)"},
        {{"n", "name"}, "NAME", "name of this memmon, for the subjects of its mails"},
    };
}

std::vector<OptionSpec> newer_options() {
    auto options = yielding({
        {{"metric"},
         "METRIC",
         "what counts: rss, pss, uss, swap, or cgroup, the memory of its control group; default: rss"},
        {{"warn"}, "[NAME=]SIZE", "notify, but restart nothing, when it uses more than SIZE; repeatable"},
    });
    for (auto& option : guard_options())
        options.push_back(std::move(option));
    for (auto& option : yielding({
             {{"once"}, "", "from a shell: print what would be done now, and do nothing"},
             {{"serverurl"}, "URL", "with --once, also -s: where supervisord listens"},
             {{"configuration"}, "FILE", "with --once, also -c: supervisord's configuration"},
         }))
        options.push_back(std::move(option));
    return options;
}

Result<Settings> read_settings(const ParsedOptions& options) {
    Settings settings;
    settings.name = options.last("name").value_or("");
    if (options.has("cumulative")) settings.scope = MemoryScope::descendants;
    for (const auto& option : options.occurrences())
        if (const auto status = read_option(option, settings); !status) return status.error();
    auto guard = read_guard_options(options);
    if (!guard) return guard.error();
    settings.guard = std::move(*guard);
    if (settings.metric == MemoryMetric::cgroup && settings.scope == MemoryScope::descendants)
        return invalid(
            "--metric cgroup and --cumulative (-c): a control group has the memory of descendants in it "
            "already, leave out -c");
    if (settings.limits.empty() && settings.warnings.empty())
        return invalid("nothing to watch: give -p NAME=SIZE, -g GROUP=SIZE or -a SIZE");
    return settings;
}

}  // namespace keenlance::memmon
