#pragma once
/// What supervisord runs by its configuration: groups, processes, event listeners. Pure. The rules are those
/// of supervisor/options.py process_groups_from_parser.

#include <keenlance/core/config.hpp>
#include <keenlance/core/config_values.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

enum class ProgramKind { program, fcgi_program, event_listener };

struct ConfiguredProcess {
    Namespec id;
    std::string section;  ///< "program:web": where its keys are
    ProgramKind kind = ProgramKind::program;
    std::int64_t priority = 999;
    bool autostart = true;
    std::int64_t number = 0;    ///< %(process_num)s
    std::int64_t siblings = 1;  ///< %(numprocs)s
};

struct ConfiguredGroup {
    std::string name;
    std::int64_t priority = 999;  ///< -1 by default for event listeners, whose processes still have 999
    bool event_listener = false;
    std::vector<ConfiguredProcess> processes;
};

class KEENLANCE_API ProcessList {
  public:
    explicit ProcessList(std::vector<ConfiguredGroup> groups) : groups_(std::move(groups)) {}

    /// In supervisord's order: by priority, then by name. Of groups of one name only the first is here, and
    /// of processes of one name in a group only the last, as supervisord has it.
    [[nodiscard]] const std::vector<ConfiguredGroup>& groups() const { return groups_; }
    [[nodiscard]] const ConfiguredGroup* find_group(std::string_view name) const;
    /// False for a group that is not here.
    [[nodiscard]] bool is_event_listener(std::string_view group) const;
    [[nodiscard]] std::vector<std::string> event_listener_groups() const;
    /// All processes of [program:x], [fcgi-program:x] and [eventlistener:x], in whatever groups they are.
    [[nodiscard]] std::vector<ConfiguredProcess> processes_of(std::string_view program) const;

  private:
    std::vector<ConfiguredGroup> groups_;
};

/// Error `invalid`, naming file, line and section, for whatever of this keeps supervisord from starting: no
/// [supervisord], a group's unknown program, numprocs without %(process_num) in process_name, a bad number,
/// boolean or name, a name in %(…)s that nothing stands for. Keys that decide nothing here are not looked at.
/// Over 20,000 processes are an error too.
KEENLANCE_API Result<ProcessList> list_processes(const Config& config, const ConfigFacts& facts);

}  // namespace keenlance
