#pragma once
/// HTTP/1.1 to a supervisord on this machine: over a unix socket, or TCP to a numeric address. No TLS, no
/// name lookup, no proxies: libcurl, which has them, brings 30 libraries that take 6 MB and 6 ms, and most
/// listeners never speak with anybody else. Not installed.

#include <keenlance/core/http_answer.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keenlance {

/// Where to connect to.
struct HttpTarget {
    std::vector<std::string> addresses;  // sockaddrs as bytes, tried in their order
    std::string host, path;              // as the request has them
    std::string user, password;

    /// Nothing where it takes libcurl.
    static std::optional<HttpTarget> of(const HttpRequest& request);
};

/// Destroying it drops what is under way without calling back.
class PlainHttp {
  public:
    explicit PlainHttp(Reactor& reactor) : reactor_(reactor) {}
    ~PlainHttp();
    PlainHttp(const PlainHttp&) = delete;
    PlainHttp& operator=(const PlainHttp&) = delete;
    PlainHttp(PlainHttp&&) = delete;
    PlainHttp& operator=(PlainHttp&&) = delete;

    /// As HttpClient::send().
    void send(const HttpRequest& request, HttpTarget target,
              std::function<void(Result<HttpResponse>)> answer);

  private:
    using Id = std::uint64_t;
    struct Exchange {
        HttpTarget target;
        std::string text;
        std::function<void(std::string_view)> on_body;
        std::function<void(Result<HttpResponse>)> answer;
        Connection connection;
        HttpAnswer reply;
        UniqueFd socket{};
        std::size_t next_address = 0, sent = 0;
        Duration timeout{};
        TimeoutOf timeout_of = TimeoutOf::answer;
        SteadyTime began{}, heard{};
        bool is_connected = false;
        bool is_used = false;  // its connection has served a request before
        Reactor::TimerId limit = 0, later = 0;
    };

    void keep_time(Id id, Exchange& exchange);
    void connect(Id id, Exchange& exchange);
    void watch(Id id, Exchange& exchange, short events);
    void on_ready(Id id);
    void write(Id id, Exchange& exchange);
    void read(Id id, Exchange& exchange);
    void on_hang_up(Id id, Exchange& exchange, const Error& error);
    void finish(Id id, Result<HttpResponse> result);
    [[nodiscard]] UniqueFd take_idle(const std::string& address);

    Reactor& reactor_;
    Id last_id_ = 0;
    std::map<Id, std::unique_ptr<Exchange>> exchanges_;
    std::map<std::string, std::deque<UniqueFd>> idle_;  // open connections, by address
};

}  // namespace keenlance
