#include "plain_http_internal.hpp"
#include "transfers_internal.hpp"
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/http_client.hpp>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <array>

namespace keenlance {

namespace {

/// What libcurl writes into while a transfer runs; kept alive by the transfer's callback.
struct Exchange {
    HttpRequest request;
    HttpResponse response;
    std::size_t received = 0;
    bool too_large = false;
    std::array<char, CURL_ERROR_SIZE> error{};
    CurlList headers;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& exchange = *static_cast<Exchange*>(data);
    const std::size_t length = size * count;
    exchange.received += length;
    if (exchange.received > exchange.request.max_body) {
        exchange.too_large = true;
        return 0;
    }
    if (exchange.request.on_body) {
        exchange.request.on_body({bytes, length});
    } else {
        exchange.response.body.append(bytes, length);
    }
    return length;
}

/// Keeps the reason of the last status line ("HTTP/1.1 502 Bad Gateway"); libcurl itself only keeps the
/// number.
std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& exchange = *static_cast<Exchange*>(data);
    const std::string_view line(bytes, size * count);
    constexpr std::string_view retry_after = "retry-after:";
    if (to_lower(line.substr(0, retry_after.size())) == retry_after)
        exchange.response.retry_after = trim(line.substr(retry_after.size()));
    if (line.starts_with("HTTP/")) exchange.response.reason = reason_of(line);
    return size * count;
}

void set_up_security(CURL* easy, const HttpRequest& request) {
    if (request.verification == Verification::off) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!request.authorities.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.authorities.c_str());
    if (!request.user.empty()) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
    }
}

void set_up_patience(CURL* easy, Duration timeout, TimeoutOf what) {
    const auto most = what == TimeoutOf::silence ? timeout * most_silences : timeout;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(most.count()));
    if (what == TimeoutOf::answer) return;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout).count();
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds));
}

void set_up(CURL* easy, Exchange& exchange) {
    const auto& request = exchange.request;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    Transfers::restrict_protocols(easy, "http,https", CURLPROTO_HTTP | CURLPROTO_HTTPS);
    set_up_patience(easy, request.timeout, request.timeout_of);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.error.data());
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    for (const auto& header : request.headers)
        exchange.headers.reset(curl_slist_append(exchange.headers.release(), header.c_str()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
    if (!request.unix_socket.empty())
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
    if (request.connection == Connection::fresh) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (request.post) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.post->size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.post->data());
    }
    if (request.method == "HEAD")
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);  // else it would wait for the body it was told of
    else if (!request.method.empty())
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set_up_security(easy, request);
}

constexpr std::size_t large = std::size_t{128} * 1024;  // bytes; a list of 150 processes
constexpr Duration until_it_is_read{1'000};

/// glibc keeps what was freed, for a next time: a listener that has seen one long list would stay as large as
/// it made it for the rest of its days.
void give_memory_back() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

}  // namespace

Error timed_out(Duration timeout, TimeoutOf what) {
    return {ErrorKind::timeout, 0,
            (what == TimeoutOf::silence ? "no answer for " : "no complete answer within ") +
                format_duration(timeout)};
}

HttpClient::HttpClient(Reactor& reactor) : reactor_(reactor) {}
HttpClient::~HttpClient() = default;

void HttpClient::send(HttpRequest request, Answer answer) {
    Answer tidy = [&reactor = reactor_, answer = std::move(answer)](Result<HttpResponse> response) {
        if (response && response->body.size() > large) reactor.after(until_it_is_read, give_memory_back);
        answer(std::move(response));
    };
    if (auto target = HttpTarget::of(request)) {
        if (!plain_) plain_ = std::make_unique<PlainHttp>(reactor_);
        plain_->send(request, std::move(*target), std::move(tidy));
    } else {
        transfer(std::move(request), std::move(tidy));
    }
}

void HttpClient::transfer(HttpRequest request, Answer answer) {
    if (!transfers_) transfers_ = std::make_unique<Transfers>(reactor_);
    auto exchange = std::make_shared<Exchange>();
    exchange->request = std::move(request);
    auto easy = Transfers::make_easy();
    CURL* const handle = easy.get();
    set_up(handle, *exchange);
    transfers_->start(std::move(easy), [exchange, handle, answer = std::move(answer)](CURLcode code) {
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        exchange->response.status = static_cast<int>(status);
        if (exchange->too_large) {
            answer(Error{ErrorKind::too_large, static_cast<int>(status),
                         "the answer is longer than " + format_size(exchange->request.max_body)});
        } else if (code != CURLE_OK) {
            const auto& asked = exchange->request;
            answer(
                Transfers::describe(handle, code, exchange->error.data(), asked.timeout, asked.timeout_of));
        } else {
            answer(std::move(exchange->response));
        }
    });
}

}  // namespace keenlance
