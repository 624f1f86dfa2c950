// quickctl: starts, stops, restarts and rolls processes of supervisord, and verifies. Called quickstart,
// quickstop, quickrestart or rolling-restart it does what that name says.

#include <keenlance/system/program.hpp>

#include <commands/command_line/run_quickctl.hpp>

int main(int argc, char** argv) {
    using namespace keenlance::command_line;  // NOLINT(google-build-using-namespace)
    const auto program = program_name_of(argc > 0 ? argv[0] : "");
    return keenlance::run_main(
        argc, argv, quickctl_command_line(program),
        [&program](const keenlance::ParsedOptions& options) { return run_quickctl(program, options); });
}
