#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/foreground.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <listeners/essential/run_program.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace keenlance::essential {

namespace {

const std::string program_name = "essential run";

/// A place for the exit status, of a name that only our children know. The listener may run as another user
/// than this program, so others may put files there; nobody else can list or remove them.
class StatusFolder {
  public:
    StatusFolder() {
        const char* chosen = std::getenv("TMPDIR");
        for (const std::string parent : {chosen == nullptr ? "" : chosen, "/run", "/tmp"}) {
            if (!parent.starts_with('/')) continue;
            std::string name = parent + "/keenlance-XXXXXX";
            if (::mkdtemp(name.data()) == nullptr) continue;
            folder_ = std::move(name);
            ::chmod(folder_.c_str(), 01733);  // NOLINT(readability-magic-numbers)
            ::setenv(status_file_variable, path().c_str(), 1);
            return;
        }
        ::unsetenv(status_file_variable);  // that of an `essential run` above is not ours to write
        complain(
            program_name,
            "no folder to keep an exit status in (TMPDIR, /run, /tmp): supervisord's own will have to do", 0);
    }
    ~StatusFolder() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    StatusFolder(const StatusFolder&) = delete;
    StatusFolder& operator=(const StatusFolder&) = delete;
    StatusFolder(StatusFolder&&) = delete;
    StatusFolder& operator=(StatusFolder&&) = delete;

    /// Nothing when nobody has recorded one, or what stands there is none.
    [[nodiscard]] std::optional<int> recorded() const {
        if (folder_.empty()) return std::nullopt;
        // Whoever can write here could have put anything: neither follow a link nor wait for a pipe.
        const UniqueFd file(::open(path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        struct stat facts {};
        if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
        std::array<char, 16> bytes{};
        const auto count = ::read(file.get(), bytes.data(), bytes.size());
        if (count <= 0 || static_cast<std::size_t>(count) == bytes.size()) return std::nullopt;
        const auto number =
            whole_number<int>(trim(std::string_view(bytes.data(), static_cast<std::size_t>(count))));
        return number && *number >= 0 && *number <= 255 ? number : std::nullopt;
    }

  private:
    [[nodiscard]] std::string path() const { return folder_ + "/status"; }

    std::string folder_;
};

}  // namespace

int run_supervisord(const std::vector<std::string>& command) {
    const StatusFolder status;
    const auto end = run_in_foreground(command);
    if (!end)
        return complain(program_name, "cannot start " + end.error().message,
                        end.error().code == ENOENT ? 127 : 126);
    if (const auto recorded = status.recorded())
        return complain(program_name,
                        fmt::format("{} ended with status {}; the exit status is {}, as essential recorded",
                                    command.front(), end->status, *recorded),
                        *recorded);
    if (end->status == 0 && end->left == ForegroundEnd::Left::somebody &&
        end->told == ForegroundEnd::Told::nothing)
        complain(
            program_name,
            fmt::format("{} has ended and left processes running: if it went into the background, add -n "
                        "(or nodaemon=true)",
                        command.front()),
            0);
    return end->status;
}

}  // namespace keenlance::essential
