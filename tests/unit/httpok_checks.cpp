#include <listeners/httpok/check_text.hpp>
#include <support/catch.hpp>

namespace httpok_checks_test {

using namespace keenlance;
using httpok::About;
using httpok::Check;
using httpok::Wishes;

namespace {

Check made(const std::string& text, const Wishes& wishes = {}) {
    const auto parsed = httpok::parse_check(text);
    INFO(text << ": " << (parsed ? "" : parsed.error().message));
    REQUIRE(parsed.ok());
    auto check = httpok::make_check(*parsed, {About::Kind::named, {"usual"}}, wishes);
    INFO((check ? "" : check.error().message));
    REQUIRE(check.ok());
    return *check;
}

/// What is wrong with it, wherever that shows.
std::string refusal(const std::string& text) {
    const auto parsed = httpok::parse_check(text);
    if (!parsed) return parsed.error().message;
    const auto check = httpok::make_check(*parsed, {}, {});
    return check ? "" : check.error().message;
}

std::string refusal_of_file(const std::string& text) {
    const auto parsed = httpok::parse_checks(text);
    if (!parsed) return parsed.error().message;
    for (const auto& each : *parsed)
        if (const auto check = httpok::make_check(each, {}, {}); !check) return check.error().message;
    return "";
}

bool holds(const std::string& text, const std::string& part) {
    INFO(text << " should hold " << part);
    return text.find(part) != std::string::npos;
}

const HttpCheck& http(const Check& check) {
    return std::get<HttpCheck>(check.attempt.what);
}

}  // namespace

TEST_CASE("a check is the processes it is about, and a target") {
    const auto check = made("app:web-*, api=http://127.0.0.1/?a=b");
    CHECK(check.about.kind == About::Kind::patterns);
    CHECK(check.about.words == std::vector<std::string>{"app:web-*", "api"});
    CHECK(http(check).url == "http://127.0.0.1/?a=b");
    CHECK(check.scope == Check::Scope::together);
}

TEST_CASE("a target alone is about the processes of the command line") {
    for (const std::string text : {"http://127.0.0.1/?a=b", "exec:test x = x", "TCP://localhost:1"}) {
        const auto check = made(text);
        CHECK(check.about.kind == About::Kind::named);
        CHECK(check.about.words == std::vector<std::string>{"usual"});
        CHECK(check.target == text);
    }
}

TEST_CASE("HTTP over a unix socket is written as nginx does, or with unix:") {
    const auto nginx = made("web=http://unix:/run/app.sock:/health?x");
    CHECK(http(nginx).unix_socket == "/run/app.sock");
    CHECK(http(nginx).url == "http://localhost/health?x");
    CHECK(nginx.attempt.shown == "http://unix:/run/app.sock:/health?x");
    const auto ours = made("web=unix:///run/app.sock:/health");
    CHECK(http(ours).unix_socket == "/run/app.sock");
    CHECK(http(ours).url == "http://localhost/health");
    CHECK(http(made("web=http://unix:/run/app.sock")).url == "http://localhost/");
    const auto connection = made("web=unix:///run/app.sock");
    CHECK(std::get<ReadyCheck>(connection.attempt.what).kind == ReadyKind::unix_socket);
}

TEST_CASE("placeholders make a check of each process, quoted where a shell reads them") {
    const auto check = made("app:*=http://127.0.0.1:80{num}/{group}/{name}");
    CHECK(check.scope == Check::Scope::each);
    const auto attempt = httpok::attempt_of(check, Instance{{"app", "web_07"}, "", 42});
    REQUIRE(attempt.ok());
    CHECK(attempt->shown == "http://127.0.0.1:8007/app/web_07");
    const auto command = made("app:*=exec:check {pid} {name}");
    const auto filled = httpok::attempt_of(command, Instance{{"app", "a;b"}, "", 42});
    REQUIRE(filled.ok());
    CHECK(std::get<ReadyCheck>(filled->what).target == "check 42 'a;b'");
    CHECK_FALSE(httpok::attempt_of(check, Instance{{"app", "web"}, "", 42}).ok());
}

TEST_CASE("statuses are numbers, classes and ranges") {
    Wishes wishes;
    REQUIRE(httpok::set(wishes, "code", "2xx, 301,404-410").ok());
    REQUIRE(httpok::set(wishes, "code", "5XX").ok());
    const std::vector<httpok::StatusRange> expected{{200, 299}, {301, 301}, {404, 410}, {500, 599}};
    CHECK(wishes.good == expected);
    for (const std::string wrong :
         {"", "xx", "0xx", "2x", "20000", "99", "299-200", "200-", "-200", "2xx-3xx", "ok"})
        CHECK_FALSE(httpok::set(wishes, "code", wrong).ok());
}

TEST_CASE("headers are names and values, and what they hold is not told") {
    Wishes wishes;
    REQUIRE(httpok::set(wishes, "header", " X-Token :  a b ").ok());
    CHECK(wishes.headers == std::vector<std::string>{"X-Token: a b"});
    REQUIRE(httpok::set(wishes, "header", "Host: shop.example.com").ok());
    for (const std::string wrong : {"hunter2", ": hunter2", "A B: hunter2", "A: hunter2\r\nB: c", ""}) {
        const auto status = httpok::set(wishes, "header", wrong);
        REQUIRE_FALSE(status.ok());
        CHECK_FALSE(status.error().message.find("hunter2") != std::string::npos);
    }
}

TEST_CASE("a regular expression is compiled when it is read") {
    Wishes wishes;
    REQUIRE(httpok::set(wishes, "regex", "^(ok|fine)$").ok());
    CHECK(wishes.pattern->is_in("one\nfine\ntwo"));
    CHECK_FALSE(wishes.pattern->is_in("not fine"));
    CHECK(wishes.pattern->is_in(std::string("\0\nok", 4)));
    for (const std::string wrong : {"(", "[a", "", "(a)\\1"})
        CHECK_FALSE(httpok::set(wishes, "regex", wrong).ok());
    CHECK(httpok::set(wishes, "regex", "\\\\1").ok());
}

TEST_CASE("the settings of a file's check come before those of the command line, header by header") {
    Wishes usual;
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"timeout", "3"}, {"code", "204"}, {"header", "A: 1"}, {"header", "B: 1"}, {"method", "post"}})
        REQUIRE(httpok::set(usual, name, value).ok());
    const auto texts = httpok::parse_checks(
        "# shop\n\nweb=https://shop/\n  timeout = 5s\n\tcode=2xx\n  header=a: 2\n  insecure=yes\n"
        "  body=a = b # c\n\napi=http://api/\r\n");
    REQUIRE(texts.ok());
    REQUIRE(texts->size() == 2);
    const auto web = httpok::make_check((*texts)[0], {}, usual);
    REQUIRE(web.ok());
    CHECK(http(*web).timeout == Duration{5'000});
    CHECK(http(*web).headers == std::vector<std::string>{"B: 1", "a: 2"});
    CHECK(http(*web).verification == Verification::off);
    CHECK(http(*web).needle == "a = b # c");
    CHECK(web->good == std::vector<httpok::StatusRange>{{200, 299}});
    const auto api = httpok::make_check((*texts)[1], {}, usual);
    REQUIRE(api.ok());
    CHECK(http(*api).method == "POST");
    CHECK(http(*api).url == "http://api/");
    CHECK(api->good == std::vector<httpok::StatusRange>{{204, 204}});
}

TEST_CASE("what is wrong with a check is said with what it is wrong about") {
    CHECK(holds(refusal("web="), "no target"));
    CHECK(holds(refusal("=http://a/"), "names no process"));
    CHECK(holds(refusal("web=localhost:80"), "'localhost:80' is no http:// or https:// URL"));
    CHECK(holds(refusal("web=tcp://localhost"), "no port"));
    CHECK(holds(refusal("web=unix://run/x.sock:/a"), "no absolute path"));
    CHECK(holds(refusal("web=exec:"), "no command"));
    CHECK(holds(refusal("a b=http://a/"), "commas"));
    CHECK(holds(refusal("http://a:80{num}/"), "placeholders"));
    CHECK_FALSE(holds(refusal("web=ftp://me:hunter2@host/"), "hunter2"));
}

TEST_CASE("what is wrong with a file is said with its line") {
    CHECK(refusal_of_file("\n  timeout=5\n").starts_with("2: "));
    CHECK(refusal_of_file("web=http://a/\n  timeout\n").starts_with("2: "));
    CHECK(holds(refusal_of_file("web=http://a/\n\n  colour=red\n"), "3: colour: 'colour' is no setting"));
    CHECK(refusal_of_file("web=http://a/\n  regex=(\n").starts_with("2: regex: "));
    CHECK(refusal_of_file("# one\nweb=gopher://a/\n").starts_with("2: "));
    CHECK(holds(refusal_of_file("web=tcp://a:1\n  body=x\n"), "2: body is for what is asked over HTTP"));
    CHECK(refusal_of_file("web=tcp://a:1\n  timeout=2\n").empty());
}

TEST_CASE("superlance's URL is taken as it is") {
    for (const std::string url : {"http://me:p@ss@host/{num}", "HTTPS://host", "http://host/a b"}) {
        const auto check = httpok::make_plain_check(url, {}, {});
        REQUIRE(check.ok());
        CHECK(http(*check).url == url);
        CHECK(check->scope == Check::Scope::together);
    }
    for (const std::string wrong : {"http://", "https://", "/path", "a:80", "ftp://a/"})
        CHECK_FALSE(httpok::make_plain_check(wrong, {}, {}).ok());
}

}  // namespace httpok_checks_test
