#include <keenlance/core/http_answer.hpp>
#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace keenlance {

namespace {

constexpr std::size_t most_reserved = std::size_t{16} * 1024 * 1024;

Error malformed(std::string message) {
    return {ErrorKind::malformed, 0, std::move(message)};
}

bool names(std::string_view list, std::string_view word) {
    return std::ranges::any_of(split(list, ','),
                               [word](std::string_view each) { return to_lower(trim(each)) == word; });
}

}  // namespace

std::string reason_of(std::string_view status_line) {
    const auto words = split_words(status_line);
    return words.size() > 2 ? printable(trim(status_line.substr(status_line.find(words[2]))), 80) : "";
}

bool HttpAnswer::take_line(std::string_view& bytes) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    line_ += piece;
    head_bytes_ += piece.size() + 1;
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end == std::string_view::npos) return false;
    if (line_.ends_with('\r')) line_.pop_back();
    return true;
}

Status HttpAnswer::take(std::string_view bytes) {
    begun_ = begun_ || !bytes.empty();
    while (!bytes.empty()) {
        Status status = Done{};
        switch (part_) {
            case Part::head:
            case Part::chunk_size:
            case Part::chunk_end:
            case Part::trailer: {
                const bool whole = take_line(bytes);
                if (head_bytes_ > most_head) return malformed("the headers have no end");
                const std::string_view http = "HTTP/";
                if (!has_status_ && !std::string_view(line_).starts_with(http.substr(0, line_.size())))
                    return malformed(fmt::format("no HTTP; it begins '{}'", printable(line_, 40)));
                if (whole) {
                    status = part_ == Part::head ? take_head() : take_chunk_line(line_);
                    line_.clear();
                }
                break;
            }
            case Part::sized_body:
            case Part::chunk: {
                const auto piece =
                    bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
                bytes.remove_prefix(piece.size());
                left_ -= piece.size();
                status = append(piece);
                if (left_ == 0) part_ = part_ == Part::chunk ? Part::chunk_end : Part::nothing;
                break;
            }
            case Part::body_until_end:
                return append(bytes);
            case Part::nothing:
                reusable_ = false;  // whatever that is, it is no answer to what will be asked next
                return Done{};
        }
        if (!status) return status;
    }
    return Done{};
}

Status HttpAnswer::append(std::string_view bytes) {
    if (bytes.size() > most_body_ - body_bytes_)
        return Error{ErrorKind::too_large, status_, "the answer is longer than " + format_size(most_body_)};
    body_bytes_ += bytes.size();
    body_ += bytes;
    return Done{};
}

Status HttpAnswer::take_head() {
    if (line_.empty()) return has_status_ ? begin_body() : malformed("an empty line in place of HTTP");
    if (!has_status_) return take_status_line(line_);
    if (line_.starts_with(' ') || line_.starts_with('\t')) return Done{};  // the header above goes on
    const auto colon = line_.find(':');
    if (colon == std::string::npos || colon == 0)
        return malformed(fmt::format("'{}' is no header", printable(line_, 60)));
    return take_header(to_lower(std::string_view(line_).substr(0, colon)),
                       trim(std::string_view(line_).substr(colon + 1)));
}

Status HttpAnswer::take_status_line(std::string_view line) {
    const auto words = split_words(line);
    const auto status = words.size() > 1 ? whole_number<int>(words[1]) : std::nullopt;
    if (!words.front().starts_with("HTTP/1.") || !status || *status < 100 || *status > 999)
        return malformed(fmt::format("'{}' is no status line of HTTP/1", printable(line, 60)));
    has_status_ = true;
    status_ = *status;
    reason_ = reason_of(line);
    reusable_ = words.front() != "HTTP/1.0";
    return Done{};
}

Status HttpAnswer::take_header(std::string_view name, std::string_view value) {
    if (name == "content-length") {
        const auto length = whole_number<std::uint64_t>(value);
        if (!length || (has_length_ && *length != left_))
            return malformed(fmt::format("Content-Length: {} is none", printable(value, 40)));
        has_length_ = true;
        left_ = *length;
    } else if (name == "transfer-encoding") {
        if (to_lower(value) == "identity") return Done{};
        if (to_lower(value) != "chunked")
            return malformed(fmt::format("the Transfer-Encoding {} is not known", printable(value, 40)));
        chunked_ = true;
    } else if (name == "retry-after") {
        retry_after_ = value;
    } else if (name == "connection") {
        if (names(value, "close")) reusable_ = false;
        if (names(value, "keep-alive")) reusable_ = true;
    }
    return Done{};
}

Status HttpAnswer::begin_body() {
    constexpr int no_content = 204, not_modified = 304;
    head_bytes_ = 0;
    if (status_ < 200) {  // "go on": the answer itself follows
        has_status_ = has_length_ = chunked_ = false;
        retry_after_.clear();
        left_ = 0;
    } else if (expected_ == Body::none || status_ == no_content || status_ == not_modified) {
        part_ = Part::nothing;
    } else if (chunked_) {
        part_ = Part::chunk_size;
    } else if (!has_length_) {
        reusable_ = false;
        part_ = Part::body_until_end;
    } else {
        body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>({left_, most_body_, most_reserved})));
        part_ = left_ == 0 ? Part::nothing : Part::sized_body;
    }
    return Done{};
}

Status HttpAnswer::take_chunk_line(std::string_view line) {
    head_bytes_ = part_ == Part::trailer ? head_bytes_ : 0;
    if (part_ == Part::trailer) {
        if (line.empty()) part_ = Part::nothing;
        return Done{};
    }
    if (part_ == Part::chunk_end) {
        part_ = Part::chunk_size;
        return line.empty() ? Status(Done{}) : malformed("a chunk that is longer than its size");
    }
    const auto digits = trim(line.substr(0, line.find(';')));
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, left_, 16);
    if (digits.empty() || read.ec != std::errc{} || read.ptr != end)
        return malformed(fmt::format("'{}' is no size of a chunk", printable(line, 40)));
    part_ = left_ == 0 ? Part::trailer : Part::chunk;
    return Done{};
}

Status HttpAnswer::end() {
    if (part_ == Part::body_until_end) part_ = Part::nothing;
    reusable_ = false;
    if (part_ == Part::nothing) return Done{};
    return Error{
        ErrorKind::unreachable, 0,
        begun_ ? "the server hung up in the middle of its answer" : "the server hung up without an answer"};
}

}  // namespace keenlance
