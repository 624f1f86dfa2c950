#pragma once
/// Memory sizes from Linux's /proc: no child process, one small read a process.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/process_table.hpp>

namespace keenlance {

/// Answers from within measure().
class KEENLANCE_API ProcProcessTable : public ProcessTable {
  public:
    void measure(const MeasureMemory& what, Answer answer) override;
};

}  // namespace keenlance
