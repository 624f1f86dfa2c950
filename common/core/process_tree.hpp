#pragma once
/// Sums over a family of processes, for memmon's cumulative sizes. Pure.

#include <keenlance/core/export.hpp>

#include <cstdint>
#include <map>
#include <vector>

namespace keenlance {

/// One process of the machine.
struct ProcessEntry {
    int pid = 0;
    int parent = 0;
    std::uint64_t bytes = 0;
};

/// Each of `roots` that is among `entries`, with all its descendants, itself first.
KEENLANCE_API std::map<int, std::vector<int>> families(const std::vector<ProcessEntry>& entries,
                                                       const std::vector<int>& roots);

/// The bytes of each of `roots` that is among `entries`, with all its descendants. Linear in `entries`,
/// except for roots within one another. A table read while processes come and go may be inconsistent; a cycle
/// of parents ends where it began.
KEENLANCE_API std::map<int, std::uint64_t> sum_families(const std::vector<ProcessEntry>& entries,
                                                        const std::vector<int>& roots);

}  // namespace keenlance
