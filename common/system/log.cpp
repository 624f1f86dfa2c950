#include <keenlance/core/text.hpp>
#include <keenlance/system/log.hpp>

#include <unistd.h>

namespace keenlance {

void LogLines::write(std::string_view text) {
    constexpr std::size_t longest = 4000;  // under PIPE_BUF with the rest of the line: lines never interleave
    const std::string line =
        format_local_time(clock_.now()) + " " + program_ + ": " + printable(text, longest) + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace keenlance
