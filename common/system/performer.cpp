#include <keenlance/core/policy.hpp>
#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/system/performer.hpp>
#include <keenlance/system/replace_file.hpp>

namespace keenlance {

namespace {

constexpr Duration listing_timeout{30'000};  // 10,000 processes keep supervisord busy for seconds

}  // namespace

Performer::Performer(Reactor& reactor, Effects effects, Sink sink)
    : reactor_(reactor),
      effects_(std::move(effects)),
      sink_(std::move(sink)),
      tasks_(reactor, effects_.supervisor, [this](const TaskProgress& progress) { sink_(progress); }) {}

void Performer::perform(const Action& action) {
    std::visit(Overloaded{
                   [this](const Log& log) { effects_.log.write(log.text); },
                   [this](const Notify& notify) {
                       if (effects_.notifier != nullptr) effects_.notifier->send(notify);
                   },
                   [this](const LeaveWord& word) {
                       if (effects_.notifier != nullptr) effects_.notifier->leave_word(word);
                   },
                   [this](const TakeBackWord& word) {
                       if (effects_.notifier != nullptr) effects_.notifier->take_back(word);
                   },
                   [this](const ReleaseNotifications& release) {
                       if (effects_.notifier != nullptr) effects_.notifier->release(release);
                   },
                   [this](const Print& text) { effects_.print(text.text); },
                   [this](const Display& display) { effects_.display(display.lines); },
                   [this](const Finish& finish) { effects_.finish(finish.exit_code); },
                   [this](const auto& work) { reactor_.defer([this, work] { begin(work); }); },
               },
               action);
}

void Performer::hurry() {
    tasks_.hurry();
    if (effects_.notifier != nullptr) effects_.notifier->hurry();
}

void Performer::begin(const AskLogin& /*action*/) {
    sink_(LoggedIn{effects_.ask_login()});
}

void Performer::begin(const ListProcesses& /*action*/) {
    effects_.supervisor.send<std::vector<ProcessInfo>>(
        api::get_all_process_info(), listing_timeout,
        [this](Result<std::vector<ProcessInfo>> processes) { sink_(ProcessesListed{std::move(processes)}); });
}

void Performer::begin(const ListConfigs& /*action*/) {
    effects_.supervisor.send<std::vector<ProcessConfig>>(api::get_all_config_info(), listing_timeout,
                                                         [this](Result<std::vector<ProcessConfig>> configs) {
                                                             sink_(ProcessConfigsListed{std::move(configs)});
                                                         });
}

void Performer::begin(const ReadLogTail& action) {
    effects_.supervisor.send<std::string>(
        api::read_process_log(action.id, action.stream, -action.bytes, 0), call_timeout,
        [this, id = action.id, stream = action.stream](Result<std::string> text) {
            sink_(LogRead{id, stream, std::move(text)});
        });
}

void Performer::begin(const InspectProcesses& action) {
    std::vector<Call<ProcessInfo>> calls;
    for (const auto& id : action.ids)
        calls.push_back(api::get_process_info(id));
    effects_.supervisor.send_all<ProcessInfo>(
        calls, listing_timeout, [this, ids = action.ids](Result<std::vector<Result<ProcessInfo>>> processes) {
            sink_(ProcessesInspected{ids, std::move(processes)});
        });
}

void Performer::begin(const ListEventListeners& /*action*/) {
    effects_.supervisor.send<int>(api::get_pid(), call_timeout, [this](const Result<int>& pid) {
        sink_(EventListenersListed{pid ? effects_.find_listeners(*pid) : pid.error()});
    });
}

void Performer::begin(const MeasureMemory& action) {
    effects_.processes.measure(action, [this](MemoryMeasured measured) { sink_(std::move(measured)); });
}

void Performer::begin(const CheckHttp& action) {
    effects_.http.check(action.check, [this, tag = action.tag](HttpOutcome outcome) {
        sink_(HttpChecked{std::move(outcome), tag});
    });
}

void Performer::begin(const Restart& action) {
    Task task;
    task.id = action.id;
    task.judged = action.judged;
    tasks_.begin(task);
}

void Performer::begin(const Bring& action) {
    tasks_.begin(action.task);
}

void Performer::begin(const AmendTask& action) {
    tasks_.amend(action.id, action.amendment);
}

void Performer::begin(const StartProcesses& action) {
    std::vector<Call<bool>> calls;
    for (const auto& id : action.ids)
        calls.push_back(api::start_process(id, Wait::no));
    effects_.supervisor.send_all<bool>(calls, listing_timeout,
                                       [this, ids = action.ids](Result<std::vector<Result<bool>>> answers) {
                                           sink_(ProcessesStarted{ids, std::move(answers)});
                                       });
}

void Performer::begin(const StopProcesses& action) {
    std::vector<Call<bool>> calls;
    for (const auto& id : action.ids)
        calls.push_back(api::stop_process(id, Wait::no));
    effects_.supervisor.send_all<bool>(calls, listing_timeout,
                                       [this, ids = action.ids](Result<std::vector<Result<bool>>> answers) {
                                           sink_(ProcessesStopped{ids, std::move(answers)});
                                       });
}

void Performer::begin(const SignalProcess& action) {
    effects_.supervisor.send<bool>(api::signal_process(action.id, action.signal), call_timeout,
                                   [this, id = action.id](Result<bool> answer) {
                                       sink_(ProcessSignalled{id, std::move(answer)});
                                   });
}

void Performer::begin(const ProbeReady& action) {
    effects_.ready.probe(action.check, [this, about = action.about](Status ready) {
        sink_(ReadyProbed{about, std::move(ready)});
    });
}

void Performer::begin(const ShutDownSupervisord& /*action*/) {
    effects_.supervisor.send<bool>(api::shutdown(), call_timeout, [this](const Result<bool>& answer) {
        if (!answer) effects_.log.write("cannot shut supervisord down: " + answer.error().message);
    });
}

void Performer::begin(const WriteFile& action) {
    if (const auto status = replace_file(action.path, action.text); !status)
        effects_.log.write(status.error().message);
}

void Performer::begin(const RunCommand& action) {
    Command command;
    command.text = action.command;
    command.timeout = action.timeout;
    command.at_end = action.at_end;
    command.environment = action.environment;
    effects_.commands.run(command, [this, action](Result<CommandResult> result) {
        if (!result) return sink_(CommandFinished{action.about, std::move(result).error()});
        if (result->status != 0 || result->timed_out)
            return sink_(CommandFinished{
                action.about, Error{ErrorKind::system, result->status, result->describe(action.timeout)}});
        sink_(CommandFinished{action.about, std::move(result->output)});
    });
}

}  // namespace keenlance
