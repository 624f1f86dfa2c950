#include <keenlance/core/process_tree.hpp>

#include <set>
#include <unordered_map>

namespace keenlance {

std::map<int, std::vector<int>> families(const std::vector<ProcessEntry>& entries,
                                         const std::vector<int>& roots) {
    std::unordered_map<int, std::vector<int>> children;
    std::set<int> living;
    for (const auto& entry : entries) {
        children[entry.parent].push_back(entry.pid);
        living.insert(entry.pid);
    }
    std::map<int, std::vector<int>> found;
    for (const int root : roots) {
        if (!living.contains(root) || found.contains(root)) continue;
        auto& family = found[root];
        std::set<int> seen{root};
        family.push_back(root);
        for (std::size_t next = 0; next < family.size(); ++next) {
            const auto begotten = children.find(family[next]);
            if (begotten == children.end()) continue;
            for (const int child : begotten->second)
                if (seen.insert(child).second) family.push_back(child);
        }
    }
    return found;
}

std::map<int, std::uint64_t> sum_families(const std::vector<ProcessEntry>& entries,
                                          const std::vector<int>& roots) {
    std::unordered_map<int, std::uint64_t> sizes;
    for (const auto& entry : entries)
        sizes[entry.pid] = entry.bytes;
    std::map<int, std::uint64_t> sums;
    for (const auto& [root, family] : families(entries, roots))
        for (const int pid : family)
            sums[root] += sizes[pid];
    return sums;
}

}  // namespace keenlance
