#include <keenlance/core/config.hpp>

#include <support/catch.hpp>

#include <string>

namespace config_test {

using namespace keenlance;

namespace {

Config read(const std::string& text, ConfigDialect dialect = ConfigDialect::since_python_3_13) {
    auto config = parse_config(text, "a.conf", dialect);
    INFO(text);
    REQUIRE(config);
    return std::move(*config);
}

std::string value(const Config& config, const std::string& section, const std::string& option) {
    const auto* const found = config.find(section, option);
    return found ? found->value : "(none)";
}

std::string error_of(const std::string& text) {
    const auto config = parse_config(text, "a.conf", ConfigDialect::since_python_3_13);
    REQUIRE(!config);
    CHECK(config.error().kind == ErrorKind::invalid);
    return config.error().message;
}

}  // namespace

TEST_CASE("options are lower-cased and split at the first = or :", "[config]") {
    const Config config = read("[a]\nUPPER = 1 \nb:c=d\ne=f:g\nlong name=x\n");
    CHECK(value(config, "a", "upper") == "1");
    CHECK(value(config, "a", "b") == "c=d");
    CHECK(value(config, "a", "e") == "f:g");
    CHECK(value(config, "a", "long name") == "x");
    CHECK(value(config, "a", "UPPER") == "(none)");
    CHECK(value(config, "b", "upper") == "(none)");
}

TEST_CASE("indented lines go on with the value, empty lines are part of it, comments are not", "[config]") {
    const Config config = read("[a]\nx = 1 ; one\n  2 # two\n\n  ; nothing\n  [3]\n  k=4\n\n\ny=5\n");
    CHECK(value(config, "a", "x") == "1\n2\n\n[3]\nk=4");
    CHECK(value(config, "a", "y") == "5");
    CHECK(config.sections().size() == 1);
}

TEST_CASE("a line goes on only if it is indented deeper than the option it follows", "[config]") {
    const Config config = read("[a]\n  x=1\n  y=2\n   3\n");
    CHECK(value(config, "a", "x") == "1");
    CHECK(value(config, "a", "y") == "2\n3");
}

TEST_CASE("an inline comment needs white space before it", "[config]") {
    const Config config = read("[a]\nurl=http://h/#top\nb=x;y ;z\nc=;all\nd= ;all\n");
    CHECK(value(config, "a", "url") == "http://h/#top");
    CHECK(value(config, "a", "b") == "x;y");
    CHECK(value(config, "a", "c") == ";all");
    CHECK(value(config, "a", "d").empty());
}

TEST_CASE("which of two inline comments counts depends on supervisord's Python", "[config]") {
    const std::string text = "[a]\nx=a;b ;c #d\n";
    CHECK(value(read(text, ConfigDialect::since_python_3_13), "a", "x") == "a;b");
    CHECK(value(read(text, ConfigDialect::until_python_3_12), "a", "x") == "a;b ;c");
}

TEST_CASE("repeated sections merge and the last of repeated options wins in the first one's place",
          "[config]") {
    const Config config = read("[a]\nx=1\ny=2\n[b]\n[a]\nX=3\nz=4\n");
    REQUIRE(config.sections().size() == 2);
    const auto& options = config.find("a")->options();
    REQUIRE(options.size() == 3);
    CHECK(options[0].name == "x");
    CHECK(options[0].value == "3");
    CHECK(options[0].at == ConfigPlace{"a.conf", 6});
    CHECK(config.find("a")->at().text() == "a.conf line 1");
}

TEST_CASE("DEFAULT lends its options to all sections and is none itself", "[config]") {
    const Config config = read("[DEFAULT]\nx=1\n[a]\n[b]\nx=2\n[default]\ny=3\n");
    CHECK(value(config, "a", "x") == "1");
    CHECK(value(config, "b", "x") == "2");
    CHECK(value(config, "DEFAULT", "x") == "(none)");
    CHECK(value(config, "nowhere", "x") == "(none)");
    CHECK(config.find("a")->find("x") == nullptr);
    CHECK(config.sections().size() == 3);
}

TEST_CASE("a header reaches to the last bracket of its line", "[config]") {
    const Config config = read("[a]b]c\nx=1\n[ d ] trailing\n[]]\n");
    REQUIRE(config.sections().size() == 3);
    CHECK(config.sections()[0].name() == "a]b");
    CHECK(config.sections()[1].name() == " d ");
    CHECK(config.sections()[2].name() == "]");
}

TEST_CASE("lines end with \\n, \\r\\n and \\r alike", "[config]") {
    const Config config = read("[a]\r\nx=1\r\r\n 2\ry=3");
    CHECK(value(config, "a", "x") == "1\n\n2");
    CHECK(config.find("a", "y")->at.line == 5);
}

TEST_CASE("white space is what Python's str has for it", "[config]") {
    const Config config = read("[a]\n\u00A0x\u3000=\u00A0y\u00A0;z\nb=\u200Bc\n");
    CHECK(value(config, "a", "\u00A0x") == "(none)");
    CHECK(value(config, "a", "x") == "y");
    CHECK(value(config, "a", "b") == "\u200Bc");
}

TEST_CASE("lines of any length are read", "[config]") {
    const std::string word(200'000, ';');
    CHECK(value(read("[a]\nx=1 " + word + "\ny=1" + word + "\n"), "a", "y") == "1" + word);
}

TEST_CASE("what supervisord cannot read is an error with file and line", "[config]") {
    CHECK(error_of("\n\nx=1\n") == "a.conf line 3: 'x=1' stands before the first [section]");
    CHECK(error_of("[a]\nx\n") == "a.conf line 2: 'x' is no option; write NAME=VALUE");
    CHECK(error_of("[a]\n = x\n") == "a.conf line 2: '= x' has no option name before the '=' or ':'");
    CHECK(error_of("[a]\n[]\n") == "a.conf line 2: '[]' is no option; write NAME=VALUE");
    CHECK(error_of("\xEF\xBB\xBF[a]\n").find("byte-order mark") != std::string::npos);
    CHECK(error_of("[a]\r\nx=1\ry=\xE9\n").find("a.conf line 3: byte 0xe9 is not UTF-8") == 0);
    CHECK(error_of("[a]\nx=\xED\xA0\x80\n").find("line 2") != std::string::npos);
}

TEST_CASE("a file read later replaces options and adds sections", "[config]") {
    Config config = read("[a]\nx=1\ny=2\n[DEFAULT]\nd=1\n");
    config.merge(
        *parse_config("[b]\n[a]\ny=3\nz=4\n[DEFAULT]\nd=2\n", "b.conf", ConfigDialect::since_python_3_13));
    CHECK(value(config, "a", "x") == "1");
    CHECK(value(config, "a", "y") == "3");
    CHECK(value(config, "a", "d") == "2");
    CHECK(config.find("a", "y")->at.text() == "b.conf line 3");
    CHECK(config.find("b") != nullptr);
}

TEST_CASE("here is baked into all that has been read so far", "[config]") {
    Config config = read("[DEFAULT]\nd=%(here)s\n[a]\nx=%(here)s/%(here)s\ny=%%(here)s\n");
    config.bake_here("/one");
    config.merge(read("[b]\nx=%(here)s\n"));
    config.bake_here("/two");
    CHECK(value(config, "a", "x") == "/one//one");
    CHECK(value(config, "a", "y") == "%/one");
    CHECK(value(config, "a", "d") == "/one");
    CHECK(value(config, "b", "x") == "/two");
    CHECK(value(config, "b", "d") == "/two");
    CHECK(config.defaults().find("d")->value == "%(here)s");
}

}  // namespace config_test
