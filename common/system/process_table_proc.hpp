#pragma once
/// Memory sizes from Linux's /proc: no child process, one small read a process.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/process_table.hpp>
#include <keenlance/system/reactor.hpp>

#include <deque>
#include <memory>

namespace keenlance {

/// Works for 20 ms in one turn of the reactor, which must outlive it, so that events are acknowledged
/// meanwhile: the kernel takes milliseconds to add up what a large process shares. What takes less is
/// answered from within measure().
class KEENLANCE_API ProcProcessTable : public ProcessTable {
  public:
    explicit ProcProcessTable(Reactor& reactor);
    ~ProcProcessTable() override;
    ProcProcessTable(const ProcProcessTable&) = delete;
    ProcProcessTable& operator=(const ProcProcessTable&) = delete;
    ProcProcessTable(ProcProcessTable&&) = delete;
    ProcProcessTable& operator=(ProcProcessTable&&) = delete;
    void measure(const MeasureMemory& what, Answer answer) override;

  private:
    class Work;
    void go_on();
    void go_on_soon();

    Reactor& reactor_;
    std::deque<std::unique_ptr<Work>> work_;  // one after the other
    Reactor::TimerId timer_ = 0;
};

}  // namespace keenlance
