#pragma once
/// A command that runs beside a test until its stdin ends.

#include <keenlance/system/unique_fd.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

namespace keenlance {

/// Starts `arguments`, found in PATH. The destructor closes its stdin, kills it, and waits for it.
class BackgroundCommand {
  public:
    explicit BackgroundCommand(std::vector<std::string> arguments) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
        UniqueFd to_read(ends[0]);
        input_ = UniqueFd(ends[1]);
        std::vector<char*> words;
        words.reserve(arguments.size() + 1);
        for (auto& argument : arguments)
            words.push_back(argument.data());
        words.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
        if (pid_ != 0) return;
        ::dup2(to_read.get(), STDIN_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    ~BackgroundCommand() {
        input_.reset();
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    BackgroundCommand(const BackgroundCommand&) = delete;
    BackgroundCommand& operator=(const BackgroundCommand&) = delete;
    BackgroundCommand(BackgroundCommand&&) = delete;
    BackgroundCommand& operator=(BackgroundCommand&&) = delete;

  private:
    UniqueFd input_;
    pid_t pid_ = -1;
};

}  // namespace keenlance
