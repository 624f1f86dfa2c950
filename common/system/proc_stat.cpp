#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/proc_stat.hpp>
#include <keenlance/system/read_file.hpp>

#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

namespace keenlance {

std::uint64_t page_bytes() {
    static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

std::optional<ProcStat> read_proc_stat(int pid) {
    const auto text = read_head("/proc/" + std::to_string(pid) + "/stat");
    if (!text) return std::nullopt;
    // "pid (name) state ppid …": the name may hold blanks and parentheses, so count from its last one.
    const auto name_end = text->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    constexpr std::size_t parent_field = 1, start_field = 19,
                          rss_field = 21;  // 4, 22 and 24, "state" being 3
    std::array<std::string_view, rss_field + 1> words;
    std::string_view rest = std::string_view(*text).substr(name_end + 1);
    for (auto& word : words)
        word = take_word(rest);
    const auto parent = whole_number<int>(words[parent_field]);
    const auto started = whole_number<std::uint64_t>(words[start_field]);
    const auto pages = whole_number<std::int64_t>(words[rss_field]);
    if (!parent || !started || !pages) return std::nullopt;
    return ProcStat{*parent, *started, static_cast<std::uint64_t>(*pages) * page_bytes()};
}

}  // namespace keenlance
