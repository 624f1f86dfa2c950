// essential: shuts supervisord down when a process that everything depends on has failed; and, as
// `essential run`, makes the container's runtime see with which status.

#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/event_listeners.hpp>
#include <keenlance/system/find_config.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <fmt/core.h>
#include <listeners/essential/essential.hpp>
#include <listeners/essential/run_program.hpp>
#include <listeners/mail_options.hpp>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)
using essential::Chosen;
using essential::Failure;
using essential::Settings;

CommandLineSpec command_line() {
    CommandLineSpec spec;
    spec.program = "essential";
    spec.summary = "Shuts supervisord down when an essential process fails, so that its container ends.";
    spec.usage = "[OPTION]...";
    spec.options = {
        {{"p", "program"}, "NAME", "process NAME or GROUP:NAME, or a pattern (web-*); repeatable"},
        {{"g", "group"}, "NAME", "all processes of group NAME; repeatable"},
        {{"a", "any"}, "", "all processes but event listeners"},
        {{"states"},
         "STATES",
         "what a failure is: FATAL, EXITED (unexpectedly), or both; default: FATAL,EXITED"},
        {{"any-exit"}, "", "an expected exit ends supervisord too, with status 0"},
        {{"wait"},
         "SECONDS",
         "shut down so long after the failure, unless it is RUNNING by then; default: 0"},
        mail_command_option(),
        {{"m", "email"}, "ADDRESS", "mail failures to ADDRESS"},
    };
    append(spec.options, notify_options());
    spec.closing =
        "  [eventlistener:essential]\n"
        "  command=essential -p web\n"
        "  events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL,\n"
        "         SUPERVISOR_STATE_CHANGE_STOPPING\n\n"
        "To have the container exit with the status of the process, start supervisord by\n\n"
        "  essential run -- supervisord -n -c /etc/supervisord.conf\n";
    return spec;
}

Error usage_error(std::string message) {
    return {ErrorKind::invalid, 0, std::move(message)};
}

Result<std::set<Failure::Kind>> read_states(const std::string& words) {
    std::set<Failure::Kind> kinds;
    for (const auto word : split(words, ',')) {
        const auto state = parse_process_state(trim(word));
        if (state == ProcessState::fatal) {
            kinds.insert(Failure::Kind::fatal);
        } else if (state == ProcessState::exited) {
            kinds.insert(Failure::Kind::unexpected_exit);
        } else {
            return usage_error(
                fmt::format("option '--states': '{}' is neither FATAL nor EXITED", printable(word)));
        }
    }
    return kinds;
}

Result<Chosen> read_chosen(const ParsedOptions& options) {
    Chosen chosen;
    chosen.programs = options.all("program");
    chosen.groups = options.all("group");
    if (options.has("any")) chosen.scope = Chosen::Scope::any;
    if (chosen.programs.empty() && chosen.groups.empty() && !options.has("any"))
        return usage_error("which processes are essential? give -p NAME, -g NAME or -a");
    for (const auto& name : chosen.programs)
        if (name.empty()) return usage_error("option '-p': an empty name");
    for (const auto& name : chosen.groups)
        if (name.empty() || name.find(':') != std::string::npos)
            return usage_error(
                fmt::format("option '-g': '{}' is no group; for a process give -p", printable(name)));
    return chosen;
}

Result<Settings> read_settings(const ParsedOptions& options) {
    Settings settings;
    auto chosen = read_chosen(options);
    if (!chosen) return chosen.error();
    settings.chosen = std::move(*chosen);
    if (const auto states = options.last("states")) {
        auto kinds = read_states(*states);
        if (!kinds) return kinds.error();
        settings.kinds = std::move(*kinds);
    }
    if (options.has("any-exit")) settings.kinds.insert(Failure::Kind::expected_exit);
    if (const auto wait = options.last("wait")) {
        const auto seconds = parse_seconds(*wait);
        if (!seconds) return usage_error("option '--wait': " + seconds.error().message);
        settings.wait = *seconds;
    }
    return settings;
}

/// What the environment says of the supervisord around us.
Status look_around(Settings& settings, std::vector<std::string>& warnings) {
    settings.self = own_namespec();
    settings.supervisord_pid = supervisord_above();
    if (const char* path = std::getenv(essential::status_file_variable); path != nullptr && *path != '\0')
        settings.status_file = path;
    if (std::getenv("SUPERVISOR_SERVER_URL") != nullptr) return Done{};
    const std::string mend = "add [unix_http_server] and [rpcinterface:supervisor] to its configuration";
    if (!settings.supervisord_pid)
        return Error{ErrorKind::system, 0,
                     "SUPERVISOR_SERVER_URL is not set: supervisord has no RPC socket, and cannot be found "
                     "above this process either; " +
                         mend};
    settings.rpc = Settings::Rpc::missing;
    if (auto groups = find_event_listeners(*settings.supervisord_pid))
        settings.listeners = std::move(*groups);
    warnings.push_back(
        fmt::format("SUPERVISOR_SERVER_URL is not set: supervisord (pid {}) will be ended by SIGTERM, exit "
                    "statuses are not known, and nothing but events is seen; {}",
                    *settings.supervisord_pid, mend));
    return Done{};
}

Result<std::function<int()>> prepare(const ParsedOptions& options) {
    auto settings = read_settings(options);
    if (!settings) return settings.error();
    ListenerSetup setup;
    setup.program = "essential";
    for (const auto& word : options.arguments())
        setup.warnings.push_back("ignoring '" + word + "', which follows no option");
    if (const auto read = read_delivery(options, MailNeeds::address_or_command, setup); !read)
        return read.error();
    return std::function<int()>([settings = std::move(*settings), setup = std::move(setup)]() mutable {
        const bool listens = setup.purpose == ListenerSetup::Purpose::listen;
        if (const auto status = listens ? look_around(settings, setup.warnings) : Done{}; !status)
            return complain(setup.program, status.error().message, exit_code::environment);
        if (settings.rpc == Settings::Rpc::missing) setup.rpc = ListenerSetup::Rpc::unused;
        essential::Essential policy(std::move(settings));
        return run_listener(policy, setup);
    });
}

CommandLineSpec run_command_line() {
    CommandLineSpec spec;
    spec.program = "essential run";
    spec.summary =
        "Runs supervisord as the first process of a container: forwards signals, waits for orphans, and "
        "exits with the status of the process whose failure made essential shut supervisord down, else with "
        "supervisord's own.";
    spec.usage = "[OPTION]... [--] COMMAND [ARGUMENT]...";
    spec.closing = "  ENTRYPOINT [\"essential\", \"run\", \"--\", \"supervisord\", \"-n\"]\n";
    return spec;
}

/// The options after the command's name are its own, with or without "--" before it.
std::vector<char*> with_separator(int argc, char** argv) {
    std::vector<char*> words(argv, argv + argc);
    static std::string separator = "--";
    const auto command =
        std::find_if(words.begin() + 1, words.end(), [](const char* word) { return *word != '-'; });
    if (std::find(words.begin() + 1, command, separator) == command) words.insert(command, separator.data());
    words.push_back(nullptr);
    return words;
}

int run_main_of_run(int argc, char** argv) {
    auto words = with_separator(argc, argv);
    return run_main(static_cast<int>(words.size()) - 1, words.data(), run_command_line(),
                    [](const ParsedOptions& options) {
                        const auto& command = options.arguments();
                        if (command.empty() || command.front().empty())
                            return complain(
                                "essential run",
                                "which command? essential run -- supervisord -n (see essential run "
                                "--help)",
                                exit_code::usage);
                        return essential::run_supervisord(command);
                    });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "run") return run_main_of_run(argc - 1, argv + 1);
    return run_listener_main(argc, argv, command_line(),
                             {"shuts supervisord down when an essential process fails", "-p web",
                              "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL,SUPERVISOR_STATE_CHANGE_STOPPING"},
                             prepare);
}
