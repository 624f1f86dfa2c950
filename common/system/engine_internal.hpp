#pragma once
/// What every program that has a policy is made of besides it: the effects, and the way facts come to it.

#include <keenlance/core/policy.hpp>
#include <keenlance/core/server_address.hpp>
#include <keenlance/system/curl_http_probe.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/listener.hpp>
#include <keenlance/system/log.hpp>
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

namespace keenlance {

/// One policy and its effects. Nothing is connected to, and no libcurl loaded, before an action wants it.
class Engine {
  public:
    /// `policy` must outlive it.
    Engine(Policy& policy, const std::string& program, ServerAddress server, const Channel& channel);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    [[nodiscard]] Reactor& reactor() { return reactor_; }
    [[nodiscard]] LogLines& log() { return log_; }

    /// Facts that come true while the policy is being told one wait for their turn.
    void tell(const Fact& fact);
    /// Tells Closing, once; from then on work has until shutdown_grace later.
    void close();
    /// Tells Started and turns the reactor until closed, by close() or by the policy's Finish, and then until
    /// all is idle or the grace is over. The exit code is Finish's, else 0.
    int run();

  private:
    std::unique_ptr<Notifier> make_notifier(const Channel& channel);
    void finish(int exit_code);

    Policy& policy_;
    SystemClock clock_;
    Reactor reactor_;
    LogLines log_;
    HttpClient http_{reactor_};
    RpcSupervisor supervisor_;
    CurlHttpProbe probe_;
    CommandRunner commands_;
    SystemReadyProbe ready_;
    SmtpClient smtp_;
    std::unique_ptr<ProcessTable> processes_;
    std::unique_ptr<Notifier> notifier_;
    Performer performer_;
    std::deque<Fact> facts_;
    Reactor::TimerId wake_timer_ = 0;
    std::optional<SteadyTime> closing_;
    int exit_code_ = 0;
};

}  // namespace keenlance
