#include <keenlance/core/text.hpp>
#include <keenlance/system/host.hpp>
#include <keenlance/system/proc_stat.hpp>
#include <keenlance/system/read_file.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <array>

namespace keenlance {

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

std::string parent_life() {
    const auto parent = ::getppid();
    const auto stat = read_proc_stat(parent);
    if (!stat) return std::to_string(parent);
    const auto boot = read_head("/proc/sys/kernel/random/boot_id");
    return fmt::format("{} {} {}", boot ? trim(*boot) : "", parent, stat->started);
}

}  // namespace keenlance
