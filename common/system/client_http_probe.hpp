#pragma once
/// Health checks over HTTP: one GET, bounded as a whole, tried again while the connection is refused.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/http_probe.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/reactor.hpp>

#include <memory>

namespace keenlance {

/// `reactor` and `http` must outlive it, and it must outlive its checks.
class KEENLANCE_API ClientHttpProbe : public HttpProbe {
  public:
    ClientHttpProbe(Reactor& reactor, HttpClient& http) : reactor_(reactor), http_(http) {}
    void check(const HttpCheck& check, Answer answer) override;

  private:
    struct Attempt;
    void attempt(const std::shared_ptr<Attempt>& attempt);

    Reactor& reactor_;
    HttpClient& http_;
};

}  // namespace keenlance
