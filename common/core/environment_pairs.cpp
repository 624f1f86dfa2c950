#include <keenlance/core/environment_pairs.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace keenlance {

namespace {

bool is_word_char(char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           std::string_view("_/.+-():").find(ch) != npos;
}

bool is_blank(char ch) {
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

bool is_quote(char ch) {
    return ch == '"' || ch == '\'';
}

/// Python's shlex.shlex with posix=False, token by token.
class Tokens {
  public:
    explicit Tokens(std::string_view text) : rest_(text) {}

    /// Nothing at the end of the text; an Error for a quote that is never closed.
    Result<std::optional<std::string>> next() {
        skip_blanks();
        if (rest_.empty()) return std::optional<std::string>{};
        if (is_word_char(rest_[0])) return std::optional(word());
        if (!is_quote(rest_[0])) return std::optional(take(python::first_characters(rest_, 1).size()));
        const auto close = rest_.find(rest_[0], 1);
        if (close == npos) return Error{ErrorKind::invalid, 0, fmt::format("a {} is never closed", rest_[0])};
        return std::optional(take(close + 1));
    }

  private:
    std::string take(std::size_t bytes) {
        std::string taken(rest_.substr(0, bytes));
        rest_.remove_prefix(bytes);
        return taken;
    }

    void skip_line() { rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1); }

    void skip_blanks() {
        while (!rest_.empty() && (is_blank(rest_[0]) || rest_[0] == '#')) {
            if (rest_[0] == '#')
                skip_line();
            else
                rest_.remove_prefix(1);
        }
    }

    /// A quote inside a word is one of its letters; a comment inside it joins what stands before and behind.
    std::string word() {
        std::string token;
        while (!rest_.empty()) {
            const char ch = rest_[0];
            if (ch == '#') {
                skip_line();
                continue;
            }
            if (!is_word_char(ch) && !is_quote(ch)) break;
            token += take(1);
        }
        return token;
    }

    std::string_view rest_;
};

std::string strip_quotes(std::string_view text) {
    const auto first = text.find_first_not_of("'\"");
    if (first == npos) return "";
    return std::string(text.substr(first, text.find_last_not_of("'\"") - first + 1));
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_environment_pairs(std::string_view text) {
    std::vector<std::string> tokens;
    for (Tokens source(text);;) {
        auto token = source.next();
        if (!token) return token.error();
        if (!*token) break;
        tokens.push_back(std::move(**token));
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t i = 0; i < tokens.size(); i += 4) {  // KEY = VALUE and what separates it from the next
        if (tokens.size() - i < 3 || tokens[i + 1] != "=")
            return Error{
                ErrorKind::invalid, 0,
                fmt::format("'{}' is no KEY=\"VALUE\"; quote values that are more than letters, digits and "
                            "_/.+-():",
                            printable(tokens[i], 60))};
        pairs.emplace_back(std::move(tokens[i]), strip_quotes(tokens[i + 2]));
    }
    return pairs;
}

}  // namespace keenlance
