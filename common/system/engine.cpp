#include <keenlance/system/engine_internal.hpp>
#include <keenlance/system/event_listeners.hpp>
#include <keenlance/system/mailer.hpp>
#include <keenlance/system/program.hpp>

namespace keenlance {

Engine::Engine(Policy& policy, const std::string& program, ServerAddress server, const Channel& channel)
    : policy_(policy),
      log_(clock_, program),
      supervisor_(http_, std::move(server)),
      probe_(reactor_, http_),
      commands_(reactor_),
      ready_(reactor_, http_, commands_),
      smtp_(reactor_),
      processes_(make_process_table(commands_)),
      notifier_(make_notifier(channel)),
      performer_(
          reactor_,
          {log_, supervisor_, *processes_, probe_, ready_, commands_, notifier_.get(), &find_event_listeners,
           [](std::string_view text) { print(text); }, [this](int exit_code) { finish(exit_code); }},
          [this](const Fact& fact) { tell(fact); }) {}

Engine::~Engine() = default;

std::unique_ptr<Notifier> Engine::make_notifier(const Channel& channel) {
    if (const auto* sendmail = std::get_if<SendmailChannel>(&channel)) {
        return std::make_unique<Mailer>(reactor_, clock_, log_, sendmail->addresses,
                                        std::make_unique<SendmailTransport>(commands_, sendmail->command));
    }
    if (const auto* smtp = std::get_if<SmtpChannel>(&channel)) {
        return std::make_unique<Mailer>(reactor_, clock_, log_, smtp->addresses,
                                        std::make_unique<SmtpTransport>(smtp_, smtp->settings));
    }
    return nullptr;
}

void Engine::tell(const Fact& fact) {
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

void Engine::close() {
    if (closing_) return;
    closing_ = Reactor::now();
    tell(Closing{});
    // After what Closing brought about: a last notification is to be sent before the retries are hurried.
    reactor_.defer([this] { performer_.hurry(); });
}

void Engine::finish(int exit_code) {
    exit_code_ = exit_code;
    reactor_.defer([this] { close(); });
}

int Engine::run() {
    tell(Started{});
    reactor_.run_until([this] { return closing_.has_value(); });
    const bool finished = reactor_.run_until(
        [this] { return policy_.idle() && facts_.empty() && (!notifier_ || notifier_->idle()); },
        *closing_ + shutdown_grace);
    if (!finished) log_.write("ending with work unfinished: it took longer than 8 s");
    return exit_code_;
}

}  // namespace keenlance
