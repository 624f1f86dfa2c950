#pragma once
/// Memory sizes from ps(1), as POSIX has it: for systems without Linux's /proc.

#include <keenlance/core/export.hpp>
#include <keenlance/core/process_tree.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/ports/process_table.hpp>
#include <keenlance/system/child.hpp>

#include <string_view>

namespace keenlance {

/// One `ps` for all processes, whatever is asked for. The CommandRunner must outlive it.
class KEENLANCE_API PsProcessTable : public ProcessTable {
  public:
    explicit PsProcessTable(CommandRunner& commands) : commands_(commands) {}
    void measure(const MeasureMemory& what, Answer answer) override;

  private:
    CommandRunner& commands_;
};

}  // namespace keenlance
