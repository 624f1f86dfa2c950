#pragma once
/// What must stand in no command line and no log: passwords and tokens, by name. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Looks names up in a file's pairs first, then in the environment; remembers what it gave out.
class KEENLANCE_API Secrets {
  public:
    using Environment = std::function<std::optional<std::string>(const std::string& name)>;

    Secrets() = default;
    Secrets(std::map<std::string, std::string> pairs, Environment environment)
        : pairs_(std::move(pairs)), environment_(std::move(environment)) {}

    /// Nothing where neither knows the name. The value is scrubbed from then on.
    std::optional<std::string> find(const std::string& name);
    /// Every "${NAME}" by its value, "$$" by "$". Error `invalid` names a name that nobody knows, or an
    /// unclosed brace; never a value.
    Result<std::string> expand(std::string_view text);
    /// A value that came from elsewhere (a URL's user:password@).
    void remember(std::string value);

    /// The text with every value that was given out as "***".
    [[nodiscard]] std::string scrub(std::string text) const;

  private:
    std::map<std::string, std::string> pairs_;
    Environment environment_;
    std::vector<std::string> given_;
};

/// "NAME=value" a line; blanks around name and value and one pair of quotes around the value are taken off,
/// lines that are empty or begin with # are left out, "export " before a name too. Error `invalid` names the
/// line's number, never its text.
KEENLANCE_API Result<std::map<std::string, std::string>> parse_secrets(std::string_view text);

}  // namespace keenlance
