#include "fake_supervisor.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <stdexcept>

namespace keenlance {

namespace {

using xmlrpc::Array;
using xmlrpc::Struct;
using xmlrpc::Value;

constexpr int killed_by_signal = -1;  // supervisor/options.py decode_wait_status
constexpr Duration dying{5};          // from SIGTERM to the end of a process that obeys it

Error fault_of(int code, const std::string& about) {
    return {ErrorKind::fault, code, about.empty() ? fault_name(code) : fault_name(code) + ": " + about};
}

std::int64_t epoch_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// supervisor/states.py RUNNING_STATES: what can be stopped, and cannot be started.
bool counts_as_running(ProcessState state) {
    return state == ProcessState::running || state == ProcessState::starting ||
           state == ProcessState::backoff;
}

std::string missing_command(const Namespec& id) {
    return fmt::format("can't find command '/{}'", id.name);
}

/// supervisor/rpcinterface.py _interpretProcessInfo, but for the date a stopped process has there.
std::string describe(ProcessState state, int pid, std::int64_t uptime, const std::string& spawn_error) {
    if (state == ProcessState::running)
        return fmt::format("pid {}, uptime {}:{:02}:{:02}", pid, uptime / 3600, uptime / 60 % 60,
                           uptime % 60);
    if (state == ProcessState::backoff || state == ProcessState::fatal) return spawn_error;
    return "";
}

}  // namespace

FakeSupervisor::FakeSupervisor(Reactor& reactor, Duration second)
    : reactor_(reactor), second_(second), alive_(std::make_shared<bool>(true)) {}

FakeSupervisor::~FakeSupervisor() {
    *alive_ = false;
    for (auto& [id, process] : processes_)
        cancel_plans(process);
}

void FakeSupervisor::add(PlayedProgram program) {
    const Namespec id = program.id;
    processes_[id].program = std::move(program);
}

void FakeSupervisor::send(const xmlrpc::MethodCall& call, Duration /*timeout*/, Answer answer) {
    reactor_.defer([this, alive = alive_, call, answer = std::move(answer)] {
        if (*alive) answer(perform(call));
    });
}

FakeSupervisor::Reply FakeSupervisor::perform(const xmlrpc::MethodCall& call) {
    if (is_down()) return Error{ErrorKind::unreachable, 0, "cannot reach supervisord: it has shut down"};
    return call.method == "system.multicall" ? multicall(call.params) : call_one(call);
}

FakeSupervisor::Reply FakeSupervisor::multicall(const Array& params) {
    Array results;
    for (const auto& each : *params.at(0).as_array()) {
        auto reply = call_one({*each.member("methodName")->as_string(), *each.member("params")->as_array()});
        results.push_back(
            reply ? *reply
                  : Value(Struct{{"faultCode", reply.error().code}, {"faultString", reply.error().message}}));
    }
    return Value(std::move(results));
}

FakeSupervisor::Reply FakeSupervisor::call_one(const xmlrpc::MethodCall& call) {
    using Method = Reply (FakeSupervisor::*)(const Array&);
    struct Entry {
        std::string_view name;
        std::size_t params;
        Method method;
    };
    static constexpr std::array methods{
        Entry{"supervisor.startProcess", 2, &FakeSupervisor::start_process},
        Entry{"supervisor.stopProcess", 2, &FakeSupervisor::stop_process},
        Entry{"supervisor.getProcessInfo", 1, &FakeSupervisor::process_info},
        Entry{"supervisor.getAllProcessInfo", 0, &FakeSupervisor::all_process_info},
        Entry{"supervisor.shutdown", 0, &FakeSupervisor::shutdown},
    };
    static const std::map<std::string_view, Value> constants{
        {"supervisor.getPID", static_cast<int>(::getpid())},
        {"supervisor.getState", Struct{{"statecode", 1}, {"statename", "RUNNING"}}},
        {"supervisor.getSupervisorVersion", "4.2.5"},
    };
    const auto* const entry = std::ranges::find(methods, call.method, &Entry::name);
    const auto constant = constants.find(call.method);
    if (entry == methods.end() && constant == constants.end()) return fault_of(fault::unknown_method, "");
    if (call.params.size() != (entry == methods.end() ? 0 : entry->params))
        return fault_of(fault::incorrect_parameters, "");
    if (shutting_down_) return fault_of(fault::shutdown_state, "");
    return entry == methods.end() ? constant->second : (this->*entry->method)(call.params);
}

Result<FakeSupervisor::Process*> FakeSupervisor::find(const Value& name) {
    const auto found = processes_.find(parse_namespec(*name.as_string()));
    if (found == processes_.end()) return fault_of(fault::bad_name, *name.as_string());
    return &found->second;
}

FakeSupervisor::Reply FakeSupervisor::start_process(const Array& params) {
    if (*params[1].as_bool()) throw std::logic_error("FakeSupervisor plays wait=false only");
    const auto found = find(params[0]);
    if (!found) return found.error();
    Process& process = **found;
    if (!process.command_exists) return fault_of(fault::no_file, missing_command(process.program.id));
    if (counts_as_running(process.state)) return fault_of(fault::already_started, *params[0].as_string());
    // While it is STOPPING, supervisord answers true and does nothing (supervisor/process.py spawn).
    if (process.state == ProcessState::stopping) return Value(true);
    spawn(process);
    if (!process.spawn_error.empty()) return fault_of(fault::spawn_error, *params[0].as_string());
    return Value(true);
}

FakeSupervisor::Reply FakeSupervisor::stop_process(const Array& params) {
    if (*params[1].as_bool()) throw std::logic_error("FakeSupervisor plays wait=false only");
    const auto found = find(params[0]);
    if (!found) return found.error();
    if (!counts_as_running((*found)->state)) return fault_of(fault::not_running, *params[0].as_string());
    begin_to_stop(**found);
    return Value(true);
}

FakeSupervisor::Reply FakeSupervisor::process_info(const Array& params) {
    const auto found = find(params[0]);
    if (!found) return found.error();
    const Process& process = **found;
    const auto now = epoch_seconds();
    return Value(Struct{
        {"group", process.program.id.group},
        {"name", process.program.id.name},
        {"state", static_cast<int>(process.state)},
        {"statename", std::string(to_string(process.state))},
        {"pid", process.pid},
        {"start", process.start},
        {"stop", process.stop},
        {"now", now},
        {"exitstatus", process.exit_status},
        {"spawnerr", process.spawn_error},
        {"description", describe(process.state, process.pid, now - process.start, process.spawn_error)},
        {"logfile", ""},
        {"stdout_logfile", ""},
        {"stderr_logfile", ""},
    });
}

FakeSupervisor::Reply FakeSupervisor::all_process_info(const Array& /*params*/) {
    Array all;
    for (const auto& [id, process] : processes_)
        all.push_back(process_info({id.full()}).value());
    return Value(std::move(all));
}

FakeSupervisor::Reply FakeSupervisor::shutdown(const Array& /*params*/) {
    shutting_down_ = true;
    for (auto& [id, process] : processes_)
        if (counts_as_running(process.state)) begin_to_stop(process);
    return Value(true);
}

bool FakeSupervisor::is_down() const {
    return shutting_down_ &&
           std::ranges::all_of(processes_, [](const auto& entry) { return is_stopped(entry.second.state); });
}

void FakeSupervisor::spawn(Process& process) {
    process.state = ProcessState::starting;
    process.start = epoch_seconds();
    process.spawn_error.clear();
    process.exit_status = 0;
    if (!process.command_exists) return back_off(process, missing_command(process.program.id));
    if (!process.forbidden.empty()) return back_off(process, process.forbidden);
    process.pid = ++last_pid_;
    if (const auto& exit = process.program.exit)
        plan(process.death, exit->after, [this, &process] { finish(process, process.program.exit->status); });
    const auto succeed = [&process] {
        process.state = ProcessState::running;
        process.backoff = 0;
    };
    if (process.program.start_seconds == 0) return succeed();
    plan(process.transition, std::chrono::seconds(process.program.start_seconds), succeed);
}

void FakeSupervisor::back_off(Process& process, const std::string& why) {
    process.state = ProcessState::backoff;
    process.spawn_error = why;
    ++process.backoff;
    if (process.backoff <= process.program.start_retries) {
        plan(process.transition, std::chrono::seconds(process.backoff), [this, &process] { spawn(process); });
    } else {
        plan(process.transition, Duration{0}, [&process] {
            process.state = ProcessState::fatal;
            process.backoff = 0;
        });
    }
}

void FakeSupervisor::begin_to_stop(Process& process) {
    cancel_plans(process);
    if (process.state == ProcessState::backoff) {
        process.state = ProcessState::stopped;
        return;
    }
    process.state = ProcessState::stopping;
    const Duration kill = std::chrono::seconds(process.program.stop_wait_seconds);
    plan(process.death, process.program.ignores_stop ? kill : dying,
         [this, &process] { finish(process, killed_by_signal); });
}

void FakeSupervisor::finish(Process& process, int status) {
    cancel_plans(process);
    process.pid = 0;
    process.stop = epoch_seconds();
    if (process.state == ProcessState::starting)
        return back_off(process, "Exited too quickly (process log may have details)");
    process.exit_status = status;
    if (process.state == ProcessState::stopping) {
        process.state = ProcessState::stopped;
        return;
    }
    process.state = ProcessState::exited;
    process.backoff = 0;
    if (status != 0) process.spawn_error = fmt::format("Bad exit code {}", status);
}

void FakeSupervisor::plan(Reactor::TimerId& timer, Duration delay, std::function<void()> what) {
    reactor_.cancel(timer);
    timer = reactor_.after(Duration(delay.count() * second_.count() / 1000), std::move(what));
}

void FakeSupervisor::cancel_plans(Process& process) {
    reactor_.cancel(process.transition);
    reactor_.cancel(process.death);
}

}  // namespace keenlance
