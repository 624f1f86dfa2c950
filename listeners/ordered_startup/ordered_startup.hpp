#pragma once
/// Starts supervisord's processes in the order of their dependencies.
///
/// A program of the plan:
///
///   waiting ──(all it waits for is there)──► starting ──(its goals are met)──► reached
///      └──(something it waits for has failed)──► skipped        └──(FATAL, wrong exit, too late, refused, by
///      hand)──► failed
///
/// supervisord sends events only once it holds the listener RUNNING, discards them when its buffer overflows,
/// and notices that a process is up only when something wakes it. So the truth is the list of processes,
/// taken at the start and at each gap in the events, and everything under way is looked at again and again
/// until it is settled; events only make that faster. Nothing that was ever started is started again.

#include <keenlance/core/policy.hpp>
#include <keenlance/startup/plan.hpp>
#include <keenlance/startup/timeline.hpp>
#include <keenlance/startup/track.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::ordered_startup {

/// --when-done: what follows when everything is there or given up.
enum class WhenDone {
    stay,    ///< go on acknowledging events: a pool whose listener has exited overflows for ever
    exit,    ///< end, 0 if all was reached, else 1
    follow,  ///< restart those who wait for a program when it comes back later
};

struct Settings {
    startup::Plan plan;
    WhenDone when_done = WhenDone::stay;
    /// What becomes of what was stopped by hand, or is FATAL, when it begins.
    enum class Stopped {
        left_alone,
        started,  ///< as if it had never run
    } stopped = Stopped::left_alone;
    /// What becomes of a supervisord that does not answer at the first question.
    enum class Unanswered {
        tried_again,
        end,  ///< Finish 3
    } unanswered = Unanswered::tried_again;
    std::optional<std::string> timeline;  ///< a file for the picture, or "-" for text in the log
    /// Who we are: with WhenDone::exit it ends only once supervisord holds it RUNNING, for an end before its
    /// startsecs is "exited too quickly" to supervisord whatever the exit code.
    std::optional<Namespec> self;
    /// Nothing is started, and this is the exit code, with WhenDone::exit.
    std::optional<int> refusal;
    std::string title;  ///< of the picture
};

class OrderedStartup : public Policy {
  public:
    explicit OrderedStartup(Settings settings);

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] std::optional<SteadyTime> deadline() const override;
    [[nodiscard]] bool idle() const override { return !start_asked_; }

  private:
    static constexpr Duration between_lists{200};

    enum class Stage { waiting, starting, reached, failed, skipped };

    /// One process of a program of the plan.
    struct Process {
        Namespec id;
        std::size_t index = 0;  ///< in processes_
        std::size_t program = 0;
        startup::Track track;
        std::vector<std::vector<startup::StateGoal>> goals;  ///< one of each has to be met
        bool asked = false;                                  ///< a start of ours waits, or is on its way
        bool accepted = false;                               ///< supervisord took our start
        bool ready = false;
        bool probing = false;
        std::string not_ready;  ///< why the last probe failed
        std::string failure;    ///< not empty: it has failed
        std::optional<SteadyTime> look_at, probe_at;
        std::optional<SteadyTime> event_at;  ///< its last event
        Duration look_delay{0};
        std::optional<SteadyTime> started_at, running_at, ended_at;
    };

    struct ProgramState {
        Stage stage = Stage::waiting;
        std::vector<std::size_t> processes;
        std::string reason;  ///< of failed and skipped
        std::optional<std::size_t> freed_by;
        bool returning = false;  ///< it was reached before and has begun another life
    };

    // What comes in
    Actions on_event(const Event& event);
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes);
    Actions on_inspected(const ProcessesInspected& inspected);
    Actions on_started(const ProcessesStarted& started);
    void on_probed(const ReadyProbed& probed);
    void on_restart(const TaskProgress& progress);
    [[nodiscard]] bool starts_anew(const Process& process, const ProcessInfo& info) const;
    void learn(Process& process, const ProcessInfo& info, SteadyTime asked_at);
    void after_learning(Process& process, ProcessState before, int pid_before);
    Actions unanswered(const Error& error);
    void events_were_lost();

    // What follows from it
    Actions settle();
    void judge(std::size_t program);
    void judge_waiting(std::size_t program);
    void judge_starting(std::size_t program);
    [[nodiscard]] std::string failure_of(const Process& process) const;
    void fail(std::size_t program, const std::string& reason);
    void skip(std::size_t program, const std::string& reason);
    void reach(std::size_t program);
    [[nodiscard]] bool dependency_met(const startup::Dependency& dependency) const;
    [[nodiscard]] std::optional<std::size_t> hopeless(const startup::Dependency& dependency) const;
    [[nodiscard]] bool meets(const Process& process, const startup::StateGoal& goal) const;
    [[nodiscard]] bool meets_any(const Process& process, const std::vector<startup::StateGoal>& goals) const;
    [[nodiscard]] bool under_way(const Process& process) const;
    [[nodiscard]] bool comes_up_again(const Process& process) const;
    /// Reached, and not stopped by hand since.
    [[nodiscard]] bool is_there(std::size_t program) const;
    void touch_dependents(std::size_t program);
    [[nodiscard]] std::optional<std::size_t> last_met(std::size_t program) const;
    Actions start_due();
    [[nodiscard]] const std::optional<ReadyCheck>& check_of(const Process& process) const;
    [[nodiscard]] bool wants_probe(const Process& process) const;
    Actions look_and_probe();
    Actions finish_if_settled();
    Actions leave();
    Actions leave_if_running(const ProcessesInspected& inspected);

    // Coming back later (follow)
    void came_back(std::size_t program);
    Actions refresh_dependents();

    // Words
    void tell_milestones(Actions& actions);
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] startup::Timeline timeline() const;
    Actions draw_timeline() const;
    [[nodiscard]] std::string seconds_since(SteadyTime start) const;

    Settings settings_;
    std::vector<std::vector<std::size_t>> dependents_;
    std::vector<Process> processes_;
    std::vector<ProgramState> programs_;
    std::map<Namespec, std::size_t> by_id_;

    SteadyTime now_;
    SteadyTime began_;
    std::set<std::size_t> dirty_;        // programs to be judged
    std::vector<std::size_t> to_start_;  // processes
    std::vector<std::size_t> newly_reached_;
    std::vector<std::string> lines_;
    std::vector<Notification> notices_;  // to be sent with them
    std::set<std::size_t> stale_;        // programs to be restarted when what they wait for is back
    std::set<std::size_t> restarting_;   // processes
    bool listed_ = false;
    SteadyTime listed_at_;
    SteadyTime list_asked_at_, look_asked_at_;
    bool asked_list_ = false;
    bool asked_look_ = false;
    bool start_asked_ = false;
    bool start_in_doubt_ = false;  // its answer was lost: the next list tells what came of it
    bool events_flow_ = false;
    bool said_unanswered_ = false;
    bool halted_ = false;      // nothing more is started
    bool shuts_down_ = false;  // by on_failure=shutdown
    bool ending_ = false;      // supervisord is going down
    bool done_ = false;
    bool closing_ = false;
    std::optional<SteadyTime> list_at_;
    std::optional<std::uint64_t> last_pool_serial_;
    std::string halt_reason_;
    std::optional<int> exit_code_;  // it is leaving
    std::optional<SteadyTime> leave_at_;
};

}  // namespace keenlance::ordered_startup
