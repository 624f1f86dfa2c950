#include <keenlance/system/engine_internal.hpp>
#include <keenlance/system/event_channel.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/program.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace keenlance {

namespace {

/// A private copy of stdout, no child's to inherit; what else is printed to stdout from now on lands on
/// stderr.
UniqueFd set_stdout_aside() {
    UniqueFd protocol(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!protocol) throw std::system_error(errno, std::generic_category(), "stdout");
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    return protocol;
}

UniqueFd set_stdin_aside() {
    UniqueFd events(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!events) throw std::system_error(errno, std::generic_category(), "stdin");
    return events;
}

/// An Engine that hears of the world through the protocol.
class Listener {
  public:
    Listener(Policy& policy, const ListenerSetup& setup, ServerAddress server)
        : log_(clock_, setup.program),
          policy_(policy),
          engine_(policy_, {.servers = {std::move(server)},
                            .delivery = setup.delivery,
                            .log = log_,
                            .console = nullptr,
                            .grace = shutdown_grace}),
          channel_(engine_.reactor(), set_stdin_aside(), set_stdout_aside(),
                   {[this](Event event) { take(std::move(event)); },
                    [this](std::string_view message) {
                        log_.write(std::string("bad input, ignored: ").append(message));
                    },
                    [this] { shut_down(); }}) {}

    int run(const std::vector<std::string>& warnings) {
        engine_.reactor().handle_signals();
        engine_.reactor().on_terminate([this] { shut_down(); });
        channel_.open();
        for (const auto& warning : warnings)
            log_.write(warning);
        return engine_.run();
    }

  private:
    void take(Event event) {
        if (const auto lost = serials_.missing_before(event)) engine_.tell(0, EventsLost{lost});
        engine_.tell(0, EventReceived{std::move(event)});
    }

    void shut_down() {
        channel_.close();
        engine_.close();
    }

    SystemClock clock_;
    LogLines log_;
    OneServer policy_;
    Engine engine_;
    PoolSerials serials_;
    EventChannel channel_;
};

}  // namespace

std::optional<Namespec> own_namespec() {
    const char* group = std::getenv("SUPERVISOR_GROUP_NAME");
    const char* name = std::getenv("SUPERVISOR_PROCESS_NAME");
    if (group == nullptr || name == nullptr) return std::nullopt;
    return Namespec{group, name};
}

Status read_notify_options(const ParsedOptions& options, ListenerSetup& setup,
                           const std::string& mail_command) {
    setup.delivery.program = setup.program;
    if (options.has("test")) setup.purpose = ListenerSetup::Purpose::test;
    return read_notify_options(options, setup.delivery, mail_command);
}

int run_listener(Policy& policy, const ListenerSetup& setup) {
    if (setup.purpose == ListenerSetup::Purpose::test) return test_channels(setup.delivery);
    ServerAddress server;
    if (setup.rpc == ListenerSetup::Rpc::needed) {
        auto address = server_address_from_environment();
        if (!address) return complain(setup.program, address.error().message, exit_code::environment);
        server = std::move(*address);
    }
    Listener listener(policy, setup, std::move(server));
    return listener.run(setup.warnings);
}

int run_command(FleetPolicy& policy, const std::string& program, std::vector<ServerAddress>& servers) {
    Console console(program);
    int code = exit_code::done;
    {
        Engine engine(policy, {.servers = servers, .delivery = {}, .log = console, .console = &console});
        engine.reactor().handle_signals();
        engine.reactor().on_terminate([&engine] { engine.interrupt(); });
        code = engine.run();
        servers = engine.servers();
    }
    if (!console.lost_output()) return code;
    console.write("stdout does not take what is printed: it is incomplete");
    return code == exit_code::done ? exit_code::not_reached : code;
}

int run_command(Policy& policy, const std::string& program, const ServerAddress& server) {
    OneServer fleet(policy);
    std::vector<ServerAddress> servers{server};
    return run_command(fleet, program, servers);
}

}  // namespace keenlance
