#include <keenlance/core/url.hpp>

#include <support/catch.hpp>

namespace url_test {

using namespace keenlance;

TEST_CASE("a URL comes apart into what stands between its marks") {
    const auto whole = split_url("HTTPS://op:p%40ss@[::1]:80/a@b?c#d");
    CHECK(whole.scheme == "HTTPS://");
    CHECK(whole.login == "op:p%40ss");
    CHECK(whole.host == "[::1]:80");
    CHECK(whole.rest == "/a@b?c#d");
    const auto bare = split_url("host");
    CHECK(bare.scheme.empty());
    CHECK_FALSE(bare.login);
    CHECK(bare.host == "host");
    CHECK(bare.rest.empty());
    CHECK(split_url("http://host?x").rest == "?x");
    CHECK(split_url("http://a@b@host").login == "a@b");
    CHECK(split_url("http://@host").login == "");
}

TEST_CASE("a login has a password where it has a colon") {
    CHECK(decode_login("op:p%40s:s").user == "op");
    CHECK(decode_login("op:p%40s:s").password == "p@s:s");
    CHECK(decode_login("o%3Ap:").user == "o:p");
    CHECK(decode_login("o%3Ap:").password == "");
    CHECK_FALSE(decode_login("op").password);
}

}  // namespace url_test
