#include <keenlance/core/selector.hpp>

#include <fnmatch.h>

#include <algorithm>

namespace keenlance {

bool is_glob(std::string_view text) {
    return text.find_first_of("*?[") != std::string_view::npos;
}

bool glob_matches(std::string_view pattern, const std::string& text) {
    return ::fnmatch(std::string(pattern).c_str(), text.c_str(), 0) == 0;
}

bool selects(std::string_view pattern, const Namespec& id) {
    if (pattern == "all") return true;
    const auto colon = pattern.find(':');
    if (colon != std::string_view::npos) {
        const auto name = pattern.substr(colon + 1);
        return glob_matches(pattern.substr(0, colon), id.group) &&
               (name.empty() || glob_matches(name, id.name));
    }
    if (!is_glob(pattern)) return id.group == pattern && id.name == pattern;
    return glob_matches(pattern, id.full()) || glob_matches(pattern, id.brief());
}

Selection select(std::span<const std::string> patterns, std::span<const Namespec> ids) {
    Selection selection;
    std::vector<char> chosen(ids.size(), 0);
    for (const auto& pattern : patterns) {
        bool any = false;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (!selects(pattern, ids[i])) continue;
            any = true;
            chosen[i] = 1;
        }
        if (!any) selection.unmatched.push_back(pattern);
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (chosen[i] != 0) selection.chosen.push_back(i);
    return selection;
}

}  // namespace keenlance
