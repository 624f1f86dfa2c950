#pragma once
/// httpok --once: every check tried once, and a table of what came of it. Nothing is restarted, nobody told.

#include <keenlance/core/policy.hpp>
#include <keenlance/core/result.hpp>

#include <listeners/httpok/check.hpp>
#include <listeners/httpok/httpok.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keenlance::httpok {

/// One attempt, and what is known of it.
struct Row {
    std::size_t check = 0;
    std::optional<Namespec> process;  ///< the only one it is about
    Attempt attempt;
    std::string restarts{};    ///< "app:web-1, app:web-2"; "-" for none, "?" where nobody could tell
    std::string not_tried{};   ///< why; empty: it is
    bool is_unusable = false;  ///< not tried because the check is wrong
    SteadyTime begun{};
    std::optional<Duration> took{};
    std::optional<Outcome> outcome{};
    std::optional<Fault> fault{};
};

/// The lines of the table, its heading first.
std::string format_table(const std::vector<Check>& checks, const std::vector<Row>& rows);

/// Asks supervisord for its processes, where a check is about any; tries; prints; and finishes with 0 where
/// all is good, 1 where not, 3 where supervisord is needed to know what to try, and does not answer.
class Once : public Policy {
  public:
    /// `no_server`: why it is not known where supervisord is; it is not asked then.
    Once(Settings settings, std::optional<Error> no_server)
        : settings_(std::move(settings)), no_server_(std::move(no_server)) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return finished_; }

  private:
    Actions on_started();
    Actions on_listeners(const Result<std::set<std::string>>& groups);
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes);
    void add_rows(std::size_t number, const std::vector<ProcessInfo>* processes);
    Actions try_next();
    Actions on_answer(std::size_t index, Outcome outcome);
    Actions finish(int exit_code);
    [[nodiscard]] std::string restarts_of(const Row& row, const std::vector<ProcessInfo>* processes) const;
    [[nodiscard]] bool would_act(const Check& check, const ProcessInfo& info) const;

    Settings settings_;
    std::optional<Error> no_server_;
    std::set<std::string> listeners_;
    std::vector<Row> rows_;
    std::size_t begun_ = 0, ended_ = 0;  // rows
    SteadyTime now_{};
    bool finished_ = false;
};

}  // namespace keenlance::httpok
