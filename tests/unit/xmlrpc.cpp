#include <keenlance/core/xmlrpc.hpp>

#include <support/catch.hpp>

#include <clocale>
#include <cmath>
#include <limits>
#include <locale>

namespace xmlrpc_test {

using namespace keenlance;
using namespace keenlance::xmlrpc;

namespace {

std::string formatted(const Value& value) {
    const auto text = format_response(value);
    const std::string head = "<?xml version='1.0'?>\n<methodResponse><params><param><value>";
    const std::string tail = "</value></param></params></methodResponse>\n";
    REQUIRE(text.starts_with(head));
    REQUIRE(text.ends_with(tail));
    return text.substr(head.size(), text.size() - head.size() - tail.size());
}

Value round_trip(const Value& value) {
    auto again = parse_response(format_response(value));
    REQUIRE(again.ok());
    return *again;
}

}  // namespace

TEST_CASE("A call is written as xmlrpc.client and supervisord read it") {
    const MethodCall call{"supervisor.startProcess", {"web:web_00", false}};
    CHECK(format_call(call) ==
          "<?xml version='1.0'?>\n<methodCall><methodName>supervisor.startProcess</methodName><params>"
          "<param><value><string>web:web_00</string></value></param>"
          "<param><value><boolean>0</boolean></value></param></params></methodCall>\n");
    CHECK(*parse_call(format_call(call)) == call);
}

TEST_CASE("A call without parameters has none") {
    const auto call = parse_call(format_call({"supervisor.getState", {}}));
    REQUIRE(call.ok());
    CHECK(call->method == "supervisor.getState");
    CHECK(call->params.empty());
}

TEST_CASE("Every kind of value is written with its type") {
    CHECK(formatted({}) == "<nil/>");
    CHECK(formatted(true) == "<boolean>1</boolean>");
    CHECK(formatted(-7) == "<int>-7</int>");
    CHECK(formatted("text") == "<string>text</string>");
    CHECK(formatted(Array{}) == "<array><data></data></array>");
    CHECK(
        formatted(Array{1, Array{"a"}}) ==
        "<array><data><value><int>1</int></value><value><array><data><value><string>a</string></value></data>"
        "</array></value></data></array>");
    CHECK(formatted(Struct{{"b", 1}, {"a<", Struct{}}}) ==
          "<struct><member><name>b</name><value><int>1</int></value></member>"
          "<member><name>a&lt;</name><value><struct></struct></value></member></struct>");
}

TEST_CASE("Whole numbers of 32 bits are int and larger ones i8") {
    CHECK(formatted(std::int64_t{2147483647}) == "<int>2147483647</int>");
    CHECK(formatted(std::int64_t{-2147483648}) == "<int>-2147483648</int>");
    CHECK(formatted(std::int64_t{2147483648}) == "<i8>2147483648</i8>");
    CHECK(formatted(std::int64_t{-2147483649}) == "<i8>-2147483649</i8>");
    CHECK(formatted(std::numeric_limits<std::int64_t>::min()) == "<i8>-9223372036854775808</i8>");
}

TEST_CASE("Doubles come back as exactly what they were") {
    const double number = GENERATE(
        0.0, -0.0, 0.1, 1.0 / 3, -1.5, 1e300, 5e-324, 1e16, 123456789.25, std::numeric_limits<double>::max(),
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity());
    const auto again = round_trip(number);
    REQUIRE(again.as_double() != nullptr);
    CHECK(*again.as_double() == number);
    CHECK(std::signbit(*again.as_double()) == std::signbit(number));
}

TEST_CASE("A number that is none survives as such") {
    CHECK(formatted(std::numeric_limits<double>::quiet_NaN()) == "<double>nan</double>");
    const auto again = round_trip(std::numeric_limits<double>::quiet_NaN());
    REQUIRE(again.as_double() != nullptr);
    CHECK(std::isnan(*again.as_double()));
}

TEST_CASE("Numbers are written and read alike in every locale") {
    struct Comma : std::numpunct<char> {
        char do_decimal_point() const override { return ','; }
        char do_thousands_sep() const override { return '.'; }
        std::string do_grouping() const override { return "\3"; }
    };
    const auto before = std::locale::global(std::locale(std::locale::classic(), new Comma));
    std::setlocale(LC_ALL, "de_DE.UTF-8");  // where the system has it
    const auto text = formatted(Array{1234567, 1234.5});
    const auto again = round_trip(Array{1234567, 1234.5});
    std::setlocale(LC_ALL, "C");
    std::locale::global(before);
    CHECK(text ==
          "<array><data><value><int>1234567</int></value><value><double>1234.5</double></value></data></"
          "array>");
    CHECK(again == Value(Array{1234567, 1234.5}));
}

TEST_CASE("Text keeps its markup characters, white space and line ends") {
    const std::string text =
        GENERATE("a < b && c > \"d\" 'e' ]]>", "&amp; &#65;", " ", "\n", "  indented\n\tx ", "", "\r",
                 "one\r\ntwo\rthree\n\r", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
    CHECK(round_trip(text) == Value(text));
    CHECK(round_trip(Struct{{text, 1}}) == Value(Struct{{text, 1}}));
    CHECK(*parse_call(format_call({"m", {text, Array{text}}})) == MethodCall{"m", {text, Array{text}}});
}

TEST_CASE("What XML cannot carry goes as question marks") {
    CHECK(formatted(std::string("a\0b\x01\x1b[0m\x7f", 9)) == "<string>a?b??[0m\x7f</string>");
    CHECK(formatted("\xFF \xC3 \xED\xA0\x80 \xC0\x80 \xEF\xBF\xBE") == "<string>? ? ??? ?? ?</string>");
}

TEST_CASE("A fault comes back with its code and text") {
    const auto answer = parse_response(format_fault(10, "BAD_NAME: a<b"));
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error() == Error{ErrorKind::fault, 10, "BAD_NAME: a<b"});
}

TEST_CASE("Values tell their kind and their members") {
    CHECK(Value().kind() == "nil");
    CHECK(Value(true).kind() == "boolean");
    CHECK(Value(1).kind() == "int");
    CHECK(Value(1.0).kind() == "double");
    CHECK(Value("").kind() == "string");
    CHECK(Value(Array{}).kind() == "array");
    CHECK(Value(Struct{}).kind() == "struct");

    const Value value(Struct{{"pid", 7}});
    REQUIRE(value.member("pid") != nullptr);
    CHECK(*value.member("pid") == Value(7));
    CHECK(value.member("p") == nullptr);
    CHECK(Value("pid").member("pid") == nullptr);
}

TEST_CASE("A multicall carries its calls as one array of structs") {
    const auto call = multicall({{"supervisor.getPID", {}}, {"supervisor.stopProcess", {"a:b", true}}});
    CHECK(call.method == "system.multicall");
    const Array calls{Struct{{"methodName", "supervisor.getPID"}, {"params", Array{}}},
                      Struct{{"methodName", "supervisor.stopProcess"}, {"params", Array{"a:b", true}}}};
    REQUIRE(call.params.size() == 1);
    CHECK(call.params[0] == Value(calls));
    CHECK(multicall({}).params.at(0) == Value(Array{}));
}

TEST_CASE("The results of a multicall are values or faults in the order of the calls") {
    const Value answer(Array{Struct{{"faultCode", 70}, {"faultString", "NOT_RUNNING: a"}}, true, Array{1},
                             Struct{{"faultCode", 1}}});
    const auto results = parse_multicall(answer, 4);
    REQUIRE(results.ok());
    CHECK(results->at(0).error() == Error{ErrorKind::fault, 70, "NOT_RUNNING: a"});
    CHECK(*results->at(1) == Value(true));
    CHECK(*results->at(2) == Value(Array{1}));
    CHECK(*results->at(3) == Value(Struct{{"faultCode", 1}}));
}

TEST_CASE("An answer to a multicall of another shape or length is malformed") {
    CHECK(parse_multicall(Value(Array{1, 2}), 3).error().kind == ErrorKind::malformed);
    CHECK(parse_multicall(Value(Array{1, 2}), 1).error().kind == ErrorKind::malformed);
    CHECK(parse_multicall(Value(true), 1).error().kind == ErrorKind::malformed);
    CHECK(parse_multicall(Value(Array{}), 0).ok());
}

}  // namespace xmlrpc_test
