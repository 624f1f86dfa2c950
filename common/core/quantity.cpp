#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <array>
#include <iterator>
#include <limits>
#include <optional>
#include <span>

namespace keenlance {

namespace {

constexpr std::uint64_t most_int64 = std::numeric_limits<std::int64_t>::max();

/// "1_000.5 GB" taken apart, the unit in lower case; nothing is scaled yet.
struct Quantity {
    std::string whole;
    std::string fraction;
    std::string unit;
};

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

/// What a kind of quantity is called and bounded by.
struct Kind {
    std::span<const Unit> units;
    std::uint64_t most;
    std::string_view name;
    std::string_view examples;
    std::string_view most_text;
};

constexpr std::uint64_t kilo = 1024;
constexpr std::uint64_t mega = kilo * kilo;
constexpr std::uint64_t giga = kilo * mega;
constexpr std::uint64_t tera = kilo * giga;
constexpr std::array<Unit, 14> size_units{{{"", 1},
                                           {"b", 1},
                                           {"k", kilo},
                                           {"kb", kilo},
                                           {"kib", kilo},
                                           {"m", mega},
                                           {"mb", mega},
                                           {"mib", mega},
                                           {"g", giga},
                                           {"gb", giga},
                                           {"gib", giga},
                                           {"t", tera},
                                           {"tb", tera},
                                           {"tib", tera}}};

constexpr std::uint64_t one_percent = 1000;  // of SizeOrShare::share
constexpr std::uint64_t all_of_it = 100 * one_percent;

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;
constexpr std::array<Unit, 5> time_units{
    {{"", second}, {"s", second}, {"m", minute}, {"h", hour}, {"d", day}}};

constexpr Kind size_kind{size_units, most_int64, "size", "200MB, 1.5GB or 1048576", "8388607TB"};
constexpr Kind time_kind{time_units, 36500 * day, "span of time", "90, 30s, 1.5h or 2d", "36500d"};

bool is_digit(char ch) {
    return ch >= '0' && ch <= '9';
}

/// Takes the digits off the head of `text`; a single "_" may stand between two of them, as in Python's int().
std::string take_digits(std::string_view& text) {
    std::string digits;
    while (!text.empty()) {
        const bool separates = text[0] == '_' && !digits.empty() && text.size() > 1 && is_digit(text[1]);
        if (is_digit(text[0]))
            digits += text[0];
        else if (!separates)
            break;
        text.remove_prefix(1);
    }
    return digits;
}

std::optional<Quantity> take_apart(std::string_view text) {
    text = trim(text);
    Quantity quantity;
    quantity.whole = take_digits(text);
    if (quantity.whole.empty()) return std::nullopt;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        quantity.fraction = take_digits(text);
        if (quantity.fraction.empty()) return std::nullopt;
    }
    quantity.unit = to_lower(trim(text));
    return quantity;
}

/// Nothing where the number is over `most`.
std::optional<std::uint64_t> number(std::string_view digits, std::uint64_t most) {
    std::uint64_t value = 0;
    for (const char ch : digits) {
        const auto digit = static_cast<std::uint64_t>(ch - '0');
        if (value > (most - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

/// The part of `factor` that the digits behind a point mean, rounded down. From the last digit to the first,
/// so that integers stay exact however many digits there are.
std::uint64_t fraction_of(std::uint64_t factor, std::string_view digits) {
    std::uint64_t part = 0;
    for (std::size_t i = digits.size(); i > 0; --i)
        part = (static_cast<std::uint64_t>(digits[i - 1] - '0') * factor + part) / 10;
    return part;
}

Result<std::uint64_t> parse_quantity(std::string_view text, const Kind& kind) {
    const auto quantity = take_apart(text);
    const Unit* unit = nullptr;
    for (const Unit& known : kind.units)
        if (quantity && known.name == quantity->unit) unit = &known;
    // Half a byte is a unit forgotten.
    if (unit == nullptr || (unit->factor == 1 && !quantity->fraction.empty()))
        return Error{
            ErrorKind::invalid, 0,
            fmt::format("'{}' is no {}: write one like {}", printable(text), kind.name, kind.examples)};
    const std::uint64_t part = fraction_of(unit->factor, quantity->fraction);
    const auto whole = number(quantity->whole, kind.most / unit->factor);
    if (!whole || *whole * unit->factor > kind.most - part)
        return Error{ErrorKind::invalid, 0,
                     fmt::format("'{}' is too large a {}: write at most {}", printable(text), kind.name,
                                 kind.most_text)};
    return *whole * unit->factor + part;
}

/// "2 h 4 min"; a rest of nothing goes without saying.
std::string in_two_units(std::uint64_t count, std::string_view unit, std::uint64_t rest,
                         std::string_view rest_unit) {
    if (rest == 0) return fmt::format("{} {}", count, unit);
    return fmt::format("{} {} {} {}", count, unit, rest, rest_unit);
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    return parse_quantity(text, size_kind);
}

std::uint64_t SizeOrShare::of(std::uint64_t whole) const {
    if (share == 0) return bytes;
    return whole / all_of_it * share + whole % all_of_it * share / all_of_it;
}

Result<SizeOrShare> parse_size_or_share(std::string_view text) {
    const auto trimmed = trim(text);
    if (!trimmed.ends_with('%')) {
        const auto bytes = parse_size(text);
        if (!bytes) return bytes.error();
        return SizeOrShare{*bytes, 0};
    }
    const auto quantity = take_apart(trimmed.substr(0, trimmed.size() - 1));
    const auto percent = quantity && quantity->unit.empty() ? number(quantity->whole, 100) : std::nullopt;
    const auto share = percent ? *percent * one_percent + fraction_of(one_percent, quantity->fraction) : 0;
    if (share == 0 || share > all_of_it)
        return Error{
            ErrorKind::invalid, 0,
            fmt::format("'{}' is no share: write one over 0% and up to 100%, like 20%", printable(text))};
    return SizeOrShare{0, static_cast<std::uint32_t>(share)};
}

Result<std::chrono::milliseconds> parse_seconds(std::string_view text) {
    const auto span = parse_quantity(text, time_kind);
    if (!span) return span.error();
    return std::chrono::milliseconds(static_cast<std::int64_t>(*span));
}

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most) {
    std::string_view rest = trim(text);
    const bool negative = rest.starts_with('-');
    if (negative) rest.remove_prefix(1);
    const std::string digits = take_digits(rest);
    if (digits.empty() || !rest.empty())
        return Error{
            ErrorKind::invalid, 0,
            fmt::format("'{}' is no whole number: write one from {} to {}", printable(text), least, most)};
    const auto magnitude = number(digits, negative ? most_int64 + 1 : most_int64);
    const auto value =
        static_cast<std::int64_t>(negative ? 0 - magnitude.value_or(0) : magnitude.value_or(0));
    if (!magnitude || value < least || value > most)
        return Error{ErrorKind::invalid, 0,
                     fmt::format("'{}' is out of range: write a whole number from {} to {}", printable(text),
                                 least, most)};
    return value;
}

std::string format_size(std::uint64_t bytes) {
    if (bytes < kilo) return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
    constexpr std::array<std::string_view, 4> names{"KB", "MB", "GB", "TB"};
    std::uint64_t factor = kilo;
    for (auto name = names.begin();; ++name, factor *= kilo) {
        const std::uint64_t tenths = bytes / factor * 10 + (bytes % factor * 20 + factor) / (2 * factor);
        // 1023.96 KB rounds to 1.0 MB, not to 1024.0 KB.
        if (tenths < kilo * 10 || std::next(name) == names.end())
            return fmt::format("{}.{} {}", tenths / 10, tenths % 10, *name);
    }
}

std::string format_duration(std::chrono::milliseconds span) {
    const std::string sign = span.count() < 0 ? "-" : "";
    const auto count = static_cast<std::uint64_t>(span.count());
    const std::uint64_t milliseconds = span.count() < 0 ? 0 - count : count;
    if (milliseconds > 0 && milliseconds < 100) return fmt::format("{}{} ms", sign, milliseconds);
    const std::uint64_t tenths = (milliseconds + 50) / 100;
    if (tenths < 100 && tenths % 10 != 0) return fmt::format("{}{}.{} s", sign, tenths / 10, tenths % 10);

    const std::uint64_t rounded = (milliseconds + second / 2) / second * second;
    if (rounded >= day) return sign + in_two_units(rounded / day, "d", rounded % day / hour, "h");
    if (rounded >= hour) return sign + in_two_units(rounded / hour, "h", rounded % hour / minute, "min");
    if (rounded >= minute)
        return sign + in_two_units(rounded / minute, "min", rounded % minute / second, "s");
    return fmt::format("{}{} s", sign, rounded / second);
}

}  // namespace keenlance
