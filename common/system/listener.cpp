#include <keenlance/system/child.hpp>
#include <keenlance/system/curl_http_probe.hpp>
#include <keenlance/system/event_channel.hpp>
#include <keenlance/system/event_listeners.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/log.hpp>
#include <keenlance/system/mailer.hpp>
#include <keenlance/system/performer.hpp>
#include <keenlance/system/process_table.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/rpc_supervisor.hpp>
#include <keenlance/system/system_clock.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <deque>
#include <memory>
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

/// Everything a running listener is made of; lives as long as run_listener().
class Listener {
  public:
    Listener(Policy& policy, const ListenerSetup& setup, ServerAddress server)
        : policy_(policy),
          warnings_(setup.warnings),
          log_(clock_, setup.program),
          supervisor_(http_, std::move(server)),
          probe_(reactor_, http_),
          commands_(reactor_),
          smtp_(reactor_),
          processes_(make_process_table(commands_)),
          notifier_(make_notifier(setup)),
          performer_(
              reactor_,
              {log_, supervisor_, *processes_, probe_, commands_, notifier_.get(), &find_event_listeners},
              [this](const Fact& fact) { tell(fact); }),
          channel_(reactor_, set_stdin_aside(), set_stdout_aside(),
                   {[this](const Event& event) { tell(EventReceived{event}); },
                    [this](std::string_view message) {
                        log_.write(std::string("bad input, ignored: ").append(message));
                    },
                    [this] { shut_down(); }}) {}

    int run() {
        reactor_.handle_signals();
        reactor_.on_terminate([this] { shut_down(); });
        channel_.open();
        for (const auto& warning : warnings_)
            log_.write(warning);
        tell(Started{});
        reactor_.run_until([this] { return closing_.has_value(); });
        const bool finished = reactor_.run_until(
            [this] { return policy_.idle() && facts_.empty() && (!notifier_ || notifier_->idle()); },
            *closing_ + shutdown_grace);
        if (!finished) log_.write("ending with work unfinished: it took longer than 8 s");
        return exit_code::done;
    }

  private:
    std::unique_ptr<Notifier> make_notifier(const ListenerSetup& setup) {
        if (const auto* sendmail = std::get_if<SendmailChannel>(&setup.channel)) {
            return std::make_unique<Mailer>(
                reactor_, clock_, log_, sendmail->addresses,
                std::make_unique<SendmailTransport>(commands_, sendmail->command));
        }
        if (const auto* smtp = std::get_if<SmtpChannel>(&setup.channel)) {
            return std::make_unique<Mailer>(reactor_, clock_, log_, smtp->addresses,
                                            std::make_unique<SmtpTransport>(smtp_, smtp->settings));
        }
        return nullptr;
    }

    /// Facts that come true while the policy is being told one wait for their turn.
    void tell(const Fact& fact) {
        facts_.push_back(fact);
        if (facts_.size() > 1) return;
        while (!facts_.empty()) {
            const auto actions = policy_.step(facts_.front(), clock_.now());
            for (const auto& action : actions)
                performer_.perform(action);
            facts_.pop_front();
        }
        reactor_.cancel(wake_timer_);
        wake_timer_ = 0;
        if (const auto deadline = policy_.deadline())
            wake_timer_ = reactor_.at(*deadline, [this] { tell(Woke{}); });
    }

    void shut_down() {
        if (closing_) return;
        closing_ = Reactor::now();
        channel_.close();
        tell(Closing{});
        // After what Closing brought about: a last notification is to be sent before the retries are hurried.
        reactor_.defer([this] { performer_.hurry(); });
    }

    Policy& policy_;
    std::vector<std::string> warnings_;
    SystemClock clock_;
    Reactor reactor_;
    LogLines log_;
    HttpClient http_{reactor_};
    RpcSupervisor supervisor_;
    CurlHttpProbe probe_;
    CommandRunner commands_;
    SmtpClient smtp_;
    std::unique_ptr<ProcessTable> processes_;
    std::unique_ptr<Notifier> notifier_;
    Performer performer_;
    EventChannel channel_;
    std::deque<Fact> facts_;
    Reactor::TimerId wake_timer_ = 0;
    std::optional<SteadyTime> closing_;
};

}  // namespace

std::optional<Namespec> own_namespec() {
    const char* group = std::getenv("SUPERVISOR_GROUP_NAME");
    const char* name = std::getenv("SUPERVISOR_PROCESS_NAME");
    if (group == nullptr || name == nullptr) return std::nullopt;
    return Namespec{group, name};
}

int run_listener(Policy& policy, const ListenerSetup& setup) {
    ServerAddress server;
    if (setup.rpc == ListenerSetup::Rpc::needed) {
        auto address = server_address_from_environment();
        if (!address) return complain(setup.program, address.error().message, exit_code::environment);
        server = std::move(*address);
    }
    Listener listener(policy, setup, std::move(server));
    return listener.run();
}

}  // namespace keenlance
