#pragma once
/// Runs the commands operators write (mail, gcore) under /bin/sh: fed, listened to, bounded, and never on our
/// stdout.

#include <keenlance/core/at_end.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/reactor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace keenlance {

/// A command line for /bin/sh, and its bounds.
struct Command {
    std::string text;
    std::string input;  ///< for its stdin; a command that does not read it is no failure
    Duration timeout{60'000};
    std::size_t max_output = std::size_t{64} * 1024;  ///< what it prints beyond is read and thrown away
    AtEnd at_end = AtEnd::left;
    std::vector<std::pair<std::string, std::string>> environment{};  ///< beside our own, which it overrides
};

/// How a command ended.
struct KEENLANCE_API CommandResult {
    int status = 0;          ///< what the shell calls $?: its exit status, or 128 + the signal that ended it
    bool timed_out = false;  ///< it was killed at its timeout
    std::string output;      ///< stdout and stderr as they came, at most Command::max_output bytes

    /// "status 3", "status 143 (signal 15)", "killed after 60 s"; with the output, if any, behind a colon.
    /// One line.
    [[nodiscard]] std::string describe(Duration timeout) const;
};

/// Starts commands beside everything else. Destroying it kills those that have not been given all their
/// input, and does with the others what their at_end says.
class KEENLANCE_API CommandRunner {
  public:
    using Answer = std::function<void(Result<CommandResult>)>;

    explicit CommandRunner(Reactor& reactor);
    ~CommandRunner();
    CommandRunner(const CommandRunner&) = delete;
    CommandRunner& operator=(const CommandRunner&) = delete;
    CommandRunner(CommandRunner&&) = delete;
    CommandRunner& operator=(CommandRunner&&) = delete;

    /// Runs it in a process group of its own, which is killed whole at its timeout. The answer comes once,
    /// never from within the call; Error `system` when it could not be started. What it leaves running in the
    /// background is left alone.
    void run(Command command, Answer answer);

  private:
    struct Running;
    void feed(Running& child);
    void listen(Running& child);
    void finish(std::uint64_t id, int wait_status);

    Reactor& reactor_;
    std::map<std::uint64_t, std::unique_ptr<Running>> running_;
    std::uint64_t last_id_ = 0;
};

}  // namespace keenlance
