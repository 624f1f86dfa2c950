#include <keenlance/core/environment_pairs.hpp>
#include <keenlance/core/percent.hpp>

#include <support/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace percent_test {

using namespace keenlance;

namespace {

const PercentValues& values() {
    static const PercentValues some{{"here", "/etc"},
                                    {"word", "h\u00E9llo"},
                                    {"process_num", std::int64_t{7}},
                                    {"minus", std::int64_t{-42}},
                                    {"a(b)", "nested"}};
    return some;
}

std::string filled(const std::string& text) {
    const auto out = expand_percent(text, values());
    INFO(text);
    REQUIRE(out);
    return *out;
}

std::string error_of(const std::string& text) {
    const auto out = expand_percent(text, values());
    INFO(text);
    REQUIRE(!out);
    CHECK(out.error().kind == ErrorKind::invalid);
    return out.error().message;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const std::string& text) {
    const auto pairs = parse_environment_pairs(text);
    INFO(text);
    REQUIRE(pairs);
    return *pairs;
}

}  // namespace

TEST_CASE("names are filled in and %% is a percent sign", "[percent]") {
    CHECK(filled("").empty());
    CHECK(filled("%(here)s/x%%y%(here)s") == "/etc/x%y/etc");
    CHECK(filled("%%(here)s") == "%(here)s");
    CHECK(filled("%(a(b))s") == "nested");
}

TEST_CASE("numbers take width, sign, zeros and base as in Python", "[percent]") {
    CHECK(filled("%(process_num)02d") == "07");
    CHECK(filled("%(process_num)s") == "7");
    CHECK(filled("%(process_num)-4d|") == "7   |");
    CHECK(filled("%(minus)06d") == "-00042");
    CHECK(filled("%(process_num)+d") == "+7");
    CHECK(filled("%(minus)#x") == "-0x2a");
    CHECK(filled("%(process_num).3d") == "007");
    CHECK(filled("%(process_num).1f") == "7.0");
    CHECK(filled("%(process_num)c") == "\a");
}

TEST_CASE("text is measured in characters and never filled with zeros", "[percent]") {
    CHECK(filled("%(word).2s") == "h\u00E9");
    CHECK(filled("%(word)07s") == "  h\u00E9llo");
}

TEST_CASE("an unknown name is an error that has it", "[percent]") {
    CHECK(error_of("%(gone)s") == "%(gone)s: there is nothing of that name here");
    CHECK(error_of("%(ENV_GONE)s") == "%(ENV_GONE)s: supervisord has no environment variable GONE");
}

TEST_CASE("what Python refuses is an error that says what to write", "[percent]") {
    CHECK(error_of("date +%s").find("write %% for a percent sign") != std::string::npos);
    CHECK(error_of("100%").find("write %%") != std::string::npos);
    CHECK(error_of("%(here").find("never closed") != std::string::npos);
    CHECK(error_of("%(here)").find("write %(here)s") != std::string::npos);
    CHECK(error_of("%(here)d").find("is text") != std::string::npos);
    CHECK(error_of("%(here)/x").find("no conversion") != std::string::npos);
    CHECK(error_of("%(process_num)9999999d").find("width above 1000") != std::string::npos);
}

TEST_CASE("environment pairs keep what quotes hold", "[percent]") {
    CHECK(pairs_of("").empty());
    CHECK(pairs_of("A=1,B=\"x, y\"") == Pairs{{"A", "1"}, {"B", "x, y"}});
    CHECK(pairs_of("A='1',\n  B=/usr/bin:/bin,") == Pairs{{"A", "1"}, {"B", "/usr/bin:/bin"}});
    CHECK(pairs_of("A=\"\"#rest\n") == Pairs{{"A", ""}});
}

TEST_CASE("environment pairs that supervisord refuses are errors", "[percent]") {
    for (const char* const text : {"A", "A=", "A=1,B", "=1", "A=\"x", "A=b@c"}) {
        INFO(text);
        CHECK(!parse_environment_pairs(text));
    }
}

TEST_CASE("own values stand before those they lie on", "[percent]") {
    const PercentValues shared{{"here", "/etc"}, {"ENV_STAGE", "live"}};
    auto own = PercentValues::on_top_of(shared);
    own["ENV_STAGE"] = "test";
    own["process_num"] = std::int64_t{3};
    CHECK(*expand_percent("%(here)s %(ENV_STAGE)s %(process_num)02d", own) == "/etc test 03");
    own.erase("ENV_STAGE");
    CHECK(*expand_percent("%(ENV_STAGE)s", own) == "live");
    CHECK(own.find("gone") == nullptr);
}

}  // namespace percent_test
