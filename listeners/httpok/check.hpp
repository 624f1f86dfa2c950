#pragma once
/// What httpok tries, what counts as good, and which processes it is about. Pure.

#include <keenlance/core/http_check.hpp>
#include <keenlance/core/placeholders.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/ready_check.hpp>
#include <keenlance/core/result.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keenlance::httpok {

/// The statuses from `least` to `most`.
struct StatusRange {
    int least = 200;
    int most = 200;

    friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

/// Which processes a check is about.
struct About {
    enum class Kind {
        nothing,   ///< it only notifies
        named,     ///< -p: "name" of whatever group, or "group:name"
        any,       ///< -a: all but event listeners
        patterns,  ///< --check: selector.hpp's, and what -p takes
    } kind = Kind::nothing;
    std::vector<std::string> words{};

    /// Whether it may mean processes that nobody has thought of: event listeners are left out then.
    [[nodiscard]] bool is_wide() const;
    /// `listeners`: the groups of event listeners; `self`: this httpok, left out likewise.
    [[nodiscard]] bool covers(const Namespec& id, const std::set<std::string>& listeners,
                              const std::optional<Namespec>& self) const;
    /// Names and patterns that mean none of these.
    [[nodiscard]] std::vector<std::string> unmatched(const std::vector<ProcessInfo>& processes) const;
    /// "all running processes", "selected processes web, app:*".
    [[nodiscard]] std::string text() const;
};

/// One thing that can be tried.
struct Attempt {
    std::variant<HttpCheck, ReadyCheck> what{};
    std::string shown{};  ///< one line, without a password
};

struct Check {
    About about{};
    std::string target{};  ///< as written, placeholders included
    HttpCheck http{};      ///< how it is asked over HTTP; URL and socket are the target's
    std::vector<StatusRange> good{StatusRange{}};
    enum class Scope {
        together,  ///< one attempt for all its processes
        each,      ///< one for each: the target has placeholders
    } scope = Scope::together;
    enum class Telling {
        every_failure,  ///< as superlance does
        changes,        ///< when it begins to fail, and what is done about it
    } telling = Telling::changes;
    Attempt attempt{};  ///< with Scope::together
};

/// Whether {name}, {group}, {num} or {pid} stand in it.
bool has_placeholders(std::string_view target);

/// What the check's target means; with `instance`, for that process. Error `invalid` quotes the target: no
/// known scheme, a wrong address, {num} of a process without a number.
Result<Attempt> attempt_of(const Check& check, const std::optional<Instance>& instance = std::nullopt);

/// What came of an attempt; a Status for what is no HttpCheck.
using Outcome = std::variant<HttpOutcome, Status>;

/// What is wrong with it; nothing when it is good.
struct Fault {
    std::string subject;  ///< "http://…: bad status returned"
    std::string message;  ///< what was seen
};
std::optional<Fault> judge(const Check& check, const Attempt& attempt, const Outcome& outcome);

/// "200 OK", "connection refused": the outcome in a few words.
std::string brief(const Outcome& outcome);

/// Nothing runs, and supervisord would leave it so: an end that nobody asked for, or no start yet. What
/// somebody has stopped is not, and with -a only what is FATAL: a job that is done has EXITED, too.
bool may_be_started(const Check& check, const ProcessInfo& info);

}  // namespace keenlance::httpok
