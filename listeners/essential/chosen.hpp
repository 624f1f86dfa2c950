#pragma once
/// Which processes an operator called essential. Pure.

#include <keenlance/core/process.hpp>

#include <string>
#include <vector>

namespace keenlance::essential {

struct Chosen {
    /// "name" (in whatever group), "group:name", or patterns as quickctl takes them: "app:*", "web-*".
    std::vector<std::string> programs;
    std::vector<std::string> groups;  ///< names or patterns
    enum class Scope { listed, any } scope = Scope::listed;

    /// For the log: "web, group app".
    [[nodiscard]] std::string describe() const;
};

enum class Meant {
    no,
    in_general,  ///< by a pattern, its group or as any: event listeners are not meant by that
    by_name,
};
Meant is_meant(const Chosen& chosen, const Namespec& id);

/// Of what was chosen by -p and -g, that which means no process: a misspelling, most likely.
std::vector<std::string> unmatched(const Chosen& chosen, const std::vector<ProcessInfo>& processes);

}  // namespace keenlance::essential
