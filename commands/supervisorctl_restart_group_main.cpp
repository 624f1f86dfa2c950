// supervisorctl_restart_group: restarts all processes of a group of supervisord at once.

#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <commands/command_line/servers.hpp>
#include <commands/restart_group_command.hpp>
#include <fmt/core.h>
#include <unistd.h>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

const std::string program_name = "supervisorctl_restart_group";

CommandLineSpec understood() {
    CommandLineSpec spec;
    spec.program = program_name;
    spec.summary = "Restarts all processes of a group of supervisord at once, and waits until they run.";
    spec.usage = "[OPTION]... GROUP";
    spec.options = command_line::server_options();
    for (auto& option : spec.options)
        if (option.names.back() == "serverurl")
            option.help = "where supervisord listens: http://HOST:PORT or unix:///PATH";
    spec.options.push_back(
        {{"i", "interactive"}, "", "for supervisorctl's sake: a password is asked for at any terminal"});
    spec.closing =
        "supervisord needs no plugin for it.\n\n"
        "  supervisorctl_restart_group -s http://myserver:9001 foobar\n";
    return spec;
}

/// The old program's words: its users' scripts look for them, without a time or a name before them.
int say(const std::vector<std::string>& lines, int code) {
    for (const auto& line : lines)
        fmt::print(stderr, "{}\n", printable(line, 2000));
    return code;
}

int run(const ParsedOptions& options) {
    if (options.arguments().size() != 1)
        return say(
            {fmt::format("Invalid number of arguments (expected 1, got {})", options.arguments().size())},
            restart_group::exit_code::wrong_arguments);
    const auto servers = command_line::servers_of(options);
    if (!servers)
        return complain(
            program_name, servers.error().message,
            servers.error().kind == ErrorKind::invalid ? exit_code::usage : exit_code::environment);
    if (servers->size() > 1) return complain(program_name, "option '-s' is given twice", exit_code::usage);
    const auto& server = servers->front();
    restart_group::RestartGroupCommand policy(
        {std::string(trim(options.arguments().front())), server.shown,
         ::isatty(STDIN_FILENO) == 1 ? quickctl::AtTerminal::may_ask : quickctl::AtTerminal::never_ask});
    const int code = run_command(policy, program_name, server);
    return say(policy.complaints(), code);
}

}  // namespace

int main(int argc, char** argv) {
    return keenlance::run_main(argc, argv, understood(), run);
}
