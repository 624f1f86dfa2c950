#pragma once
/// What every program that has a policy is made of besides it: the effects, and the way facts come to it.

#include <keenlance/core/fleet_policy.hpp>
#include <keenlance/core/server_address.hpp>
#include <keenlance/system/client_http_probe.hpp>
#include <keenlance/system/console.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/outbox.hpp>
#include <keenlance/system/performer.hpp>
#include <keenlance/system/process_table.hpp>
#include <keenlance/system/ready_probe.hpp>
#include <keenlance/system/rpc_supervisor.hpp>
#include <keenlance/system/smtp_client.hpp>
#include <keenlance/system/system_clock.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keenlance {

/// What differs between a listener and a command.
struct EngineSetup {
    std::vector<ServerAddress> servers;
    OutboxSettings delivery{};
    LogSink& log;
    Console* console = nullptr;       ///< a command's; a listener has none
    std::optional<Duration> grace{};  ///< for what is unfinished at the close; nothing: as long as it takes
};

/// One policy and its effects. Nothing is connected to, and no libcurl loaded, before an action wants it.
class Engine {
  public:
    /// `policy` and what `setup` refers to must outlive it.
    Engine(FleetPolicy& policy, EngineSetup setup);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    [[nodiscard]] Reactor& reactor() { return reactor_; }
    /// With user and password as they were last given.
    [[nodiscard]] std::vector<ServerAddress> servers() const;

    /// Facts that come true while the policy is being told one wait for their turn.
    void tell(std::size_t server, Fact fact);
    /// Tells Closing, once; from then on work has until the grace is over.
    void close();
    /// Somebody wants it to end: close(), and at the second time the end, finished or not.
    void interrupt();
    /// Tells Started and turns the reactor until closed, by close() or by the policy's Finish, and then until
    /// all is idle or the grace is over. The exit code is Finish's, else 0; not 0 if it was cut short.
    int run();

  private:
    std::unique_ptr<Notifier> make_notifier();
    std::unique_ptr<Performer> make_performer(std::size_t server);
    Status ask_login(std::size_t server);
    void finish(int exit_code);
    [[nodiscard]] bool is_idle() const;

    FleetPolicy& policy_;
    EngineSetup setup_;
    SystemClock clock_;
    Reactor reactor_;
    HttpClient http_{reactor_};
    std::vector<std::unique_ptr<RpcSupervisor>> supervisors_;
    ClientHttpProbe probe_;
    CommandRunner commands_;
    SystemReadyProbe ready_;
    SmtpClient smtp_;
    std::unique_ptr<ProcessTable> processes_;
    std::unique_ptr<Notifier> notifier_;
    std::vector<std::unique_ptr<Performer>> performers_;
    std::deque<std::pair<std::size_t, Fact>> facts_;
    Reactor::TimerId wake_timer_ = 0;
    std::optional<SteadyTime> closing_;
    bool cut_short_ = false;
    int exit_code_ = 0;
};

/// A Policy of one supervisord as a FleetPolicy.
class OneServer : public FleetPolicy {
  public:
    explicit OneServer(Policy& policy) : policy_(policy) {}

    FleetActions step(std::size_t server, const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override { return policy_.deadline(); }
    [[nodiscard]] bool idle() const override { return policy_.idle(); }

  private:
    Policy& policy_;
};

}  // namespace keenlance
