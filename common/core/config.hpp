#pragma once
/// supervisord.conf as supervisord reads it, text in and structure out, so that a program can know what
/// supervisord knows and what it ignores (keys of its own, which no RPC tells). Pure.
///
/// supervisord uses Python's RawConfigParser(inline_comment_prefixes=(';', '#'), strict=False), see
/// supervisor/options.py UnhosedConfigParser: repeated sections merge, the last of repeated options wins,
/// option names are lower-cased, an indented line continues the value above it, [DEFAULT] lends its options
/// to every section. Values stay raw; what `%(here)s` and its like stand for is percent.hpp's business, and
/// programs and groups are process_list.hpp's. Only ASCII letters of an option's name are lower-cased (Python
/// lowers them all); no option that anybody reads has others.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Where something was written, for messages.
struct KEENLANCE_API ConfigPlace {
    std::string file;
    std::size_t line = 0;  ///< from 1

    /// "/etc/supervisord.conf line 3".
    [[nodiscard]] std::string text() const;

    friend bool operator==(const ConfigPlace&, const ConfigPlace&) = default;
};

struct ConfigOption {
    std::string name;   ///< lower case
    std::string value;  ///< raw: comments gone, continuation lines joined by '\n', nothing expanded
    ConfigPlace at;     ///< the option's line, not that of its continuation
};

/// One [section], the options in the order in which they first came.
class KEENLANCE_API ConfigSection {
  public:
    ConfigSection(std::string name, ConfigPlace at) : name_(std::move(name)), at_(std::move(at)) {}

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const ConfigPlace& at() const { return at_; }  ///< its first header
    [[nodiscard]] const std::vector<ConfigOption>& options() const { return options_; }
    /// Its own option, [DEFAULT] left out; null if it has none. `name` in lower case.
    [[nodiscard]] const ConfigOption* find(std::string_view name) const;

    void set(ConfigOption option);

  private:
    std::string name_;
    ConfigPlace at_;
    std::vector<ConfigOption> options_;
    std::map<std::string, std::size_t, std::less<>> index_;
};

/// A main file and what it includes, as one.
class KEENLANCE_API Config {
  public:
    Config() : defaults_("DEFAULT", {}) {}

    /// In the order in which they first came; [DEFAULT] is none of them.
    [[nodiscard]] const std::vector<ConfigSection>& sections() const { return sections_; }
    [[nodiscard]] const ConfigSection& defaults() const { return defaults_; }
    [[nodiscard]] const ConfigSection* find(std::string_view section) const;
    /// The option of the section, else of [DEFAULT]; null without either, and where there is no such section.
    [[nodiscard]] const ConfigOption* find(std::string_view section, std::string_view option) const;

    /// The section of that name; a new one at the end if there is none. "DEFAULT" gives the defaults.
    ConfigSection& section(std::string_view name, const ConfigPlace& at);

    /// Adds a file read later: its options replace those of the same name and place.
    void merge(const Config& later);
    /// Replaces every `%(here)s` in values, [DEFAULT]'s as each section sees them. supervisord does it to all
    /// it has read whenever it has read a file, but only if the main file has an [include] section.
    void bake_here(std::string_view here);

  private:
    ConfigSection defaults_;
    std::vector<ConfigSection> sections_;
    std::map<std::string, std::size_t, std::less<>> index_;
};

/// The rule of Python's parser that changed while supervisord did not: which inline comment ends a line.
/// (Another is not followed: before 3.10 a header ended at its first ']'.)
enum class ConfigDialect {
    until_python_3_12,  ///< ';' and '#' are looked for in turns: in "a;b ;c #d" the comment is "#d"
    since_python_3_13,  ///< the first that begins the line or follows white space: the comment is ";c #d"
};

/// Reads one file's text; `file` is its name in places and messages. Line ends are \n, \r\n and \r, as in a
/// file that Python opens as text. Error `invalid`, naming file and line, for what ends supervisord's start
/// too: an option without '=' or ':' or without a name, text before the first section, a byte-order mark,
/// bytes that are not UTF-8 (supervisord under a locale with another encoding would take those).
KEENLANCE_API Result<Config> parse_config(std::string_view text, const std::string& file,
                                          ConfigDialect dialect);

}  // namespace keenlance
