// httpok: restarts processes of supervisord when a URL does not answer as it should. Options as superlance's
// httpok.

#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <fmt/format.h>
#include <listeners/httpok.hpp>
#include <listeners/mail_options.hpp>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

CommandLineSpec command_line() {
    CommandLineSpec spec;
    spec.program = "httpok";
    spec.summary = "Restarts processes of supervisord when a URL does not answer as it should.";
    spec.usage = "[OPTION]... URL";
    spec.options = {
        {{"p", "program"}, "NAME", "restart process NAME or GROUP:NAME if it is RUNNING; repeatable"},
        {{"a", "any"}, "", "restart every RUNNING process but event listeners, whatever -p says"},
        {{"g", "gcore"}, "COMMAND", "dump cores with COMMAND FILE PID; default: /usr/bin/gcore -o"},
        {{"d", "coredir"}, "FOLDER", "dump a core of each process into FOLDER before its restart"},
        {{"t", "timeout"},
         "SECONDS",
         "for the whole check, retries of refused connections included; default: 10"},
        {{"c", "code"}, "STATUS", "an HTTP status that is good; repeatable; default: 200"},
        {{"b", "body"}, "TEXT", "bytes that a good body holds"},
        mail_command_option(),
        {{"m", "email"}, "ADDRESS", "mail to ADDRESS when the check fails; without it, no mail"},
        {{"e", "eager"}, "", "check even if none of the processes is RUNNING; the default"},
        {{"E", "not-eager"}, "", "do not check while none of the processes is RUNNING"},
        {{"n", "name"}, "NAME", "name of this httpok, for the subjects of its mails"},
    };
    spec.closing =
        "URL is http:// or https:// (verified); user:password@ in it is sent as basic\n"
        "authentication.\n\n"
        "  [eventlistener:httpok]\n"
        "  command=httpok -p web -t 5 http://127.0.0.1:8080/health\n"
        "  events=TICK_60\n";
    return spec;
}

Error wrong(const ParsedOptions::Occurrence& option, const Error& error) {
    return {ErrorKind::invalid, 0, fmt::format("option '{}': {}", option.spelled, error.message)};
}

Status read_url(const std::vector<std::string>& arguments, std::string& url) {
    const auto invalid = [](std::string message) { return Error{ErrorKind::invalid, 0, std::move(message)}; };
    if (arguments.empty())
        return invalid("no URL to check: give one as the last argument, like http://127.0.0.1:8080/");
    if (arguments.size() > 1)
        return invalid(fmt::format("more than one URL: '{}' and '{}'", printable(arguments[0]),
                                   printable(arguments[1])));
    url = arguments[0];
    const auto scheme = to_lower(url.substr(0, url.find("://")));
    if ((scheme != "http" && scheme != "https") || url.size() <= scheme.size() + 3)
        return invalid(fmt::format("'{}' is no http:// or https:// URL", printable(without_password(url))));
    return Done{};
}

Status read_numbers(const ParsedOptions& options, httpok::Settings& settings) {
    std::vector<int> statuses;
    for (const auto& option : options.occurrences()) {
        if (option.key == "timeout") {
            const auto timeout = parse_seconds(option.value);
            if (!timeout) return wrong(option, timeout.error());
            if (timeout->count() == 0)
                return wrong(option, {ErrorKind::invalid, 0, "a check needs more than 0 seconds"});
            settings.check.timeout = *timeout;
        }
        if (option.key == "code") {
            const auto status = parse_integer(option.value, 100, 999);
            if (!status) return wrong(option, status.error());
            statuses.push_back(static_cast<int>(*status));
        }
    }
    if (!statuses.empty()) settings.statuses = std::move(statuses);
    return Done{};
}

Result<httpok::Settings> read_settings(const ParsedOptions& options) {
    httpok::Settings settings;
    if (const auto status = read_url(options.arguments(), settings.check.url); !status) return status.error();
    if (const auto status = read_numbers(options, settings); !status) return status.error();
    settings.self = own_namespec();
    settings.name = options.last("name").value_or("");
    settings.programs = options.all("program");
    settings.check.needle = options.last("body");
    if (options.has("any")) settings.choice = httpok::Settings::Choice::any;
    if (const auto gcore = options.last("gcore")) settings.gcore = *gcore;
    settings.core_folder = options.last("coredir");
    for (const auto& option : options.occurrences()) {
        if (option.key == "eager") settings.eagerness = httpok::Settings::Eagerness::eager;
        if (option.key == "not-eager") settings.eagerness = httpok::Settings::Eagerness::lazy;
    }
    return settings;
}

Result<std::function<int()>> prepare(const ParsedOptions& options) {
    auto settings = read_settings(options);
    if (!settings) return settings.error();
    ListenerSetup setup;
    setup.program = "httpok";
    if (options.has("email")) setup.channel = sendmail_channel(options);
    if (settings->programs.empty() && !options.has("any"))
        setup.warnings.emplace_back("neither -p nor -a is given: nothing is restarted");
    return std::function<int()>([settings = std::move(*settings), setup = std::move(setup)] {
        httpok::Httpok policy(settings);
        return run_listener(policy, setup);
    });
}

}  // namespace

int main(int argc, char** argv) {
    return keenlance::run_listener_main(argc, argv, command_line(),
                                        {"restarts processes when a URL does not answer as it should",
                                         "-p web http://127.0.0.1:8080/", "TICK_60"},
                                        prepare);
}
