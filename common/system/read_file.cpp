#include <keenlance/system/read_file.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace keenlance {

namespace {

Error cannot_read(const std::string& path, int code) {
    return {ErrorKind::system, code, "cannot read " + path + ": " + std::strerror(code)};
}

}  // namespace

Result<std::string> read_head(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return cannot_read(path, errno);
    std::array<char, 4096> bytes{};
    const auto count = ::read(file.get(), bytes.data(), bytes.size());
    if (count <= 0) return cannot_read(path, count < 0 ? errno : ESRCH);
    return std::string(bytes.data(), static_cast<std::size_t>(count));
}

Result<std::string> read_whole(const std::string& path) {
    constexpr std::size_t most = std::size_t{64} << 20U;
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return cannot_read(path, errno);
    std::string text;
    std::array<char, 16'384> bytes{};
    while (text.size() < most) {
        const auto count = ::read(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot_read(path, errno);
        if (count == 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return Error{ErrorKind::system, EFBIG, "cannot read " + path + ": it has no end"};
}

}  // namespace keenlance
