#pragma once
/// The one place where a program waits: descriptors, timers, children and signals, in one thread.
///
/// Nothing else in this project blocks, so the listener protocol is answered within milliseconds whatever an
/// RPC, a mail command or a web server does.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace keenlance {

/// Not thread-safe. Callbacks run inside turn() and may call anything here, also to end what is calling them.
/// At most one Reactor in a process handles signals: the one that called handle_signals().
class KEENLANCE_API Reactor {
  public:
    using TimerId = std::uint64_t;

    Reactor();
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    Reactor(Reactor&&) = delete;
    Reactor& operator=(Reactor&&) = delete;

    /// The steady clock, read anew.
    [[nodiscard]] static SteadyTime now();

    /// Calls back with poll's revents while `fd` has one of `events` (POLLIN, POLLOUT) or is broken. Replaces
    /// an earlier watch of the same fd. The caller keeps the fd open until unwatch().
    void watch(int fd, short events, std::function<void(short)> callback);
    void unwatch(int fd);

    TimerId at(SteadyTime when, std::function<void()> callback);
    TimerId after(Duration delay, std::function<void()> callback) {
        return at(now() + delay, std::move(callback));
    }
    /// A timer that has fired, or 0, is ignored.
    void cancel(TimerId id);

    /// Runs before the next wait, after all that was deferred earlier.
    void defer(std::function<void()> callback);

    /// Handles SIGCHLD for on_child(), SIGTERM and SIGINT for on_terminate(), and ignores SIGPIPE. The
    /// handlers of before are restored by the destructor. Throws std::system_error if there are no
    /// descriptors left.
    void handle_signals();
    /// Called once, when that child of ours has ended, with waitpid's status.
    void on_child(pid_t pid, std::function<void(int)> callback);
    void forget_child(pid_t pid) { children_.erase(pid); }
    void on_terminate(std::function<void()> callback) { terminate_ = std::move(callback); }
    /// SIGTERM or SIGINT has come, and on_terminate() has not yet been called for it.
    [[nodiscard]] static bool termination_pending();

    /// Waits for the next thing to happen, at most until `limit`, and runs its callbacks.
    void turn(std::optional<SteadyTime> limit = std::nullopt);
    /// Turns until `done` is true or `limit` has passed; says whether it is true.
    bool run_until(const std::function<bool()>& done, std::optional<SteadyTime> limit = std::nullopt);

  private:
    struct Watch {
        short events;
        std::uint64_t generation;  // tells a watch from a later one of the same fd
        std::function<void(short)> callback;
    };

    void run_deferred();
    void run_due_timers();
    void run_ready(std::optional<SteadyTime> limit);
    void on_signal_pipe();
    void reap();

    std::map<int, Watch> watches_;
    std::map<std::pair<SteadyTime, TimerId>, std::function<void()>> timers_;
    std::map<TimerId, SteadyTime> timer_times_;
    std::vector<std::function<void()>> deferred_;
    std::map<pid_t, std::function<void(int)>> children_;
    std::function<void()> terminate_;
    std::uint64_t last_id_ = 0;
    bool handles_signals_ = false;
};

}  // namespace keenlance
