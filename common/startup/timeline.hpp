#pragma once
/// Makes a slow start visible: a bar a process, from its start to the moment others could build on it, and
/// the chain of waits that decided how long it all took. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace keenlance::startup {

/// What became of a process.
enum class Outcome {
    reached,  ///< what others wait for has come
    failed,   ///< FATAL, a wrong exit, too late, or refused; `remark` says which
    skipped,  ///< never started, for something it waits for failed
    waiting,  ///< not there yet when the picture was drawn
};

/// One process. Times are since the origin: when the listener began.
struct Bar {
    std::string name;  ///< "web", "group:web_00"
    std::optional<Duration>
        started;  ///< supervisord accepted the start (or it ran before: 0); nothing: never
    std::optional<Duration> running;  ///< RUNNING was first seen; nothing: never
    std::optional<Duration> ended;    ///< when `outcome` was decided; nothing while waiting
    Outcome outcome = Outcome::waiting;
    std::string remark;  ///< "FATAL: can't find command 'x'"; one line, perhaps empty
    /// The bar whose end let this one start, the last of all it waited for; nothing if it waited for none.
    std::optional<std::size_t> freed_by;
};

struct Timeline {
    std::string title;  ///< "ordered start on db1, 2026-11-21 07:15:06"
    Duration end{0};    ///< when the picture was drawn, or all was done
    std::vector<Bar> bars;
};

/// Indices of bars, the first started first: the one that ended last among those reached, and what it waited
/// for, back to the start. Empty without any that was reached.
KEENLANCE_API std::vector<std::size_t> critical_path(const Timeline& timeline);

/// A picture like `systemd-analyze plot`: stands alone (no script, no font, nothing from elsewhere), is valid
/// XML whatever the names hold, and reads in dark and light browsers. Bars in the order of their start.
KEENLANCE_API std::string timeline_svg(const Timeline& timeline);

/// The same for a log or a terminal, in `columns` columns of ASCII: a line a process, then the critical path.
/// Each line ends with '\n'.
KEENLANCE_API std::string timeline_text(const Timeline& timeline, std::size_t columns = 100);

}  // namespace keenlance::startup
