#pragma once
/// What Linux's files say of memory: /proc/PID/smaps_rollup, /proc/PID/cgroup and the files of control
/// groups, of version 1 and 2. Pure.

#include <keenlance/core/action.hpp>
#include <keenlance/core/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// Bytes of pss, uss or swap; nothing for another metric, and where the text lacks it.
KEENLANCE_API std::optional<std::uint64_t> parse_smaps_rollup(std::string_view text, MemoryMetric metric);

/// The control group whose memory a process counts in.
struct KEENLANCE_API MemoryCgroup {
    enum class Version { one, two } version = Version::two;
    std::string path;  ///< "/" or "/a/b", below where control groups are mounted

    /// The file that holds what is in use; beside it are its limits.
    [[nodiscard]] std::string usage_file() const;
    /// The files that may hold a limit for it: its own, and those of the groups around it.
    [[nodiscard]] std::vector<std::string> limit_files() const;

    friend bool operator==(const MemoryCgroup&, const MemoryCgroup&) = default;
};

/// Of /proc/PID/cgroup. Where both versions are mounted, that which has the controller "memory". Nothing
/// where there is none, and for a group that cannot be seen from here.
KEENLANCE_API std::optional<MemoryCgroup> parse_memory_cgroup(std::string_view text);

/// A number of bytes; nothing for "max".
KEENLANCE_API std::optional<std::uint64_t> parse_cgroup_bytes(std::string_view text);

}  // namespace keenlance
