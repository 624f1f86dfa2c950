#include <keenlance/core/text.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>

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

/// from_chars knows no locale, and no plus sign either.
template <class T>
Result<Value> read_number(std::string_view text) {
    auto digits = trim(text);
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    T number{};
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, number);
    if (read.ec == std::errc::result_out_of_range) return malformed(fmt::format("{} is out of range", text));
    if (read.ec != std::errc{} || read.ptr != end) return malformed(fmt::format("'{}' is no number", text));
    return Value(number);
}

struct Scalar {
    std::string_view name;
    Result<Value> (*read)(std::string_view);
};
constexpr std::array<Scalar, 9> scalars{{{"string", read_string},
                                         {"int", read_number<std::int64_t>},
                                         {"i4", read_number<std::int64_t>},
                                         {"i8", read_number<std::int64_t>},
                                         {"boolean", read_boolean},
                                         {"double", read_number<double>},
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
