#pragma once
/// The two worlds of the tests that hold the fake supervisord to the real one: the same programs, the same
/// calls.

#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/reactor.hpp>
#include <keenlance/system/rpc_supervisor.hpp>

#include <support/fake_supervisor.hpp>
#include <support/patience.hpp>
#include <support/real_supervisord.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace keenlance {

/// All programs of both worlds. A test has programs of its own, so that no test sees what another has done.
std::vector<PlayedProgram> all_programs();

/// What both worlds have in common: a supervisord to ask, and hands to spoil its programs with.
class Stage {
  public:
    Stage() = default;
    virtual ~Stage() = default;
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    Stage(Stage&&) = delete;
    Stage& operator=(Stage&&) = delete;

    virtual Supervisor& supervisor() = 0;
    /// Destroys the Supervisor, with what it has under way.
    virtual void drop_supervisor() = 0;
    /// What getPID answers.
    [[nodiscard]] virtual int supervisord_pid() const = 0;
    virtual void hide_command(const Namespec& id) = 0;
    virtual void show_command(const Namespec& id) = 0;
    /// From now on it cannot be spawned, though its command is there.
    virtual void forbid_spawning(const Namespec& id) = 0;
    /// A process just spawned is supervisord's fork until it has become the program: it does not die of
    /// SIGTERM yet, and still needs its command.
    virtual void wait_until_it_is_the_program(const ProcessInfo& info) = 0;
    /// A program that ignores SIGTERM is deaf only when it has come so far.
    virtual void wait_until_deaf(const ProcessInfo& info) = 0;

    Reactor& reactor() { return reactor_; }

    template <class T>
    Result<T> ask(const Call<T>& call) {
        auto answer = std::make_shared<std::optional<Result<T>>>();
        supervisor().template send<T>(call, patience, [answer](Result<T> got) { *answer = std::move(got); });
        if (!reactor_.run_until([&answer] { return answer->has_value(); }, Reactor::now() + patience))
            throw std::runtime_error("no answer to " + call.request.method);
        return std::move(**answer);
    }

    Result<xmlrpc::Value> ask(const xmlrpc::MethodCall& call) {
        return ask(
            Call<xmlrpc::Value>{call, [](const xmlrpc::Value& v) { return Result<xmlrpc::Value>(v); }});
    }

    /// What getProcessInfo tells when the process is in `state` at last.
    ProcessInfo wait_for(const Namespec& id, ProcessState state);
    /// The states it is seen in on its way, `last` included; one may go by unseen.
    std::vector<ProcessState> states_until(const Namespec& id, ProcessState last);
    /// Starts it and waits until it is RUNNING, and the program.
    ProcessInfo start(const Namespec& id);

  private:
    Reactor reactor_;
};

/// A FakeSupervisor of this test alone, with seconds of a tenth.
class FakeStage : public Stage {
  public:
    FakeStage();
    Supervisor& supervisor() override { return *fake_; }
    void drop_supervisor() override { fake_.reset(); }
    [[nodiscard]] int supervisord_pid() const override;
    void hide_command(const Namespec& id) override { fake_->hide_command(id); }
    void show_command(const Namespec& id) override { fake_->show_command(id); }
    void forbid_spawning(const Namespec& id) override;
    void wait_until_it_is_the_program(const ProcessInfo& /*info*/) override {}
    void wait_until_deaf(const ProcessInfo& /*info*/) override {}

  private:
    std::unique_ptr<FakeSupervisor> fake_;
};

/// A real supervisord, which all tests of this program share: starting one takes half a second.
class RealStage : public Stage {
  public:
    RealStage();
    ~RealStage() override;
    RealStage(const RealStage&) = delete;
    RealStage& operator=(const RealStage&) = delete;
    RealStage(RealStage&&) = delete;
    RealStage& operator=(RealStage&&) = delete;
    Supervisor& supervisor() override { return *rpc_; }
    void drop_supervisor() override;
    [[nodiscard]] int supervisord_pid() const override { return supervisord_->pid(); }
    void hide_command(const Namespec& id) override;
    void show_command(const Namespec& id) override;
    void forbid_spawning(const Namespec& id) override;
    void wait_until_it_is_the_program(const ProcessInfo& info) override;
    void wait_until_deaf(const ProcessInfo& info) override;

  protected:
    explicit RealStage(std::shared_ptr<RealSupervisord> supervisord);

  private:
    std::shared_ptr<RealSupervisord> supervisord_;
    std::unique_ptr<HttpClient> http_;
    std::unique_ptr<RpcSupervisor> rpc_;
};

/// A real supervisord of this test alone, for what cannot be undone.
class OwnRealStage : public RealStage {
  public:
    OwnRealStage();
};

}  // namespace keenlance
