#include <keenlance/core/http_check.hpp>
#include <keenlance/core/server_address.hpp>

#include <support/catch.hpp>

namespace server_address_test {

using namespace keenlance;

TEST_CASE("a unix URL is a path, with or without something behind the socket") {
    CHECK(parse_server_address("unix:///run/supervisor.sock")->unix_path == "/run/supervisor.sock");
    CHECK(parse_server_address("unix:///run/supervisor.sock/RPC2")->unix_path == "/run/supervisor.sock/RPC2");
    CHECK(parse_server_address("unix:///a b/%41.sock")->unix_path == "/a b/%41.sock");
    CHECK_FALSE(parse_server_address("unix://relative.sock"));
    CHECK_FALSE(parse_server_address("unix://"));
}

TEST_CASE("supervisor's clients post to /RPC2, wherever the URL points") {
    CHECK(parse_server_address("http://localhost:9001")->url == "http://localhost:9001/RPC2");
    CHECK(parse_server_address("http://localhost:9001/")->url == "http://localhost:9001/RPC2");
    CHECK(parse_server_address("http://localhost:9001/RPC2")->url == "http://localhost:9001/RPC2");
    CHECK(parse_server_address("http://host/super/visor/")->url == "http://host/super/visor/RPC2");
    CHECK(parse_server_address("https://[::1]:9001?x#y")->url == "https://[::1]:9001/RPC2");
    CHECK(parse_server_address("http://host")->url == "http://host/RPC2");
    CHECK(parse_server_address("HTTP://host")->url == "http://host/RPC2");
}

TEST_CASE("user and password are taken from the URL, decoded, and never shown") {
    const auto address = parse_server_address("http://us%40er:p%3Ass%2Fw@host:9001/");
    REQUIRE(address);
    CHECK(address->user == "us@er");
    CHECK(address->password == "p:ss/w");
    CHECK(address->url == "http://host:9001/RPC2");
    CHECK(address->shown == "http://us%40er:***@host:9001/");
    CHECK(parse_server_address("http://user:100%@host")->password == "100%");
    CHECK(parse_server_address("http://user@host")->user == "user");
}

TEST_CASE("what is no server URL is refused, with what would be one") {
    for (const auto* url :
         {"", "localhost:9001", "ftp://host", "http://", "http://user:p@", "/run/supervisor.sock"}) {
        CAPTURE(url);
        const auto address = parse_server_address(url);
        REQUIRE_FALSE(address);
        CHECK(address.error().kind == ErrorKind::invalid);
    }
}

TEST_CASE("passwords are taken out of URLs, and nothing else is") {
    CHECK(without_password("http://u:secret@h/p?q=a:b@c") == "http://u:***@h/p?q=a:b@c");
    CHECK(without_password("http://u:se:cr@et@h/") == "http://u:***@h/");
    CHECK(without_password("http://h:80/x@y:z") == "http://h:80/x@y:z");
    CHECK(without_password("http://u@h/") == "http://u@h/");
    CHECK(without_password("").empty());
}

}  // namespace server_address_test
