// memmon: restarts supervisord's processes that use too much memory. Options as superlance's memmon has them.

#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <fmt/format.h>
#include <listeners/mail_options.hpp>
#include <listeners/memmon.hpp>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

CommandLineSpec command_line() {
    CommandLineSpec spec;
    spec.program = "memmon";
    spec.summary = "Restarts processes of supervisord that use too much memory.";
    spec.usage = "[OPTION]...";
    spec.options = {
        {{"c", "cumulative"}, "", "count the memory of all descendants of a process too"},
        {{"p", "program"},
         "NAME=SIZE",
         "restart process NAME (or GROUP:NAME) when it uses more than SIZE; repeatable"},
        {{"g", "groupname", "group"},
         "NAME=SIZE",
         "restart any process of group NAME that uses more; repeatable"},
        {{"a", "any"}, "SIZE", "restart any process that uses more"},
        mail_command_option(),
        {{"m", "email"}, "ADDRESS", "mail to ADDRESS when a process was restarted; without it, no mail"},
        {{"u", "uptime"}, "TIME", "mail only if the process had been up for at most TIME (90, 5m, 1h, 2d)"},
        {{"n", "name"}, "NAME", "name of this memmon, for the subjects of its mails"},
    };
    spec.closing =
        "SIZE is in bytes or has a suffix: 200MB, 1.5GB, 512K (powers of 1024).\n"
        "The most specific limit decides: -p GROUP:NAME, -p NAME, -g, -a.\n\n"
        "  [eventlistener:memmon]\n"
        "  command=memmon -a 200MB -m ops@example.com\n"
        "  events=TICK_60\n";
    return spec;
}

Result<memmon::Limit> size_limit(const ParsedOptions::Occurrence& option, std::string_view size) {
    auto bytes = parse_size(size);
    if (!bytes)
        return Error{ErrorKind::invalid, 0,
                     fmt::format("option '{}': {}", option.spelled, bytes.error().message)};
    return memmon::Limit{*bytes, fmt::format("{} {}", option.spelled, option.value)};
}

Status add_named_limit(const ParsedOptions::Occurrence& option,
                       std::map<std::string, memmon::Limit>& limits) {
    const auto equals = option.value.rfind('=');
    const auto name = trim(std::string_view(option.value).substr(0, equals));
    if (equals == std::string::npos || name.empty()) {
        return Error{ErrorKind::invalid, 0,
                     fmt::format("option '{}': '{}' is no NAME=SIZE pair: write {} myprogram=200MB",
                                 option.spelled, printable(option.value), option.spelled)};
    }
    auto limit = size_limit(option, std::string_view(option.value).substr(equals + 1));
    if (!limit) return limit.error();
    limits.insert_or_assign(std::string(name), std::move(*limit));
    return Done{};
}

Result<memmon::Settings> read_settings(const ParsedOptions& options) {
    memmon::Settings settings;
    settings.self = own_namespec();
    settings.name = options.last("name").value_or("");
    if (options.has("cumulative")) settings.scope = MemoryScope::descendants;
    for (const auto& option : options.occurrences()) {
        Status status = Done{};
        if (option.key == "program") status = add_named_limit(option, settings.limits.programs);
        if (option.key == "groupname") status = add_named_limit(option, settings.limits.groups);
        if (!status) return status.error();
        if (option.key == "any") {
            auto limit = size_limit(option, option.value);
            if (!limit) return limit.error();
            settings.limits.any = std::move(*limit);
        }
        if (option.key == "uptime") {
            const auto uptime = parse_seconds(option.value);
            if (!uptime)
                return Error{ErrorKind::invalid, 0,
                             fmt::format("option '{}': {}", option.spelled, uptime.error().message)};
            settings.mail_uptime_limit = *uptime;
        }
    }
    const auto& limits = settings.limits;
    if (limits.programs.empty() && limits.groups.empty() && !limits.any)
        return Error{ErrorKind::invalid, 0, "nothing to watch: give -p NAME=SIZE, -g GROUP=SIZE or -a SIZE"};
    return settings;
}

Result<std::function<int()>> prepare(const ParsedOptions& options) {
    auto settings = read_settings(options);
    if (!settings) return settings.error();
    ListenerSetup setup;
    setup.program = "memmon";
    for (const auto& word : options.arguments()) {
        setup.warnings.push_back(fmt::format(
            "ignoring '{0}', which follows no option: for one more limit write -p {0}", printable(word)));
    }
    if (options.has("email")) setup.channel = sendmail_channel(options);
    return std::function<int()>([settings = std::move(*settings), setup = std::move(setup)] {
        memmon::Memmon policy(settings);
        return run_listener(policy, setup);
    });
}

}  // namespace

int main(int argc, char** argv) {
    return keenlance::run_listener_main(
        argc, argv, command_line(), {"restarts processes that use too much memory", "-a 200MB", "TICK_60"},
        prepare);
}
