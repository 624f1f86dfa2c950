#include "real_supervisord.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <support/loopback.hpp>
#include <support/patience.hpp>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace keenlance {

namespace {

std::string configuration(const std::string& folder, int port, const RealSupervisord::Login& login) {
    auto text = fmt::format(
        "[supervisord]\nlogfile={0}/supervisord.log\npidfile={0}/supervisord.pid\nchildlogdir={0}\n"
        "minfds=256\nminprocs=10\n"
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        "[unix_http_server]\nfile={0}/s.sock\n",
        folder);
    if (port != 0) {
        text += fmt::format("[inet_http_server]\nport=127.0.0.1:{}\nusername={}\npassword={}\n", port,
                            login.user, login.password);
    }
    return text;
}

[[noreturn]] void become_supervisord(const char* config, const char* console) {
#if defined(__linux__)
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    const int output = ::open(console, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execlp("supervisord", "supervisord", "-n", "-c", config, nullptr);
    ::_exit(127);
}

}  // namespace

RealSupervisord::RealSupervisord(const Sections& sections, const Login& login) {
    const std::string programs = sections(folder_);
    // Somebody may take the port between our choosing it and supervisord's listening there.
    for (int tries_left = 3;; --tries_left) {
        if (!login.user.empty()) port_ = unused_port();
        write_file(folder_.at("supervisord.conf"), configuration(folder_.path(), port_, login) + programs);
        start();
        const bool something_came = eventually([this] { return has_ended() || listens(); });
        if (something_came && pid_ > 0) return;
        kill_at_once();
        if (tries_left == 1 || port_ == 0) break;
    }
    throw std::runtime_error("supervisord does not listen: " + read_file(folder_.at("console")));
}

void RealSupervisord::start() {
    const std::string config = folder_.at("supervisord.conf");
    const std::string console = folder_.at("console");
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) become_supervisord(config.c_str(), console.c_str());
}

bool RealSupervisord::listens() const {
    return can_connect(socket()) && (port_ == 0 || can_connect(port_));
}

bool RealSupervisord::has_ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
}

RealSupervisord::~RealSupervisord() {
    if (has_ended()) return;
    ::kill(pid_, SIGTERM);
    end_its_processes();
    // supervisord looks at its signals when something wakes it, else once a second.
    const auto wake_and_look = [this] { return has_ended() || (can_connect(socket()) && has_ended()); };
    if (!eventually(wake_and_look, Duration{20'000})) kill_at_once();
}

void RealSupervisord::kill_at_once() {
    if (has_ended()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void RealSupervisord::end_its_processes() const {
    std::istringstream children(read_file(fmt::format("/proc/{0}/task/{0}/children", pid_)));
    for (pid_t child = 0; children >> child;) {
        ::kill(-child, SIGKILL);  // supervisord makes each the leader of a group
        ::kill(child, SIGKILL);
    }
}

}  // namespace keenlance
