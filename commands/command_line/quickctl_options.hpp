#pragma once
/// quickctl's command line, understood; and those of its other names.

#include <keenlance/core/options.hpp>
#include <keenlance/core/result.hpp>

#include <commands/control/control_command.hpp>
#include <commands/roll/roll_settings.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keenlance::command_line {

/// How the program was called, and what follows of that.
struct ProgramName {
    std::string name;                    ///< "quickctl", "quickstart"
    std::optional<std::string> command;  ///< the one it is for; nothing: the command line says it
};

/// By the last part of argv[0]: quickstart, quickstop, quickrestart and rolling-restart are for one command
/// each; whatever else is quickctl.
ProgramName program_name_of(std::string_view path);

CommandLineSpec quickctl_command_line(const ProgramName& program);

/// Read commands from stdin, a line each (-i).
struct Interactive {};

/// What is to be done; servers, and what depends on the terminal and the file system, are not filled in.
using Request = std::variant<quickctl::Settings, quickctl::RollSettings, Interactive>;

/// Error `invalid` for what cannot be meant, an option that the command has no use for included.
Result<Request> read_request(const ProgramName& program, const ParsedOptions& options);

/// The command line once more, with --resume and without a password, as sh takes it.
std::string resume_line(const ProgramName& program, const ParsedOptions& options);

}  // namespace keenlance::command_line
