#pragma once
/// The real Supervisor: XML-RPC to a running supervisord over TCP, TLS or a unix socket.

#include <keenlance/core/export.hpp>
#include <keenlance/core/server_address.hpp>
#include <keenlance/ports/supervisor.hpp>
#include <keenlance/system/http_client.hpp>

#include <string>

namespace keenlance {

/// Errors, besides faults, whose message is supervisord's own: unreachable, timeout, unauthorized,
/// http_status, malformed, too_large; each message names the server and the method, and where there is one,
/// the mend.
class KEENLANCE_API RpcSupervisor : public Supervisor {
  public:
    /// `http` must outlive it.
    RpcSupervisor(HttpClient& http, ServerAddress address);

    using Supervisor::send;
    void send(const xmlrpc::MethodCall& call, Duration timeout, Answer answer) override;

    [[nodiscard]] const ServerAddress& address() const { return address_; }
    /// From the next call on.
    void log_in(std::string user, std::string password);

  private:
    HttpClient& http_;
    ServerAddress address_;
};

/// The address in SUPERVISOR_SERVER_URL, with SUPERVISOR_USERNAME and SUPERVISOR_PASSWORD where the URL has
/// no user. supervisord gives its children the first (supervisor/options.py, serverurl), operators the others
/// by `environment=`. Error `invalid` when the variable is missing or no URL.
KEENLANCE_API Result<ServerAddress> server_address_from_environment();

}  // namespace keenlance
