// Any text as a size, a span of time and a whole number: what is read stays in its bounds and means the same
// however it is written; what is refused is said in one readable line.

#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/format.h>
#include <tests/fuzz/targets.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace keenlance::fuzz {

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

void demand_readable(const Error& error, std::string_view input) {
    demand(error.kind == ErrorKind::invalid);
    demand(error.message.starts_with("'" + printable(input) + "' is "));
    demand(printable(error.message, error.message.size()) == error.message);
}

template <class Parse>
void demand_same_however_written(std::string_view input, const Parse& parse) {
    const auto plain = parse(std::string(input));
    if (!plain) return demand_readable(plain.error(), input);
    for (const auto& text : {to_upper(input), to_lower(input), "\t " + std::string(input) + " \n"}) {
        const auto other = parse(text);
        demand(other.ok() && *other == *plain);
    }
}

/// The first digit shown is exact, so what is shown is at most a twentieth off.
void demand_shown_closely(std::uint64_t bytes) {
    const auto shown = parse_size(format_size(bytes));
    if (!shown) return demand(bytes < 1024 || bytes > std::numeric_limits<std::int64_t>::max() / 2);
    demand((*shown > bytes ? *shown - bytes : bytes - *shown) <= bytes / 20);
}

}  // namespace

void quantity(std::string_view input) {
    demand_same_however_written(input, parse_size);
    if (const auto size = parse_size(input)) {
        demand(*size <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
        demand(*parse_size(fmt::format("{} B", *size)) == *size);
        demand_shown_closely(*size);
    }
    demand_same_however_written(input, parse_seconds);
    if (const auto span = parse_seconds(input)) {
        demand(span->count() >= 0 && *span <= std::chrono::hours(24 * 36500));
        demand(!format_duration(*span).empty() && format_duration(-*span).ends_with(format_duration(*span)));
    }
    const auto small = [](std::string_view text) { return parse_integer(text, -128, 127); };
    demand_same_however_written(input, small);
    if (const auto number = small(input)) demand(*number >= -128 && *number <= 127);
    const auto any = [](std::string_view text) {
        using Limits = std::numeric_limits<std::int64_t>;
        return parse_integer(text, Limits::min(), Limits::max());
    };
    if (const auto number = any(input)) demand(*any(fmt::to_string(*number)) == *number);
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::quantity({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
