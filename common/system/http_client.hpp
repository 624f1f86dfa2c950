#pragma once
/// HTTP requests beside everything else: what XML-RPC and health checks are carried by.

#include <keenlance/core/export.hpp>
#include <keenlance/core/http_check.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/reactor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

class PlainHttp;
class Transfers;

/// Whether a connection may serve several requests.
enum class Connection {
    kept,   ///< one that is open is used, and left open
    fresh,  ///< a new one, closed at the end: the server has to take it
};

/// What a request's timeout is the longest time of.
enum class TimeoutOf {
    answer,   ///< all of it, name lookup to last byte
    silence,  ///< from one byte to the next; the answer may take most_silences times as long
};
inline constexpr int most_silences = 40;

/// One request. Redirects are never followed; https is verified unless told otherwise.
struct HttpRequest {
    std::string url;                   ///< http or https; user:pass@ is sent as basic auth
    std::optional<std::string> post;   ///< the body of a POST; a GET without
    std::string method;                ///< in place of GET or POST; HEAD has no body
    std::vector<std::string> headers;  ///< "Content-Type: text/xml"; "Accept:" leaves libcurl's own out
    std::string unix_socket;           ///< connect here instead of to the URL's host
    std::string user, password;        ///< basic auth, sent when `user` is not empty
    Duration timeout{10'000};
    TimeoutOf timeout_of = TimeoutOf::answer;
    std::size_t max_body = std::size_t{64} * 1024 * 1024;  ///< more is Error `too_large`, its code the status
    /// Gets the body piece by piece instead of HttpResponse::body.
    std::function<void(std::string_view)> on_body;
    Verification verification = Verification::on;
    std::string authorities;  ///< a file of certificates (PEM) instead of the system's
    Connection connection = Connection::kept;
};

/// That it took too long.
[[nodiscard]] Error timed_out(Duration timeout, TimeoutOf what);

struct HttpResponse {
    int status = 0;
    std::string reason;  ///< "OK"; empty where the server sent none
    std::string body;
    std::string retry_after{};  ///< the header of that name (core/retry_after.hpp); usually empty
};

/// Error kinds: unreachable, timeout, too_large, malformed, invalid (the URL). An HTTP status is no error
/// here. libcurl is initialised by the first request that takes it, not before: a POST over http to a unix
/// socket or a numeric address does not.
class KEENLANCE_API HttpClient {
  public:
    explicit HttpClient(Reactor& reactor);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    HttpClient(HttpClient&&) = delete;
    HttpClient& operator=(HttpClient&&) = delete;

    /// Answers once from a later turn; not at all when the client is destroyed before.
    void send(HttpRequest request, std::function<void(Result<HttpResponse>)> answer);

  private:
    using Answer = std::function<void(Result<HttpResponse>)>;
    void transfer(HttpRequest request, Answer answer);

    Reactor& reactor_;
    std::unique_ptr<PlainHttp> plain_;
    std::unique_ptr<Transfers> transfers_;
};

}  // namespace keenlance
