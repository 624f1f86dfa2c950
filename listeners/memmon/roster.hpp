#pragma once
/// Whom supervisord's last list named. It holds for as long as supervisord has the same children, which the
/// kernel tells without a call that supervisord would have to answer. Pure.

#include <keenlance/core/fact.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>

#include <listeners/memmon/usage.hpp>

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace keenlance::memmon {

class Roster {
  public:
    /// supervisord's pid, as the parent of what it lists; nothing while a list is needed in any case.
    [[nodiscard]] std::optional<int> parent() const;
    /// The watched of the last list, as old as they are by now.
    [[nodiscard]] std::vector<Usage> watched(SteadyTime now) const;
    [[nodiscard]] bool holds_for(const std::optional<ChildProcesses>& children) const;

    /// Before a list is asked for: the children at that time, if they are known.
    void expect(std::optional<ChildProcesses> children) { before_list_ = std::move(children); }
    /// The list, and those of it that are watched.
    void learn(const std::vector<ProcessInfo>& processes, std::vector<Usage> watched, SteadyTime now);
    /// What was measured after the list.
    void settle(const MemoryMeasured& measured);
    /// The next check needs a list.
    void forget() { children_.reset(); }

  private:
    std::optional<ChildProcesses> children_, before_list_;
    std::set<int> listed_;  // pids
    std::vector<Usage> watched_;
    SteadyTime listed_at_;
};

}  // namespace keenlance::memmon
