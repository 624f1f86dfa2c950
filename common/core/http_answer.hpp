#pragma once
/// Reads an HTTP/1.x answer (RFC 9112) piece by piece, as it arrives. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace keenlance {

/// "Bad Gateway" of "HTTP/1.1 502 Bad Gateway", printable; empty where a status line has none.
std::string reason_of(std::string_view status_line);

class KEENLANCE_API HttpAnswer {
  public:
    /// Lines and headers together; supervisord's are 200 bytes.
    static constexpr std::size_t most_head = std::size_t{64} * 1024;

    /// Whether an answer may have a body: that to a HEAD has none, whatever its headers tell.
    enum class Body { expected, none };

    /// A body of more than `most_body` bytes is refused.
    explicit HttpAnswer(std::size_t most_body, Body body = Body::expected)
        : most_body_(most_body), expected_(body) {}

    /// Takes what has arrived; nothing more is wanted once it is whole. Error `malformed`, or `too_large`
    /// with the status as its code: the answer is of no use, nor is its connection.
    Status take(std::string_view bytes);
    /// The server has hung up. Error `unreachable` where more was to come.
    Status end();

    [[nodiscard]] bool is_whole() const { return part_ == Part::nothing; }
    [[nodiscard]] bool has_begun() const { return begun_; }
    /// The connection can serve another request. Only once it is whole.
    [[nodiscard]] bool is_reusable() const { return reusable_; }
    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    /// Of its Retry-After: seconds or a date; empty without.
    [[nodiscard]] const std::string& retry_after() const { return retry_after_; }
    /// What has come of the body since it was taken before.
    std::string take_body() { return std::exchange(body_, {}); }

  private:
    enum class Part { head, sized_body, chunk_size, chunk, chunk_end, trailer, body_until_end, nothing };

    Status take_head();
    Status take_header(std::string_view name, std::string_view value);
    Status take_status_line(std::string_view line);
    Status take_chunk_line(std::string_view line);
    Status begin_body();
    Status append(std::string_view bytes);
    /// Puts bytes up to the end of a line into line_; what follows stays in `bytes`. Whether the line is
    /// whole.
    bool take_line(std::string_view& bytes);

    std::size_t most_body_, body_bytes_ = 0;
    Body expected_;
    Part part_ = Part::head;
    bool begun_ = false, reusable_ = false;
    std::string line_;
    std::size_t head_bytes_ = 0;
    int status_ = 0;
    std::string reason_, retry_after_, body_;
    bool has_status_ = false, has_length_ = false, chunked_ = false;
    std::uint64_t left_ = 0;  // of the body, or of the chunk
};

}  // namespace keenlance
