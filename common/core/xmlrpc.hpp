#pragma once
/// XML-RPC as supervisord speaks it (xmlrpc.com/spec, plus <nil/> and <i8>): values, calls and answers as
/// text. tinyxml2 stays hidden behind this page. All of it is pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace keenlance::xmlrpc {

class Value;
struct Member;
using Array = std::vector<Value>;
/// The members in the order they came or are to go, each name once. A vector, since supervisord's list of
/// 10,000 processes would be 140,000 nodes of a map.
using Struct = std::vector<Member>;

/// One XML-RPC value. dateTime.iso8601 and base64 are strings here, kept as the text they came as; nil is its
/// own kind. The strings of what was parsed are UTF-8 without NUL, but may hold the control characters of a
/// log.
class KEENLANCE_API Value {
  public:
    Value();                    ///< nil
    Value(bool value);          // NOLINT(google-explicit-constructor)
    Value(int value);           // NOLINT(google-explicit-constructor)
    Value(std::int64_t value);  // NOLINT(google-explicit-constructor)
    Value(double value);        // NOLINT(google-explicit-constructor)
    Value(std::string value);   // NOLINT(google-explicit-constructor)
    Value(const char* value);   // NOLINT(google-explicit-constructor)
    Value(Array value);         // NOLINT(google-explicit-constructor)
    Value(Struct value);        // NOLINT(google-explicit-constructor)
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();

    [[nodiscard]] bool is_nil() const { return data_.index() == 0; }
    /// The value as that kind, or nullptr when it is of another kind.
    [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&data_); }
    [[nodiscard]] const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&data_); }
    [[nodiscard]] const double* as_double() const { return std::get_if<double>(&data_); }
    [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&data_); }
    [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&data_); }
    [[nodiscard]] const Struct* as_struct() const { return std::get_if<Struct>(&data_); }
    /// The member `name` of a struct; nullptr if this is no struct or has no such member.
    [[nodiscard]] const Value* member(std::string_view name) const;
    /// "int", "string", "struct" and so on, for messages.
    [[nodiscard]] std::string_view kind() const;

    /// A struct with its members in another order is another value.
    friend bool operator==(const Value&, const Value&) = default;

  private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Struct> data_;
};

/// One member of a struct.
struct KEENLANCE_API Member {
    std::string name;
    Value value;

    friend bool operator==(const Member&, const Member&) = default;
};

// Here, since a vector of members wants to know what a member is.
inline Value::Value() = default;
inline Value::Value(bool value) : data_(value) {}
inline Value::Value(int value) : data_(std::int64_t{value}) {}
inline Value::Value(std::int64_t value) : data_(value) {}
inline Value::Value(double value) : data_(value) {}
inline Value::Value(std::string value) : data_(std::move(value)) {}
inline Value::Value(const char* value) : data_(std::string(value)) {}
inline Value::Value(Array value) : data_(std::move(value)) {}
inline Value::Value(Struct value) : data_(std::move(value)) {}
inline Value::Value(const Value&) = default;
inline Value::Value(Value&&) noexcept = default;
inline Value& Value::operator=(const Value&) = default;
inline Value& Value::operator=(Value&&) noexcept = default;
inline Value::~Value() = default;

/// A method and its parameters, not yet sent.
struct KEENLANCE_API MethodCall {
    std::string method;
    Array params;

    friend bool operator==(const MethodCall&, const MethodCall&) = default;
};

/// Values nested deeper than this are refused; a value that is in no other is at depth 1 (supervisord's own
/// answers reach 4).
inline constexpr std::size_t max_depth = 30;

/// The text of the request. What XML 1.0 cannot carry (most control characters, bytes that are no UTF-8) is
/// replaced by '?'. Whole numbers beyond 32 bits go as <i8>, which supervisord takes for text; none of its
/// methods wants one.
KEENLANCE_API std::string format_call(const MethodCall& call);

/// The value of a <methodResponse>, or an Error: `fault` with faultCode and faultString (as one printable
/// line), `malformed` for text that is not XML or not XML-RPC, `too_large` beyond max_depth. The message
/// quotes the beginning of what came instead. Tolerant of what does no harm: attributes, comments, a DOCTYPE,
/// blanks around numbers, <int> up to 64 bits, control characters in strings (but NUL and bytes that are no
/// UTF-8 become '?'). Not of what has two readings: duplicate members.
KEENLANCE_API Result<Value> parse_response(std::string_view text);

/// The text of a <methodResponse>; for tests that play the server.
KEENLANCE_API std::string format_response(const Value& value);
KEENLANCE_API std::string format_fault(int code, std::string_view message);
/// Reads a <methodCall>; for tests that play the server.
KEENLANCE_API Result<MethodCall> parse_call(std::string_view text);

/// `system.multicall`: one request that carries many; supervisord runs them one after another. None of
/// `calls` may be a multicall itself.
KEENLANCE_API MethodCall multicall(const std::vector<MethodCall>& calls);
/// One result a call, in their order: a value or a `fault`. An answer of another shape or length is
/// `malformed`. supervisord puts each value into the array as it is (supervisor/xmlrpc.py multicall), not
/// wrapped in an array of one as elsewhere and as its own documentation has it; so an array of one is read as
/// just that.
KEENLANCE_API Result<std::vector<Result<Value>>> parse_multicall(const Value& answer, std::size_t calls);

}  // namespace keenlance::xmlrpc
