#include <keenlance/core/text.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace keenlance::xmlrpc {

namespace {

Result<Value> read_string(std::string_view text) {
    return Value(std::string(text));
}

Result<Value> read_boolean(std::string_view text) {
    const auto digit = trim(text);
    if (digit == "0" || digit == "1") return Value(digit == "1");
    return malformed(fmt::format("'{}' is no boolean", text));
}

Result<Value> read_nil(std::string_view text) {
    if (trim(text).empty()) return Value();
    return malformed(fmt::format("'{}' in a nil", text));
}

/// A plus sign may stand before a number; the readers below know none.
std::string_view digits_of(std::string_view text) {
    auto digits = trim(text);
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    return digits;
}

Result<Value> read_int(std::string_view text) {
    const auto digits = digits_of(text);
    std::int64_t number{};
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, number);
    if (read.ec == std::errc::result_out_of_range) return malformed(fmt::format("{} is out of range", text));
    if (read.ec != std::errc{} || read.ptr != end) return malformed(fmt::format("'{}' is no number", text));
    return Value(number);
}

/// libc++ has a from_chars() for these only since its version 20. strtod() minds the decimal point of the
/// locale, but who sets one is read whole numbers and texts all the same: supervisord sends nothing else.
Result<Value> read_double(std::string_view text) {
    const std::string digits(digits_of(text));
    char* stop = nullptr;
    errno = 0;
    const double number = std::strtod(digits.c_str(), &stop);
    if (digits.empty() || stop != digits.c_str() + digits.size())
        return malformed(fmt::format("'{}' is no number", text));
    if (errno == ERANGE && std::abs(number) == HUGE_VAL)
        return malformed(fmt::format("{} is out of range", text));
    return Value(number);
}

struct Scalar {
    std::string_view name;
    Result<Value> (*read)(std::string_view);
};
constexpr std::array<Scalar, 9> scalars{{{"string", read_string},
                                         {"int", read_int},
                                         {"i4", read_int},
                                         {"i8", read_int},
                                         {"boolean", read_boolean},
                                         {"double", read_double},
                                         {"nil", read_nil},
                                         {"dateTime.iso8601", read_string},
                                         {"base64", read_string}}};

}  // namespace

Result<Value> read_scalar(std::string_view type, std::string_view text) {
    auto name = type;
    if (name.starts_with("ex:")) name.remove_prefix(3);  // ws.apache.org/xmlrpc/extensions.html
    for (const auto& scalar : scalars)
        if (scalar.name == name) return scalar.read(text);
    return malformed(fmt::format("<{}> is no type of value", type));
}

}  // namespace keenlance::xmlrpc
