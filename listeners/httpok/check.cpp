#include <keenlance/core/selector.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/choice.hpp>
#include <listeners/httpok/check.hpp>

#include <algorithm>
#include <array>

namespace keenlance::httpok {

namespace {

constexpr std::size_t shown_bytes = 200;

bool is_meant(std::string_view pattern, const Namespec& id) {
    return selects(pattern, id) || is_named(id, std::string(pattern));
}

bool is_glob(std::string_view text) {
    return text.find_first_of("*?[") != std::string_view::npos;
}

Error wrong(const std::string& target, std::string_view why) {
    return {ErrorKind::invalid, 0, fmt::format("'{}' {}", printable(without_password(target)), why)};
}

bool begins_without_case(std::string_view text, std::string_view beginning) {
    return to_lower(text.substr(0, beginning.size())) == beginning;
}

/// "http://unix:/path:/uri" as nginx writes it, and "unix:///path:/uri": where the socket's path ends and
/// what is asked for there. Nothing: it is no HTTP over a unix socket.
struct SocketUrl {
    std::string socket, url;
};
std::optional<SocketUrl> socket_url(std::string_view target) {
    for (const std::string_view scheme : {"http", "https"}) {
        const std::string beginning = fmt::format("{}://unix:", scheme);
        if (!begins_without_case(target, beginning)) continue;
        const auto rest = target.substr(beginning.size());
        const auto end = std::min(rest.find(":/"), rest.size());
        const auto path = end < rest.size() ? rest.substr(end + 1) : "/";
        return SocketUrl{std::string(rest.substr(0, end)), fmt::format("{}://localhost{}", scheme, path)};
    }
    constexpr std::string_view beginning = "unix://";
    if (!begins_without_case(target, beginning)) return std::nullopt;
    const auto rest = target.substr(beginning.size());
    const auto end = rest.find(":/");
    if (end == std::string_view::npos) return std::nullopt;
    return SocketUrl{std::string(rest.substr(0, end)),
                     fmt::format("http://localhost{}", rest.substr(end + 1))};
}

Result<Attempt> http_attempt(const Check& check, const std::string& url, const std::string& socket,
                             const std::string& target) {
    HttpCheck http = check.http;
    http.url = url;
    http.unix_socket = socket;
    return Attempt{std::move(http), printable(without_password(target), shown_bytes)};
}

}  // namespace

bool About::is_wide() const {
    if (kind == Kind::any) return true;
    return kind == Kind::patterns && std::ranges::any_of(words, [](const std::string& pattern) {
               return pattern == "all" || is_glob(pattern.substr(0, pattern.find(':')));
           });
}

bool About::covers(const Namespec& id, const std::set<std::string>& listeners,
                   const std::optional<Namespec>& self) const {
    const bool is_listener = listeners.contains(id.group) || self == id;
    switch (kind) {
        case Kind::nothing:
            return false;
        case Kind::named:
            return is_named(id, words);
        case Kind::any:
            return !is_listener;
        case Kind::patterns:
            if (is_listener && is_wide()) return false;
            return std::ranges::any_of(words,
                                       [&](const std::string& pattern) { return is_meant(pattern, id); });
    }
    return false;
}

std::vector<std::string> About::unmatched(const std::vector<ProcessInfo>& processes) const {
    std::vector<std::string> missing;
    for (const auto& word : words) {
        const auto is_it = [&](const ProcessInfo& info) {
            return kind == Kind::patterns ? is_meant(word, info.id) : is_named(info.id, word);
        };
        if (std::ranges::none_of(processes, is_it)) missing.push_back(word);
    }
    return missing;
}

std::string About::text() const {
    if (kind == Kind::any) return "all running processes";
    return "selected processes " + join(words, ", ");
}

bool has_placeholders(std::string_view target) {
    constexpr std::array<std::string_view, 4> known{"{name}", "{group}", "{num}", "{pid}"};
    return std::ranges::any_of(
        known, [&](std::string_view each) { return target.find(each) != std::string_view::npos; });
}

Result<Attempt> attempt_of(const Check& check, const std::optional<Instance>& instance) {
    std::string target = check.target;
    if (instance) {
        if (target.find("{num}") != std::string::npos && instance->number().empty())
            return wrong(check.target,
                         fmt::format("has {{num}}, and {} has no number at its end", instance->id.brief()));
        const auto filling = begins_without_case(target, "exec:") ? Filling::for_shell : Filling::plain;
        target = fill_in(target, *instance, filling);
    }
    if (const auto socket = socket_url(target)) {
        if (!socket->socket.starts_with('/'))
            return wrong(target, "has no absolute path: write unix:///path/to.sock:/uri");
        if (const auto sound = parse_ready_check(socket->url); !sound)
            return wrong(target, "asks for what is no path of a URL");
        return http_attempt(check, socket->url, socket->socket, target);
    }
    auto ready = parse_ready_check(target);
    if (!ready && ready.error().message.find("is no readiness check") != std::string::npos)
        return wrong(target,
                     "is no http:// or https:// URL, nor unix:///path.sock, unix:///path.sock:/uri, "
                     "tcp://host:port, file:///path or exec:command");
    if (!ready) return ready.error();
    if (ready->kind == ReadyKind::http) return http_attempt(check, ready->target, "", ready->target);
    ready->timeout = check.http.timeout;
    auto shown = to_string(*ready);
    return Attempt{std::move(*ready), printable(shown, shown_bytes)};
}

std::optional<Fault> judge(const Check& check, const Attempt& attempt, const Outcome& outcome) {
    const std::string& shown = attempt.shown;
    if (const auto* status = std::get_if<Status>(&outcome)) {
        if (status->ok()) return std::nullopt;
        return Fault{shown + ": check failed",
                     fmt::format("error contacting {}:\n\n {}", shown, status->error().message)};
    }
    const auto& answer = std::get<HttpOutcome>(outcome);
    if (answer.status == 0)
        return Fault{shown + ": bad status returned",
                     fmt::format("error contacting {}:\n\n {}", shown, answer.error)};
    std::string message = fmt::format("status contacting {}: {} {}", shown, answer.status, answer.reason);
    const auto holds = [&](const StatusRange& range) {
        return answer.status >= range.least && answer.status <= range.most;
    };
    if (std::ranges::none_of(check.good, holds))
        return Fault{shown + ": bad status returned", std::move(message)};
    const std::string bad_body = shown + ": bad body returned";
    if (check.http.needle && !answer.needle_found)
        return Fault{bad_body,
                     message + fmt::format("\nthe body does not hold \"{}\"", printable(*check.http.needle))};
    if (check.http.pattern && !answer.pattern_found)
        return Fault{bad_body, message + fmt::format("\nthe body does not match \"{}\"",
                                                     printable(check.http.pattern->text()))};
    return std::nullopt;
}

std::string brief(const Outcome& outcome) {
    if (const auto* status = std::get_if<Status>(&outcome))
        return status->ok() ? "ready" : status->error().message;
    const auto& answer = std::get<HttpOutcome>(outcome);
    if (answer.status == 0) return answer.error;
    return std::string(trim(fmt::format("{} {}", answer.status, answer.reason)));
}

bool may_be_started(const Check& check, const ProcessInfo& info) {
    if (info.state == ProcessState::fatal) return true;
    if (check.about.kind == About::Kind::any) return false;
    if (info.state == ProcessState::exited) return true;
    return info.state == ProcessState::stopped && info.start == 0;
}

}  // namespace keenlance::httpok
