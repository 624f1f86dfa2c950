#include <keenlance/core/byte_finder.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/system/curl_http_probe.hpp>

#include <algorithm>

namespace keenlance {

namespace {

constexpr Duration between_attempts{500};

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
        const bool refused = response.error().kind == ErrorKind::refused;
        if (refused && Reactor::now() + between_attempts < attempt->deadline) {
            reactor_.after(between_attempts, [this, attempt] { this->attempt(attempt); });
            return;
        }
        outcome.error = response.error().message;
        if (response.error().kind == ErrorKind::timeout)
            outcome.error = "no complete answer within " + format_duration(attempt->check.timeout);
        attempt->answer(std::move(outcome));
    });
}

}  // namespace keenlance
