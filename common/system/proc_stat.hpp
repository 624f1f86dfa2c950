#pragma once
/// /proc/PID/stat, as far as it is used here (proc(5)).

#include <cstdint>
#include <optional>

namespace keenlance {

struct ProcStat {
    int parent = 0;
    std::uint64_t started = 0;  ///< clock ticks after boot: with the pid, one life
    std::uint64_t bytes = 0;    ///< resident
};

/// Nothing where there is no such process, or no /proc.
std::optional<ProcStat> read_proc_stat(int pid);

/// Bytes of a page of memory.
std::uint64_t page_bytes();

}  // namespace keenlance
