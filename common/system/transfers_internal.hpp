#pragma once
/// libcurl's multi interface turned by the Reactor: many transfers at once, none of them waited for. Not
/// installed: curl's types stay inside the library.

#include <keenlance/core/result.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/reactor.hpp>

#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace keenlance {

struct CurlEasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;

struct CurlListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

/// Runs easy handles. Destroying it drops what is under way without calling back.
class Transfers {
  public:
    using Ended = std::function<void(CURLcode)>;

    explicit Transfers(Reactor& reactor);
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;
    Transfers(Transfers&&) = delete;
    Transfers& operator=(Transfers&&) = delete;

    /// A fresh handle with what every transfer here wants: no signals, no proxies from the environment (a
    /// check of a local server must not go through one), our CA settings, a name lookup that can be given up,
    /// a connection that no child inherits.
    static CurlEasy make_easy();
    /// What the transfer may speak; `names` for new libcurls, `mask` (CURLPROTO_*) for those before 7.85.
    static void restrict_protocols(CURL* easy, const char* names, long mask);
    /// An Error for people about a transfer that has ended; `detail` is CURLOPT_ERRORBUFFER's text, perhaps
    /// empty; `timeout` is what it was given, and what for.
    static Error describe(CURL* easy, CURLcode code, const char* detail, Duration timeout,
                          TimeoutOf what = TimeoutOf::answer);

    /// Takes the handle until `ended`, which runs once from within a later turn; the handle is freed after
    /// it.
    void start(CurlEasy easy, Ended ended);

  private:
    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* unused);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);
    void act(curl_socket_t fd, int events);
    void collect_ended();

    struct Running {
        CurlEasy easy;
        Ended ended;
    };

    Reactor& reactor_;
    CURLM* multi_ = nullptr;
    Reactor::TimerId timer_ = 0;
    std::map<CURL*, Running> running_;
    std::set<curl_socket_t> sockets_;  // that libcurl waits for
};

}  // namespace keenlance
