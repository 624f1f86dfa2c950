#include <keenlance/core/process_tree.hpp>

#include <set>
#include <unordered_map>

namespace keenlance {

std::map<int, std::uint64_t> sum_families(const std::vector<ProcessEntry>& entries,
                                          const std::vector<int>& roots) {
    std::unordered_map<int, std::vector<int>> children;
    std::unordered_map<int, std::uint64_t> sizes;
    for (const auto& entry : entries) {
        children[entry.parent].push_back(entry.pid);
        sizes[entry.pid] = entry.rss_bytes;
    }
    std::map<int, std::uint64_t> sums;
    for (const int root : roots) {
        if (!sizes.contains(root)) continue;
        std::uint64_t sum = 0;
        std::set<int> seen{root};
        std::vector<int> left{root};
        while (!left.empty()) {
            const int pid = left.back();
            left.pop_back();
            sum += sizes[pid];
            const auto found = children.find(pid);
            if (found == children.end()) continue;
            for (const int child : found->second)
                if (seen.insert(child).second) left.push_back(child);
        }
        sums[root] = sum;
    }
    return sums;
}

}  // namespace keenlance
