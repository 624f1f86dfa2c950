#pragma once
/// Says of each failed check of a process whether it is to be restarted for it: grace after its start,
/// failures in a row, growing gaps between restarts, and an end to restarts that do not help. Pure.
///
///   failed ─► younger than its grace? ─► counted ─► the last it had? ─► exhausted
///                                           └► --dry-run? the gap since its last restart? ─► restart

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/notification.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/task.hpp>
#include <keenlance/guard/settings.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace keenlance {

enum class Ruling {
    good,          ///< the check was passed
    within_grace,  ///< failed, and means nothing yet
    counting,      ///< failed, not yet often enough in a row
    dry_run,       ///< would be restarted
    waiting,       ///< restarted too short a time ago
    exhausted,     ///< restarted as often as it may be: not any more, until somebody else has restarted it
    restart,       ///< to be restarted now
};

struct Judgement {
    Ruling ruling = Ruling::good;
    /// The last judgement of this life was another one; what is no news need not be told again.
    bool news = false;
    /// It was exhausted, and somebody else has restarted it since: it may be restarted again.
    bool resumed = false;
    std::string account{};  ///< one line for people; empty for `good` and `restart`
};

/// A check of one life of a process.
struct Checked {
    Namespec id;
    Incarnation life;
    std::int64_t now = 0;   ///< supervisord's, as it told of that life: ages are by its clock, not by ours
    std::size_t check = 0;  ///< which one: each has failures in a row of its own

    /// Of the life; nothing where supervisord's clock was set back behind its start.
    [[nodiscard]] std::optional<Duration> age() const;
};

/// Not to be asked about a process that is being restarted. Remembers only processes that have failed.
class KEENLANCE_API Guard {
  public:
    explicit Guard(GuardSettings settings) : settings_(std::move(settings)) {}

    Judgement failed(const Checked& checked, SteadyTime now);
    Judgement passed(const Checked& checked, SteadyTime now);

    /// A restart of it begins: to be told for each Ruling::restart that is followed.
    void begin_restart(const Namespec& id, SteadyTime now);
    /// How that goes on. The gap is counted from the last word.
    void on_progress(const TaskProgress& progress, SteadyTime now);

    /// Forgets processes that supervisord no longer has.
    void keep_only(std::span<const ProcessInfo> processes);

    [[nodiscard]] const GuardSettings& settings() const { return settings_; }
    /// How many processes it remembers anything of.
    [[nodiscard]] std::size_t remembered() const { return records_.size(); }

  private:
    struct Record {
        Incarnation life;
        SteadyTime first_seen;
        Ruling last = Ruling::good;
        std::map<std::size_t, int> failures;  // in a row, by check; 0: not passed since the last restart
        std::deque<SteadyTime> restarts;      // within the period
        Duration gap{0};                      // from the last restart to the next
        Duration gap_before{0};               // before that restart
        SteadyTime rested_at;                 // the end of the last restart
        SteadyTime bad_at;                    // the last failed check, or the end of the last restart
        bool exhausted = false;
    };

    Record& record_of(const Checked& checked, Judgement& judgement, SteadyTime now);
    [[nodiscard]] Judgement rule(Record& record, const Checked& checked, SteadyTime now) const;
    [[nodiscard]] bool is_in_grace(const Record& record, const Checked& checked, SteadyTime now) const;
    void forget_old_restarts(Record& record, SteadyTime now) const;

    GuardSettings settings_;
    std::map<Namespec, Record> records_;
};

/// The alert RestartsExhausted: firing of a judgement that says so, resolved of one that has resumed. The
/// subject is to have the listener's name before it. `reason`: what was wrong with the process.
KEENLANCE_API Notification about_exhausted(const Namespec& id, const Judgement& judgement,
                                           const std::string& reason);

}  // namespace keenlance
