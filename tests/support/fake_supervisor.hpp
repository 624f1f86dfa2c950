#pragma once
/// supervisord in memory: plays programs and answers calls as the real one does, which
/// tests/contract/supervisor.cpp holds it to.

#include <keenlance/ports/supervisor.hpp>
#include <keenlance/system/reactor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keenlance {

/// What a program is configured as and what it does, for the fake to play and for contract tests to write as
/// a [program:x]. Always with autostart=false and autorestart=false. Times in supervisord's time.
struct PlayedProgram {
    /// Ends by itself.
    struct Exit {
        Duration after{0};
        int status = 0;
    };

    Namespec id;
    int start_seconds = 0;       ///< startsecs
    int start_retries = 3;       ///< startretries
    int stop_wait_seconds = 10;  ///< stopwaitsecs; exitcodes is 0
    std::optional<Exit> exit = std::nullopt;
    bool ignores_stop = false;  ///< only SIGKILL, after stopwaitsecs, ends it
};

/// Plays the methods this project calls, starts and stops with wait=false only: anything else supervisord has
/// throws std::logic_error. Faults, spawn errors and states are those of supervisor 4.2.5.
class FakeSupervisor : public Supervisor {
  public:
    /// One of its seconds lasts `second`: startsecs, stopwaitsecs and the delays of BACKOFF with it.
    FakeSupervisor(Reactor& reactor, Duration second);
    ~FakeSupervisor() override;
    FakeSupervisor(const FakeSupervisor&) = delete;
    FakeSupervisor& operator=(const FakeSupervisor&) = delete;
    FakeSupervisor(FakeSupervisor&&) = delete;
    FakeSupervisor& operator=(FakeSupervisor&&) = delete;

    /// STOPPED, never started.
    void add(PlayedProgram program);

    /// The command is not there any more; and is back.
    void hide_command(const Namespec& id) { processes_.at(id).command_exists = false; }
    void show_command(const Namespec& id) { processes_.at(id).command_exists = true; }
    /// Every further spawn fails with `why`; an empty one allows them again.
    void forbid_spawning(const Namespec& id, const std::string& why) { processes_.at(id).forbidden = why; }

    using Supervisor::send;
    void send(const xmlrpc::MethodCall& call, Duration timeout, Answer answer) override;

  private:
    struct Process {
        PlayedProgram program;
        bool command_exists = true;
        std::string forbidden;
        ProcessState state = ProcessState::stopped;
        int pid = 0;
        int backoff = 0;
        int exit_status = 0;
        std::int64_t start = 0, stop = 0;
        std::string spawn_error;
        Reactor::TimerId transition = 0;  // what supervisord will do about it
        Reactor::TimerId death = 0;       // what the process will do
    };
    using Reply = Result<xmlrpc::Value>;  // a fault's message is its faultString

    Reply perform(const xmlrpc::MethodCall& call);
    Reply call_one(const xmlrpc::MethodCall& call);
    Reply multicall(const xmlrpc::Array& params);
    Reply start_process(const xmlrpc::Array& params);
    Reply stop_process(const xmlrpc::Array& params);
    Reply process_info(const xmlrpc::Array& params);
    Reply all_process_info(const xmlrpc::Array& params);
    Reply shutdown(const xmlrpc::Array& params);
    Result<Process*> find(const xmlrpc::Value& name);

    void spawn(Process& process);
    void back_off(Process& process, const std::string& why);
    void begin_to_stop(Process& process);
    void finish(Process& process, int status);
    void plan(Reactor::TimerId& timer, Duration delay, std::function<void()> what);
    void cancel_plans(Process& process);
    [[nodiscard]] bool is_down() const;

    Reactor& reactor_;
    Duration second_;
    std::map<Namespec, Process> processes_;
    int last_pid_ = 5'000'000;  // beyond Linux's pid_max: nobody can signal one by mistake
    bool shutting_down_ = false;
    std::shared_ptr<bool> alive_;  // deferred answers must not reach a dead FakeSupervisor
};

}  // namespace keenlance
