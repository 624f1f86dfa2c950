#include <keenlance/core/text.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/write_all.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace keenlance {

namespace {

/// A descriptor opened later must not become stdin, stdout or stderr by their absence.
void open_missing_standard_descriptors() {
    int fd = -1;
    do
        fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) ::close(fd);
}

bool run_by_hand() {
    if (::isatty(STDIN_FILENO) == 1) return true;
    return std::getenv("SUPERVISOR_SERVER_URL") == nullptr && std::getenv("SUPERVISOR_ENABLED") == nullptr;
}

/// As supervisord.conf wants it: absolute, unless the program was found on PATH.
std::string path_of_program(const CommandLineSpec& spec, const std::string& called) {
    if (called.find('/') == std::string::npos) return spec.program;
    const std::unique_ptr<char, decltype(&std::free)> absolute(::realpath(called.c_str(), nullptr),
                                                               &std::free);
    return absolute ? absolute.get() : called;
}

std::string introduce(const CommandLineSpec& spec, const ListenerIntroduction& introduction,
                      const std::string& path) {
    const std::string program = spec.program;
    const std::string command = introduction.example.empty() ? path : path + " " + introduction.example;
    return fmt::format(
        "{0}: an event listener that {1}: it is started by supervisord, not by hand.\n"
        "{0}: put into supervisord.conf:  [eventlistener:{0}]  command={2}  events={3}  (one a line; see "
        "{0} --help)\n",
        program, introduction.does, command, introduction.events);
}

int tell(const CommandLineSpec& spec, const std::string& text) {
    if (print(text) == exit_code::done) return exit_code::done;
    return complain(spec.program, fmt::format("stdout: {}", std::strerror(errno)), exit_code::not_reached);
}

int complain_of_usage(const CommandLineSpec& spec, const Error& error) {
    return complain(spec.program, fmt::format("{} (see {} --help)", error.message, spec.program),
                    exit_code::usage);
}

}  // namespace

int complain(std::string_view program, std::string_view message, int code) {
    const std::string line = fmt::format("{}: {}\n", program, printable(message, 2000));
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    return code;
}

int print(std::string_view text) {
    return write_all(STDOUT_FILENO, text) ? exit_code::done : exit_code::not_reached;
}

int run_main(int argc, char** argv, const CommandLineSpec& spec,
             const std::function<int(const ParsedOptions&)>& body) {
    open_missing_standard_descriptors();
    try {
        const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
        const auto options = parse_options(spec, arguments);
        if (!options) return complain_of_usage(spec, options.error());
        if (options->has("help")) return tell(spec, format_help(spec));
        if (options->has("version")) return tell(spec, format_version(spec.program) + "\n");
        return body(*options);
    } catch (const std::exception& error) {
        return complain(spec.program, error.what(), exit_code::environment);
    }
}

int run_listener_main(int argc, char** argv, const CommandLineSpec& spec,
                      const ListenerIntroduction& introduction, const Prepare& prepare,
                      const ByHand& by_hand) {
    return run_main(argc, argv, spec, [&](const ParsedOptions& options) {
        if (by_hand)
            if (const auto code = by_hand(options)) return *code;
        const auto run = prepare(options);
        if (!run && argc > 1) return complain_of_usage(spec, run.error());
        if (run_by_hand() && !options.has("test")) {
            const std::string text =
                introduce(spec, introduction, path_of_program(spec, argc > 0 ? argv[0] : ""));
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
            return exit_code::environment;
        }
        return run ? (*run)() : complain_of_usage(spec, run.error());
    });
}

}  // namespace keenlance
