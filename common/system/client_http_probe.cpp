#include <keenlance/core/byte_finder.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/client_http_probe.hpp>

#include <algorithm>
#include <string_view>

namespace keenlance {

namespace {

constexpr Duration between_attempts{500};
constexpr Duration shortest_attempt{50};  // with less time than that another one is not begun

/// Those of the check, and ours where it has none of that name.
std::vector<std::string> headers_of(const HttpCheck& check) {
    std::vector<std::string> headers;
    for (std::string own : {"User-Agent: httpok", "Accept:"}) {
        const auto same_name = [name = to_lower(own.substr(0, own.find(':') + 1))](
                                   const std::string& header) { return to_lower(header).starts_with(name); };
        if (std::ranges::none_of(check.headers, same_name)) headers.push_back(std::move(own));
    }
    for (const auto& header : check.headers) {
        // libcurl takes "Name:" for the wish not to send it.
        const auto shown = trim(header);
        const bool is_empty = !shown.empty() && shown.find(':') == shown.size() - 1;
        headers.push_back(is_empty ? std::string(shown.substr(0, shown.size() - 1)) + ";" : header);
    }
    return headers;
}

}  // namespace

struct ClientHttpProbe::Attempt {
    HttpCheck check;
    Answer answer;
    SteadyTime deadline;
    std::optional<ByteFinder> finder;
    std::string body;  // its beginning, for the pattern

    HttpRequest request_until_deadline() const;
    void take(std::string_view bytes);
    HttpOutcome outcome_of(const HttpResponse& response) const;
};

HttpRequest ClientHttpProbe::Attempt::request_until_deadline() const {
    HttpRequest request;
    request.url = check.url;
    request.method = check.method == "GET" ? "" : check.method;
    request.headers = headers_of(check);
    request.unix_socket = check.unix_socket;
    request.verification = check.verification;
    request.authorities = check.authorities;
    request.connection = Connection::fresh;
    request.timeout = std::max(deadline - Reactor::now(), Duration{1});
    request.max_body = SIZE_MAX;  // not kept, and bounded in time
    return request;
}

void ClientHttpProbe::Attempt::take(std::string_view bytes) {
    if (finder) finder->push(bytes);
    if (check.pattern) body.append(bytes.substr(0, most_matched_body - body.size()));
}

HttpOutcome ClientHttpProbe::Attempt::outcome_of(const HttpResponse& response) const {
    HttpOutcome outcome;
    outcome.status = response.status;
    outcome.reason = response.reason;
    outcome.needle_found = finder && finder->found();
    outcome.pattern_found = check.pattern && check.pattern->is_in(body);
    return outcome;
}

void ClientHttpProbe::check(const HttpCheck& check, Answer answer) {
    auto first = std::make_shared<Attempt>();
    first->check = check;
    first->answer = std::move(answer);
    first->deadline = Reactor::now() + check.timeout;
    attempt(first);
}

void ClientHttpProbe::attempt(const std::shared_ptr<Attempt>& attempt) {
    if (attempt->check.needle) attempt->finder.emplace(*attempt->check.needle);
    attempt->body.clear();
    HttpRequest request = attempt->request_until_deadline();
    request.on_body = [attempt](std::string_view bytes) { attempt->take(bytes); };
    http_.send(std::move(request), [this, attempt](const Result<HttpResponse>& response) {
        if (response) return attempt->answer(attempt->outcome_of(*response));
        const Duration left = attempt->deadline - Reactor::now();
        if (response.error().kind == ErrorKind::refused && left > shortest_attempt) {
            // Closer together towards the end: a server that comes up in the last moment is still found.
            reactor_.after(std::min(between_attempts, left / 2), [this, attempt] { this->attempt(attempt); });
            return;
        }
        HttpOutcome outcome;
        outcome.error = response.error().message;
        if (response.error().kind == ErrorKind::timeout)
            outcome.error = "no complete answer within " + format_duration(attempt->check.timeout);
        attempt->answer(std::move(outcome));
    });
}

}  // namespace keenlance
