#pragma once
/// One failure of an essential process: what is known of it, what is said of it, and which exit status it
/// makes. Pure.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/notification.hpp>
#include <keenlance/core/process.hpp>

#include <optional>
#include <string>

namespace keenlance::essential {

struct Failure {
    Namespec id;
    enum class Kind {
        fatal,            ///< supervisord has given up starting it
        unexpected_exit,  ///< with a status that is none of its exitcodes
        expected_exit,    ///< it is done (--any-exit)
    } kind = Kind::fatal;
    std::optional<int> pid{};  ///< of the process that ended
    /// As getProcessInfo tells it. supervisord forgets it when it starts the process again, which with
    /// autorestart it does before it answers anybody.
    std::optional<int> exit_status{};
    std::string reason{};  ///< why a start failed, in supervisord's words; may be empty
    SteadyTime since{};

    /// What the container's runtime is to see: 0 for an expected exit; else never 0, and 1 where nothing else
    /// is known. supervisord has -1 for all that died of a signal, and does not tell which: 255.
    [[nodiscard]] int exit_code() const;
    /// "web exited unexpectedly with status 3 (pid 12)".
    [[nodiscard]] std::string describe() const;
};

/// The alert that begins with the failure; with a `wait` it holds until is_back() or the shutdown.
Notification is_down(const Failure& failure, Duration wait);
Notification is_back(const Failure& failure, const std::string& why);

}  // namespace keenlance::essential
