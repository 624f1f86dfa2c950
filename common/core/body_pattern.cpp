#include <keenlance/core/body_pattern.hpp>
#include <keenlance/core/text.hpp>

#include <regex.h>

#include <algorithm>
#include <array>

namespace keenlance {

namespace {

constexpr std::size_t longest_pattern = 1000;

/// regcomp() of glibc takes \1 in extended expressions too.
bool refers_back(std::string_view text) {
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        if (text[at] != '\\') continue;
        ++at;
        if (text[at] >= '1' && text[at] <= '9') return true;
    }
    return false;
}

Error wrong(const std::string& text, const std::string& why) {
    return {ErrorKind::invalid, 0, "'" + printable(text) + "' is no regular expression: " + why};
}

}  // namespace

struct BodyPattern::Compiled {
    Compiled() = default;
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
    Compiled(Compiled&&) = delete;
    Compiled& operator=(Compiled&&) = delete;
    ~Compiled() {
        if (status == 0) ::regfree(&regex);
    }

    regex_t regex{};
    int status = -1;
};

Result<BodyPattern> BodyPattern::compile(std::string text) {
    if (text.empty()) return wrong(text, "it is empty");
    if (text.find('\0') != std::string::npos) return wrong(text, "it holds a NUL byte");
    if (text.size() > longest_pattern) return wrong(text, "it has more than 1000 bytes");
    if (refers_back(text)) return wrong(text, "it refers back to a group, which is not supported");
    auto compiled = std::make_shared<Compiled>();
    compiled->status = ::regcomp(&compiled->regex, text.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (compiled->status != 0) {
        std::array<char, 200> why{};
        ::regerror(compiled->status, &compiled->regex, why.data(), why.size());
        return wrong(text, why.data());
    }
    return BodyPattern(std::move(text), std::move(compiled));
}

bool BodyPattern::is_in(const std::string& body) const {
#ifdef REG_STARTEND
    regmatch_t range{};
    range.rm_eo = static_cast<regoff_t>(body.size());
    return ::regexec(&compiled_->regex, body.c_str(), 0, &range, REG_STARTEND) == 0;
#else
    std::string text = body;
    std::ranges::replace(text, '\0', '\n');  // else it would end there
    return ::regexec(&compiled_->regex, text.c_str(), 0, nullptr, 0) == 0;
#endif
}

}  // namespace keenlance
