#pragma once
/// What crashmail can find out about a crash besides its event, and how it tells it. Pure.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keenlance::crashmail {

/// The end of one life, as supervisord's own log has it (supervisor/process.py, finish): which status or
/// signal, and how long after its spawn.
struct Ending {
    std::string words;               ///< "exit status 3", "killed by SIGKILL, core dumped"
    std::optional<int> exit_status;  ///< nothing: a signal ended it
    std::optional<Duration> uptime;  ///< nothing: its spawn is not in this piece of the log
};

/// Looks for "spawned: 'NAME' with pid PID" and what follows it; a log that begins behind the spawn tells by
/// the last "exited: NAME". Nothing when `log` does not tell. The log has names without groups.
std::optional<Ending> find_ending(std::string_view log, const std::string& name, std::optional<int> pid);

/// The last `count` lines, without their ends.
std::vector<std::string> last_lines(std::string_view text, std::size_t count);

/// Everything that may be known; what is not is left out.
struct Story {
    std::string first_line;  ///< superlance's
    std::optional<Ending> ending;
    std::string spawn_error;
    std::size_t crashes_in_the_last_hour = 0;
    struct Tail {
        std::string name;  ///< "stderr"
        std::string file;
        std::vector<std::string> lines;
        std::string trouble;  ///< why there are none
    };
    std::vector<Tail> tails;
};

/// The body of the mail: the first line as superlance has it, and the rest below.
std::string tell(const Story& story);
/// The same for machines.
std::vector<std::pair<std::string, std::string>> details_of(const Story& story);

}  // namespace keenlance::crashmail
