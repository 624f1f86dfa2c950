#include <keenlance/core/text.hpp>
#include <keenlance/system/host.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

namespace keenlance {

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

std::string parent_life() {
    constexpr std::size_t start_field = 19;  // proc(5): field 22, "state" behind the name being 3
    const auto parent = ::getppid();
    const std::string stat = text_of(fmt::format("/proc/{}/stat", parent));
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) return std::to_string(parent);
    const auto words = split_words(std::string_view(stat).substr(name_end + 1));
    return fmt::format("{} {} {}", trim(text_of("/proc/sys/kernel/random/boot_id")), parent,
                       words.size() > start_field ? words[start_field] : "");
}

}  // namespace keenlance
