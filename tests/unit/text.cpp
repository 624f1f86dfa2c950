#include <keenlance/core/text.hpp>

#include <support/catch.hpp>

namespace text_test {

using namespace keenlance;

namespace {

using Words = std::vector<std::string_view>;

}  // namespace

TEST_CASE("white space is trimmed at both ends and kept inside") {
    CHECK(trim(" \t\r\n\v\fa b\f ") == "a b");
    CHECK(trim("a") == "a");
    CHECK(trim(" \n ").empty());
    CHECK(trim("").empty());
    CHECK(trim("\u00A0a") == "\u00A0a");
}

TEST_CASE("case changes touch ASCII letters alone") {
    CHECK(to_lower("AZaz[@`{09ÄÉ") == "azaz[@`{09ÄÉ");
    CHECK(to_upper("AZaz[@`{09äé") == "AZAZ[@`{09äé");
}

TEST_CASE("splitting keeps empty pieces, splitting into words does not") {
    CHECK(split("a,,b", ',') == Words{"a", "", "b"});
    CHECK(split("", ',') == Words{""});
    CHECK(split(",", ',') == Words{"", ""});
    CHECK(split_words("  a \t\nbc ") == Words{"a", "bc"});
    CHECK(split_words("a") == Words{"a"});
    CHECK(split_words(" \n").empty());
    std::string_view rest = "\v size:12 \f\rlast ";
    CHECK(take_word(rest) == "size:12");
    CHECK(rest == " \f\rlast ");
    CHECK(take_word(rest) == "last");
    CHECK(take_word(rest).empty());
    CHECK(rest.empty());
}

TEST_CASE("joining puts the separator between, even when all parts are equal") {
    CHECK(join({"a", "a", "a"}, ", ") == "a, a, a");
    CHECK(join({"", ""}, ",") == ",");
    CHECK(join({"a"}, ",") == "a");
    CHECK(join({}, ",").empty());
}

TEST_CASE("what is printable stays as it is") {
    CHECK(printable("group:name 5% ü 日本 💥") == "group:name 5% ü 日本 💥");
    CHECK(printable("").empty());
}

TEST_CASE("printable text cannot break a line or drive a terminal") {
    CHECK(printable("a\r\nb\tc") == "a b c");
    CHECK(printable("contacting it: \n\n  refused\n") == "contacting it: refused ");
    CHECK(printable(std::string_view("a\0b\x1B[31m\x7F", 9)) == "a?b?[31m?");
    CHECK(printable("a\u0085b\u2028c\u2029d\u009B31m") == "a b c d 31m");
}

TEST_CASE("bytes that are no UTF-8 are shown one question mark each") {
    CHECK(printable("\xFF\xFE") == "??");
    CHECK(printable("a\xC3") == "a?");
    CHECK(printable("\xE6\x97z") == "??z");
    CHECK(printable("\x80") == "?");
}

TEST_CASE("long text is cut at a character and says so") {
    CHECK(printable("12345", 5) == "12345");
    CHECK(printable("123456", 5) == "12345...");
    CHECK(printable("ääää", 5) == "ää...");
    CHECK(printable(std::string(1'000'000, 'x')).size() == 203);
}

TEST_CASE("only what RFC 3629 calls UTF-8 is valid UTF-8") {
    for (const std::string_view valid : {"a", "\x7F", "\u0080", "ü", "\u07FF", "\u0800", "日", "\uD7FF",
                                         "\uE000", "\uFFFF", "\U00010000", "💥", "\U0010FFFF"}) {
        INFO(valid);
        CHECK(valid_utf8_at(valid) == valid.size());
        CHECK(utf8_sequence_length(static_cast<unsigned char>(valid[0])) == valid.size());
        const auto beginning = valid.substr(0, valid.size() - 1);
        if (!beginning.empty()) CHECK(valid_utf8_at(beginning) == 0);
    }
    const std::string_view overlong_slash = "\xC0\xAF", overlong_3 = "\xE0\x80\xAF",
                           overlong_4 = "\xF0\x80\x80\xAF";
    const std::string_view surrogate = "\xED\xA0\x80", too_high = "\xF4\x90\x80\x80",
                           five = "\xF8\x88\x80\x80\x80";
    for (const auto invalid : {overlong_slash, overlong_3, overlong_4, surrogate, too_high, five}) {
        CHECK(valid_utf8_at(invalid) == 0);
        CHECK(printable(invalid) == std::string(invalid.size(), '?'));
    }
}

TEST_CASE("control characters are C0, DEL, C1 and the line breaks of Unicode") {
    for (const std::string_view control :
         {"\x01", "\n", "\x1F", "\x7F", "\u0080", "\u0085", "\u009F", "\u2028", "\u2029"})
        CHECK(is_control(control));
    for (const std::string_view other : {" ", "~", "\u00A0", "ü", "\u2027", "\u202F", "💥"})
        CHECK_FALSE(is_control(other));
}

}  // namespace text_test
