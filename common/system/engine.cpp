#include <keenlance/core/quantity.hpp>
#include <keenlance/system/engine_internal.hpp>
#include <keenlance/system/event_listeners.hpp>
#include <keenlance/system/outbox.hpp>
#include <keenlance/system/program.hpp>

namespace keenlance {

FleetActions OneServer::step(std::size_t server, const Fact& fact, const Moment& now) {
    FleetActions actions;
    for (auto& action : policy_.step(fact, now))
        actions.push_back({server, std::move(action)});
    return actions;
}

Engine::Engine(FleetPolicy& policy, EngineSetup setup)
    : policy_(policy),
      setup_(std::move(setup)),
      probe_(reactor_, http_),
      commands_(reactor_),
      ready_(reactor_, http_, commands_),
      smtp_(reactor_),
      processes_(make_process_table(reactor_, commands_)),
      notifier_(make_notifier()) {
    for (std::size_t server = 0; server < setup_.servers.size(); ++server) {
        supervisors_.push_back(std::make_unique<RpcSupervisor>(http_, setup_.servers[server]));
        performers_.push_back(make_performer(server));
    }
}

Engine::~Engine() = default;

std::unique_ptr<Notifier> Engine::make_notifier() {
    auto& delivery = setup_.delivery;
    if (delivery.channels.empty()) return nullptr;
    std::vector<std::unique_ptr<Transport>> transports;
    for (const auto& channel : delivery.channels)
        transports.push_back(make_transport(channel.target, {commands_, smtp_, http_, clock_}));
    return std::make_unique<Outbox>(reactor_, clock_, setup_.log, delivery, std::move(transports));
}

std::unique_ptr<Performer> Engine::make_performer(std::size_t server) {
    auto* console = setup_.console;
    Effects effects{
        .log = setup_.log,
        .supervisor = *supervisors_[server],
        .processes = *processes_,
        .http = probe_,
        .ready = ready_,
        .commands = commands_,
        .notifier = notifier_.get(),
        .find_listeners = &find_event_listeners,
        .print =
            [console](std::string_view text) {
                if (console != nullptr) console->print(text);
            },
        .display =
            [console](const std::vector<std::string>& lines) {
                if (console != nullptr) console->display(lines);
            },
        .ask_login = [this, server] { return ask_login(server); },
        .finish = [this](int exit_code) { finish(exit_code); },
    };
    return std::make_unique<Performer>(reactor_, std::move(effects),
                                       [this, server](const Fact& fact) { tell(server, fact); });
}

std::vector<ServerAddress> Engine::servers() const {
    std::vector<ServerAddress> servers;
    for (const auto& supervisor : supervisors_)
        servers.push_back(supervisor->address());
    return servers;
}

Status Engine::ask_login(std::size_t server) {
    if (setup_.console == nullptr) return Error{ErrorKind::system, 0, "nobody can be asked"};
    const auto login = setup_.console->ask_login(supervisors_[server]->address().shown);
    if (!login) return login.error();
    supervisors_[server]->log_in(login->user, login->password);
    return Done{};
}

void Engine::tell(std::size_t server, Fact fact) {
    facts_.emplace_back(server, std::move(fact));
    if (facts_.size() > 1) return;
    while (!facts_.empty()) {
        const auto& [about, next] = facts_.front();
        const auto* received = std::get_if<EventReceived>(&next);
        if (notifier_ && received != nullptr) notifier_->caused_by(&received->event);
        for (const auto& each : policy_.step(about, next, clock_.now()))
            performers_[each.server]->perform(each.action);
        if (notifier_ && received != nullptr) notifier_->caused_by(nullptr);
        facts_.pop_front();
    }
    reactor_.cancel(wake_timer_);
    wake_timer_ = 0;
    if (const auto deadline = policy_.deadline())
        wake_timer_ = reactor_.at(*deadline, [this] { tell(0, Woke{}); });
}

void Engine::close() {
    if (closing_) return;
    closing_ = Reactor::now();
    tell(0, Closing{});
    // After what Closing brought about: a last notification is to be sent before the retries are hurried.
    reactor_.defer([this] {
        for (const auto& performer : performers_)
            performer->hurry();
    });
}

void Engine::interrupt() {
    if (!closing_) return close();
    tell(0, Closing{Closing::Urgency::at_once});
    cut_short_ = true;
}

void Engine::finish(int exit_code) {
    exit_code_ = exit_code;
    reactor_.defer([this] { close(); });
}

bool Engine::is_idle() const {
    return policy_.idle() && facts_.empty() && (!notifier_ || notifier_->idle());
}

int Engine::run() {
    tell(0, Started{});
    reactor_.run_until([this] { return closing_.has_value(); });
    std::optional<SteadyTime> limit;
    if (setup_.grace) limit = *closing_ + *setup_.grace;
    const bool finished = reactor_.run_until([this] { return cut_short_ || is_idle(); }, limit);
    if (!finished)
        setup_.log.write("ending with work unfinished: it took longer than " +
                         format_duration(*setup_.grace));
    if (cut_short_ && exit_code_ == exit_code::done) return exit_code::not_reached;
    return exit_code_;
}

}  // namespace keenlance
