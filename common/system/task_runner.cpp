#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/system/task_runner.hpp>

#include <algorithm>
#include <array>

namespace keenlance {

namespace {

using control::Ask;

constexpr Duration batch_timeout{30'000};

struct Batch {
    Ask ask;
    std::size_t most;  ///< in one call
};

/// What a call costs supervisord: 0.2 to 0.6 ms a stop, 4.5 ms a spawn, 0.3 ms a look.
constexpr std::array<Batch, 3> batches{{{Ask::stop, 60}, {Ask::start, 50}, {Ask::info, 100}}};

}  // namespace

TaskRunner::TaskRunner(Reactor& reactor, Supervisor& supervisor, Report report)
    : reactor_(reactor),
      supervisor_(supervisor),
      report_(std::move(report)),
      alive_(std::make_shared<bool>(true)) {}

TaskRunner::~TaskRunner() {
    *alive_ = false;
    for (const auto& [id, running] : running_)
        reactor_.cancel(running.timer);
}

void TaskRunner::begin(const Task& task) {
    const auto [entry, is_new] = running_.try_emplace(task.id, task);
    if (!is_new) return report_({task.id, TaskStage::spared, "it is being restarted already"});
    carry_out(task.id, entry->second.machine.begin(Reactor::now()));
}

void TaskRunner::amend(const Namespec& id, const Amendment& amendment) {
    const auto found = running_.find(id);
    if (found != running_.end()) found->second.machine.amend(amendment);
}

void TaskRunner::hurry() {
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

void TaskRunner::carry_out(const Namespec& id, const control::TaskStep& step) {
    auto& running = running_.at(id);
    if (step.ask) {
        asked_[*step.ask].push_back(id);
        send_soon();
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

void TaskRunner::send_soon() {
    if (sending_) return;
    sending_ = true;
    reactor_.defer([this, alive = alive_] {
        if (*alive) send_next();
    });
}

void TaskRunner::send_next() {
    for (const auto& batch : batches) {
        auto& waiting = asked_[batch.ask];
        if (waiting.empty()) continue;
        const auto count = std::min(batch.most, waiting.size());
        const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
        const std::vector<Namespec> ids(waiting.begin(), end);
        waiting.erase(waiting.begin(), end);
        return batch.ask == Ask::info ? send_looks(ids) : send_commands(batch.ask, ids);
    }
    sending_ = false;
}

void TaskRunner::answered() {
    sending_ = false;
    send_soon();
}

void TaskRunner::send_looks(const std::vector<Namespec>& ids) {
    if (ids.size() == 1) {
        return supervisor_.send<ProcessInfo>(
            api::get_process_info(ids.front()), call_timeout,
            [this, id = ids.front(), alive = alive_](const Result<ProcessInfo>& info) {
                if (!*alive) return;
                carry_out(id, running_.at(id).machine.on_info(info, Reactor::now()));
                if (*alive) answered();
            });
    }
    std::vector<Call<ProcessInfo>> calls;
    calls.reserve(ids.size());
    for (const auto& id : ids)
        calls.push_back(api::get_process_info(id));
    supervisor_.send_all<ProcessInfo>(
        calls, batch_timeout,
        [this, ids, alive = alive_](const Result<std::vector<Result<ProcessInfo>>>& infos) {
            for (std::size_t i = 0; i < ids.size() && *alive; ++i) {
                auto& machine = running_.at(ids[i]).machine;
                carry_out(ids[i], machine.on_info(infos ? (*infos)[i] : Result<ProcessInfo>(infos.error()),
                                                  Reactor::now()));
            }
            if (*alive) answered();
        });
}

void TaskRunner::send_commands(Ask ask, const std::vector<Namespec>& ids) {
    const auto call_for = [ask](const Namespec& id) {
        return ask == Ask::stop ? api::stop_process(id, Wait::no) : api::start_process(id, Wait::no);
    };
    if (ids.size() == 1) {
        return supervisor_.send<bool>(call_for(ids.front()), call_timeout,
                                      [this, id = ids.front(), alive = alive_](const Result<bool>& answer) {
                                          if (!*alive) return;
                                          carry_out(
                                              id, running_.at(id).machine.on_command(answer, Reactor::now()));
                                          if (*alive) answered();
                                      });
    }
    std::vector<Call<bool>> calls;
    calls.reserve(ids.size());
    for (const auto& id : ids)
        calls.push_back(call_for(id));
    supervisor_.send_all<bool>(
        calls, batch_timeout, [this, ids, alive = alive_](const Result<std::vector<Result<bool>>>& answers) {
            for (std::size_t i = 0; i < ids.size() && *alive; ++i) {
                auto& machine = running_.at(ids[i]).machine;
                carry_out(ids[i], machine.on_command(answers ? (*answers)[i] : Result<bool>(answers.error()),
                                                     Reactor::now()));
            }
            if (*alive) answered();
        });
}

}  // namespace keenlance
