#pragma once
/// Readiness probes on the real machine: sockets, web servers, files and commands.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/ready_probe.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/connect_probe.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/reactor.hpp>

namespace keenlance {

/// All it is given must outlive it. Nothing under way refers to it; whether that is still answered when it
/// goes is left open. Only http and tcp wake libcurl.
class KEENLANCE_API SystemReadyProbe : public ReadyProbe {
  public:
    SystemReadyProbe(Reactor& reactor, HttpClient& http, CommandRunner& commands)
        : reactor_(reactor), http_(http), commands_(commands), connections_(reactor) {}
    void probe(const ReadyCheck& check, Answer answer) override;

  private:
    void get(const ReadyCheck& check, Answer answer);
    void run(const ReadyCheck& check, Answer answer);

    Reactor& reactor_;
    HttpClient& http_;
    CommandRunner& commands_;
    ConnectProbe connections_;
};

}  // namespace keenlance
