#include <keenlance/core/text.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

#include <support/catch.hpp>

#include <chrono>

namespace xmlrpc_parse_test {

using namespace keenlance;
using namespace keenlance::xmlrpc;

namespace {

std::string response(std::string_view value) {
    return "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n" + std::string(value) +
           "\n</param>\n</params>\n</methodResponse>\n";
}

Value read(std::string_view value) {
    auto answer = parse_response(response(value));
    if (!answer) FAIL(answer.error().message);
    return *answer;
}

Error refusal(std::string_view text) {
    const auto answer = parse_response(text);
    REQUIRE_FALSE(answer.ok());
    CHECK(printable(answer.error().message, 1000) == answer.error().message);
    return answer.error();
}

/// What stands in a <value> is refused as malformed.
void check_refused(std::string_view inside) {
    INFO(inside);
    CHECK(refusal(response("<value>" + std::string(inside) + "</value>")).kind == ErrorKind::malformed);
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        out += text;
    return out;
}

std::string nested_arrays(std::size_t levels) {
    return response(repeated("<value><array><data>", levels) + repeated("</data></array></value>", levels));
}

std::string nested_structs(std::size_t levels) {
    return response(repeated("<value><struct><member><name>n</name>", levels) + "<value/>" +
                    repeated("</member></struct></value>", levels));
}

/// A megabyte takes 0.2 s, some seconds under sanitizers on a busy machine; quadratic work on it takes
/// minutes.
bool parses_in_time(const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    (void)parse_response(text);
    return std::chrono::steady_clock::now() - start < std::chrono::seconds(20);
}

}  // namespace

TEST_CASE("Every type of Python's xmlrpc.client is read") {
    // xmlrpc.client.dumps(({...},), methodresponse=True, allow_none=True), Python 3.11
    const auto value = read(
        "<value><struct>\n<member>\n<name>yes</name>\n<value><boolean>1</boolean></value>\n</"
        "member>\n<member>\n"
        "<name>no</name>\n<value><boolean>0</boolean></value>\n</member>\n<member>\n<name>int</name>\n"
        "<value><int>-2147483648</int></value>\n</member>\n<member>\n<name>real</name>\n"
        "<value><double>1e-07</double></value>\n</member>\n<member>\n<name>text</name>\n"
        "<value><string>a &lt;b&gt; &amp; "
        "\"c\"\n\t</string></value>\n</member>\n<member>\n<name>list</name>\n"
        "<value><array><data>\n<value><int>1</int></value>\n<value><array><data>\n</data></array></value>\n"
        "<value><struct>\n</struct></value>\n</data></array></value>\n</member>\n<member>\n<name>nil</name>\n"
        "<value><nil/></value></member>\n<member>\n<name>when</name>\n"
        "<value><dateTime.iso8601>20240229T12:30:59</dateTime.iso8601></value>\n</member>\n<member>\n"
        "<name>bytes</name>\n<value><base64>\nAP9r\n</base64></value>\n</member>\n</struct></value>");
    CHECK(value == Value(Struct{{"yes", true},
                                {"no", false},
                                {"int", std::int64_t{-2147483648}},
                                {"real", 1e-07},
                                {"text", "a <b> & \"c\"\n\t"},
                                {"list", Array{1, Array{}, Struct{}}},
                                {"nil", Value()},
                                {"when", "20240229T12:30:59"},
                                {"bytes", "\nAP9r\n"}}));
}

TEST_CASE("A call of Python's xmlrpc.client is read") {
    const auto call = parse_call(
        "<?xml "
        "version='1.0'?>\n<methodCall>\n<methodName>supervisor.startProcess</methodName>\n<params>\n<param>\n"
        "<value><string>web:web_00</string></value>\n</param>\n<param>\n<value><boolean>0</boolean></value>\n"
        "</param>\n</params>\n</methodCall>\n");
    REQUIRE(call.ok());
    CHECK(*call == MethodCall{"supervisor.startProcess", {"web:web_00", false}});
}

TEST_CASE("A call may leave out its params but not its method") {
    CHECK(*parse_call("<methodCall><methodName>a.b</methodName></methodCall>") == MethodCall{"a.b", {}});
    for (const auto* text :
         {"<methodCall/>", "<methodCall><methodName/></methodCall>", "<methodCall><params/></methodCall>",
          "<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>",
          "<methodCall><methodName>a</methodName><params/><params/></methodCall>",
          "<methodCall><methodName>a</methodName><params><value/></params></methodCall>",
          "<methodResponse><methodName>a</methodName></methodResponse>"}) {
        INFO(text);
        CHECK(parse_call(text).error().kind == ErrorKind::malformed);
    }
}

TEST_CASE("Text without a type is a string") {
    CHECK(read("<value>text</value>") == Value("text"));
    CHECK(read("<value></value>") == Value(""));
    CHECK(read("<value/>") == Value(""));
    CHECK(read("<value>  </value>") == Value("  "));
    CHECK(read("<value>12</value>") == Value("12"));
}

TEST_CASE("A string is put together from all its pieces") {
    CHECK(read("<value><string>a<!-- x -->b<![CDATA[<&amp;]]>c</string></value>") == Value("ab<&amp;c"));
    CHECK(read("<value>a<!-- x -->b</value>") == Value("ab"));
    CHECK(read("<value><string>&lt;&gt;&amp;&quot;&apos;</string></value>") == Value("<>&\"'"));
    CHECK(read("<value><string>&#65;&#x42;&#x20ac;&#128512;&#0000000067;</string></value>") ==
          Value("AB\xE2\x82\xAC\xF0\x9F\x98\x80"
                "C"));
    CHECK(read("<value><string>&amp;lt;</string></value>") == Value("&lt;"));
}

TEST_CASE("White space in a string is kept, even where it is all there is") {
    CHECK(read("<value><string>  a \n b\t</string></value>") == Value("  a \n b\t"));
    CHECK(read("<value><string>\n</string></value>") == Value("\n"));
    CHECK(read("<value><string> <![CDATA[ ]]> <!-- x --> </string></value>") == Value("    "));
    CHECK(read("<value><struct><member><name> </name><value>\t</value></member></struct></value>") ==
          Value(Struct{{" ", "\t"}}));
    CHECK(read(" <value> <string>x</string> </value> ") == Value("x"));
}

TEST_CASE("Line ends are read as XML wants them, whoever wrote them") {
    CHECK(read("<value><string>a\r\nb\rc\n\rd&#13;\ne</string></value>") == Value("a\nb\nc\n\nd\r\ne"));
}

TEST_CASE("A log with escape codes and bytes that are no text can be read") {
    CHECK(read("<value><string>\x1b[31mred\x1b[0m</string></value>") == Value("\x1b[31mred\x1b[0m"));
    const std::string_view odd(
        "<value><string>a\0b\xFF"
        "c\xC3</string></value>",
        38);
    CHECK(read(odd) == Value("a?b?c?"));
}

TEST_CASE("Whole numbers are read under all their names") {
    CHECK(read("<value><int>5</int></value>") == Value(5));
    CHECK(read("<value><i4>-5</i4></value>") == Value(-5));
    CHECK(read("<value><i8>9223372036854775807</i8></value>") == Value(std::int64_t{9223372036854775807}));
    CHECK(read("<value><ex:i8>1</ex:i8></value>") == Value(1));
    CHECK(read("<value><int>2147483648</int></value>") == Value(std::int64_t{2147483648}));
    CHECK(read("<value><int> +7\n</int></value>") == Value(7));
    CHECK(read("<value><int>007</int></value>") == Value(7));
}

TEST_CASE("Nil is read under both its names") {
    CHECK(read("<value><nil/></value>").is_nil());
    CHECK(read("<value><ex:nil></ex:nil></value>").is_nil());
}

TEST_CASE("A value that is not what its type says is refused") {
    const auto* inside = GENERATE(
        "<int>9223372036854775808</int>", "<i8>-9223372036854775809</i8>", "<int></int>", "<int>1.5</int>",
        "<int>1 2</int>", "<int>0x10</int>", "<int>+-1</int>", "<int>++1</int>", "<int>seven</int>",
        "<boolean>2</boolean>", "<boolean>true</boolean>", "<boolean/>", "<boolean>01</boolean>",
        "<double>1,5</double>", "<double/>", "<double>1e999</double>", "<double>1.5x</double>",
        "<nil>0</nil>", "<unknown>1</unknown>", "<int><int>1</int></int>", "<string><b>bold</b></string>");
    check_refused(inside);
}

TEST_CASE("A value of more than one thing is refused") {
    check_refused("<int>1</int><int>2</int>");
    check_refused("text<int>1</int>");
    check_refused("<int>1</int>text");
    check_refused("<int>1</int><![CDATA[text]]>");
    check_refused("<?target?>");
    check_refused("<!ENTITY>");
}

TEST_CASE("An array of anything but values in one data is refused") {
    check_refused("<array/>");
    check_refused("<array><value/></array>");
    check_refused("<array><data/><data/></array>");
    check_refused("<array><data><int>1</int></data></array>");
    check_refused("<array><data>text</data></array>");
    check_refused("<array><data><value/>text</data></array>");
}

TEST_CASE("A struct of anything but members with one name and one value is refused") {
    check_refused("<struct><value/></struct>");
    check_refused("<struct>text</struct>");
    check_refused("<struct><member/></struct>");
    check_refused("<struct><member><value/></member></struct>");
    check_refused("<struct><member><name>a</name></member></struct>");
    check_refused("<struct><member><name>a</name><name>b</name></member></struct>");
    check_refused("<struct><member><name>a</name><value/><value/></member></struct>");
    check_refused("<struct><member><name>a</name>text<value/></member></struct>");
    check_refused("<struct><member><name><b/></name><value/></member></struct>");
    check_refused("<struct><thing><name>a</name><value/></thing></struct>");
}

TEST_CASE("A struct with a member twice is refused, since nobody knows which one counts") {
    const std::string pid = "<member><name>pid</name><value><int>1</int></value></member>";
    const auto error = refusal(response("<value><struct>" + pid + pid + "</struct></value>"));
    CHECK(error.kind == ErrorKind::malformed);
    CHECK(error.message.find("'pid' twice") != std::string::npos);
}

TEST_CASE("References that XML does not define are refused") {
    check_refused("&nbsp;");
    check_refused("a & b");
    check_refused("&amp");
    check_refused("&#0;");
    check_refused("&#;");
    check_refused("&#x;");
    check_refused("&#-5;");
    check_refused("&#xD800;");
    check_refused("&#1114112;");
    check_refused("&#99999999999999999999;");
}

TEST_CASE("Entities of a document type are not expanded") {
    const auto error = refusal("<!DOCTYPE x [<!ENTITY a 'lol'>]>" + response("<value>&a;</value>"));
    CHECK(error.kind == ErrorKind::malformed);
}

TEST_CASE("What is no method response is refused, and its beginning quoted") {
    const auto* text =
        GENERATE("", " \n", "Not Found", "\xEF\xBB\xBF", "<", "<>", "<methodResponse>", "<methodResponse/>",
                 "<methodResponse><params/></methodResponse>",
                 "<methodResponse><params><param/></params></methodResponse>",
                 "<methodResponse><params><param><value/><value/></param></params></methodResponse>",
                 "<methodResponse><params><param><value/></param><param><value/></param></params>"
                 "</methodResponse>",
                 "<methodResponse>text<params><param><value/></param></params></methodResponse>",
                 "<methodResponse><fault><value/></fault></methodResponse>",
                 "<methodCall><methodName>a</methodName></methodCall>", "{\"error\": 1}",
                 "<methodResponse><params></methodResponse></params>");
    const auto error = refusal(text);
    INFO(error.message);
    CHECK(error.kind == ErrorKind::malformed);
    CHECK(error.message.find(printable(trim(text))) != std::string::npos);
}

TEST_CASE("An HTML page is quoted in one line") {
    const auto error =
        refusal("<!DOCTYPE html>\n<html><head><title>502</title></head>\n<body>Bad Gateway</body></html>");
    CHECK(error.message ==
          "not XML-RPC: <html> where one <methodResponse> belongs; it begins '<!DOCTYPE html> <html><head>"
          "<title>502</title></head> <body>Bad Gateway</body></html>'");
}

TEST_CASE("A fault without its code or text is malformed") {
    const auto fault = [](std::string_view members) {
        return "<methodResponse><fault><value><struct>" + std::string(members) +
               "</struct></value></fault></methodResponse>";
    };
    const std::string code = "<member><name>faultCode</name><value><int>1</int></value></member>";
    const std::string text = "<member><name>faultString</name><value>no</value></member>";
    CHECK(refusal(fault(code + text)) == Error{ErrorKind::fault, 1, "no"});
    CHECK(refusal(fault(text + code)).kind == ErrorKind::fault);
    CHECK(refusal(fault(code)).kind == ErrorKind::malformed);
    CHECK(refusal(fault(text)).kind == ErrorKind::malformed);
    CHECK(refusal(fault("<member><name>faultCode</name><value><i8>4294967297</i8></value></member>" + text))
              .kind == ErrorKind::malformed);
}

TEST_CASE("Comments, attributes, a document type and a byte order mark do no harm") {
    const auto answer = parse_response(
        "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- a --> <!-- b -->\n<!DOCTYPE "
        "methodResponse>\n"
        "<methodResponse xmlns:ex='urn:x > y'><params><!-- c --><param><value type=\"x\"><int><!-- d "
        "-->4<!-- e -->"
        "</int></value></param></params></methodResponse>\n<!-- f -->\n");
    REQUIRE(answer.ok());
    CHECK(*answer == Value(4));
}

TEST_CASE("Anything before or after the document is refused") {
    const auto good = response("<value>x</value>");
    REQUIRE(parse_response(good).ok());
    for (const auto& text : {"junk" + good, "junk\n" + good, good + "junk", good + good, good + "<a/>",
                             good + "&#32;a", good + std::string(1, '\0'), "HTTP/1.1 200 OK\r\n\r\n" + good,
                             good + "</methodResponse>", good.substr(0, good.size() - 5)}) {
        INFO(printable(text));
        CHECK(refusal(text).kind == ErrorKind::malformed);
    }
}

TEST_CASE("Values may nest to the bound and no deeper") {
    CHECK(parse_response(nested_arrays(max_depth)).ok());
    CHECK(parse_response(nested_structs(max_depth - 1)).ok());
    CHECK(refusal(nested_arrays(max_depth + 1)).kind == ErrorKind::too_large);
    CHECK(refusal(nested_structs(max_depth)).kind == ErrorKind::too_large);
}

TEST_CASE("A million nested elements are refused and do not exhaust the stack") {
    constexpr std::size_t million = 1'000'000;
    CHECK(refusal(repeated("<a>", million)).kind == ErrorKind::too_large);
    CHECK(refusal(repeated("<a>", million) + repeated("</a>", million)).kind == ErrorKind::too_large);
    CHECK(refusal(nested_arrays(million / 10)).kind == ErrorKind::too_large);
    CHECK(refusal(nested_structs(million / 10)).kind == ErrorKind::too_large);
}

TEST_CASE("Hostile texts are read or refused in time linear to their size") {
    constexpr std::size_t size = 1'000'000;
    const auto* const piece = GENERATE("x", "&#", "&", "&amp;", " ", "\r", "<a ", "<a b='", "a='' ", "<!--",
                                       "<!---->", "<![CDATA[", "<", "<>", "</a>", "<a/>", "<?");
    INFO(piece);
    const auto text = repeated(piece, size / std::string_view(piece).size());
    CHECK(parses_in_time(response("<value>" + text + "</value>")));
    CHECK(parses_in_time("<methodResponse " + text + "/>"));
    CHECK(parses_in_time(text));
}

TEST_CASE("An element with very many attributes is refused") {
    std::string text = "<methodResponse";
    for (int i = 0; i < 100'000; ++i)
        text += " a" + std::to_string(i) + "=''";
    text += "><params><param><value/></param></params></methodResponse>";
    CHECK(parses_in_time(text));
    CHECK(refusal(text).kind == ErrorKind::malformed);
}

TEST_CASE("A long string comes whole") {
    const auto text = repeated("x", 10'000'000);
    const auto answer = parse_response(response("<value><string>" + text + "</string></value>"));
    REQUIRE(answer.ok());
    REQUIRE(answer->as_string() != nullptr);
    CHECK((*answer->as_string() == text));
}

TEST_CASE("what supervisord writes takes the short cut, and is read the same on the long way") {
    for (const auto* const value :
         {"<value><array><data>\n<value><struct>\n<member>\n<name>pid</name>\n<value><int>1</int></value>\n"
          "</member>\n<member>\n<name>name</name>\n<value><string>a &amp; b</string></value>\n</member>\n"
          "</struct></value>\n</data></array></value>",
          "<value><boolean>1</boolean></value>", "<value><string></string></value>", "<value>bare</value>",
          "<value></value>", "<value> </value>", "<value><nil/></value>",
          "<value><array><data></data></array></value>",
          "<value><string>\xC3\xA9 \xE9 \r\n \x01 &#10; ]]></string></value>",
          "<value><ex:i8>5</ex:i8></value>"}) {
        INFO(value);
        const auto text = response(value);
        const auto plain = read_plain_response(text);
        REQUIRE(plain);
        const auto any = parse_any_response(text);
        REQUIRE(any);
        CHECK(*plain == *any);
    }
}

TEST_CASE("what is unusual or wrong is left to the long way") {
    for (const auto* const value :
         {"<value><int>x</int></value>", "<value><int>1</i4></value>", "<value a='b'><int>1</int></value>",
          "<value><int/></value>", "<value/>", "<value><!-- c --><int>1</int></value>",
          "<value>&lost;</value>", "<value><string><![CDATA[x]]></string></value>",
          "<value>x<int>1</int></value>", "<value><what>1</what></value>",
          "<value><struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</"
          "value></member>"
          "</struct></value>"}) {
        INFO(value);
        CHECK_FALSE(read_plain_response(response(value)));
    }
    const auto whole = response("<value><int>1</int></value>");
    REQUIRE(read_plain_response(whole));
    CHECK_FALSE(read_plain_response(whole + "x"));
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
        INFO(size);
        CHECK_FALSE(read_plain_response(whole.substr(0, size)));
    }
    CHECK(read_plain_response(nested_arrays(max_depth - 1)));
    CHECK_FALSE(read_plain_response(nested_arrays(max_depth + 1)));
}

}  // namespace xmlrpc_parse_test
