#include <keenlance/core/process_tree.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/process_table_proc.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
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

/// The first bytes of a file of /proc; nothing when the process is gone.
std::optional<std::string> read_head(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::array<char, 1024> bytes{};
    const auto count = ::read(file.get(), bytes.data(), bytes.size());
    if (count <= 0) return std::nullopt;
    return std::string(bytes.data(), static_cast<std::size_t>(count));
}

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

}  // namespace

void ProcProcessTable::measure(const std::vector<int>& pids, MemoryScope scope, Answer answer) {
    if (scope == MemoryScope::descendants) {
        const auto entries = all_entries();
        if (!entries) return answer(entries.error());
        return answer(sum_families(*entries, pids));
    }
    std::map<int, std::uint64_t> sizes;
    for (const int pid : pids)
        if (const auto rss = rss_of(pid)) sizes[pid] = *rss;
    answer(std::move(sizes));
}

}  // namespace keenlance
