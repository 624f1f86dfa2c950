#pragma once
/// Reads a whole number that is all of a text: for protocols and the files of /proc, where nothing else may
/// stand by it.

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace keenlance {

/// Nothing when the text is empty, holds anything but digits (and a minus sign, where Number has one), or
/// overflows.
template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace keenlance
