#pragma once
/// What the operator says of a roll, and how what is said of each instance is filled in. Pure.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/placeholders.hpp>
#include <keenlance/core/ready_check.hpp>
#include <keenlance/core/result.hpp>

#include <commands/report.hpp>
#include <commands/roll/roll_memory.hpp>
#include <commands/task_settings.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance::quickctl {

/// "3" or "25%".
struct BatchSize {
    std::size_t number = 1;
    enum class Unit { instances, percent } unit = Unit::instances;

    /// At least one.
    [[nodiscard]] std::size_t of(std::size_t instances) const;
};

/// At least 1; a percentage up to 100. Error `invalid` quotes the text.
Result<BatchSize> parse_batch_size(std::string_view text);

using keenlance::fill_in;
using keenlance::Filling;
using keenlance::Instance;
using keenlance::quoted_for_shell;

/// How it is found out whether an instance is well.
struct HealthCheck {
    ReadyKind kind = ReadyKind::http;
    std::string pattern;  ///< the URL, "host:port" or command line with its placeholders

    /// Error `invalid` where what comes out is no URL or address.
    [[nodiscard]] Result<ReadyCheck> check_for(const Instance& instance) const;
};

struct RollSettings {
    Choice choice;
    TaskSettings tasks;
    BatchSize batch;
    Duration stable{0};  ///< RUNNING for so long, without another life
    std::optional<HealthCheck> health{};
    Duration health_timeout{60'000};   ///< from when it is stable
    Duration longest_interval{5'000};  ///< between two health checks
    Duration pause{10'000};            ///< between two batches
    std::size_t max_failures = 1;      ///< with so many failed instances it stops
    std::string signal{};              ///< sent instead of restarting; empty: restart
    std::string pre{}, post{};         ///< command lines before and after each; may be empty
    Duration hook_timeout{600'000};    ///< of each of them
    /// What an earlier roll left, if this is to go on with it.
    std::optional<RollMemory> resumed{};
    std::string memory_path{};  ///< where this roll is remembered; empty: nowhere
    std::string resume_line{};  ///< the command that would go on with it, for people
    Output output = Output::lines;
    Colours colours = Colours::off;
    Liveness liveness = Liveness::lines_only;
    Deed deed = Deed::done;
};

}  // namespace keenlance::quickctl
