#pragma once
/// One [program:x] and its like, read as supervisor/options.py processes_from_section does: a part of
/// process_list.cpp.

#include <keenlance/core/config.hpp>
#include <keenlance/core/config_values.hpp>
#include <keenlance/core/process_list.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

inline constexpr std::int64_t most_processes = 20'000;
inline constexpr std::int64_t default_priority = 999;

/// "web" of "program:web".
std::string_view name_of(std::string_view section);
/// supervisor/datatypes.py process_or_group_name: stripped; nothing for a name that would break namespecs and
/// URLs.
std::optional<std::string> sound_name(std::string_view name);
std::string describe_bad_name(std::string_view name);

/// The options of one section, filled in. Reading goes on after an error; the first one is kept.
class OptionReader {
  public:
    /// All three must outlive the reader; the section is there.
    OptionReader(const Config& config, const std::string& section, const PercentValues& values)
        : config_(config), section_(section), values_(values) {}

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }
    /// With the place of the option, or of the section where the option is not written.
    void fail(std::string_view option, const std::string& message);

    [[nodiscard]] std::string raw(std::string_view option, std::string_view otherwise) const;
    std::string text(std::string_view option, std::string_view otherwise);
    std::int64_t number(std::string_view option, std::int64_t otherwise);
    bool flag(std::string_view option, std::string_view otherwise);

  private:
    const Config& config_;
    const std::string& section_;
    const PercentValues& values_;
    std::optional<Error> error_;
};

/// The section as a member of one group.
class ProgramSection {
  public:
    /// All of them must outlive it; the section is there.
    ProgramSection(const Config& config, const PercentValues& shared, const std::string& section,
                   const std::string& group, const std::string& host_node_name);

    [[nodiscard]] const std::optional<Error>& error() const { return options_.error(); }

    /// What `%(name)s` stands for in the options of process `number` of `count`: here, host_node_name,
    /// program_name, group_name, process_num, numprocs, ENV_X of supervisord's environment, of [supervisord]
    /// environment= and of its own environment=. supervisord knows the numbers and the last only in command,
    /// directory, environment, process_name and the log files; in other options they are unknown names to it.
    /// As in supervisord, what a process's environment= added stays for those after it.
    const PercentValues& values_for(std::int64_t number, std::int64_t count);
    /// By priority and name; look at error() then.
    std::vector<ConfiguredProcess> processes(ProgramKind kind);

  private:
    ConfiguredProcess read_common(ProgramKind kind);

    const PercentValues& shared_;
    const std::string& section_;
    const std::string& group_;
    PercentValues values_;
    OptionReader options_;
    std::vector<std::string> own_environment_;  // what the last process's environment= set
};

}  // namespace keenlance
