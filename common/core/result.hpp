#pragma once
/// Result<T>: a value, or an Error that the caller must decide on; exceptions are for bugs and broken worlds.

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace keenlance {

/// What kind of failure it was, so that a policy can tell "try again" from "never will".
enum class ErrorKind {
    invalid,       ///< the caller's input: an option, a size, a URL, a configuration file
    malformed,     ///< the peer's answer is not what the protocol allows
    refused,       ///< nobody listens there
    unreachable,   ///< no connection for another reason: no such socket, name not found, cut off
    timeout,       ///< a deadline passed
    unauthorized,  ///< HTTP 401 or 403
    http_status,   ///< any other HTTP status than 200; `code` is the status
    fault,         ///< an XML-RPC fault; `code` is its faultCode (supervisor/xmlrpc.py, class Faults)
    too_large,     ///< an answer over its bound in size or depth
    system,        ///< the operating system refused; `code` is errno
};

/// A failure with a message for people: what, where, and where possible the mend. One line, no final period.
struct Error {
    ErrorKind kind = ErrorKind::invalid;
    int code = 0;  ///< meaning depends on `kind`; 0 where it has none
    std::string message;

    friend bool operator==(const Error&, const Error&) = default;
};

/// What is wrong with the caller's input.
inline Error invalid(std::string message) {
    return {ErrorKind::invalid, 0, std::move(message)};
}

/// Either a T or an Error. Reading the side that is not there throws std::bad_variant_access: a bug.
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value)
        : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
    Result(Error error)
        : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
    [[nodiscard]] T& value() & { return std::get<0>(state_); }
    [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
    [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
    [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

  private:
    std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {
    friend bool operator==(const Done&, const Done&) = default;
};
using Status = Result<Done>;

}  // namespace keenlance
