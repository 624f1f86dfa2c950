#include <keenlance/core/quantity.hpp>

#include <support/catch.hpp>

#include <limits>

namespace quantity_test {

using namespace keenlance;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mega = 1'048'576;
constexpr std::int64_t most_int64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least_int64 = std::numeric_limits<std::int64_t>::min();

std::uint64_t size(std::string_view text) {
    INFO(text);
    const auto parsed = parse_size(text);
    REQUIRE(parsed.ok());
    return *parsed;
}

std::chrono::milliseconds span(std::string_view text) {
    INFO(text);
    const auto parsed = parse_seconds(text);
    REQUIRE(parsed.ok());
    return *parsed;
}

std::string refusal(std::string_view text) {
    INFO(text);
    const auto parsed = parse_size(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().kind == ErrorKind::invalid);
    return parsed.error().message;
}

}  // namespace

TEST_CASE("sizes count in powers of 1024, as supervisor's byte_size does") {
    CHECK(size("0") == 0);
    CHECK(size("1048576") == 1048576);
    CHECK(size("7B") == 7);
    for (const auto* text : {"200MB", "200mb", "200Mb", "200M", "200MiB", "200 MB", " 200MB\n", "200\tmib"})
        CHECK(size(text) == 200 * mega);
    CHECK(size("1KB") == 1024);
    CHECK(size("1gb") == 1024 * mega);
    CHECK(size("2TiB") == 2 * mega * mega);
}

TEST_CASE("sizes take fractions of a unit and Python's underscores") {
    CHECK(size("1.5GB") == 1536 * mega);
    CHECK(size("0.1KB") == 102);
    CHECK(size("1.000000000000000000000000000001KB") == 1024);
    CHECK(size("1_000") == 1000);
    CHECK(size("1_000_000KB") == 1024'000'000);
    CHECK(size("0.9999999999999999999999999TB") == (1ULL << 40U) - 1);
}

TEST_CASE("the largest size is 2^63-1 bytes") {
    CHECK(size("9223372036854775807") == static_cast<std::uint64_t>(most_int64));
    CHECK(size("8388607.9999999999999TB") == static_cast<std::uint64_t>(most_int64));
    CHECK(refusal("9223372036854775808") ==
          "'9223372036854775808' is too large a size: write at most 8388607TB");
    for (const auto* text : {"8388608TB", "99999999999999999999999", "18446744073709551617", "16777217TB"})
        CHECK(refusal(text).find("too large") != std::string::npos);
    CHECK(refusal(std::string(1'000'000, '9')).size() < 300);
}

TEST_CASE("what is no size is named, and a right one shown") {
    CHECK(refusal("abc") == "'abc' is no size: write one like 200MB, 1.5GB or 1048576");
    CHECK(refusal("a\nb\x1B") == "'a b?' is no size: write one like 200MB, 1.5GB or 1048576");
    for (const auto* text :
         {"",       " ",      "MB",   "1e3",     "0x10", "-5",   "+5",     "٣",      "３",
          "1..5GB", "1.GB",   ".5GB", "1.5.1GB", "NaN",  "inf",  "1,5GB",  "200MBs", "200PB",
          "2 00MB", "=200MB", "_1",   "1_",      "1__0", "1_MB", "1._5GB", "1 GB 2", "1\u00A0GB"})
        CHECK(refusal(text).find("' is no size: write one like 200MB") != std::string::npos);
    CHECK(refusal(std::string("1\0MB", 4)) == "'1?MB' is no size: write one like 200MB, 1.5GB or 1048576");
}

TEST_CASE("a fraction of a byte is a unit forgotten") {
    CHECK(refusal("1.5").find("is no size") != std::string::npos);
    CHECK(refusal("1.5B").find("is no size") != std::string::npos);
}

TEST_CASE("spans of time are seconds, minutes, hours and days") {
    CHECK(span("90") == 90s);
    CHECK(span("90s") == 90s);
    CHECK(span("1M") == 60s);
    CHECK(span(" 1.5 h ") == 90min);
    CHECK(span("2d") == 48h);
    CHECK(span("0.25") == 250ms);
    CHECK(span("0.0004") == 0ms);
    CHECK(span("36500d") == 36500 * 24h);
}

TEST_CASE("what is no span of time is named, and a right one shown") {
    const auto error = parse_seconds("5 weeks").error();
    CHECK(error.message == "'5 weeks' is no span of time: write one like 90, 30s, 1.5h or 2d");
    CHECK(parse_seconds("36500.1d").error().message ==
          "'36500.1d' is too large a span of time: write at most 36500d");
    for (const auto* text : {"", "-1", "1e3", "1:30", "1h30m", "inf", "nan", "99999999999999999999d", "5ms"})
        CHECK_FALSE(parse_seconds(text).ok());
}

TEST_CASE("whole numbers keep to their range") {
    CHECK(*parse_integer("25", 1, 65535) == 25);
    CHECK(*parse_integer(" 1_000 ", 1, 65535) == 1000);
    CHECK(*parse_integer("-5", -5, 5) == -5);
    CHECK(*parse_integer("-0", 0, 5) == 0);
    CHECK(*parse_integer("9223372036854775807", 0, most_int64) == most_int64);
    CHECK(*parse_integer("-9223372036854775808", least_int64, 0) == least_int64);
    CHECK(parse_integer("65536", 1, 65535).error().message ==
          "'65536' is out of range: write a whole number from 1 to 65535");
    for (const auto* text :
         {"0", "-5", "9223372036854775808", "18446744073709551621", "-18446744073709551611"})
        CHECK(parse_integer(text, 1, 65535).error().message.find("out of range") != std::string::npos);
    CHECK_FALSE(parse_integer("-9223372036854775809", least_int64, most_int64).ok());
    CHECK(parse_integer("2.5", 1, 65535).error().message ==
          "'2.5' is no whole number: write one from 1 to 65535");
    for (const auto* text : {"", "-", "--5", "+5", "0x10", "1e3", "5 6", "- 5", "٣"})
        CHECK(parse_integer(text, 1, 65535).error().message.find("no whole number") != std::string::npos);
}

TEST_CASE("sizes are shown in the unit people think in") {
    CHECK(format_size(0) == "0 bytes");
    CHECK(format_size(1) == "1 byte");
    CHECK(format_size(950) == "950 bytes");
    CHECK(format_size(1024) == "1.0 KB");
    CHECK(format_size(222612685) == "212.3 MB");
    CHECK(format_size(1536 * mega) == "1.5 GB");
    CHECK(format_size(5ULL << 40U) == "5.0 TB");
    CHECK(format_size(std::numeric_limits<std::uint64_t>::max()) == "16777216.0 TB");
}

TEST_CASE("sizes round to the nearest tenth, and up into the next unit") {
    CHECK(format_size(1024 + 51) == "1.0 KB");
    CHECK(format_size(1024 + 52) == "1.1 KB");
    CHECK(format_size(mega - 1) == "1.0 MB");
    CHECK(format_size(1'047'552) == "1023.0 KB");
}

TEST_CASE("spans of time are shown in two units at most") {
    CHECK(format_duration(0ms) == "0 s");
    CHECK(format_duration(40ms) == "40 ms");
    CHECK(format_duration(300ms) == "0.3 s");
    CHECK(format_duration(1s) == "1 s");
    CHECK(format_duration(1540ms) == "1.5 s");
    CHECK(format_duration(12s) == "12 s");
    CHECK(format_duration(12600ms) == "13 s");
    CHECK(format_duration(59'600ms) == "1 min");
    CHECK(format_duration(5min + 3s) == "5 min 3 s");
    CHECK(format_duration(2h + 4min + 50s) == "2 h 4 min");
    CHECK(format_duration(2h) == "2 h");
    CHECK(format_duration(3 * 24h + 1h + 59min) == "3 d 1 h");
    CHECK(format_duration(365 * 24h) == "365 d");
}

TEST_CASE("tenths of a second round up to whole seconds") {
    CHECK(format_duration(9940ms) == "9.9 s");
    CHECK(format_duration(9960ms) == "10 s");
    CHECK(format_duration(960ms) == "1 s");
    CHECK(format_duration(99ms) == "99 ms");
}

TEST_CASE("a clock that ran backwards shows as a minus") {
    CHECK(format_duration(-300ms) == "-0.3 s");
    CHECK(format_duration(-90s) == "-1 min 30 s");
    CHECK(format_duration(std::chrono::milliseconds::min()) == "-106751991167 d 7 h");
}

TEST_CASE("a size may be a share of what is not known yet") {
    CHECK(parse_size_or_share("200MB")->of(7) == 209'715'200);
    CHECK(parse_size_or_share("20%")->of(1000) == 200);
    CHECK(parse_size_or_share(" 12.5 % ")->of(1000) == 125);
    CHECK(parse_size_or_share("100%")->of(9'223'372'036'854'775'807U) == 9'223'372'036'854'775'807U);
    CHECK(parse_size_or_share("0.001%")->of(100'000) == 1);
    for (const auto* const wrong :
         {"0%", "100.1%", "%", "x%", "5MB%", "-5%", "0.0001%", "99999999999999999999%"})
        CHECK_FALSE(parse_size_or_share(wrong));
    CHECK(parse_size_or_share("101%").error().message ==
          "'101%' is no share: write one over 0% and up to 100%, like 20%");
}

}  // namespace quantity_test
