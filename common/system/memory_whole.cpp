#include <keenlance/core/memory_files.hpp>
#include <keenlance/system/memory_whole.hpp>
#include <keenlance/system/read_file.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace keenlance {

Result<std::uint64_t> read_memory_whole() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0)
        return Error{ErrorKind::system, errno,
                     std::string("cannot find out how much memory there is: ") + std::strerror(errno)};
    auto whole = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
    const auto groups = read_head("/proc/self/cgroup");
    const auto group = groups ? parse_memory_cgroup(*groups) : std::nullopt;
    if (!group) return whole;
    for (const auto& file : group->limit_files()) {
        const auto text = read_head(file);
        const auto limit = text ? parse_cgroup_bytes(*text) : std::nullopt;
        if (limit && *limit > 0) whole = std::min(whole, *limit);
    }
    return whole;
}

}  // namespace keenlance
