#include <keenlance/system/reactor.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace keenlance {

namespace {

// What a signal handler may touch: a pipe that wakes poll, and flags that say why.
int signal_pipe_in = -1;                        // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
volatile std::sig_atomic_t terminate_seen = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
volatile std::sig_atomic_t child_seen = 0;      // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

struct SignalPipe {
    UniqueFd out, in;
    std::array<struct sigaction, 4> before{};
};
constexpr std::array<int, 4> handled_signals{SIGCHLD, SIGTERM, SIGINT, SIGPIPE};

SignalPipe& signal_pipe() {
    static SignalPipe pipe;
    return pipe;
}

extern "C" void keenlance_on_signal(int signal) {
    const int saved = errno;
    if (signal == SIGCHLD) {
        child_seen = 1;
    } else {
        terminate_seen = 1;
    }
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(signal_pipe_in, &byte, 1);  // full is as good: poll wakes
    errno = saved;
}

}  // namespace

Reactor::Reactor() = default;

Reactor::~Reactor() {
    if (!handles_signals_) return;
    auto& pipe = signal_pipe();
    for (std::size_t i = 0; i < handled_signals.size(); ++i)
        ::sigaction(handled_signals[i], &pipe.before[i], nullptr);
    signal_pipe_in = -1;
    pipe.in.reset();
    pipe.out.reset();
}

SteadyTime Reactor::now() {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

void Reactor::watch(int fd, short events, std::function<void(short)> callback) {
    watches_[fd] = Watch{events, ++last_id_, std::move(callback)};
}

void Reactor::unwatch(int fd) {
    watches_.erase(fd);
}

Reactor::TimerId Reactor::at(SteadyTime when, std::function<void()> callback) {
    const TimerId id = ++last_id_;
    timers_.emplace(std::pair{when, id}, std::move(callback));
    timer_times_.emplace(id, when);
    return id;
}

void Reactor::cancel(TimerId id) {
    const auto found = timer_times_.find(id);
    if (found == timer_times_.end()) return;
    timers_.erase({found->second, id});
    timer_times_.erase(found);
}

void Reactor::defer(std::function<void()> callback) {
    deferred_.push_back(std::move(callback));
}

void Reactor::handle_signals() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    auto& pipe = signal_pipe();
    pipe.out = UniqueFd(ends[0]);
    pipe.in = UniqueFd(ends[1]);
    for (const int end : ends) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    signal_pipe_in = pipe.in.get();
    for (std::size_t i = 0; i < handled_signals.size(); ++i) {
        struct sigaction action {};
        action.sa_handler = handled_signals[i] == SIGPIPE ? SIG_IGN : keenlance_on_signal;
        action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
        ::sigaction(handled_signals[i], &action, &pipe.before[i]);
    }
    handles_signals_ = true;
    watch(pipe.out.get(), POLLIN, [this](short) { on_signal_pipe(); });
}

bool Reactor::termination_pending() {
    return terminate_seen != 0;
}

void Reactor::on_signal_pipe() {
    std::array<char, 64> bytes{};
    while (::read(signal_pipe().out.get(), bytes.data(), bytes.size()) > 0) {
    }
    if (child_seen != 0) {
        child_seen = 0;
        reap();
    }
    if (terminate_seen != 0) {
        terminate_seen = 0;
        if (terminate_) terminate_();
    }
}

void Reactor::on_child(pid_t pid, std::function<void(int)> callback) {
    children_[pid] = std::move(callback);
    defer([this] { reap(); });  // it may have ended before this call
}

void Reactor::reap() {
    // Only pids we know are waited for: a library may have children of its own.
    std::vector<std::pair<std::function<void(int)>, int>> ended;
    for (auto child = children_.begin(); child != children_.end();) {
        int status = 0;
        const pid_t pid = ::waitpid(child->first, &status, WNOHANG);
        if (pid != 0) {
            if (pid < 0) status = 127 << 8;  // somebody else has waited for it: how it ended is lost
            ended.emplace_back(std::move(child->second), status);
            child = children_.erase(child);
        } else {
            ++child;
        }
    }
    for (const auto& [callback, status] : ended)
        callback(status);
}

void Reactor::run_deferred() {
    const auto batch = std::exchange(deferred_, {});
    for (const auto& callback : batch)
        callback();
}

void Reactor::run_due_timers() {
    const SteadyTime time = now();
    while (!timers_.empty() && timers_.begin()->first.first <= time) {
        auto node = timers_.extract(timers_.begin());
        timer_times_.erase(node.key().second);
        node.mapped()();
    }
}

void Reactor::run_ready(std::optional<SteadyTime> limit) {
    std::vector<pollfd> fds;
    std::vector<std::uint64_t> generations;
    fds.reserve(watches_.size());
    for (const auto& [fd, watch] : watches_) {
        fds.push_back({fd, watch.events, 0});
        generations.push_back(watch.generation);
    }
    if (!timers_.empty()) limit = std::min(limit.value_or(SteadyTime::max()), timers_.begin()->first.first);
    int timeout = -1;
    if (!deferred_.empty()) {
        timeout = 0;
    } else if (limit) {
        // One more millisecond: a timer is never early, so the loop does not spin through the last one.
        const auto left = std::clamp<std::int64_t>((*limit - now()).count() + 1, 0, 60'000);
        timeout = static_cast<int>(left);
    }
    if (::poll(fds.data(), static_cast<nfds_t>(fds.size()), timeout) <= 0) return;
    for (std::size_t i = 0; i < fds.size(); ++i) {
        if (fds[i].revents == 0) continue;
        const auto found = watches_.find(fds[i].fd);
        if (found == watches_.end() || found->second.generation != generations[i]) continue;
        const auto callback = found->second.callback;  // a copy: it may unwatch itself
        callback(fds[i].revents);
    }
}

void Reactor::turn(std::optional<SteadyTime> limit) {
    // Waiting comes first, so that run_until() asks again after everything that can end it.
    run_ready(limit);
    run_deferred();
    run_due_timers();
}

bool Reactor::run_until(const std::function<bool()>& done, std::optional<SteadyTime> limit) {
    while (!done()) {
        if (limit && now() >= *limit) return false;
        turn(limit);
    }
    return true;
}

}  // namespace keenlance
