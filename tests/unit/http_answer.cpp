#include <keenlance/core/http_answer.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <string>

namespace http_answer_test {

using namespace keenlance;

namespace {

constexpr std::size_t most = 1000;

/// In pieces of that many bytes.
HttpAnswer read(std::string_view text, std::size_t piece) {
    HttpAnswer answer(most);
    while (!text.empty()) {
        const auto taken = answer.take(text.substr(0, piece));
        if (!taken) FAIL(taken.error().message);
        text.remove_prefix(std::min(piece, text.size()));
    }
    return answer;
}

Error refusal(std::string_view text) {
    HttpAnswer answer(most);
    const auto taken = answer.take(text);
    REQUIRE_FALSE(taken);
    return taken.error();
}

}  // namespace

TEST_CASE("an answer is read the same in whatever pieces it comes") {
    const auto piece = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000});
    SECTION("with its length") {
        auto answer = read("HTTP/1.1 200 All right\r\nContent-Length: 4\r\nX: y\r\n\r\nwell", piece);
        CHECK(answer.is_whole());
        CHECK(answer.is_reusable());
        CHECK(answer.status() == 200);
        CHECK(answer.reason() == "All right");
        CHECK(answer.take_body() == "well");
    }
    SECTION("in chunks") {
        auto answer = read(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
            "2;x=y\r\nwe\r\n2\r\nll\r\n0\r\nTrailer: 1\r\n\r\n",
            piece);
        CHECK(answer.is_whole());
        CHECK(answer.is_reusable());
        CHECK(answer.take_body() == "well");
    }
    SECTION("until the server hangs up") {
        auto answer = read("HTTP/1.0 500 \n\nwell", piece);
        CHECK_FALSE(answer.is_whole());
        CHECK(answer.end());
        CHECK(answer.is_whole());
        CHECK_FALSE(answer.is_reusable());
        CHECK(answer.status() == 500);
        CHECK(answer.reason().empty());
        CHECK(answer.take_body() == "well");
    }
    SECTION("behind one that only says: go on") {
        auto answer =
            read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", piece);
        CHECK(answer.is_whole());
        CHECK(answer.status() == 401);
    }
    SECTION("in the manner of old servers") {
        auto answer =
            read("HTTP/1.1 200 OK\nX: a\n b\nTransfer-Encoding: identity\nContent-Length: 4\n\nwell", piece);
        CHECK(answer.is_whole());
        CHECK(answer.take_body() == "well");
    }
    SECTION("that asks for time") {
        CHECK(read("HTTP/1.1 429 Slow down\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", piece)
                  .retry_after() == "120");
    }
    SECTION("to a HEAD") {
        HttpAnswer answer(most, HttpAnswer::Body::none);
        REQUIRE(answer.take("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"));
        CHECK(answer.is_whole());
    }
    SECTION("without a body") {
        CHECK(read("HTTP/1.1 204 Nothing\r\n\r\n", piece).is_whole());
    }
}

TEST_CASE("a connection is kept where both ends agree") {
    CHECK_FALSE(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 99).is_reusable());
    CHECK_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 99).is_reusable());
    CHECK(read("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", 99).is_reusable());
    CHECK_FALSE(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore", 9).is_reusable());
}

TEST_CASE("what is no HTTP is said at once, with how it begins") {
    CHECK(refusal("S").message == "no HTTP; it begins 'S'");
    CHECK(refusal("SSH-2.0-OpenSSH_9.2\r\n").message == "no HTTP; it begins 'SSH-2.0-OpenSSH_9.2'");
    for (const auto* const text :
         {"HTTP/2 200 OK\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1\r\n", "\r\n",
          "HTTP/1.1 200 OK\r\nno header\r\n", "HTTP/1.1 200 OK\r\n: none\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
        INFO(text);
        CHECK(refusal(text).kind == ErrorKind::malformed);
    }
}

TEST_CASE("an answer is bounded, however it tells its length") {
    CHECK(refusal("HTTP/1.1 200 OK\r\nX: " + std::string(HttpAnswer::most_head, 'x')).kind ==
          ErrorKind::malformed);
    CHECK(refusal("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(most + 1, 'x')).kind ==
          ErrorKind::too_large);
    CHECK(
        refusal("HTTP/1.1 200 OK\r\nContent-Length: 4294967297\r\n\r\n" + std::string(most + 1, 'x')).kind ==
        ErrorKind::too_large);
    CHECK(refusal("HTTP/1.1 200 OK\r\n\r\n" + std::string(most + 1, 'x')).kind == ErrorKind::too_large);
    CHECK(refusal("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n" +
                  std::string(most + 1, 'x'))
              .code == 200);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(most, 'x'), 64).is_whole());
}

TEST_CASE("a server that hangs up too early has given no answer") {
    HttpAnswer silent(most);
    CHECK(silent.end().error().message == "the server hung up without an answer");
    for (const auto* const text :
         {"HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1"}) {
        INFO(text);
        auto answer = read(text, 3);
        CHECK_FALSE(answer.is_whole());
        CHECK(answer.end().error().message == "the server hung up in the middle of its answer");
    }
}

}  // namespace http_answer_test
