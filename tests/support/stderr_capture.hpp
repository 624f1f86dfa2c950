#pragma once
/// What this process writes to stderr while a test looks.

#include <keenlance/system/unique_fd.hpp>

#include <fcntl.h>
#include <support/temporary_folder.hpp>
#include <unistd.h>

#include <string>

namespace keenlance {

class StderrCapture {
  public:
    StderrCapture() : before_(::dup(STDERR_FILENO)) {
        const UniqueFd file(::open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        ::dup2(file.get(), STDERR_FILENO);
    }
    ~StderrCapture() { ::dup2(before_.get(), STDERR_FILENO); }
    StderrCapture(const StderrCapture&) = delete;
    StderrCapture& operator=(const StderrCapture&) = delete;
    StderrCapture(StderrCapture&&) = delete;
    StderrCapture& operator=(StderrCapture&&) = delete;

    [[nodiscard]] std::string text() const { return read_file(path()); }

  private:
    [[nodiscard]] std::string path() const { return folder_.at("stderr"); }

    TemporaryFolder folder_;
    UniqueFd before_;
};

}  // namespace keenlance
