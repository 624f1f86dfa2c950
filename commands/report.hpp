#pragma once
/// How what became of the processes reads: lines for people, JSON for tools. Pure.

#include <keenlance/core/moment.hpp>

#include <commands/roster.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::quickctl {

/// What reaches stdout.
enum class Output {
    lines,     ///< a line a process as it gets there
    failures,  ///< only what went wrong (--quiet)
    json,      ///< one array at the end
};

enum class Colours { off, on };

/// Whether lines that change stand below the others while it works.
enum class Liveness { lines_only, live };

/// Shows them: anew after every fact, and as time passes.
class Painter {
  public:
    explicit Painter(Liveness liveness) : liveness_(liveness) {}

    /// `lines` says what is under way; nothing: what was shown is taken away.
    void paint(FleetActions& actions, SteadyTime now, const std::function<std::vector<std::string>()>& lines);
    [[nodiscard]] std::optional<SteadyTime> due() const { return due_; }

  private:
    Liveness liveness_;
    std::optional<SteadyTime> due_;
};

/// One chosen process and what became of it.
struct Row {
    Member member;           ///< its info's state and pid: as last seen
    std::string result{};    ///< "started", "already running", "ERROR"; empty: not known yet
    std::string detail{};    ///< perhaps empty
    std::string log_tail{};  ///< lines of its log, each with a newline
    Duration took{0};
    bool good = false;
};

/// So much of the log of a process that failed is read.
inline constexpr int log_bytes = 2'000;

/// The last lines of a log, indented, printable, each with its newline.
std::string last_lines(std::string_view log);

/// "web:0: restarted, pid 4711, 0.34 s\n", or "db: ERROR (it went FATAL)\n" and its log below.
std::string result_line(const Row& row, Colours colours);
/// "web:0  RUNNING   pid 4711, uptime 0:00:05\n"; `rest` stands behind the state.
std::string status_line(const Row& row, std::size_t title_width, std::string_view rest, Colours colours);

/// What a JSON object tells of a process besides what it is.
enum class Telling { state, result };
/// One array, an object a process. `rests`: of Telling::state what --dry-run would do; may be empty.
std::string to_json(std::span<const Row> rows, Telling telling, std::span<const std::string> forecasts,
                    std::span<const std::string> servers);

/// "[#####-----]": how much of all is done, ten signs.
std::string bar(std::size_t done, std::size_t all);
double in_seconds(Duration duration);

}  // namespace keenlance::quickctl
