#pragma once
/// The crashes whose events supervisord discarded, found in its process list: what every listener that tells
/// of crashes does when a pool's serials have a gap. Pure.

#include <keenlance/core/action.hpp>
#include <keenlance/core/event.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/core/fact.hpp>
#include <keenlance/core/moment.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keenlance {

/// One that nobody told us of. Whether a process that runs again had crashed or was restarted by somebody,
/// the list does not say.
struct LostCrash {
    ProcessInfo info;
    enum class Kind {
        fatal,   ///< it is FATAL
        exited,  ///< it is EXITED, with a status that is none of its exitcodes
        back,    ///< it has ended and runs again (or is about to)
    } kind = Kind::exited;
};

/// Told of every event and every gap, also of one before the first event, which nobody sees; asks for the
/// lists a moment after the last event, when what was not discarded has come too, and compares: a process
/// that has ended since it was last looked at, though no event told of it. The times it has are whole
/// seconds, so a crash in the second in which an event told of an earlier one counts as told of.
class KEENLANCE_API LostCrashes {
  public:
    /// `self`: in a pool of several processes each sees a part of the events only, and no gap means a loss.
    explicit LostCrashes(std::optional<Namespec> self) : self_(std::move(self)) {}

    /// The first moment from which it can say anything.
    void begin(const Moment& now);
    /// Each event, before all else. The first of our life may have a gap before it: it is looked for what
    /// ended since our last life did, or, where there was none, ever.
    void heard(const Event& event, const Moment& now);
    void saw(const ProcessStateChange& change, const Moment& now);
    /// What is to be said of it.
    Actions lost(std::uint64_t count, const Moment& now);
    /// ListProcesses and ListConfigs, when it is time.
    Actions step(const Moment& now);
    [[nodiscard]] std::optional<SteadyTime> deadline() const;

    /// The answers, in whichever order they come; nothing while one is missing, where they were not asked
    /// for, and of other facts.
    std::optional<std::vector<LostCrash>> on_answer(const Fact& fact, const Moment& now, Actions& actions);
    std::optional<std::vector<LostCrash>> on_processes(const Result<std::vector<ProcessInfo>>& processes,
                                                       const Moment& now, Actions& actions);
    std::optional<std::vector<LostCrash>> on_configs(const Result<std::vector<ProcessConfig>>& configs,
                                                     const Moment& now, Actions& actions);

  private:
    void on_trouble(const std::string& why, const Moment& now, Actions& actions);
    std::optional<std::vector<LostCrash>> compare(const Moment& now);
    [[nodiscard]] bool is_news(const ProcessInfo& info) const;
    void look_back(const std::vector<ProcessInfo>& processes);
    [[nodiscard]] bool is_expected(const ProcessInfo& info) const;

    std::optional<Namespec> self_;
    std::int64_t since_ = 0;                    // the second before which nothing is looked for
    std::map<Namespec, std::int64_t> told_of_;  // when an event last told of an end
    std::optional<SteadyTime> due_;
    SteadyTime last_event_;
    bool asked_ = false;
    std::string trouble_;  // of the last answer, said; empty: there was none
    std::optional<std::vector<ProcessInfo>> processes_;
    std::optional<std::map<Namespec, std::vector<int>>> exit_codes_;
    bool alone_ = true;  // in our pool
    enum class First { awaited, to_be_looked_behind, done } first_ = First::awaited;
    bool gap_ = false;        // events were lost for certain, and not yet looked for
    bool asked_gap_ = false;  // what is looked for is that
};

/// "Process web in group web …" as a line for people, marked as found in the list.
KEENLANCE_API std::string describe(const LostCrash& crash);

}  // namespace keenlance
