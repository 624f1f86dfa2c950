#include <keenlance/core/byte_finder.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/system/curl_http_probe.hpp>

#include <algorithm>

namespace keenlance {

namespace {

constexpr Duration between_attempts{500};
constexpr Duration shortest_attempt{50};  // with less time than that another one is not begun

}  // namespace

struct CurlHttpProbe::Attempt {
    HttpCheck check;
    Answer answer;
    SteadyTime deadline;
    std::optional<ByteFinder> finder;
};

void CurlHttpProbe::check(const HttpCheck& check, Answer answer) {
    auto first = std::make_shared<Attempt>();
    first->check = check;
    first->answer = std::move(answer);
    first->deadline = Reactor::now() + check.timeout;
    attempt(first);
}

void CurlHttpProbe::attempt(const std::shared_ptr<Attempt>& attempt) {
    HttpRequest request;
    request.url = attempt->check.url;
    request.headers = {"User-Agent: httpok", "Accept:"};
    request.timeout = std::max(attempt->deadline - Reactor::now(), Duration{1});
    request.max_body = SIZE_MAX;  // not kept, and bounded in time
    if (attempt->check.needle) attempt->finder.emplace(*attempt->check.needle);
    request.on_body = [attempt](std::string_view bytes) {
        if (attempt->finder) attempt->finder->push(bytes);
    };
    http_.send(std::move(request), [this, attempt](const Result<HttpResponse>& response) {
        HttpOutcome outcome;
        if (response) {
            outcome.status = response->status;
            outcome.reason = response->reason;
            outcome.needle_found = attempt->finder && attempt->finder->found();
            return attempt->answer(std::move(outcome));
        }
        const Duration left = attempt->deadline - Reactor::now();
        if (response.error().kind == ErrorKind::refused && left > shortest_attempt) {
            // Closer together towards the end: a server that comes up in the last moment is still found.
            reactor_.after(std::min(between_attempts, left / 2), [this, attempt] { this->attempt(attempt); });
            return;
        }
        outcome.error = response.error().message;
        if (response.error().kind == ErrorKind::timeout)
            outcome.error = "no complete answer within " + format_duration(attempt->check.timeout);
        attempt->answer(std::move(outcome));
    });
}

}  // namespace keenlance
