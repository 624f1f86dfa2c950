#pragma once
/// The operating system's processes and their memory: /proc, or ps where there is none.

#include <keenlance/core/action.hpp>
#include <keenlance/core/fact.hpp>

#include <functional>

namespace keenlance {

class ProcessTable {
  public:
    using Answer = std::function<void(MemoryMeasured)>;

    ProcessTable() = default;
    ProcessTable(const ProcessTable&) = delete;
    ProcessTable& operator=(const ProcessTable&) = delete;
    ProcessTable(ProcessTable&&) = delete;
    ProcessTable& operator=(ProcessTable&&) = delete;
    virtual ~ProcessTable() = default;

    /// Bytes of each of the pids that exists; with MemoryScope::descendants, summed over all it begot. Error
    /// `system`: no sizes here, or not of that metric. Children are told by Linux alone. Answers once,
    /// perhaps from within the call.
    virtual void measure(const MeasureMemory& what, Answer answer) = 0;
};

}  // namespace keenlance
