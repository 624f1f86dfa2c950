// crashmail: mails when a process of supervisord crashes. Options as superlance's crashmail has them.

#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/read_file.hpp>
#include <keenlance/system/rpc_supervisor.hpp>

#include <fmt/core.h>
#include <listeners/crashmail/crashmail.hpp>
#include <listeners/mail_options.hpp>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

/// What superlance's crashmail has not.
std::vector<OptionSpec> own_options() {
    return {
        {{"tail"}, "LINES", "add the last LINES of its stdout and stderr"},
        {{"states"},
         "LIST",
         "tell of these states, separated by commas: EXITED (when unexpected), FATAL, BACKOFF, STOPPED ...; "
         "default: EXITED,FATAL"},
        {{"template"},
         "FILE",
         "mail the text of FILE, with ${subject}, ${body}, ${process}, ${tail_stderr} ... filled in"},
    };
}

Error wrong(const ParsedOptions::Occurrence& option, const std::string& message) {
    return {ErrorKind::invalid, 0, fmt::format("option '{}': {}", option.spelled, message)};
}

Result<std::set<ProcessState>> read_states(const ParsedOptions::Occurrence& option) {
    std::set<ProcessState> states;
    for (const auto word : split(option.value, ',')) {
        const auto state = parse_process_state(trim(word));
        if (!state)
            return wrong(option, fmt::format("'{}' is no state: EXITED, FATAL, BACKOFF, STARTING, RUNNING, "
                                             "STOPPING, STOPPED, UNKNOWN",
                                             printable(trim(word))));
        states.insert(*state);
    }
    return states;
}

Result<std::string> read_template(const ParsedOptions::Occurrence& option) {
    auto text = read_whole(option.value);
    if (!text) return wrong(option, text.error().message);
    if (trim(*text).empty()) return wrong(option, option.value + " is empty");
    return text;
}

Status read_own_options(const ParsedOptions& options, crashmail::Settings& settings, ListenerSetup& setup) {
    for (const auto& option : options.occurrences()) {
        if (option.key == "tail") {
            const auto lines = parse_integer(option.value, 0, 1000);
            if (!lines) return wrong(option, lines.error().message);
            settings.tail_lines = static_cast<int>(*lines);
        } else if (option.key == "states") {
            auto states = read_states(option);
            if (!states) return states.error();
            settings.states = std::move(*states);
        } else if (option.key == "template") {
            const auto text = read_template(option);
            if (!text) return text.error();
            for (auto& channel : setup.delivery.channels)
                use_mail_template(channel, *text);
        }
    }
    return Done{};
}

CommandLineSpec command_line() {
    CommandLineSpec spec;
    spec.program = "crashmail";
    spec.summary = "Mails when a process of supervisord crashes or cannot be started.";
    spec.usage = "[OPTION]...";
    spec.options = {
        {{"p", "program"}, "NAME", "only process NAME or GROUP:NAME; repeatable; default: all"},
        {{"a", "any"}, "", "all processes, whatever -p says"},
        {{"o", "optionalheader"}, "TEXT", "begin the subject with TEXT and a colon"},
        mail_command_option(),
        {{"m", "email"}, "ADDRESS", "mail to ADDRESS; without it, only a command given by -s is run"},
    };
    for (auto& option : own_options()) {
        option.abbreviation = Abbreviation::yields;
        spec.options.push_back(std::move(option));
    }
    append(spec.options, notify_options());
    spec.closing =
        "  [eventlistener:crashmail]\n"
        "  command=crashmail -a -m ops@example.com\n"
        "  events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL\n";
    return spec;
}

Result<std::function<int()>> prepare(const ParsedOptions& options) {
    crashmail::Settings settings;
    if (!options.has("any")) settings.programs = options.all("program");
    settings.prefix = options.last("optionalheader").value_or("");

    ListenerSetup setup;
    setup.program = "crashmail";
    const bool has_rpc = server_address_from_environment().ok();
    setup.rpc = has_rpc ? ListenerSetup::Rpc::needed : ListenerSetup::Rpc::unused;
    settings.rpc = has_rpc ? crashmail::Settings::Rpc::there : crashmail::Settings::Rpc::missing;
    settings.self = own_namespec();
    for (const auto& word : options.arguments())
        setup.warnings.push_back("ignoring '" + word + "', which follows no option");
    if (const auto read = read_delivery(options, MailNeeds::address_or_command, setup); !read)
        return read.error();
    if (const auto read = read_own_options(options, settings, setup); !read) return read.error();
    if (!has_rpc && settings.tail_lines > 0)
        setup.warnings.emplace_back(
            "--tail needs SUPERVISOR_SERVER_URL: give supervisord a [unix_http_server]");
    if (setup.delivery.channels.empty())
        setup.warnings.emplace_back("none of -m, -s and --notify is given: crashes are only logged");
    return std::function<int()>([settings = std::move(settings), setup = std::move(setup)] {
        crashmail::Crashmail policy(settings);
        return run_listener(policy, setup);
    });
}

}  // namespace

int main(int argc, char** argv) {
    return keenlance::run_listener_main(
        argc, argv, command_line(),
        {"mails when a process crashes", "-a -m you@example.com", "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL"},
        prepare);
}
