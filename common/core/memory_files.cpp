#include <keenlance/core/memory_files.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <algorithm>

namespace keenlance {

namespace {

/// "Name:   12 kB" in bytes, added up over several names; nothing where none of them is there.
std::optional<std::uint64_t> sum_of(std::string_view text, const std::vector<std::string_view>& names) {
    std::optional<std::uint64_t> sum;
    for (const auto line : split(text, '\n')) {
        const auto words = split_words(line);
        if (words.size() < 2 || std::ranges::find(names, words[0]) == names.end()) continue;
        const auto kib = whole_number<std::uint64_t>(words[1]);
        if (kib) sum = sum.value_or(0) + *kib * 1024;
    }
    return sum;
}

std::string folder_of(MemoryCgroup::Version version) {
    return version == MemoryCgroup::Version::two ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
}

std::string joined(const std::string& folder, std::string_view path, std::string_view file) {
    std::string whole = folder;
    if (path != "/") whole += path;
    return whole.append("/").append(file);
}

}  // namespace

std::optional<std::uint64_t> parse_smaps_rollup(std::string_view text, MemoryMetric metric) {
    switch (metric) {
        case MemoryMetric::pss:
            return sum_of(text, {"Pss:"});
        case MemoryMetric::uss:
            return sum_of(text, {"Private_Clean:", "Private_Dirty:", "Private_Hugetlb:"});
        case MemoryMetric::swap:
            return sum_of(text, {"Swap:"});
        case MemoryMetric::rss:
        case MemoryMetric::cgroup:
            break;
    }
    return std::nullopt;
}

std::string MemoryCgroup::usage_file() const {
    return joined(folder_of(version), path,
                  version == Version::two ? "memory.current" : "memory.usage_in_bytes");
}

std::vector<std::string> MemoryCgroup::limit_files() const {
    const std::string_view file = version == Version::two ? "memory.max" : "memory.limit_in_bytes";
    std::vector<std::string> files;
    std::string_view rest = path;
    while (rest.size() > 1) {
        files.push_back(joined(folder_of(version), rest, file));
        rest = rest.substr(0, rest.rfind('/'));
    }
    files.push_back(joined(folder_of(version), "/", file));
    return files;
}

std::optional<MemoryCgroup> parse_memory_cgroup(std::string_view text) {
    std::optional<MemoryCgroup> found;
    for (const auto line : split(text, '\n')) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string_view::npos || second == std::string_view::npos) continue;
        const auto controllers = split(line.substr(first + 1, second - first - 1), ',');
        const std::string path(line.substr(second + 1));
        if (!path.starts_with('/') || (path + "/").find("/../") != std::string::npos) continue;
        if (std::ranges::find(controllers, "memory") != controllers.end())
            return MemoryCgroup{MemoryCgroup::Version::one, path};
        if (line.starts_with("0::")) found = MemoryCgroup{MemoryCgroup::Version::two, path};
    }
    return found;
}

std::optional<std::uint64_t> parse_cgroup_bytes(std::string_view text) {
    return whole_number<std::uint64_t>(trim(text));
}

}  // namespace keenlance
