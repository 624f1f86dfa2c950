// quickctl: starts, stops and restarts processes of supervisord, all at once, and verifies.

#include <keenlance/core/quantity.hpp>
#include <keenlance/core/server_choice.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/find_config.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <commands/control_command.hpp>
#include <fmt/format.h>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)
using quickctl::Verb;

const std::string program_name = "quickctl";

CommandLineSpec command_line() {
    CommandLineSpec spec;
    spec.program = program_name;
    spec.summary = "Starts, stops and restarts processes of supervisord, all at once, and verifies.";
    spec.usage = "[OPTION]... start|stop|restart|status PATTERN...";
    spec.options = {
        {{"c", "configuration"}, "FILE", "supervisord's configuration; default: supervisorctl's search path"},
        {{"s", "serverurl"}, "URL", "where supervisord listens: http://HOST:PORT or unix:///PATH"},
        {{"u", "username"}, "NAME", "user name for the server"},
        {{"p", "password"},
         "PASSWORD",
         "password for the server; better in SUPERVISOR_PASSWORD or the configuration"},
        {{"timeout"},
         "SECONDS",
         "give a process up after this; default: by its startsecs, startretries, stopwaitsecs"},
        {{"no-wait"}, "", "do not wait until the processes are where they are asked to be"},
        {{"fail-fast"},
         "",
         "give a process up when it is in BACKOFF, instead of waiting for supervisord's retries"},
        {{"dry-run"}, "", "tell what would be done, and do nothing"},
        {{"q", "quiet"}, "", "tell only what went wrong"},
        {{"json"}, "", "tell it as JSON"},
    };
    spec.closing =
        "PATTERN is a name as supervisorctl takes it (app, app:0, app:, app:*, all) or a pattern (ap*, "
        "*:web).\n\n"
        "  quickctl restart app:\n"
        "  quickctl -s http://db1:9001 status 'web*'\n";
    return spec;
}

Error usage(std::string message) {
    return {ErrorKind::invalid, 0, std::move(message)};
}

Result<quickctl::Settings> read_settings(const ParsedOptions& options) {
    quickctl::Settings settings;
    auto words = options.arguments();
    if (words.empty()) return usage("what is to be done: start, stop, restart or status?");
    const std::vector<std::pair<std::string, Verb>> verbs{
        {"start", Verb::start}, {"stop", Verb::stop}, {"restart", Verb::restart}, {"status", Verb::status}};
    const auto verb =
        std::find_if(verbs.begin(), verbs.end(), [&](const auto& each) { return each.first == words[0]; });
    if (verb == verbs.end())
        return usage(fmt::format("'{}' is none of start, stop, restart, status", printable(words[0])));
    settings.verb = verb->second;
    settings.patterns.assign(words.begin() + 1, words.end());
    if (settings.patterns.empty() && settings.verb == Verb::status) settings.patterns = {"all"};
    if (settings.patterns.empty()) return usage(fmt::format("{} what? Give a PATTERN, or all", words[0]));
    if (const auto written = options.last("timeout")) {
        const auto timeout = parse_seconds(*written);
        if (!timeout) return usage("option '--timeout': " + timeout.error().message);
        settings.timeout = *timeout;
    }
    if (options.has("no-wait")) settings.watch = Watch::until_accepted;
    if (options.has("fail-fast")) settings.on_backoff = OnBackoff::give_up;
    if (options.has("dry-run")) settings.deed = quickctl::Deed::told;
    if (options.has("quiet")) settings.output = quickctl::Output::failures;
    if (options.has("json")) settings.output = quickctl::Output::json;
    return settings;
}

Result<ServerAddress> choose_server(const ParsedOptions& options) {
    Result<ServerAddress> server = usage("");
    if (const auto url = options.last("serverurl")) {
        server = parse_server_address(*url);
    } else {
        const auto files = read_chosen_config({options.last("configuration"), std::nullopt});
        if (!files) return files.error();
        server = server_of(files->config, files->facts);
    }
    if (!server) return server;
    if (const char* user = std::getenv("SUPERVISOR_USERNAME"); user != nullptr && server->user.empty())
        server->user = user;
    if (const char* password = std::getenv("SUPERVISOR_PASSWORD");
        password != nullptr && server->password.empty())
        server->password = password;
    if (const auto user = options.last("username")) server->user = *user;
    if (const auto password = options.last("password")) server->password = *password;
    return server;
}

int run(const ParsedOptions& options) {
    auto settings = read_settings(options);
    if (!settings)
        return complain(program_name, settings.error().message + " (see quickctl --help)", exit_code::usage);
    if (const auto url = options.last("serverurl"))
        if (const auto address = parse_server_address(*url); !address)
            return complain(program_name, "option '-s': " + address.error().message, exit_code::usage);
    const auto server = choose_server(options);
    if (!server) return complain(program_name, server.error().message, exit_code::environment);
    quickctl::ControlCommand policy(std::move(*settings));
    return run_policy(policy, program_name, *server);
}

}  // namespace

int main(int argc, char** argv) {
    return keenlance::run_main(argc, argv, command_line(), run);
}
