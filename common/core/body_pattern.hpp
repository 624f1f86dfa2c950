#pragma once
/// A regular expression that a good body holds a match of. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keenlance {

/// POSIX extended, over bytes; ^ and $ are the ends of any line, and . is anything in one. Copies share what
/// was compiled.
class KEENLANCE_API BodyPattern {
  public:
    /// Error `invalid` that quotes the text and says what is wrong: no regular expression, longer than 1,000
    /// bytes, or one that refers back to a group (\1), which could take for ever to match.
    static Result<BodyPattern> compile(std::string text);

    [[nodiscard]] bool is_in(const std::string& body) const;
    [[nodiscard]] const std::string& text() const { return text_; }

    friend bool operator==(const BodyPattern& a, const BodyPattern& b) { return a.text_ == b.text_; }

  private:
    struct Compiled;
    BodyPattern(std::string text, std::shared_ptr<const Compiled> compiled)
        : text_(std::move(text)), compiled_(std::move(compiled)) {}

    std::string text_;
    std::shared_ptr<const Compiled> compiled_;
};

/// How much of a body is kept for a BodyPattern; what follows is not looked at.
inline constexpr std::size_t most_matched_body = std::size_t{1024} * 1024;

}  // namespace keenlance
