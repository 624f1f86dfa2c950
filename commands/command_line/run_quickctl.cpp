#include <keenlance/core/policy.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/startup/plan.hpp>
#include <keenlance/system/console.hpp>
#include <keenlance/system/find_config.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <commands/command_line/run_quickctl.hpp>
#include <commands/command_line/servers.hpp>
#include <commands/roll/roll_command.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace keenlance::command_line {

namespace {

using Servers = std::vector<ServerAddress>;

int complain_of_usage(const ProgramName& program, const Error& error) {
    return complain(program.name, fmt::format("{} (see {} --help)", error.message, program.name),
                    exit_code::usage);
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// What depends on who looks: colours, lines that change, questions.
template <class Settings>
void look_at_terminal(const Servers& servers, Settings& settings) {
    for (const auto& server : servers)
        settings.choice.servers.push_back(server.shown);
    if (::isatty(STDIN_FILENO) == 1) settings.choice.terminal = quickctl::AtTerminal::may_ask;
    if (!Console::is_live()) return;
    if (settings.output == quickctl::Output::lines) settings.liveness = quickctl::Liveness::live;
    if (settings.output != quickctl::Output::json && variable("NO_COLOR").empty())
        settings.colours = quickctl::Colours::on;
}

/// The folder for what a roll remembers, made if it is not there: XDG's for a program's state.
Result<std::filesystem::path> state_folder() {
    std::filesystem::path folder = variable("XDG_STATE_HOME");
    if (!folder.is_absolute()) folder = std::filesystem::path(variable("HOME")) / ".local/state";
    if (!folder.is_absolute())
        return Error{ErrorKind::system, 0, "neither XDG_STATE_HOME nor HOME says where: set one of them"};
    folder /= "keenlance";
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return Error{ErrorKind::system, error.value(),
                     fmt::format("cannot make {}: {}", folder.string(), error.message())};
    return folder;
}

Result<quickctl::RollMemory> recall(const std::string& path) {
    const std::string since = "; or give --resume=SINCE";
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    if (!file)
        return Error{ErrorKind::system, 0,
                     fmt::format("no roll of these is remembered in {}{}", path, since)};
    auto memory = quickctl::parse_roll_memory(text.str());
    if (!memory)
        return Error{ErrorKind::system, 0, fmt::format("{}: {}{}", path, memory.error().message, since)};
    if (memory->finished)
        return Error{
            ErrorKind::system, 0,
            fmt::format("the last roll of these has left nothing to go on with ({}){}", path, since)};
    return memory;
}

int roll(const ProgramName& program, const ParsedOptions& options, Servers& servers,
         quickctl::RollSettings settings) {
    look_at_terminal(servers, settings);
    const bool recalls = settings.resumed && settings.resumed->begun.empty();
    if (const auto folder = state_folder()) {
        settings.memory_path =
            *folder / quickctl::roll_memory_name(settings.choice.servers, settings.choice.patterns);
        settings.resume_line = resume_line(program, options);
    } else if (recalls) {
        return complain(program.name, "--resume: " + folder.error().message, exit_code::environment);
    } else if (settings.deed == quickctl::Deed::done) {
        complain(program.name, "this roll is not remembered for --resume: " + folder.error().message, 0);
    }
    if (recalls) {
        auto memory = recall(settings.memory_path);
        if (!memory)
            return complain(program.name, "--resume: " + memory.error().message, exit_code::not_reached);
        settings.resumed = std::move(*memory);
    }
    quickctl::RollCommand policy(std::move(settings));
    return run_command(policy, program.name, servers);
}

/// The graph of the configuration that the server is of.
Result<startup::Plan> read_plan(const ProgramName& program, const ParsedOptions& options) {
    const auto files = read_chosen_config({options.last("configuration"), std::nullopt});
    if (!files) return files.error();
    auto plan = startup::make_plan(files->config, files->facts, startup::ErrorAction::skip);
    if (!plan) return plan.error();
    for (const auto& problem : plan->problems)
        complain(program.name, problem, 0);
    return plan;
}

int carry_out(const ProgramName& program, const ParsedOptions& options, Request request, Servers& servers) {
    if (auto* settings = std::get_if<quickctl::RollSettings>(&request))
        return roll(program, options, servers, std::move(*settings));
    auto& settings = std::get<quickctl::Settings>(request);
    if (options.has("order")) {
        auto plan = read_plan(program, options);
        if (!plan)
            return complain(program.name, "--order config: " + plan.error().message, exit_code::environment);
        settings.plan = std::move(*plan);
    }
    look_at_terminal(servers, settings);
    quickctl::ControlCommand policy(std::move(settings));
    return run_command(policy, program.name, servers);
}

/// The command line behind the prompt: that of quickctl without what says where supervisord is.
int run_line(const ProgramName& program, Servers& servers, const std::string& line) {
    std::vector<std::string> words;
    for (const auto word : split_words(line))
        words.emplace_back(word);
    if (words.front() == "help" || words.front() == "?")
        return print(
            "start|stop|restart|roll [OPTION]... PATTERN..., status [PATTERN]..., quit; the options are in "
            "quickctl --help\n");
    const auto options = parse_options(quickctl_command_line(program), words);
    if (!options) return complain(program.name, options.error().message, exit_code::usage);
    for (const auto* const key : {"configuration", "serverurl", "username", "password", "interactive"})
        if (options->has(key))
            return complain(program.name, fmt::format("--{} belongs before the prompt", key),
                            exit_code::usage);
    auto request = read_request(program, *options);
    if (!request) return complain(program.name, request.error().message, exit_code::usage);
    return carry_out(program, *options, std::move(*request), servers);
}

/// The exit code is that of the last command.
int run_interactively(const ProgramName& program, Servers& servers) {
    const bool prompts = ::isatty(STDIN_FILENO) == 1;
    int code = exit_code::done;
    std::string line;
    while (true) {
        if (prompts && print(program.name + "> ") != exit_code::done) return exit_code::not_reached;
        if (!std::getline(std::cin, line)) break;
        const auto words = split_words(line);
        if (words.empty()) continue;
        if (words.front() == "quit" || words.front() == "exit") return code;
        code = run_line(program, servers, line);
    }
    if (prompts) print("\n");
    return code;
}

}  // namespace

int run_quickctl(const ProgramName& program, const ParsedOptions& options) {
    auto request = read_request(program, options);
    if (!request) return complain_of_usage(program, request.error());
    auto servers = servers_of(options);
    if (!servers && servers.error().kind == ErrorKind::invalid)
        return complain_of_usage(program, servers.error());
    if (!servers) return complain(program.name, servers.error().message, exit_code::environment);
    if (std::holds_alternative<Interactive>(*request)) return run_interactively(program, *servers);
    return carry_out(program, options, std::move(*request), *servers);
}

}  // namespace keenlance::command_line
