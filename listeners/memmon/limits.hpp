#pragma once
/// Which size counts for which process, as the operator's options say it. Pure.

#include <keenlance/core/process.hpp>
#include <keenlance/core/quantity.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keenlance::memmon {

/// The limit that counts for one process, and the option that set it.
struct Limit {
    std::uint64_t bytes = 0;
    std::string rule;         ///< "-p foo=200MB", for messages
    std::uint32_t share = 0;  ///< not 0: `bytes` is this share (SizeOrShare) of what resolve() is told

    friend bool operator==(const Limit&, const Limit&) = default;
};

/// The rule, and what a share comes to: "-a 20% (1.6 GB)".
std::string account(const Limit& limit);

/// What the operator allows.
struct Limits {
    std::map<std::string, Limit> programs;  ///< by "name" or "group:name"
    std::map<std::string, Limit> groups;
    std::optional<Limit> any;
    /// In the order given. Without a colon over the name, with one over group and name apart.
    std::vector<std::pair<std::string, Limit>> program_globs;
    std::vector<std::pair<std::string, Limit>> group_globs;

    /// The most specific limit alone: group:name, name, the first glob that means the process, the group's,
    /// the first glob that means the group, `any`.
    [[nodiscard]] const Limit* limit_for(const Namespec& id) const;

    void add_program(const std::string& name, Limit limit);
    void add_group(const std::string& name, Limit limit);
    /// Makes bytes of shares.
    void resolve(std::uint64_t whole);

    [[nodiscard]] bool empty() const;
    [[nodiscard]] bool has_shares() const;
    /// All of them, in the order above.
    [[nodiscard]] std::vector<const Limit*> all() const;
};

/// Names and globs among the limits that mean none of `processes`, as "-p nosuch=1MB: supervisord has …".
std::vector<std::pair<std::string, std::string>> unmatched(const Limits& limits,
                                                           const std::vector<ProcessInfo>& processes);

}  // namespace keenlance::memmon
