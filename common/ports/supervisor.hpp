#pragma once
/// Where calls of supervisord's RPC interface go; behind it stands a real supervisord or a fake one.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/xmlrpc.hpp>

#include <functional>
#include <vector>

namespace keenlance {

/// How long supervisord may be silent about what is no list.
inline constexpr Duration call_timeout{10'000};

/// Sends calls without waiting. The answer, or an Error when nothing of it came for `timeout`, comes back
/// later through the callback, never from within send(); once and only once, unless the Supervisor is
/// destroyed before.
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

    /// All in one request (system.multicall); one result a call, in their order. Calls that wait would make
    /// everything serial: see Wait.
    template <class T>
    void send_all(const std::vector<Call<T>>& calls, Duration timeout,
                  std::function<void(Result<std::vector<Result<T>>>)> answer) {
        std::vector<xmlrpc::MethodCall> requests;
        for (const auto& call : calls)
            requests.push_back(call.request);
        send(xmlrpc::multicall(requests), timeout,
             [calls, answer = std::move(answer)](const Result<xmlrpc::Value>& value) {
                 if (!value) return answer(value.error());
                 const auto values = xmlrpc::parse_multicall(*value, calls.size());
                 if (!values) return answer(values.error());
                 std::vector<Result<T>> results;
                 for (std::size_t i = 0; i < calls.size(); ++i) {
                     const auto& each = (*values)[i];
                     results.push_back(each ? calls[i].decode(*each) : Result<T>(each.error()));
                 }
                 answer(std::move(results));
             });
    }
};

}  // namespace keenlance
