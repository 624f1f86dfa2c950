#pragma once
/// Command lines as Python's getopt and optparse take them, so that an existing `command=` works with only
/// its path changed; parsed and described through cxxopts, which stays hidden. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keenlance {

/// Whether a beginning of an option's long name may stand for it.
enum class Abbreviation {
    competes,  ///< where no other option that competes begins so too
    yields,  ///< where no other option at all begins so too: what `--p` has always meant stays what it means
};

/// One option. `names` are spelled without dashes: one letter is short, more is long ("p", "program"); the
/// first long one (or the short one where there is none) is the option's key in ParsedOptions. Letters,
/// digits, "-" and "_"; at most one short name. --help shows the key and the short name, and tells further
/// long names after the help.
struct OptionSpec {
    std::vector<std::string> names;
    std::string argument;  ///< its name in --help ("SIZE"); empty: a flag that takes none
    std::string help;
    /// The value of "--name" alone; then only "--name=VALUE" gives another one. Not for short names.
    std::optional<std::string> implicit{};
    Abbreviation abbreviation = Abbreviation::competes;
};

/// What a program takes. Every program has -h/--help and --version without listing them. A name given twice,
/// or one that is none, is a bug and throws.
struct CommandLineSpec {
    std::string program;  ///< "memmon"
    std::string summary;  ///< one sentence, first line of --help
    std::string usage;    ///< what follows the program's name: "[OPTION]... URL"
    std::vector<OptionSpec> options;
    std::string closing;  ///< text after the options in --help: examples, where to read on
};

/// One command line, understood. Occurrences keep their order, across options too.
class KEENLANCE_API ParsedOptions {
  public:
    struct Occurrence {
        std::string key;      ///< the OptionSpec's key
        std::string spelled;  ///< as the user wrote it, with dashes: "-p", "--prog"
        std::string value;    ///< empty for a flag
    };

    ParsedOptions(std::vector<Occurrence> occurrences, std::vector<std::string> arguments)
        : occurrences_(std::move(occurrences)), arguments_(std::move(arguments)) {}

    [[nodiscard]] const std::vector<Occurrence>& occurrences() const { return occurrences_; }
    [[nodiscard]] bool has(std::string_view key) const;
    /// The last value given, as getopt loops have it.
    [[nodiscard]] std::optional<std::string> last(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view key) const;
    /// What is no option, in order; all that follows "--" is here.
    [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

  private:
    std::vector<Occurrence> occurrences_;
    std::vector<std::string> arguments_;
};

/// Understands `arguments` (without the program's name): -a 200MB, -a200MB, -am x (grouped), --any=200MB,
/// --any 200MB, unique beginnings of long names (an exact name wins; several names of one option do not
/// compete), options after arguments, "--" ends options, "-" is an argument; the word after an option that
/// takes a value is its value even if it begins with a dash; "--name=" gives an empty value. Values are kept
/// byte for byte (commas, newlines, any length).
/// Error `invalid` names the offending word and its mend: an unknown option (with the nearest known one, if
/// near), an ambiguous beginning (with the candidates), a missing value, a value for a flag, a NUL byte.
KEENLANCE_API Result<ParsedOptions> parse_options(const CommandLineSpec& spec,
                                                  std::span<const std::string> arguments);

/// The text of --help in 80 columns: summary, usage, options, closing. Lines of summary and closing that are
/// not indented are prose and broken anew; indented ones (examples) stay as they are.
KEENLANCE_API std::string format_help(const CommandLineSpec& spec);

/// The text of --version: "memmon (keenlance) 0.1.0".
KEENLANCE_API std::string format_version(std::string_view program);

}  // namespace keenlance
