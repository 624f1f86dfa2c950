#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/system/restarter.hpp>

namespace keenlance {

namespace {

constexpr Duration call_timeout{10'000};

}  // namespace

Restarter::Restarter(Reactor& reactor, Supervisor& supervisor, Report report)
    : reactor_(reactor),
      supervisor_(supervisor),
      report_(std::move(report)),
      alive_(std::make_shared<bool>(true)) {}

Restarter::~Restarter() {
    *alive_ = false;
    for (const auto& [id, running] : running_)
        reactor_.cancel(running.timer);
}

void Restarter::restart(const Restart& request) {
    const auto [entry, is_new] = running_.try_emplace(request.id, request);
    if (!is_new) return report_({request.id, RestartStage::spared, "it is being restarted already"});
    carry_out(request.id, entry->second.machine.begin());
}

void Restarter::hurry() {
    for (auto& [id, running] : running_) {
        running.machine.hurry();
        if (running.timer == 0) continue;  // it waits for an answer, which comes in its own time
        reactor_.cancel(running.timer);
        running.timer = reactor_.after(Duration{0}, [this, name = id] {
            running_.at(name).timer = 0;
            carry_out(name, running_.at(name).machine.on_wake());
        });
    }
}

void Restarter::carry_out(const Namespec& id, const control::RestartStep& step) {
    auto& running = running_.at(id);
    if (step.ask == control::Ask::info) {
        supervisor_.send<ProcessInfo>(api::get_process_info(id), call_timeout,
                                      [this, id, alive = alive_](const Result<ProcessInfo>& info) {
                                          if (*alive)
                                              carry_out(
                                                  id, running_.at(id).machine.on_info(info, Reactor::now()));
                                      });
    } else if (step.ask) {
        const auto call = step.ask == control::Ask::stop ? api::stop_process(id, Wait::no)
                                                         : api::start_process(id, Wait::no);
        supervisor_.send<bool>(call, call_timeout, [this, id, alive = alive_](const Result<bool>& answer) {
            if (*alive) carry_out(id, running_.at(id).machine.on_command(answer, Reactor::now()));
        });
    } else if (step.wake_at) {
        running.timer = reactor_.at(*step.wake_at, [this, id] {
            running_.at(id).timer = 0;
            carry_out(id, running_.at(id).machine.on_wake());
        });
    }
    if (step.finished) running_.erase(running_.find(id));  // not by the key: `id` may live in the entry
    for (const auto& progress : step.progress)
        report_(progress);
}

}  // namespace keenlance
