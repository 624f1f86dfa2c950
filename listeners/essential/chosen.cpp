#include <keenlance/core/selector.hpp>
#include <keenlance/core/text.hpp>

#include <listeners/choice.hpp>
#include <listeners/essential/chosen.hpp>

#include <algorithm>

namespace keenlance::essential {

namespace {

bool is_pattern(const std::string& name) {
    return name.find_first_of("*?[") != std::string::npos || name.ends_with(':');
}

/// A pattern without a colon is of a process in whatever group, as a name without one is.
bool means_program(const std::string& name, const Namespec& id) {
    if (is_named(id, name)) return true;
    if (!is_pattern(name)) return false;
    return selects(name, id) || (name.find(':') == std::string::npos && selects("*:" + name, id));
}

bool means_group(const std::string& group, const Namespec& id) {
    return selects(group + ":*", id);
}

}  // namespace

std::string Chosen::describe() const {
    if (scope == Scope::any) return "all processes";
    auto parts = programs;
    for (const auto& group : groups)
        parts.push_back("group " + group);
    return join(parts, ", ");
}

Meant is_meant(const Chosen& chosen, const Namespec& id) {
    if (is_named(id, chosen.programs)) return Meant::by_name;
    if (chosen.scope == Chosen::Scope::any) return Meant::in_general;
    const bool meant =
        std::ranges::any_of(chosen.programs,
                            [&](const std::string& name) { return means_program(name, id); }) ||
        std::ranges::any_of(chosen.groups, [&](const std::string& group) { return means_group(group, id); });
    return meant ? Meant::in_general : Meant::no;
}

std::vector<std::string> unmatched(const Chosen& chosen, const std::vector<ProcessInfo>& processes) {
    std::vector<std::string> strangers;
    for (const auto& name : chosen.programs)
        if (std::ranges::none_of(processes, [&](const auto& info) { return means_program(name, info.id); }))
            strangers.push_back("-p " + name);
    for (const auto& group : chosen.groups)
        if (std::ranges::none_of(processes, [&](const auto& info) { return means_group(group, info.id); }))
            strangers.push_back("-g " + group);
    return strangers;
}

}  // namespace keenlance::essential
