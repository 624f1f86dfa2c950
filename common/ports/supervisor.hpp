#pragma once
/// Where calls of supervisord's RPC interface go; behind it stands a real supervisord or a fake one.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/xmlrpc.hpp>

#include <functional>

namespace keenlance {

/// Sends calls without waiting. The answer, or an Error after `timeout` at the latest, comes back later
/// through the callback, never from within send(); once and only once, unless the Supervisor is destroyed
/// before.
class Supervisor {
  public:
    using Answer = std::function<void(Result<xmlrpc::Value>)>;

    Supervisor() = default;
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    Supervisor(Supervisor&&) = delete;
    Supervisor& operator=(Supervisor&&) = delete;
    virtual ~Supervisor() = default;

    virtual void send(const xmlrpc::MethodCall& call, Duration timeout, Answer answer) = 0;

    template <class T>
    void send(const Call<T>& call, Duration timeout, std::function<void(Result<T>)> answer) {
        send(call.request, timeout,
             [method = call.request.method, decode = call.decode,
              answer = std::move(answer)](Result<xmlrpc::Value> value) {
                 if (!value) return answer(std::move(value).error());
                 auto decoded = decode(*value);
                 if (decoded) return answer(std::move(decoded));
                 const Error& error = decoded.error();
                 answer(Error{error.kind, error.code, method + ": " + error.message});
             });
    }
};

}  // namespace keenlance
