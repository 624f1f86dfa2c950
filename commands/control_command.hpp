#pragma once
/// What quickctl's start, stop, restart and status do with one supervisord: choose the processes, bring all
/// of them to their state at once, and tell what became of each.

#include <keenlance/core/policy.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keenlance::quickctl {

enum class Verb { start, stop, restart, status };

/// What reaches stdout.
enum class Output {
    lines,     ///< a line a process as it gets there
    failures,  ///< only what went wrong (--quiet)
    json,      ///< one array at the end
};

enum class Deed {
    done,  ///< commands are given
    told,  ///< --dry-run: what would be commanded is told
};

struct Settings {
    Verb verb = Verb::status;
    std::vector<std::string> patterns;
    std::optional<Duration> timeout{};  ///< nothing: by startsecs, startretries, stopwaitsecs, and a margin
    Watch watch = Watch::until_there;
    OnBackoff on_backoff = OnBackoff::wait;
    Output output = Output::lines;
    Deed deed = Deed::done;
};

/// Ends with Finish: 0 only if every process is where it was asked to be and every pattern means some; else
/// 1; 3 where supervisord cannot be asked.
class ControlCommand : public Policy {
  public:
    explicit ControlCommand(Settings settings) : settings_(std::move(settings)) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return true; }

  private:
    /// One chosen process and what became of it.
    struct Row {
        ProcessInfo info;    ///< as listed; state and pid as last seen
        std::string result;  ///< "started", "already running", "ERROR"; empty: not known yet
        std::string detail;  ///< perhaps empty
        std::string log_tail;
        Duration took{0};
        bool good = false;
    };

    Actions on_list(const ProcessesListed& listed);
    Actions on_configs(const ProcessConfigsListed& listed);
    Actions choose();
    Actions on_progress(const TaskProgress& progress);
    Actions on_log(const LogRead& read);
    Actions settle(Row& row);
    Actions finish();
    Actions cannot(const Error& error);
    [[nodiscard]] Task task_for(const ProcessInfo& info) const;
    [[nodiscard]] std::string_view success_word() const;
    [[nodiscard]] std::string forecast(const Row& row) const;
    [[nodiscard]] std::string status_line(const Row& row) const;
    [[nodiscard]] std::string result_line(const Row& row) const;
    [[nodiscard]] std::string json() const;

    Settings settings_;
    std::optional<std::vector<ProcessInfo>> processes_;
    std::map<Namespec, ProcessConfig> configs_;
    bool configs_known_ = false;
    std::map<Namespec, Row> rows_;
    std::size_t unsettled_ = 0;
    std::size_t name_width_ = 0;
    SteadyTime now_, began_;
    bool all_good_ = true;
    bool ended_ = false;
};

}  // namespace keenlance::quickctl
