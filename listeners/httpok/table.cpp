#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>

#include <fmt/core.h>
#include <listeners/httpok/table.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace keenlance::httpok {

namespace {

constexpr std::size_t columns = 6;
constexpr std::size_t longest_answer = 60;
using Cells = std::array<std::string, columns>;

/// In characters, as far as UTF-8 tells.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char ch) { return (static_cast<unsigned char>(ch) & 0xC0U) != 0x80U; }));
}

std::string name_of(const Check& check, const Row& row) {
    if (row.process) return row.process->brief();
    switch (check.about.kind) {
        case About::Kind::nothing:
            return "-";
        case About::Kind::any:
            return "any";
        case About::Kind::named:
        case About::Kind::patterns:
            break;
    }
    return check.about.words.empty() ? "-" : join(check.about.words, ",");
}

Cells cells_of(const Check& check, const Row& row) {
    const bool good = row.outcome && !row.fault;
    std::string answer = row.outcome ? brief(*row.outcome) : row.not_tried;
    if (row.fault && row.fault->message.find("\nthe body") != std::string::npos)
        answer += ", " + row.fault->message.substr(row.fault->message.find('\n') + 1);
    return {name_of(check, row),
            row.attempt.shown.empty() ? printable(without_password(check.target)) : row.attempt.shown,
            printable(answer, longest_answer),
            row.took ? format_duration(*row.took) : "-",
            !row.outcome ? "not tried"
            : good       ? "good"
                         : "BAD",
            row.fault ? row.restarts : "-"};
}

}  // namespace

std::string format_table(const std::vector<Check>& checks, const std::vector<Row>& rows) {
    std::vector<Cells> lines{{"CHECK", "TARGET", "ANSWER", "TIME", "VERDICT", "WOULD RESTART"}};
    for (const auto& row : rows)
        lines.push_back(cells_of(checks[row.check], row));
    std::array<std::size_t, columns> widths{};
    for (const auto& line : lines)
        for (std::size_t i = 0; i < columns; ++i)
            widths.at(i) = std::max(widths.at(i), width(line.at(i)));
    std::string text;
    for (const auto& line : lines) {
        for (std::size_t i = 0; i + 1 < columns; ++i)
            text += line.at(i) + std::string(widths.at(i) - width(line.at(i)) + 2, ' ');
        text += line.back() + "\n";
    }
    return text;
}

Actions Once::step(const Fact& fact, const Moment& now) {
    now_ = now.steady;
    if (finished_) return {};
    return std::visit(
        Overloaded{
            [this](const Started&) { return on_started(); },
            [this](const EventListenersListed& listed) { return on_listeners(listed.groups); },
            [this](const ProcessesListed& listed) { return on_list(listed.processes); },
            [this](const HttpChecked& checked) { return on_answer(checked.tag, checked.outcome); },
            [this](const ReadyProbed& probed) {
                const auto index = whole_number<std::size_t>(probed.about.name);
                return index ? on_answer(*index, probed.ready) : Actions{};
            },
            [this](const Closing&) { return finish(1); },
            [](const auto&) { return Actions{}; },
        },
        fact);
}

Actions Once::finish(int exit_code) {
    finished_ = true;
    return {Finish{exit_code}};
}

Actions Once::on_started() {
    const auto& checks = settings_.checks;
    const bool is_about_any = std::ranges::any_of(checks, [](const Check& check) {
        return check.about.kind == About::Kind::any || !check.about.words.empty();
    });
    if (is_about_any && no_server_) return on_list(*no_server_);
    if (std::ranges::any_of(checks, [](const Check& check) { return check.about.is_wide(); }))
        return {ListEventListeners{}};
    if (is_about_any) return {ListProcesses{}};
    for (std::size_t number = 0; number < checks.size(); ++number)
        add_rows(number, nullptr);
    return try_next();
}

Actions Once::on_listeners(const Result<std::set<std::string>>& groups) {
    if (groups) listeners_ = *groups;
    return {ListProcesses{}};
}

Actions Once::on_list(const Result<std::vector<ProcessInfo>>& processes) {
    const auto& checks = settings_.checks;
    Actions actions;
    if (!processes) {
        const bool needed =
            std::ranges::any_of(checks, [](const Check& check) { return check.scope == Check::Scope::each; });
        const auto& why = processes.error().message;
        actions.emplace_back(Log{fmt::format("{}: {}",
                                             needed ? "supervisord is needed to know the processes of a check"
                                                    : "what would be restarted is not known",
                                             why)});
        if (needed) {
            append(actions, finish(3));
            return actions;
        }
    }
    for (std::size_t number = 0; number < checks.size(); ++number)
        add_rows(number, processes ? &*processes : nullptr);
    append(actions, try_next());
    return actions;
}

bool Once::would_act(const Check& check, const ProcessInfo& info) const {
    if (!check.about.covers(info.id, listeners_, settings_.self)) return false;
    if (info.state == ProcessState::running) return true;
    return settings_.fallen == Settings::Fallen::started && may_be_started(check, info);
}

std::string Once::restarts_of(const Row& row, const std::vector<ProcessInfo>* processes) const {
    const Check& check = settings_.checks[row.check];
    if (check.about.kind == About::Kind::nothing) return "-";
    if (processes == nullptr) return "?";
    std::vector<std::string> names;
    for (const auto& info : *processes) {
        if (row.process && info.id != *row.process) continue;
        if (would_act(check, info))
            names.push_back(info.id.brief() + (info.state == ProcessState::running ? "" : " (start)"));
    }
    return names.empty() ? "-" : join(names, ", ");
}

void Once::add_rows(std::size_t number, const std::vector<ProcessInfo>* processes) {
    const Check& check = settings_.checks[number];
    Row row;
    row.check = number;
    if (check.scope == Check::Scope::together) {
        row.attempt = check.attempt;
        row.restarts = restarts_of(row, processes);
        rows_.push_back(std::move(row));
        return;
    }
    const auto before = rows_.size();
    for (const auto& info : *processes) {
        if (!check.about.covers(info.id, listeners_, settings_.self)) continue;
        Row one = row;
        one.process = info.id;
        one.restarts = restarts_of(one, processes);
        auto attempt = attempt_of(check, Instance{info.id, "{host}", info.pid});
        one.is_unusable = !attempt;
        if (!attempt)
            one.not_tried = attempt.error().message;
        else
            one.attempt = std::move(*attempt);
        if (!would_act(check, info)) one.not_tried = fmt::format("it is {}", to_string(info.state));
        rows_.push_back(std::move(one));
    }
    if (rows_.size() > before) return;
    row.not_tried = "no such process";
    row.is_unusable = true;
    rows_.push_back(std::move(row));
}

Actions Once::try_next() {
    Actions actions;
    for (; begun_ < rows_.size() && begun_ - ended_ < most_attempts; ++begun_) {
        auto& row = rows_[begun_];
        if (!row.not_tried.empty()) {
            ++ended_;
            continue;
        }
        row.begun = now_;
        if (const auto* http = std::get_if<HttpCheck>(&row.attempt.what))
            actions.emplace_back(CheckHttp{*http, begun_});
        else
            actions.emplace_back(
                ProbeReady{{"", std::to_string(begun_)}, std::get<ReadyCheck>(row.attempt.what)});
    }
    if (ended_ < rows_.size()) return actions;
    actions.emplace_back(Print{format_table(settings_.checks, rows_)});
    const bool bad = std::ranges::any_of(rows_, [](const Row& row) { return row.fault || row.is_unusable; });
    append(actions, finish(bad ? 1 : 0));
    return actions;
}

Actions Once::on_answer(std::size_t index, Outcome outcome) {
    if (index >= begun_ || rows_[index].outcome) return {};
    auto& row = rows_[index];
    row.took = now_ - row.begun;
    row.fault = judge(settings_.checks[row.check], row.attempt, outcome);
    row.outcome = std::move(outcome);
    ++ended_;
    return try_next();
}

}  // namespace keenlance::httpok
