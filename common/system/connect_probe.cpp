#include "transfers_internal.hpp"
#include <keenlance/core/quantity.hpp>
#include <keenlance/system/connect_probe.hpp>
#include <keenlance/system/stream_socket.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace keenlance {

namespace {

using ErrorBuffer = std::array<char, CURL_ERROR_SIZE>;

void set_up(CURL* easy, const std::string& server, Duration timeout, ErrorBuffer& error) {
    curl_easy_setopt(easy, CURLOPT_URL, ("http://" + server).c_str());
    Transfers::restrict_protocols(easy, "http", CURLPROTO_HTTP);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);       // closes it at once
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);  // what starts may come up at another address
    const auto milliseconds = static_cast<long>(timeout.count());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);  // libcurl's own is 5 minutes
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error.data());
}

/// TCP lets a socket connect to itself when the port it is given happens to be the one it asks for: of a port
/// nobody listens on, one try in thousands would be accepted.
bool met_itself(CURL* easy) {
    long from = 0, to = 0;
    char *from_address = nullptr, *to_address = nullptr;
    curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &from);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &to);
    curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &from_address);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &to_address);
    return from == to && from_address != nullptr && to_address != nullptr &&
           std::string_view(from_address) == to_address;
}

Status outcome_of(CURL* easy, CURLcode code, const ErrorBuffer& error, Duration timeout) {
    if (code == CURLE_OK && met_itself(easy))
        return Error{ErrorKind::refused, 0, std::strerror(ECONNREFUSED)};
    if (code == CURLE_OK) return Done{};
    if (code == CURLE_OPERATION_TIMEDOUT)
        return Error{ErrorKind::timeout, 0, "no connection within " + format_duration(timeout)};
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        return Error{ErrorKind::unreachable, static_cast<int>(code), "the host name cannot be resolved"};
    return Transfers::describe(easy, code, error.data(), timeout);
}

}  // namespace

ConnectProbe::ConnectProbe(Reactor& reactor) : reactor_(reactor) {}
ConnectProbe::~ConnectProbe() = default;

void ConnectProbe::tcp(const std::string& server, Duration timeout, Answer answer) {
    if (!transfers_) transfers_ = std::make_unique<Transfers>(reactor_);
    timeout = std::max(timeout, Duration{1});  // 0 is for ever to libcurl
    auto error = std::make_shared<ErrorBuffer>();
    auto easy = Transfers::make_easy();
    CURL* const handle = easy.get();
    set_up(handle, server, timeout, *error);
    transfers_->start(std::move(easy), [handle, error, timeout, answer = std::move(answer)](CURLcode code) {
        answer(outcome_of(handle, code, *error, timeout));
    });
}

Status ConnectProbe::unix_socket(const std::string& path) {
    const auto address = unix_socket_address(path);
    if (!address) return address.error();
    const auto socket = open_stream_socket(AF_UNIX);
    if (!socket) return socket.error();
    const int reason = begin_connect(socket->get(), *address);
    if (reason == 0) return Done{};
    if (reason == EAGAIN) return Error{ErrorKind::unreachable, 0, "too many connections wait to be accepted"};
    const auto kind = reason == ECONNREFUSED ? ErrorKind::refused : ErrorKind::unreachable;
    return Error{kind, 0, std::strerror(reason)};
}

}  // namespace keenlance
