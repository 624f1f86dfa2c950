#pragma once
/// Whether a process is one of those an operator named by -p, alike in httpok and crashmail.

#include <keenlance/core/process.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace keenlance {

/// `name` is "name", of whatever group, or "group:name".
inline bool is_named(const Namespec& id, const std::string& name) {
    return name == id.name || name == id.full();
}

inline bool is_named(const Namespec& id, const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [&](const std::string& name) { return is_named(id, name); });
}

}  // namespace keenlance
