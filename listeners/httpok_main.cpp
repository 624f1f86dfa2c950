// httpok: restarts processes of supervisord when a URL does not answer as it should. Options as superlance's
// httpok, and more.

#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <commands/command_line/servers.hpp>
#include <fmt/core.h>
#include <listeners/guard_options.hpp>
#include <listeners/httpok/httpok.hpp>
#include <listeners/httpok/options.hpp>
#include <listeners/httpok/table.hpp>
#include <listeners/mail_options.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

/// What superlance's httpok has.
std::vector<OptionSpec> old_options() {
    return {
        {{"p", "program"}, "NAME", "restart process NAME or GROUP:NAME if it is RUNNING; repeatable"},
        {{"a", "any"}, "", "restart every RUNNING process but event listeners, whatever -p says"},
        {{"g", "gcore"}, "COMMAND", "dump cores with COMMAND FILE PID; default: /usr/bin/gcore -o"},
        {{"d", "coredir"}, "FOLDER", "dump a core of each process into FOLDER before its restart"},
        {{"t", "timeout"},
         "SECONDS",
         "for the whole check, retries of refused connections included; default: 10"},
        {{"c", "code"}, "STATUS", "an HTTP status that is good: 204, 2xx, 200-299; repeatable; default: 200"},
        {{"b", "body"}, "TEXT", "bytes that a good body holds"},
        mail_command_option(),
        {{"m", "email"}, "ADDRESS", "mail to ADDRESS when the check fails; without it, no mail"},
        {{"e", "eager"}, "", "check even if none of the processes is RUNNING; the default"},
        {{"E", "not-eager"}, "", "do not check while none of the processes is RUNNING"},
        {{"n", "name"}, "NAME", "name of this httpok, for the subjects of its mails"},
    };
}

std::vector<OptionSpec> new_options() {
    std::vector<OptionSpec> options{
        {{"check"},
         "[PATTERN,...=]TARGET",
         "check TARGET too, and restart the processes that PATTERN means; without one, those of -p or -a; "
         "repeatable"},
        {{"checks"}, "FILE", "the checks of FILE, one a line; repeatable"},
        {{"header"}, "NAME: VALUE", "send this header; repeatable"},
        {{"method"}, "METHOD", "ask with METHOD instead of GET"},
        {{"regex"}, "REGEX", "what matches in a good body: POSIX extended, in its first 1 MB"},
        {{"insecure"}, "", "take any certificate"},
        {{"cacert"}, "FILE", "take certificates that those in FILE vouch for, not the system's"},
        {{"start-if-not-running"},
         "",
         "start a process that is FATAL, EXITED or was never started when its check fails"},
        {{"once"}, "", "check once, print a table, and restart nothing; from a shell"},
        {{"serverurl"}, "URL", "with --once: where supervisord listens"},
        {{"configuration"}, "FILE", "with --once: supervisord's configuration"},
    };
    for (auto& option : options)
        option.abbreviation = Abbreviation::yields;
    return options;
}

CommandLineSpec httpok_command_line() {
    CommandLineSpec spec;
    spec.program = "httpok";
    spec.summary = "Restarts processes of supervisord when a URL does not answer as it should.";
    spec.usage = "[OPTION]... [URL]";
    spec.options = old_options();
    for (auto more : {new_options(), guard_options()})
        spec.options.insert(spec.options.end(), more.begin(), more.end());
    append(spec.options, notify_options());
    spec.closing =
        "URL is http:// or https:// (verified); user:password@ in it is sent as basic\n"
        "authentication. A TARGET is a URL too, or unix:///path.sock:/uri, unix:///path.sock,\n"
        "tcp://host:port, exec:command; with {num}, {name}, {group} or {pid} in it, each process\n"
        "has a check of its own.\n\n"
        "  [eventlistener:httpok]\n"
        "  command=httpok -p web -t 5 http://127.0.0.1:8080/health\n"
        "  events=TICK_60\n\n"
        "  httpok --once --check 'app:web-*=http://127.0.0.1:80{num}/health'\n";
    return spec;
}

/// A file of the operator's.
Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    if (file) text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file)
        return Error{ErrorKind::invalid, 0, fmt::format("{}: {}", printable(path), std::strerror(errno))};
    return text;
}

Result<httpok::Settings> settings_of(const ParsedOptions& options) {
    auto settings = httpok::read_settings(options, &read_file);
    if (settings) settings->self = own_namespec();
    return settings;
}

Result<std::function<int()>> prepare(const ParsedOptions& options) {
    auto settings = settings_of(options);
    if (!settings) return settings.error();
    ListenerSetup setup;
    setup.program = "httpok";
    if (const auto read = read_delivery(options, MailNeeds::address, setup); !read) return read.error();
    const bool restarts_something = std::ranges::any_of(settings->checks, [](const httpok::Check& check) {
        return check.about.kind == httpok::About::Kind::any || !check.about.words.empty();
    });
    if (!restarts_something) setup.warnings.emplace_back("neither -p nor -a is given: nothing is restarted");
    return std::function<int()>([settings = std::move(*settings), setup = std::move(setup)] {
        httpok::Httpok policy(settings);
        return run_listener(policy, setup);
    });
}

/// --once. Without supervisord the table says nothing of restarts.
std::optional<int> by_hand(const ParsedOptions& options) {
    if (!options.has("once")) return std::nullopt;
    auto settings = settings_of(options);
    if (!settings)
        return complain("httpok", settings.error().message + " (see httpok --help)", exit_code::usage);
    const auto servers = command_line::servers_of(options);
    if (!servers && servers.error().kind == ErrorKind::invalid)
        return complain("httpok", servers.error().message, exit_code::usage);
    httpok::Once policy(std::move(*settings), servers ? std::nullopt : std::optional(servers.error()));
    return run_command(policy, "httpok", servers ? servers->front() : ServerAddress{});
}

}  // namespace

int main(int argc, char** argv) {
    return keenlance::run_listener_main(argc, argv, httpok_command_line(),
                                        {"restarts processes when a URL does not answer as it should",
                                         "-p web http://127.0.0.1:8080/", "TICK_60"},
                                        prepare, by_hand);
}
