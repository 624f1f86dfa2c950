#pragma once
/// The habits of Python's getopt and optparse, brought into a form that cxxopts shares. Pure.

#include <keenlance/core/options.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// The first long name, or the short one where there is no long one.
const std::string& key_of(const OptionSpec& option);

/// Rewrites a command line into the one form that cxxopts takes apart without looking into a value: each
/// option by its key, its value as the word after it. cxxopts itself knows no unique beginnings, attaches
/// nothing but letters and digits to a short option ("-pweb=200MB" is an error), and lets a flag have a
/// value.
class OptionWords {
  public:
    explicit OptionWords(const std::vector<OptionSpec>& options) : options_(options) {}

    /// To be called once; what was taken before an error is not to be used.
    std::optional<Error> take(std::span<const std::string> words);

    /// "--key" (or "-k"), after it the value if it takes one ("--key=value" where the value may be left out);
    /// then the next.
    [[nodiscard]] const std::vector<std::string>& options() const { return normal_; }
    /// One for each option above, as the user wrote it.
    [[nodiscard]] const std::vector<std::string>& spellings() const { return spellings_; }
    [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
    /// The option with exactly this name, short or long.
    [[nodiscard]] const OptionSpec* find(std::string_view name) const;

  private:
    std::optional<Error> take_long(std::string_view word);
    std::optional<Error> take_group(std::string_view word);
    std::optional<Error> take_next_word(const OptionSpec& option, std::string_view spelled);
    void add(const OptionSpec& option, std::string_view spelled);
    void add(const OptionSpec& option, std::string_view spelled, std::string_view value);

    [[nodiscard]] std::vector<std::string> candidates(std::string_view beginning) const;
    [[nodiscard]] std::string suggestion(std::string_view name) const;

    const std::vector<OptionSpec>& options_;
    std::span<const std::string> rest_;
    std::vector<std::string> normal_;
    std::vector<std::string> spellings_;
    std::vector<std::string> arguments_;
};

}  // namespace keenlance
