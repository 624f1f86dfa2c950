#include <keenlance/core/memory_files.hpp>
#include <keenlance/core/process_tree.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/process_table_proc.hpp>
#include <keenlance/system/read_head.hpp>

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

namespace keenlance {

namespace {

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

std::uint64_t page_bytes() {
    static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

std::optional<std::uint64_t> rss_of(int pid) {
    const auto text = read_head("/proc/" + std::to_string(pid) + "/statm");
    if (!text) return std::nullopt;
    const auto words = split_words(*text);  // size resident shared …, in pages
    if (words.size() < 2) return std::nullopt;
    const auto pages = whole_number<std::uint64_t>(words[1]);
    if (!pages) return std::nullopt;
    return *pages * page_bytes();
}

std::optional<ProcessEntry> entry_of(int pid) {
    const auto text = read_head("/proc/" + std::to_string(pid) + "/stat");
    if (!text) return std::nullopt;
    // "pid (name) state ppid …": the name may hold blanks and parentheses, so count from its last one.
    const auto name_end = text->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    const auto words = split_words(std::string_view(*text).substr(name_end + 1));
    constexpr std::size_t parent_field = 1, rss_field = 21;  // proc(5): fields 4 and 24, "state" being 3
    if (words.size() <= rss_field) return std::nullopt;
    const auto parent = whole_number<int>(words[parent_field]);
    const auto pages = whole_number<std::int64_t>(words[rss_field]);
    if (!parent || !pages) return std::nullopt;
    return ProcessEntry{pid, *parent, static_cast<std::uint64_t>(*pages) * page_bytes()};
}

Result<std::vector<ProcessEntry>> all_entries() {
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc"));
    if (!folder)
        return Error{ErrorKind::system, errno, std::string("cannot read /proc: ") + std::strerror(errno)};
    std::vector<ProcessEntry> entries;
    while (const dirent* file = ::readdir(folder.get())) {
        const auto pid = whole_number<int>(file->d_name);
        if (!pid) continue;
        if (const auto entry = entry_of(*pid)) entries.push_back(*entry);
    }
    return entries;
}

/// Of that metric; an Error where the process is gone, or is not ours to look into.
Result<std::uint64_t> size_of(int pid, MemoryMetric metric) {
    const std::string folder = "/proc/" + std::to_string(pid);
    const Error untold{ErrorKind::system, 0, folder + " does not tell"};
    if (metric == MemoryMetric::rss) {
        const auto rss = rss_of(pid);
        return rss ? Result<std::uint64_t>(*rss) : untold;
    }
    if (metric != MemoryMetric::cgroup) {
        const auto text = read_head(folder + "/smaps_rollup");
        if (!text) return text.error();
        const auto bytes = parse_smaps_rollup(*text, metric);
        return bytes ? Result<std::uint64_t>(*bytes) : untold;
    }
    const auto groups = read_head(folder + "/cgroup");
    if (!groups) return groups.error();
    const auto group = parse_memory_cgroup(*groups);
    const auto usage = group ? read_head(group->usage_file()) : untold;
    if (!usage) return usage.error();
    const auto bytes = parse_cgroup_bytes(*usage);
    return bytes ? Result<std::uint64_t>(*bytes) : untold;
}

/// Nothing where a member lives that we may not look into: part of a sum would pass for the whole.
std::optional<std::uint64_t> sum_of(const std::vector<int>& family, MemoryMetric metric) {
    std::uint64_t sum = 0;
    for (const int pid : family) {
        const auto bytes = size_of(pid, metric);
        if (bytes) sum += *bytes;
        const bool refused = !bytes && (bytes.error().code == EACCES || bytes.error().code == EPERM);
        if (refused || (!bytes && pid == family.front())) return std::nullopt;
    }
    return sum;
}

}  // namespace

void ProcProcessTable::measure(const MeasureMemory& what, Answer answer) {
    std::map<int, std::uint64_t> sizes;
    if (what.scope == MemoryScope::process) {
        for (const int pid : what.pids)
            if (const auto bytes = size_of(pid, what.metric)) sizes[pid] = *bytes;
        return answer(std::move(sizes));
    }
    if (what.metric == MemoryMetric::cgroup)
        return answer(
            Error{ErrorKind::system, 0, "a control group has its descendants' memory in it already"});
    const auto entries = all_entries();
    if (!entries) return answer(entries.error());
    if (what.metric == MemoryMetric::rss) return answer(sum_families(*entries, what.pids));
    for (const auto& [root, family] : families(*entries, what.pids))
        if (const auto sum = sum_of(family, what.metric)) sizes[root] = *sum;
    answer(std::move(sizes));
}

}  // namespace keenlance
