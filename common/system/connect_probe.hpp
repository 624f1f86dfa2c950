#pragma once
/// Finds out whether somebody accepts connections, and hangs up at once.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/reactor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace keenlance {

class Transfers;

/// Error kinds: refused, unreachable, timeout, invalid, system; the messages do not name the target. libcurl,
/// which looks names up beside everything else, is initialised by the first TCP connection, not before.
class KEENLANCE_API ConnectProbe {
  public:
    using Answer = std::function<void(Status)>;

    explicit ConnectProbe(Reactor& reactor);
    ~ConnectProbe();
    ConnectProbe(const ConnectProbe&) = delete;
    ConnectProbe& operator=(const ConnectProbe&) = delete;
    ConnectProbe(ConnectProbe&&) = delete;
    ConnectProbe& operator=(ConnectProbe&&) = delete;

    /// `server` is "host:port" or "[::1]:port". Answers once from a later turn, after `timeout` at the
    /// latest, name lookup included; not at all when this is destroyed before.
    void tcp(const std::string& server, Duration timeout, Answer answer);

    /// Tells at once, without blocking: the kernel knows.
    [[nodiscard]] static Status unix_socket(const std::string& path);

  private:
    Reactor& reactor_;
    std::unique_ptr<Transfers> transfers_;
};

}  // namespace keenlance
