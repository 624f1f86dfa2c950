#include "plain_http_internal.hpp"
#include <keenlance/core/base64.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/url.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/stream_socket.hpp>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace keenlance {

namespace {

constexpr std::size_t most_idle = 8;          // connections to one server
constexpr Duration until_queue_has_room{10};  // of a unix socket, which does not tell

#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_NOSIGNAL;
#else
constexpr int send_flags = 0;
#endif

template <class Address>
std::string bytes_of(const Address& address) {
    // NOLINTNEXTLINE(*-reinterpret-cast): the API's way
    return {reinterpret_cast<const char*>(&address), sizeof address};
}

/// Nothing for a host that is a name.
std::vector<std::string> addresses_of(const std::string& host, std::uint16_t port) {
    if (to_lower(host) == "localhost") {
        auto both = addresses_of("127.0.0.1", port);
        both.push_back(addresses_of("::1", port).front());
        return both;
    }
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) return {bytes_of(four)};
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) return {bytes_of(six)};
    return {};
}

bool has(const std::vector<std::string>& headers, const std::string& name) {
    return std::ranges::any_of(headers, [&name](const std::string& header) {
        return to_lower(header.substr(0, header.find_first_of(":;"))) == name;
    });
}

/// As libcurl has them: "Name:" only leaves its own out, "Name;" is sent without a value.
std::string text_of(const HttpRequest& request, const HttpTarget& target) {
    const std::string method = request.method.empty() ? (request.post ? "POST" : "GET") : request.method;
    std::string text = fmt::format("{} {} HTTP/1.1\r\n", method, target.path);
    const auto add = [&](const char* name, const std::string& value) {
        if (!has(request.headers, to_lower(name))) text += fmt::format("{}: {}\r\n", name, value);
    };
    add("Host", target.host);
    if (!target.user.empty()) add("Authorization", "Basic " + base64(target.user + ":" + target.password));
    add("Accept", "*/*");
    if (request.post) add("Content-Length", std::to_string(request.post->size()));
    for (const auto& header : request.headers) {
        if (header.ends_with(';')) {
            text += header.substr(0, header.size() - 1) + ":\r\n";
        } else if (!header.ends_with(':')) {
            text += header + "\r\n";
        }
    }
    return text + "\r\n" + request.post.value_or("");
}

Error error_of(int reason) {
    return {reason == ECONNREFUSED ? ErrorKind::refused : ErrorKind::unreachable, reason,
            std::strerror(reason)};
}

int family_of(const std::string& address) {
    sockaddr head{};
    std::memcpy(&head, address.data(), sizeof head);
    return head.sa_family;
}

}  // namespace

std::optional<HttpTarget> HttpTarget::of(const HttpRequest& request) {
    constexpr std::uint16_t default_port = 80;
    const std::string_view url = std::string_view(request.url).substr(0, request.url.find('#'));
    const bool is_odd = std::ranges::any_of(url, [](char ch) { return ch <= ' ' || ch > '~'; });
    // Dots in a path are libcurl's to resolve.
    if (!url.starts_with("http://") || is_odd || url.find("/.") != std::string_view::npos)
        return std::nullopt;
    const auto parts = split_url(url);
    auto host = parts.host;
    HttpTarget target{{}, "", std::string(parts.rest), request.user, request.password};
    if (!target.path.starts_with('/')) target.path.insert(0, 1, '/');
    if (parts.login && target.user.empty()) {
        auto login = decode_login(*parts.login);
        target.user = std::move(login.user);
        target.password = std::move(login.password).value_or("");
    }
    target.host = host;
    std::optional<std::uint16_t> port = default_port;
    if (const auto colon = host.find_last_of(":]"); colon != std::string_view::npos && host[colon] == ':') {
        port = whole_number<std::uint16_t>(host.substr(colon + 1));
        host = host.substr(0, colon);
        if (port == default_port) target.host = host;
    }
    if (!request.unix_socket.empty()) {
        auto address = unix_socket_address(request.unix_socket);
        if (!address) return std::nullopt;
        target.addresses.push_back(std::move(*address));
        return target;
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (port && *port != 0) target.addresses = addresses_of(std::string(host), *port);
    return target.addresses.empty() ? std::nullopt : std::optional(std::move(target));
}

PlainHttp::~PlainHttp() {
    for (const auto& [id, exchange] : exchanges_) {
        reactor_.unwatch(exchange->socket.get());
        reactor_.cancel(exchange->limit);
        reactor_.cancel(exchange->later);
    }
}

void PlainHttp::send(const HttpRequest& request, HttpTarget target,
                     std::function<void(Result<HttpResponse>)> answer) {
    const Id id = ++last_id_;
    std::string text = text_of(request, target);
    const auto body = request.method == "HEAD" ? HttpAnswer::Body::none : HttpAnswer::Body::expected;
    auto made = std::make_unique<Exchange>(Exchange{std::move(target), std::move(text), request.on_body,
                                                    std::move(answer), request.connection,
                                                    HttpAnswer(request.max_body, body)});
    auto& exchange = *exchanges_.emplace(id, std::move(made)).first->second;
    exchange.timeout = request.timeout;
    exchange.timeout_of = request.timeout_of;
    exchange.began = exchange.heard = Reactor::now();
    keep_time(id, exchange);
    if (request.connection == Connection::kept)
        exchange.socket = take_idle(exchange.target.addresses.front());
    exchange.is_used = exchange.is_connected = static_cast<bool>(exchange.socket);
    if (exchange.is_used)
        watch(id, exchange, POLLOUT);
    else
        connect(id, exchange);
}

void PlainHttp::keep_time(Id id, Exchange& exchange) {
    const auto due =
        exchange.timeout_of == TimeoutOf::answer
            ? exchange.began + exchange.timeout
            : std::min(exchange.heard + exchange.timeout, exchange.began + exchange.timeout * most_silences);
    if (due <= Reactor::now() && exchange.limit != 0)
        return finish(id, timed_out(exchange.timeout, exchange.timeout_of));
    exchange.limit = reactor_.at(due, [this, id] { keep_time(id, *exchanges_.at(id)); });
}

UniqueFd PlainHttp::take_idle(const std::string& address) {
    auto& sockets = idle_[address];
    while (!sockets.empty()) {
        UniqueFd socket = std::move(sockets.back());
        sockets.pop_back();
        pollfd state{socket.get(), POLLIN, 0};
        if (::poll(&state, 1, 0) == 0) return socket;  // else the server has hung up, or talks unasked
    }
    return UniqueFd();
}

void PlainHttp::watch(Id id, Exchange& exchange, short events) {
    reactor_.watch(exchange.socket.get(), events, [this, id](short) { on_ready(id); });
}

void PlainHttp::connect(Id id, Exchange& exchange) {
    Error error = error_of(ECONNREFUSED);
    for (; exchange.next_address < exchange.target.addresses.size(); ++exchange.next_address) {
        const auto& address = exchange.target.addresses[exchange.next_address];
        const int family = family_of(address);
        auto socket = open_stream_socket(family);
        if (!socket) {
            error = {ErrorKind::unreachable, socket.error().code, socket.error().message};
            continue;
        }
        const int reason = begin_connect(socket->get(), address);
        if (reason == EAGAIN) {
            exchange.later =
                reactor_.after(until_queue_has_room, [this, id] { connect(id, *exchanges_.at(id)); });
            return;
        }
        if (reason != 0 && reason != EINPROGRESS) {
            error = error_of(reason);
            continue;
        }
        const int yes = 1;
        if (family != AF_UNIX) ::setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        exchange.socket = std::move(*socket);
        exchange.is_connected = reason == 0;
        return watch(id, exchange, POLLOUT);
    }
    exchange.later = reactor_.at(Reactor::now(), [this, id, error] { finish(id, error); });
}

void PlainHttp::on_ready(Id id) {
    auto& exchange = *exchanges_.at(id);
    if (!exchange.is_connected) {
        int reason = 0;
        socklen_t size = sizeof reason;
        ::getsockopt(exchange.socket.get(), SOL_SOCKET, SO_ERROR, &reason, &size);
        if (reason != 0) {
            reactor_.unwatch(exchange.socket.get());
            if (++exchange.next_address < exchange.target.addresses.size()) return connect(id, exchange);
            return finish(id, error_of(reason));
        }
        exchange.is_connected = true;
    }
    if (exchange.sent < exchange.text.size())
        write(id, exchange);
    else
        read(id, exchange);
}

void PlainHttp::write(Id id, Exchange& exchange) {
    const auto left = std::string_view(exchange.text).substr(exchange.sent);
    const auto count = ::send(exchange.socket.get(), left.data(), left.size(), send_flags);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // A server that hangs up before it has read everything may have said why: read() finds out.
    exchange.sent = count < 0 ? exchange.text.size() : exchange.sent + static_cast<std::size_t>(count);
    if (exchange.sent == exchange.text.size()) watch(id, exchange, POLLIN);
}

void PlainHttp::read(Id id, Exchange& exchange) {
    std::array<char, std::size_t{32} * 1024>
        bytes;  // NOLINT(*-member-init): to fill it costs as much as to read
    const auto count = ::recv(exchange.socket.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    auto& reply = exchange.reply;
    exchange.heard = Reactor::now();
    if (count <= 0) {
        const int reason = count < 0 ? errno : 0;
        if (const auto ended = reply.end(); !ended)
            return on_hang_up(id, exchange, reason == 0 ? ended.error() : error_of(reason));
    } else if (const auto taken = reply.take({bytes.data(), static_cast<std::size_t>(count)}); !taken) {
        return finish(id, taken.error());
    }
    // A status of "go on" has no body, so what comes is of the answer itself.
    if (exchange.on_body) exchange.on_body(reply.take_body());
    if (!reply.is_whole()) return;
    HttpResponse response{reply.status(), reply.reason(), reply.take_body(), reply.retry_after()};
    finish(id, std::move(response));
}

/// A server may close a connection that is idle just when the next request is on its way: that one it has not
/// seen.
void PlainHttp::on_hang_up(Id id, Exchange& exchange, const Error& error) {
    if (!exchange.is_used || exchange.reply.has_begun()) return finish(id, error);
    reactor_.unwatch(exchange.socket.get());
    idle_.erase(exchange.target.addresses.front());
    exchange.is_used = false;
    exchange.sent = 0;
    connect(id, exchange);
}

void PlainHttp::finish(Id id, Result<HttpResponse> result) {
    const auto node = exchanges_.extract(id);
    auto& exchange = *node.mapped();
    reactor_.unwatch(exchange.socket.get());
    reactor_.cancel(exchange.limit);
    reactor_.cancel(exchange.later);
    if (result && exchange.reply.is_reusable() && exchange.connection == Connection::kept) {
        auto& sockets = idle_[exchange.target.addresses.front()];
        if (sockets.size() < most_idle) sockets.push_back(std::move(exchange.socket));
    }
    exchange.socket.reset();
    exchange.answer(std::move(result));  // which may be the end of this
}

}  // namespace keenlance
