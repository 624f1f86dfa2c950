#include <keenlance/core/selector.hpp>

#include <fmt/core.h>
#include <listeners/memmon/limits.hpp>

#include <algorithm>

namespace keenlance::memmon {

namespace {

using Globs = std::vector<std::pair<std::string, Limit>>;

bool means(const std::string& glob, const Namespec& id) {
    return glob.find(':') == std::string::npos ? glob_matches(glob, id.name) : selects(glob, id);
}

template <class Matches>
const Limit* first_glob(const Globs& globs, const Matches& matches) {
    const auto found = std::ranges::find_if(globs, [&](const auto& entry) { return matches(entry.first); });
    return found == globs.end() ? nullptr : &found->second;
}

/// A glob given again counts anew, in its old place.
void set_glob(Globs& globs, const std::string& glob, Limit limit) {
    const auto found = std::ranges::find(globs, glob, &Globs::value_type::first);
    if (found == globs.end())
        globs.emplace_back(glob, std::move(limit));
    else
        found->second = std::move(limit);
}

template <class All, class Deed>
void for_each_limit(All& limits, const Deed& deed) {
    for (auto& [name, limit] : limits.programs)
        deed(limit);
    for (auto& [glob, limit] : limits.program_globs)
        deed(limit);
    for (auto& [name, limit] : limits.groups)
        deed(limit);
    for (auto& [glob, limit] : limits.group_globs)
        deed(limit);
    if (limits.any) deed(*limits.any);
}

}  // namespace

std::string account(const Limit& limit) {
    if (limit.share == 0) return limit.rule;
    return fmt::format("{} ({})", limit.rule, format_size(limit.bytes));
}

const Limit* Limits::limit_for(const Namespec& id) const {
    for (const auto& key : {id.full(), id.name})
        if (const auto found = programs.find(key); found != programs.end()) return &found->second;
    const auto* const glob = first_glob(program_globs, [&](const auto& each) { return means(each, id); });
    if (glob != nullptr) return glob;
    if (const auto found = groups.find(id.group); found != groups.end()) return &found->second;
    const auto* const group_glob =
        first_glob(group_globs, [&](const auto& each) { return glob_matches(each, id.group); });
    if (group_glob != nullptr) return group_glob;
    return any ? &*any : nullptr;
}

void Limits::add_program(const std::string& name, Limit limit) {
    if (is_glob(name))
        set_glob(program_globs, name, std::move(limit));
    else
        programs.insert_or_assign(name, std::move(limit));
}

void Limits::add_group(const std::string& name, Limit limit) {
    if (is_glob(name))
        set_glob(group_globs, name, std::move(limit));
    else
        groups.insert_or_assign(name, std::move(limit));
}

void Limits::resolve(std::uint64_t whole) {
    for_each_limit(*this, [&](Limit& limit) {
        limit.bytes = SizeOrShare{limit.bytes, limit.share}.of(whole);
    });
}

bool Limits::empty() const {
    return all().empty();
}

bool Limits::has_shares() const {
    return std::ranges::any_of(all(), [](const Limit* limit) { return limit->share != 0; });
}

std::vector<const Limit*> Limits::all() const {
    std::vector<const Limit*> found;
    for_each_limit(*this, [&](const Limit& limit) { found.push_back(&limit); });
    return found;
}

std::vector<std::pair<std::string, std::string>> unmatched(const Limits& limits,
                                                           const std::vector<ProcessInfo>& processes) {
    std::vector<std::pair<std::string, std::string>> found;
    const auto look_for = [&](const std::string& name, const Limit& limit, const std::string& what,
                              const auto& matches) {
        const bool known =
            std::ranges::any_of(processes, [&](const ProcessInfo& info) { return matches(info.id); });
        if (!known)
            found.emplace_back(limit.rule,
                               fmt::format("{}: supervisord has no {} {}", limit.rule, what, name));
    };
    for (const auto& [name, limit] : limits.programs)
        look_for(name, limit, "process named",
                 [&name = name](const Namespec& id) { return name == id.name || name == id.full(); });
    for (const auto& [glob, limit] : limits.program_globs)
        look_for(glob, limit, "process like", [&glob = glob](const Namespec& id) { return means(glob, id); });
    for (const auto& [name, limit] : limits.groups)
        look_for(name, limit, "group named", [&name = name](const Namespec& id) { return name == id.group; });
    for (const auto& [glob, limit] : limits.group_globs)
        look_for(glob, limit, "group like",
                 [&glob = glob](const Namespec& id) { return glob_matches(glob, id.group); });
    return found;
}

}  // namespace keenlance::memmon
