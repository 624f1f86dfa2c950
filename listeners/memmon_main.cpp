// memmon: restarts supervisord's processes that use too much memory. Options as superlance's memmon has them,
// and more.

#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/memory_whole.hpp>
#include <keenlance/system/program.hpp>

#include <commands/command_line/servers.hpp>
#include <fmt/core.h>
#include <listeners/mail_options.hpp>
#include <listeners/memmon/once.hpp>
#include <listeners/memmon/options.hpp>

#include <algorithm>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

CommandLineSpec memmon_command_line() {
    CommandLineSpec spec;
    spec.program = "memmon";
    spec.summary = "Restarts processes of supervisord that use too much memory.";
    spec.usage = "[OPTION]...";
    spec.options = memmon::options_of_superlance();
    const std::vector<OptionSpec> mail{
        mail_command_option(),
        {{"m", "email"}, "ADDRESS", "mail to ADDRESS when a process was restarted; without it, no mail"}};
    spec.options.insert(spec.options.begin() + 4, mail.begin(), mail.end());
    append(spec.options, memmon::newer_options());
    append(spec.options, notify_options());
    spec.closing =
        "SIZE is in bytes, has a suffix (200MB, 1.5GB, 512K; powers of 1024), or is a share of the machine's "
        "memory or of the control group's limit: 20% (in supervisord.conf written 20%%).\n"
        "The most specific limit decides: -p GROUP:NAME, -p NAME, -p with * ? or [ (the first that "
        "matches), -g, -g with them, -a.\n\n"
        "  [eventlistener:memmon]\n"
        "  command=memmon -a 200MB -m ops@example.com\n"
        "  events=TICK_60\n\n"
        "  memmon -a 200MB --once -s http://127.0.0.1:9001\n";
    return spec;
}

Result<memmon::Settings> settings_of(const ParsedOptions& options) {
    auto settings = memmon::read_settings(options);
    if (settings) settings->self = own_namespec();
    return settings;
}

/// Makes bytes of shares.
Status resolve(memmon::Settings& settings) {
    if (!settings.limits.has_shares() && !settings.warnings.has_shares()) return Done{};
    const auto whole = read_memory_whole();
    if (!whole) return whole.error();
    settings.limits.resolve(*whole);
    settings.warnings.resolve(*whole);
    return Done{};
}

Result<std::function<int()>> prepare(const ParsedOptions& options) {
    auto settings = settings_of(options);
    if (!settings) return settings.error();
    ListenerSetup setup;
    setup.program = "memmon";
    for (const auto& word : options.arguments()) {
        setup.warnings.push_back(fmt::format(
            "ignoring '{0}', which follows no option: for one more limit write -p {0}", printable(word)));
    }
    if (const auto read = read_delivery(options, MailNeeds::address, setup); !read) return read.error();
    return std::function<int()>([settings = std::move(*settings), setup = std::move(setup)]() mutable {
        if (const auto status = resolve(settings); !status)
            return complain("memmon", status.error().message, exit_code::environment);
        memmon::Memmon policy(settings);
        return run_listener(policy, setup);
    });
}

int refuse(const Error& error) {
    return complain("memmon", error.message + " (see memmon --help)", exit_code::usage);
}

/// The same options, but that -s and -c say which supervisord, as in quickctl.
CommandLineSpec once_command_line() {
    auto spec = memmon_command_line();
    spec.summary = "Prints what memmon would do now, and does nothing.";
    spec.usage = "--once [OPTION]...";
    for (auto& option : spec.options) {
        const std::string key = option.names.back();
        if (key == "cumulative" || key == "sendmail") option.names.erase(option.names.begin());
        if (key == "serverurl") option.names = {"s", "serverurl"};
        if (key == "configuration") option.names = {"c", "configuration"};
    }
    return spec;
}

int once(const ParsedOptions& options) {
    auto settings = settings_of(options);
    if (!settings) return refuse(settings.error());
    if (!options.arguments().empty())
        return refuse({ErrorKind::invalid, 0,
                       fmt::format("'{}' follows no option", printable(options.arguments().front()))});
    if (const auto status = resolve(*settings); !status)
        return complain("memmon", status.error().message, exit_code::environment);
    const auto servers = command_line::servers_of(options);
    if (!servers && servers.error().kind == ErrorKind::invalid) return refuse(servers.error());
    if (!servers) return complain("memmon", servers.error().message, exit_code::environment);
    memmon::Once policy(std::move(*settings));
    return run_command(policy, "memmon", servers->front());
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view asks_once = "--once";
    if (std::find(argv + 1, argv + argc, asks_once) != argv + argc)
        return keenlance::run_main(argc, argv, once_command_line(), once);
    const auto abbreviated = [](const ParsedOptions& options) -> std::optional<int> {
        if (!options.has("once")) return std::nullopt;
        return refuse({ErrorKind::invalid, 0, "write --once in full: it changes what -s and -c mean"});
    };
    return keenlance::run_listener_main(
        argc, argv, memmon_command_line(),
        {"restarts processes that use too much memory", "-a 200MB", "TICK_60"}, prepare, abbreviated);
}
