#include <keenlance/system/foreground.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves its declaration to us

namespace keenlance {

namespace {

constexpr std::array<int, 7> handed_on{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
constexpr int most_at_once = 256;  // orphans waited for before signals are looked at again

/// Blocks what is handled, so that no signal gets lost between two looks.
class SignalGate {
  public:
    SignalGate() {
        // Inherited as ignored, it would make the kernel throw exit statuses away.
        struct sigaction ordinary {};
        ordinary.sa_handler = SIG_DFL;
        ::sigaction(SIGCHLD, &ordinary, nullptr);
        ::sigemptyset(&handled_);
        ::sigaddset(&handled_, SIGCHLD);
        for (const int signal : handed_on)
            ::sigaddset(&handled_, signal);
        ::sigprocmask(SIG_BLOCK, &handled_, &before_);
    }

    /// What the command is to start with.
    [[nodiscard]] const sigset_t& before() const { return before_; }

    [[nodiscard]] bool has_more() const {
        sigset_t waiting;
        ::sigpending(&waiting);
        for (int signal = 1; signal < 32; ++signal)
            if (::sigismember(&handled_, signal) == 1 && ::sigismember(&waiting, signal) == 1) return true;
        return false;
    }

    enum class Origin { somebody, terminal };
    struct Caught {
        int signal = 0;
        Origin origin = Origin::somebody;
    };
    [[nodiscard]] Caught wait() const {
#if defined(SI_KERNEL)
        siginfo_t info{};
        int signal = -1;
        do
            signal = ::sigwaitinfo(&handled_, &info);
        while (signal < 0 && errno == EINTR);
        return {signal, info.si_code == SI_KERNEL ? Origin::terminal : Origin::somebody};
#else
        int signal = 0;
        ::sigwait(&handled_, &signal);
        return {signal, Origin::somebody};
#endif
    }

  private:
    sigset_t handled_{}, before_{};
};

void adopt_orphans() {
#if defined(__linux__)
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // pid 1 is it anyway, and an old kernel has none
#endif
}

Result<pid_t> start(const std::vector<std::string>& command, const sigset_t& mask) {
    std::vector<char*> words;
    for (const auto& word : command)
        words.push_back(const_cast<char*>(word.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    words.push_back(nullptr);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setsigmask(&attributes, &mask);
    pid_t pid = -1;
    const int code = ::posix_spawnp(&pid, words[0], nullptr, &attributes, words.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    if (code != 0) return Error{ErrorKind::system, code, command.front() + ": " + std::strerror(code)};
    return pid;
}

/// The command while it runs.
class Foreground {
  public:
    explicit Foreground(pid_t pid) : pid_(pid) {}

    void hand_on(const SignalGate::Caught& caught) {
        const bool has_it = caught.origin == SignalGate::Origin::terminal && ::getpgid(pid_) == ::getpgrp();
        if (!has_it) ::kill(pid_, caught.signal);
        if (caught.signal == SIGTERM || caught.signal == SIGINT || caught.signal == SIGQUIT)
            end_.told = ForegroundEnd::Told::to_end;
    }

    /// Waits for children that have ended, a bounded number of them; false: there may be more.
    bool reap() {
        for (int i = 0; i < most_at_once; ++i) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, WNOHANG);
            if (pid < 0 && errno == EINTR) continue;
            if (pid <= 0) {
                end_.left = pid == 0 ? ForegroundEnd::Left::somebody : ForegroundEnd::Left::nobody;
                return true;
            }
            if (pid != pid_) continue;
            end_.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            ended_ = true;
        }
        return false;
    }

    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const ForegroundEnd& end() const { return end_; }

  private:
    pid_t pid_;
    bool ended_ = false;
    ForegroundEnd end_;
};

}  // namespace

Result<ForegroundEnd> run_in_foreground(const std::vector<std::string>& command) {
    const SignalGate gate;
    adopt_orphans();
    const auto pid = start(command, gate.before());
    if (!pid) return pid.error();
    Foreground foreground(*pid);
    bool all_reaped = true;
    while (!foreground.ended() || !all_reaped) {
        if (all_reaped || gate.has_more()) {
            const auto caught = gate.wait();
            if (caught.signal != SIGCHLD && !foreground.ended()) foreground.hand_on(caught);
        }
        all_reaped = foreground.reap();
    }
    return foreground.end();
}

}  // namespace keenlance
