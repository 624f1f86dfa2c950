#include <keenlance/system/replace_file.hpp>
#include <keenlance/system/unique_fd.hpp>
#include <keenlance/system/write_all.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace keenlance {

namespace {

mode_t umask_now() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return mask;
}

}  // namespace

Status replace_file(const std::string& path, std::string_view text) {
    std::string beside = path + ".XXXXXX";
    const auto failed = [&path](const char* what) {
        const int code = errno;
        return Error{ErrorKind::system, code,
                     fmt::format("cannot {} {}: {}", what, path, std::strerror(code))};
    };
    const UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));
    if (!file) return failed("create a file beside");
    if (!write_all(file.get(), text) || ::fchmod(file.get(), 0644 & ~umask_now()) != 0 ||
        ::fsync(file.get()) != 0 || std::rename(beside.c_str(), path.c_str()) != 0) {
        const auto error = failed("write");
        ::unlink(beside.c_str());
        return error;
    }
    return Done{};
}

}  // namespace keenlance
