#pragma once
/// Sizes and spans of time as operators write them ("200MB", "1.5G", "1h"), and as messages show them. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace keenlance {

/// Bytes. Any case; blanks around number and unit; K, KB, KiB, M…, G…, T… all mean powers of 1024 as
/// supervisor's own byte_size does, B or nothing means bytes; "1.5GB" and "1_000" pass (superlance took the
/// latter through Python's int). A part of a byte is rounded down. Negative, empty, not a number, a fraction
/// without a unit, or over 2^63-1: Error `invalid` that names the text and shows a right one.
KEENLANCE_API Result<std::uint64_t> parse_size(std::string_view text);

/// A size, or a share of one that is not known yet.
struct KEENLANCE_API SizeOrShare {
    std::uint64_t bytes = 0;
    std::uint32_t share = 0;  ///< in thousandths of a percent; 0: `bytes` says it

    [[nodiscard]] std::uint64_t of(std::uint64_t whole) const;

    friend bool operator==(const SizeOrShare&, const SizeOrShare&) = default;
};

/// As parse_size, or "20%", "12.5 %": over 0 and up to 100. The same errors.
KEENLANCE_API Result<SizeOrShare> parse_size_or_share(std::string_view text);

/// Seconds. "90", "90s", "1m", "1h", "2d", "1.5h", any case, blanks as above. The same errors as parse_size;
/// at most 100 years (of 365 days).
KEENLANCE_API Result<std::chrono::milliseconds> parse_seconds(std::string_view text);

/// A whole number from `least` to `most`; blanks around it and "_" between digits pass, as above.
KEENLANCE_API Result<std::int64_t> parse_integer(std::string_view text, std::int64_t least,
                                                 std::int64_t most);

/// "212.3 MB", "950 bytes": for people, in units of 1024 up to TB.
KEENLANCE_API std::string format_size(std::uint64_t bytes);

/// "40 ms", "0.3 s", "12 s", "5 min 3 s", "2 h 4 min", "3 d 1 h": for people.
KEENLANCE_API std::string format_duration(std::chrono::milliseconds span);

}  // namespace keenlance
