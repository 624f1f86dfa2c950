#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/memmon/once.hpp>

#include <algorithm>
#include <array>

namespace keenlance::memmon {

namespace {

constexpr int done = 0, something_is_over = 1, no_answer = 3;

std::string share_of(const Row& row) {
    if (!row.bytes || row.limit.bytes == 0) return "-";
    return fmt::format("{:.0f}%",
                       100.0 * static_cast<double>(*row.bytes) / static_cast<double>(row.limit.bytes));
}

}  // namespace

std::string format_table(const std::vector<Row>& rows, std::string_view metric) {
    constexpr std::size_t columns = 6;
    std::vector<std::array<std::string, columns>> lines{
        {"PROCESS", "PID", to_upper(metric), "LIMIT", "SHARE", "VERDICT"}};
    for (const auto& row : rows)
        lines.push_back({row.id.full(), std::to_string(row.pid), row.bytes ? format_size(*row.bytes) : "-",
                         account(row.limit), share_of(row), row.verdict});
    std::array<std::size_t, columns> widths{};
    for (const auto& line : lines)
        for (std::size_t i = 0; i < columns; ++i)
            widths.at(i) = std::max(widths.at(i), line.at(i).size());
    std::string text;
    for (const auto& [process, pid, size, limit, share, verdict] : lines)
        text += fmt::format("{:<{}}  {:>{}}  {:>{}}  {:<{}}  {:>{}}  {}\n", process, widths[0], pid,
                            widths[1], size, widths[2], limit, widths[3], share, widths[4], verdict);
    return text;
}

Actions Once::step(const Fact& fact, const Moment& now) {
    return std::visit(Overloaded{
                          [](const Started&) { return Actions{ListProcesses{}}; },
                          [this](const ProcessesListed& listed) { return on_list(listed.processes); },
                          [&](const MemoryMeasured& measured) { return on_measured(measured.bytes, now); },
                          [](const auto&) { return Actions{}; },
                      },
                      fact);
}

Actions Once::fail(const Error& error) const {
    return {Log{error.message}, Finish{no_answer}};
}

Actions Once::on_list(const Result<std::vector<ProcessInfo>>& processes) {
    if (!processes) return fail(processes.error());
    MeasureMemory measure;
    measure.scope = settings_.scope;
    measure.metric = settings_.metric;
    for (const auto& info : *processes) {
        if (!is_watched(settings_, info)) {
            ++unwatched_;
            continue;
        }
        usages_.push_back({info.id, {info.pid, info.start}, info.now - info.start, 0});
        measure.pids.push_back(info.pid);
    }
    Actions actions;
    for (const auto* const limits : {&settings_.limits, &settings_.warnings})
        for (const auto& [rule, text] : unmatched(*limits, *processes))
            actions.emplace_back(Log{text});
    actions.emplace_back(std::move(measure));
    return actions;
}

Actions Once::on_measured(const Result<std::map<int, std::uint64_t>>& sizes, const Moment& now) {
    if (!sizes) return fail(sizes.error());
    std::vector<Row> rows;
    for (const auto& usage : usages_)
        rows.push_back(row_of(usage, *sizes, now));
    auto text = format_table(rows, word_for(settings_.metric));
    if (unwatched_ > 0)
        text += fmt::format("{} more {} down, or without a limit\n", unwatched_,
                            unwatched_ == 1 ? "process is" : "processes are");
    return {Print{text}, Finish{any_over_ ? something_is_over : done}};
}

Row Once::row_of(const Usage& usage, const std::map<int, std::uint64_t>& sizes, const Moment& now) {
    const Limit* limit = settings_.limits.limit_for(usage.id);
    const Limit* warning = settings_.warnings.limit_for(usage.id);
    const auto size = sizes.find(usage.life.pid);
    Row row{usage.id, usage.life.pid, std::nullopt, limit != nullptr ? *limit : *warning, "cannot be read"};
    if (size == sizes.end()) return row;
    row.bytes = size->second;
    row.verdict = "good";
    const bool is_over = limit != nullptr && *row.bytes > limit->bytes;
    const bool is_warned = warning != nullptr && *row.bytes > warning->bytes;
    any_over_ = any_over_ || is_over || is_warned;
    if (is_over) {
        row.verdict = verdict_of(usage, now);
    } else if (is_warned) {
        row.limit = *warning;
        row.verdict = "warn";
    }
    return row;
}

std::string Once::verdict_of(const Usage& usage, const Moment& now) {
    if (settings_.self == usage.id) return "over, but is this memmon itself";
    const auto judgement =
        guard_.failed({usage.id, usage.life, usage.life.start + usage.uptime_seconds}, now.steady);
    switch (judgement.ruling) {
        case Ruling::within_grace:
            return "over, within its grace";
        case Ruling::counting:
            return fmt::format("over, restart after {} in a row", settings_.guard.failures);
        case Ruling::dry_run:
            return "over, but --dry-run";
        default:
            return "restart";
    }
}

}  // namespace keenlance::memmon
