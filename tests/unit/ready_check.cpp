#include <keenlance/core/ready_check.hpp>

#include <support/catch.hpp>

namespace ready_check_test {

using namespace keenlance;

namespace {

ReadyCheck check_of(ReadyKind kind, const std::string& target) {
    ReadyCheck check;
    check.kind = kind;
    check.target = target;
    return check;
}

std::string refusal(const std::string& text) {
    const auto check = parse_ready_check(text);
    CAPTURE(text);
    REQUIRE_FALSE(check);
    CHECK(check.error().kind == ErrorKind::invalid);
    return check.error().message;
}

bool contains(const std::string& text, const std::string& part) {
    UNSCOPED_INFO("looking for: " << part << "\nin: " << text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a readiness check is a scheme and what it looks at") {
    const std::vector<std::pair<std::string, ReadyCheck>> sound{
        {"tcp://db.internal:5432", check_of(ReadyKind::tcp, "db.internal:5432")},
        {"tcp://127.0.0.1:1", check_of(ReadyKind::tcp, "127.0.0.1:1")},
        {"tcp://my_db-1:65535", check_of(ReadyKind::tcp, "my_db-1:65535")},
        {"tcp://[::1]:80", check_of(ReadyKind::tcp, "[::1]:80")},
        {"tcp://[::ffff:10.0.0.1]:80", check_of(ReadyKind::tcp, "[::ffff:10.0.0.1]:80")},
        {"tcp://[fe80::1%eth0]:80", check_of(ReadyKind::tcp, "[fe80::1%eth0]:80")},
        {"http://localhost", check_of(ReadyKind::http, "http://localhost")},
        {"http://localhost:8080/health?deep=1#x",
         check_of(ReadyKind::http, "http://localhost:8080/health?deep=1#x")},
        {"http://[::1]/a:b", check_of(ReadyKind::http, "http://[::1]/a:b")},
        {"https://user:p%40ss:word@host:443?to=x:y",
         check_of(ReadyKind::http, "https://user:p%40ss:word@host:443?to=x:y")},
        {"unix:///run/my app.sock", check_of(ReadyKind::unix_socket, "/run/my app.sock")},
        {"file:///run/%41.pid", check_of(ReadyKind::file, "/run/%41.pid")},
        {"file:///", check_of(ReadyKind::file, "/")},
        {"exec:pg_isready -q", check_of(ReadyKind::command, "pg_isready -q")},
        {"exec: test -s \"a:b\"\n&& true ", check_of(ReadyKind::command, "test -s \"a:b\"\n&& true")}};
    for (const auto& [text, expected] : sound) {
        CAPTURE(text);
        const auto check = parse_ready_check(text);
        REQUIRE(check);
        CHECK(*check == expected);
        CHECK(check->timeout == Duration{5'000});
    }
}

TEST_CASE("a scheme is known in any case, and with blanks around it all") {
    CHECK(*parse_ready_check(" TCP://Host:80\n") == check_of(ReadyKind::tcp, "Host:80"));
    CHECK(*parse_ready_check("HTTPS://Host/Path") == check_of(ReadyKind::http, "https://Host/Path"));
    CHECK(*parse_ready_check("Unix:///Run/A") == check_of(ReadyKind::unix_socket, "/Run/A"));
    CHECK(*parse_ready_check("Exec:A") == check_of(ReadyKind::command, "A"));
}

TEST_CASE("what is no readiness check is told what would be one") {
    for (const auto* text : {"", " ", "localhost:80", "tcp", "tcp:", "tcp:/", "tcp:localhost:80", "http:/x",
                             "file:/x", "ftp://host:21", "://x:1", "exec", "pg_isready", "/run/a.sock"}) {
        CHECK(contains(refusal(text), "is no readiness check: write tcp://host:port"));
    }
}

TEST_CASE("a port is needed for tcp, and is one wherever it is given") {
    for (const auto* text : {"tcp://host", "tcp://[::1]", "tcp://localhost."})
        CHECK(contains(refusal(text), "names no port"));
    for (const std::string port :
         {"", "0", "65536", "-1", "+80", "80x", " 80", "0x50", "99999999999999999999", "80/", "http"}) {
        for (const auto* host : {"tcp://host:", "tcp://[::1]:"})
            CHECK(contains(refusal(host + port), "no port from 1 to 65535"));
    }
    for (const auto* url : {"http://host:0/", "https://host:65536", "http://u:p@host:/", "http://[::1]:x"})
        CHECK(contains(refusal(url), "no port from 1 to 65535"));
}

TEST_CASE("a host is a name, an IPv4 address, or an IPv6 address in brackets") {
    for (const auto* text : {"tcp://:80", "http://", "http:///path", "https://?x", "http://user:p@/"})
        CHECK(contains(refusal(text), "names no host"));
    for (const auto* text : {"tcp://::1:80", "http://fe80::1:80/"})
        CHECK(contains(refusal(text), "needs brackets around an IPv6 address"));
    for (const auto* text : {"tcp://[::1:80", "tcp://[]:80", "tcp://[:::1]:80", "tcp://[host]:80",
                             "tcp://[::1%]:80", "tcp://[::1%a b]:80", "http://[::1]x:80/"})
        CHECK(contains(refusal(text), "no IPv6 address in its brackets"));
    for (const auto* text :
         {"tcp://a b:80", "tcp:// host:80", "tcp://a\tb:80", "tcp://user@host:80", "tcp://host/x:80",
          "tcp://h%6Fst:80", "tcp://host?:80", "tcp://host#x:80", "tcp://x[::1]:80", "tcp://::1]:80",
          "http://a\\b/", "http://a%20b/", "tcp://b\u00FCcher.example:80"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_ready_check(text));
    }
}

TEST_CASE("URLs hold no blanks, paths are absolute, commands are not empty") {
    for (const auto* text : {"http://a b/", "http://host/a b", "http://host/a\nb", "http://host/\x7F"})
        CHECK(contains(refusal(text), "holds a blank"));
    CHECK(contains(refusal("http://u:p@ss@host/"), "has an @ in its login"));
    CHECK_FALSE(contains(refusal("http://u:p@ss@host/"), "ss@"));
    for (const auto* text : {"unix://", "unix://run/a.sock", "unix://~/a.sock"})
        CHECK(contains(refusal(text), "no absolute path: write unix:///path"));
    for (const auto* text : {"file://", "file://run/a", "file://./a", "file://localhost/etc"})
        CHECK(contains(refusal(text), "no absolute path: write file:///path"));
    for (const auto* text : {"exec:", "exec: \t\n", "EXEC:"})
        CHECK(contains(refusal(text), "has no command"));
}

TEST_CASE("a NUL byte, which would cut what follows, is refused everywhere") {
    for (const std::string text :
         {"tcp://host:80", "http://host/", "unix:///run/a", "file:///run/a", "exec:true", "nonsense"}) {
        CHECK(contains(refusal(text + '\0' + "x"), "holds a NUL byte"));
        CHECK(contains(refusal(text + '\0'), "holds a NUL byte"));
    }
}

TEST_CASE("a refusal quotes the text in one line, and no password") {
    const auto quoted = refusal("tcp://ho\nst:80");
    CHECK(quoted.starts_with("'tcp://ho st:80' "));
    const auto secret = refusal("http://operator:secret@host:0/");
    CHECK(secret.starts_with("'http://operator:***@host:0/' "));
    CHECK(refusal("htp://operator:secret@host/").find("secret") == std::string::npos);
    CHECK(refusal("file://" + std::string(100'000, 'x')).size() < 400);
}

TEST_CASE("a readiness check is shown as it was written, but for passwords and line breaks") {
    for (const std::string text : {"tcp://[::1]:80", "http://host/p?q=a:b@c", "https://user@host/",
                                   "unix:///run/a b.sock", "file:///run/%41", "exec:test -s 'a' && b@c:d"}) {
        CHECK(to_string(*parse_ready_check(text)) == text);
    }
    CHECK(to_string(*parse_ready_check("HTTP://u:secret@host/")) == "http://u:***@host/");
    CHECK(to_string(*parse_ready_check("exec:a\n  b\x1b[2J")) == "exec:a b?[2J");
    const std::string long_command = "exec:" + std::string(1'000, 'x');
    CHECK(to_string(*parse_ready_check(long_command)) == long_command);
}

}  // namespace ready_check_test
