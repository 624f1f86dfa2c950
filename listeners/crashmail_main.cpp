// crashmail: mails when a process of supervisord crashes. Options as superlance's crashmail has them.

#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <listeners/crashmail.hpp>
#include <listeners/mail_options.hpp>

namespace {

using namespace keenlance;  // NOLINT(google-build-using-namespace)

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
    setup.rpc = ListenerSetup::Rpc::unused;
    for (const auto& word : options.arguments())
        setup.warnings.push_back("ignoring '" + word + "', which follows no option");
    if (options.has("email") || options.has("sendmail_program")) {
        setup.channel = sendmail_channel(options);
    } else {
        setup.warnings.emplace_back("neither -m nor -s is given: crashes are only logged");
    }
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
