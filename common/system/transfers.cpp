#include "transfers_internal.hpp"
#include <keenlance/core/text.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace keenlance {

namespace {

void initialise_curl_once() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

/// OpenSSL's own variables, and the one curl's users know: libcurl by itself looks at none of them.
void use_own_authorities(CURL* easy) {
    for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
        const char* file = std::getenv(name);
        if (file != nullptr && *file != '\0') curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    }
    const char* folder = std::getenv("SSL_CERT_DIR");
    if (folder != nullptr && *folder != '\0') curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}

/// Else a command we run would hold it open for as long as it lives.
int keep_from_children(void* /*unused*/, curl_socket_t fd, curlsocktype /*purpose*/) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

ErrorKind kind_of(CURLcode code) {
    switch (code) {
        case CURLE_LOGIN_DENIED:
            return ErrorKind::unauthorized;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return ErrorKind::invalid;
        case CURLE_WEIRD_SERVER_REPLY:
            return ErrorKind::malformed;
        default:
            return ErrorKind::unreachable;
    }
}

}  // namespace

Error Transfers::describe(CURL* easy, CURLcode code, const char* detail, Duration timeout, TimeoutOf what) {
    if (code == CURLE_OPERATION_TIMEDOUT) return timed_out(timeout, what);
    std::string message = *detail != '\0' ? detail : curl_easy_strerror(code);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        message += " (is its authority in the system's store, or named by SSL_CERT_FILE?)";
    if (code == CURLE_SSL_CACERT_BADFILE)
        message +=
            " (are there certificates in it? ca-certificates brings the system's, SSL_CERT_FILE names "
            "others)";
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    // libcurl's own words name the URL's host and port, which for a unix socket are not where it went.
    if (code == CURLE_COULDNT_CONNECT && os_error != 0) message = std::strerror(static_cast<int>(os_error));
    ErrorKind kind = kind_of(code);
    if (code == CURLE_COULDNT_CONNECT && os_error == ECONNREFUSED) kind = ErrorKind::refused;
    // What does not begin as HTTP does has the code of a URL's unknown scheme; only then was something sent.
    long sent = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_UNSUPPORTED_PROTOCOL && sent > 0) kind = ErrorKind::malformed;
    return {kind, static_cast<int>(code), printable(message, 300)};
}

void Transfers::restrict_protocols(CURL* easy, const char* names, [[maybe_unused]] long mask) {
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, names);
#else
    static_cast<void>(names);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, mask);
#endif
}

Transfers::Transfers(Reactor& reactor) : reactor_(reactor) {
    initialise_curl_once();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Transfers::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Transfers::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Transfers::~Transfers() {
    // libcurl ends an SMTP transfer politely: it would wait two minutes for a server that hangs, and would
    // mark half a message as whole.
    for (const int fd : sockets_)
        ::shutdown(fd, SHUT_RDWR);
    for (auto& [easy, running] : running_)
        curl_multi_remove_handle(multi_, easy);
    running_.clear();
    curl_multi_cleanup(multi_);
    reactor_.cancel(timer_);
}

CurlEasy Transfers::make_easy() {
    initialise_curl_once();
    CurlEasy easy(curl_easy_init());
    if (!easy) throw std::bad_alloc();
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_SOCKOPTFUNCTION, &keep_from_children);
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(easy.get(), CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
#if LIBCURL_VERSION_NUM >= 0x075700
    // Without it, giving up a transfer waits for its name lookup: with a dead DNS server, for tens of
    // seconds.
    curl_easy_setopt(easy.get(), CURLOPT_QUICK_EXIT, 1L);
#endif
    use_own_authorities(easy.get());
    return easy;
}

void Transfers::start(CurlEasy easy, Ended ended) {
    CURL* key = easy.get();
    running_.emplace(key, Running{std::move(easy), std::move(ended)});
    if (const CURLMcode code = curl_multi_add_handle(multi_, key); code != CURLM_OK)
        throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
}

int Transfers::on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* self, void* /*unused*/) {
    auto& transfers = *static_cast<Transfers*>(self);
    if (what == CURL_POLL_REMOVE) {
        transfers.sockets_.erase(fd);
        transfers.reactor_.unwatch(fd);
        return 0;
    }
    transfers.sockets_.insert(fd);
    short events = 0;
    if ((what & CURL_POLL_IN) != 0) events = static_cast<short>(events | POLLIN);
    if ((what & CURL_POLL_OUT) != 0) events = static_cast<short>(events | POLLOUT);
    transfers.reactor_.watch(fd, events, [&transfers, fd](short ready) {
        int seen = 0;
        if ((ready & (POLLIN | POLLHUP)) != 0) seen |= CURL_CSELECT_IN;
        if ((ready & POLLOUT) != 0) seen |= CURL_CSELECT_OUT;
        if ((ready & (POLLERR | POLLNVAL)) != 0) seen |= CURL_CSELECT_ERR;
        transfers.act(fd, seen);
    });
    return 0;
}

int Transfers::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) {
    auto& transfers = *static_cast<Transfers*>(self);
    transfers.reactor_.cancel(transfers.timer_);
    transfers.timer_ = 0;
    if (timeout_ms >= 0) {
        transfers.timer_ = transfers.reactor_.after(Duration(timeout_ms),
                                                    [&transfers] { transfers.act(CURL_SOCKET_TIMEOUT, 0); });
    }
    return 0;
}

void Transfers::act(curl_socket_t fd, int events) {
    int still_running = 0;
    curl_multi_socket_action(multi_, fd, events, &still_running);
    collect_ended();
}

void Transfers::collect_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* const easy = message->easy_handle;
        const CURLcode code = message->data.result;  // the message dies with the next call
        curl_multi_remove_handle(multi_, easy);
        const auto node = running_.extract(easy);
        if (!node.empty()) node.mapped().ended(code);
    }
}

}  // namespace keenlance
