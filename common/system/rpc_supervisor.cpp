#include <keenlance/core/text.hpp>
#include <keenlance/system/rpc_supervisor.hpp>

#include <fmt/core.h>
#include <sys/stat.h>

#include <cstdlib>

namespace keenlance {

namespace {

constexpr std::string_view rpc_path = "/RPC2";

struct UnixTarget {
    std::string socket;
    std::string path;  // to post to
};

/// A path may follow the socket's own ("unix:///run/s.sock/RPC2"): the longest beginning that is a socket is
/// meant.
UnixTarget split_unix_path(const std::string& whole) {
    for (std::size_t end = whole.size(); end != 0 && end != std::string::npos;
         end = whole.rfind('/', end - 1)) {
        const std::string head = whole.substr(0, end);
        struct stat info {};
        if (::stat(head.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) continue;
        const std::string tail = whole.substr(end);
        return {head, tail.size() > 1 ? tail : std::string(rpc_path)};
    }
    const bool has_tail = whole.ends_with(rpc_path);
    return {has_tail ? whole.substr(0, whole.size() - rpc_path.size()) : whole, std::string(rpc_path)};
}

Error at_server(const ServerAddress& address, const std::string& method, Error error) {
    if (error.kind == ErrorKind::fault) return error;  // supervisord's own words, as in a multicall
    if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::refused) {
        error.message = fmt::format(
            "cannot reach supervisord at {} for {}: {}; is it running, and is this the address "
            "in its [unix_http_server] or [inet_http_server]?",
            address.shown, method, error.message);
    } else {
        error.message = fmt::format("supervisord at {}, {}: {}", address.shown, method, error.message);
    }
    return error;
}

Error unexpected_status(const HttpResponse& response) {
    if (response.status == 401 || response.status == 403) {
        return {
            ErrorKind::unauthorized, response.status,
            fmt::format(
                "HTTP {}, user or password is wrong or missing: set environment=SUPERVISOR_USERNAME=\"...\","
                "SUPERVISOR_PASSWORD=\"...\" in this program's section",
                response.status)};
    }
    return {ErrorKind::http_status, response.status,
            fmt::format("HTTP status {} {} instead of 200", response.status, response.reason)};
}

}  // namespace

RpcSupervisor::RpcSupervisor(HttpClient& http, ServerAddress address)
    : http_(http), address_(std::move(address)) {}

void RpcSupervisor::log_in(std::string user, std::string password) {
    address_.user = std::move(user);
    address_.password = std::move(password);
}

void RpcSupervisor::send(const xmlrpc::MethodCall& call, Duration timeout, Answer answer) {
    HttpRequest request;
    if (address_.unix_path.empty()) {
        request.url = address_.url;
    } else {
        const auto target = split_unix_path(address_.unix_path);
        request.unix_socket = target.socket;
        request.url = "http://localhost" + target.path;
    }
    request.post = xmlrpc::format_call(call);
    // "Expect:" off: supervisord's server (medusa) does not know it, and curl would wait a second for its
    // answer.
    request.headers = {"Content-Type: text/xml", "Accept: text/xml", "Expect:", "User-Agent: keenlance"};
    request.user = address_.user;
    request.password = address_.password;
    request.timeout = timeout;
    // It sends 4 KB a turn of its main loop, which is the longer the more processes it has: a list of 10,000
    // takes minutes.
    request.timeout_of = TimeoutOf::silence;
    http_.send(std::move(request),
               [this, method = call.method, answer = std::move(answer)](Result<HttpResponse> got) {
                   if (!got) return answer(at_server(address_, method, std::move(got).error()));
                   if (got->status != 200)
                       return answer(at_server(address_, method, unexpected_status(*got)));
                   auto value = xmlrpc::parse_response(got->body);
                   if (!value) return answer(at_server(address_, method, std::move(value).error()));
                   answer(std::move(value));
               });
}

Result<ServerAddress> server_address_from_environment() {
    const auto variable = [](const char* name) -> std::string {
        const char* value = std::getenv(name);
        return value == nullptr ? "" : value;
    };
    const std::string url = variable("SUPERVISOR_SERVER_URL");
    if (trim(url).empty()) {
        return Error{ErrorKind::invalid, 0,
                     "SUPERVISOR_SERVER_URL is not set: supervisord sets it for its children when its "
                     "configuration has "
                     "[unix_http_server] or [inet_http_server]; add one of them"};
    }
    auto address = parse_server_address(url);
    if (!address) return Error{ErrorKind::invalid, 0, "SUPERVISOR_SERVER_URL: " + address.error().message};
    if (address->user.empty()) {
        address->user = variable("SUPERVISOR_USERNAME");
        address->password = variable("SUPERVISOR_PASSWORD");
    }
    return address;
}

}  // namespace keenlance
