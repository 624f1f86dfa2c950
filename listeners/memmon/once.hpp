#pragma once
/// memmon --once: a table of what it would do now.

#include <listeners/memmon/memmon.hpp>

#include <string>
#include <vector>

namespace keenlance::memmon {

/// One watched process.
struct Row {
    Namespec id;
    int pid = 0;
    std::optional<std::uint64_t> bytes;  ///< nothing: it could not be read
    Limit limit;
    std::string verdict;
};

/// With a heading; columns as wide as they must be.
std::string format_table(const std::vector<Row>& rows, std::string_view metric);

/// Lists, measures, prints, and finishes: with 0 when nothing is over its size, 1 when something is, 3 when
/// it cannot be found out.
class Once : public Policy {
  public:
    explicit Once(Settings settings) : settings_(std::move(settings)), guard_(settings_.guard) {}

    Actions step(const Fact& fact, const Moment& now) override;
    [[nodiscard]] bool idle() const override { return true; }

  private:
    Actions on_list(const Result<std::vector<ProcessInfo>>& processes);
    Actions on_measured(const Result<std::map<int, std::uint64_t>>& sizes, const Moment& now);
    Actions fail(const Error& error) const;
    Row row_of(const Usage& usage, const std::map<int, std::uint64_t>& sizes, const Moment& now);
    [[nodiscard]] std::string verdict_of(const Usage& usage, const Moment& now);

    Settings settings_;
    Guard guard_;
    std::vector<Usage> usages_;
    std::size_t unwatched_ = 0;
    bool any_over_ = false;
};

}  // namespace keenlance::memmon
