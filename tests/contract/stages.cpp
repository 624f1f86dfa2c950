#include "stages.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>

namespace keenlance {

namespace {

constexpr Duration between_looks{10};
constexpr Duration tenth{100};
const PlayedProgram::Exit soon_failing{Duration{200}, 3};

std::string script_path(const TemporaryFolder& folder, const Namespec& id) {
    return folder.at(id.name + ".sh");
}

std::string log_folder(const TemporaryFolder& folder, const Namespec& id) {
    return folder.at(id.name + ".logs");
}

std::string script_of(const PlayedProgram& program) {
    if (program.exit) {
        const auto ms = program.exit->after.count();
        return fmt::format("#!/bin/sh\n[ {0} = 0 ] || sleep {1}.{2:03}\nexit {3}\n", ms, ms / 1000, ms % 1000,
                           program.exit->status);
    }
    return fmt::format("#!/bin/sh\n{}exec sleep 1000\n", program.ignores_stop ? "trap '' TERM\n" : "");
}

void write_script(const PlayedProgram& program, const TemporaryFolder& folder) {
    const auto path = script_path(folder, program.id);
    write_file(path, script_of(program));
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::filesystem::create_directory(log_folder(folder, program.id));
}

/// Whether Linux says that the process ignores SIGTERM.
bool ignores_sigterm(int pid) {
    std::istringstream status(read_file(fmt::format("/proc/{}/status", pid)));
    for (std::string word; status >> word;) {
        if (word != "SigIgn:") continue;
        unsigned long long mask = 0;
        status >> std::hex >> mask;
        return (mask >> (SIGTERM - 1) & 1U) != 0;
    }
    return false;
}

/// [program:x] and [group:x], whose commands are scripts in `folder`.
std::string program_sections(const std::vector<PlayedProgram>& programs, const TemporaryFolder& folder) {
    std::string text;
    std::map<std::string, std::string> groups;
    for (const auto& program : programs) {
        write_script(program, folder);
        text += fmt::format(
            "[program:{}]\ncommand={}\nautostart=false\nautorestart=false\nexitcodes=0\nstartsecs={}\n"
            "startretries={}\nstopwaitsecs={}\nstopasgroup=true\nkillasgroup=true\n"
            "stdout_logfile={}/out\nstderr_logfile=NONE\n",
            program.id.name, script_path(folder, program.id), program.start_seconds, program.start_retries,
            program.stop_wait_seconds, log_folder(folder, program.id));
        if (program.id.group == program.id.name) continue;
        auto& members = groups[program.id.group];
        members += (members.empty() ? "" : ",") + program.id.name;
    }
    for (const auto& [group, members] : groups)
        text += fmt::format("[group:{}]\nprograms={}\n", group, members);
    return text;
}

std::shared_ptr<RealSupervisord> make_supervisord() {
    return std::make_shared<RealSupervisord>(
        [](const TemporaryFolder& folder) { return program_sections(all_programs(), folder); });
}

std::shared_ptr<RealSupervisord> shared_supervisord() {
    static const auto supervisord = make_supervisord();
    return supervisord;
}

}  // namespace

std::vector<PlayedProgram> all_programs() {
    // stopwaitsecs is short where a stop may come before the process is the program.
    const auto lone = [](const char* name) { return Namespec{name, name}; };
    return {
        {.id = lone("steady"), .start_seconds = 1},
        {.id = lone("instant"), .stop_wait_seconds = 2},
        {.id = lone("quitter"), .start_seconds = 20, .start_retries = 1, .exit = soon_failing},
        {.id = lone("retrier"), .start_seconds = 20, .start_retries = 10, .exit = soon_failing},
        {.id = lone("vanishing"), .start_seconds = 20, .start_retries = 1, .exit = soon_failing},
        {.id = lone("unspawnable"), .start_retries = 0},
        {.id = lone("lost"), .stop_wait_seconds = 2},
        {.id = lone("finisher"), .exit = PlayedProgram::Exit{Duration{200}, 0}},
        {.id = lone("failer"), .exit = soon_failing},
        {.id = lone("deaf"), .stop_wait_seconds = 2, .ignores_stop = true},
        {.id = lone("last"), .stop_wait_seconds = 2, .ignores_stop = true},
        {.id = {"crew", "one"}, .stop_wait_seconds = 2},
        {.id = {"crew", "two"}, .stop_wait_seconds = 2},
        // What the tests of TaskRunner restart.
        {.id = lone("web"), .start_seconds = 1},
        {.id = lone("spared")},
        {.id = lone("stubborn"), .stop_wait_seconds = 2, .ignores_stop = true},
        {.id = lone("removed")},
        {.id = {"pair", "left"}, .start_seconds = 1},
        {.id = {"pair", "right"}, .start_seconds = 1},
        {.id = lone("dropped")},
    };
}

ProcessInfo Stage::wait_for(const Namespec& id, ProcessState state) {
    const auto deadline = Reactor::now() + patience;
    for (;;) {
        auto info = ask(api::get_process_info(id));
        if (!info) throw std::runtime_error(info.error().message);
        if (info->state == state) return std::move(info).value();
        if (Reactor::now() > deadline)
            throw std::runtime_error(fmt::format("{} is {} and does not become {}", id.full(),
                                                 to_string(info->state), to_string(state)));
        reactor_.run_until([] { return false; }, Reactor::now() + between_looks);
    }
}

std::vector<ProcessState> Stage::states_until(const Namespec& id, ProcessState last) {
    std::vector<ProcessState> states;
    const auto deadline = Reactor::now() + patience;
    while (Reactor::now() < deadline) {
        const auto state = ask(api::get_process_info(id)).value().state;
        if (states.empty() || states.back() != state) states.push_back(state);
        if (state == last) break;
        reactor_.run_until([] { return false; }, Reactor::now() + between_looks);
    }
    return states;
}

ProcessInfo Stage::start(const Namespec& id) {
    const auto started = ask(api::start_process(id, Wait::no));
    if (!started) throw std::runtime_error(started.error().message);
    auto info = wait_for(id, ProcessState::running);
    wait_until_it_is_the_program(info);
    return info;
}

FakeStage::FakeStage() : fake_(std::make_unique<FakeSupervisor>(reactor(), tenth)) {
    for (auto& program : all_programs())
        fake_->add(std::move(program));
}

int FakeStage::supervisord_pid() const {
    return ::getpid();
}

void FakeStage::forbid_spawning(const Namespec& id) {
    fake_->forbid_spawning(id, fmt::format("unknown error making dispatchers for '{}': ENOENT", id.name));
}

RealStage::RealStage() : RealStage(shared_supervisord()) {}

RealStage::RealStage(std::shared_ptr<RealSupervisord> supervisord)
    : supervisord_(std::move(supervisord)),
      http_(std::make_unique<HttpClient>(reactor())),
      rpc_(std::make_unique<RpcSupervisor>(
          *http_, parse_server_address("unix://" + supervisord_->socket()).value())) {}

OwnRealStage::OwnRealStage() : RealStage(make_supervisord()) {}

RealStage::~RealStage() = default;

void RealStage::drop_supervisor() {
    http_.reset();
    rpc_.reset();
}

void RealStage::hide_command(const Namespec& id) {
    const auto path = script_path(supervisord_->folder(), id);
    std::filesystem::rename(path, path + ".hidden");
}

void RealStage::show_command(const Namespec& id) {
    const auto path = script_path(supervisord_->folder(), id);
    std::filesystem::rename(path + ".hidden", path);
}

void RealStage::forbid_spawning(const Namespec& id) {
    std::filesystem::remove_all(log_folder(supervisord_->folder(), id));
}

void RealStage::wait_until_it_is_the_program(const ProcessInfo& info) {
    const auto command_line = [](int pid) { return read_file(fmt::format("/proc/{}/cmdline", pid)); };
    const auto of_supervisord = command_line(supervisord_->pid());
    // A shell may not have opened its script yet: where the script ends in another program, wait for that.
    const auto script = read_file(script_path(supervisord_->folder(), info.id));
    const bool becomes_sleep = script.find("exec sleep") != std::string::npos;
    const auto is_it = [&] {
        const auto now = command_line(info.pid);
        return becomes_sleep ? now.starts_with("sleep") : now != of_supervisord;
    };
    if (!eventually(is_it)) throw std::runtime_error(info.id.full() + " does not become its program");
}

void RealStage::wait_until_deaf(const ProcessInfo& info) {
    if (!eventually([&info] { return ignores_sigterm(info.pid); }))
        throw std::runtime_error(info.id.full() + " does not come to ignore SIGTERM");
}

}  // namespace keenlance
