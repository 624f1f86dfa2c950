// reload-after: sends a proxy a HUP whenever the backend behind it has come up, so that it looks up where
// that is now.

#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

using namespace keenlance;

/// Facts in, actions out, nothing else: a test of it needs neither supervisord nor a proxy.
struct ReloadAfter : Policy {
    Namespec backend, proxy;
    int unanswered = 0;

    explicit ReloadAfter(const std::vector<std::string>& names)
        : backend(parse_namespec(names.at(0))), proxy(parse_namespec(names.at(1))) {}

    Actions step(const Fact& fact, const Moment& /*now*/) override {
        if (const auto* received = std::get_if<EventReceived>(&fact)) {
            const auto change = parse_process_state_change(received->event);
            if (!change || change->id != backend || change->to != ProcessState::running) return {};
            ++unanswered;
            return {Log{backend.brief() + " is up, reloading " + proxy.brief()}, SignalProcess{proxy, "HUP"}};
        }
        const auto* signalled = std::get_if<ProcessSignalled>(&fact);
        if (!signalled) return {};
        --unanswered;
        if (signalled->answer) return {};
        const auto what = proxy.brief() + " was not reloaded: " + signalled->answer.error().message;
        return {Log{what}, Notify{Notification{what, what + "\n"}}};
    }
    bool idle() const override { return unanswered == 0; }
};

int main(int argc, char** argv) {
    const CommandLineSpec spec{"reload-after", "Reloads PROXY whenever BACKEND has come up.",
                               "[OPTION]... BACKEND PROXY", notify_options(), ""};
    const ListenerIntroduction who{"reloads a proxy when a backend is up", "web nginx",
                                   "PROCESS_STATE_RUNNING"};
    return run_listener_main(argc, argv, spec, who, [](const auto& options) -> Result<std::function<int()>> {
        ListenerSetup setup;
        setup.program = "reload-after";
        if (auto read = read_notify_options(options, setup); !read) return read.error();
        const auto& names = options.arguments();
        if (names.size() != 2) return Error{ErrorKind::invalid, 0, "expected the names of BACKEND and PROXY"};
        return std::function<int()>([=] {
            ReloadAfter policy(names);
            return run_listener(policy, setup);
        });
    });
}
