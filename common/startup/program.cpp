#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/startup/program.hpp>

#include <fmt/core.h>

namespace keenlance::startup {

std::optional<StateGoal> parse_state_goal(std::string_view word) {
    const auto open = word.find('(');
    const auto state = parse_process_state(word.substr(0, open));
    if (!state) return std::nullopt;
    StateGoal goal{*state};
    if (open == std::string_view::npos) return goal;
    if (*state != ProcessState::exited || !word.ends_with(')')) return std::nullopt;
    const std::string how = to_lower(word.substr(open + 1, word.size() - open - 2));
    if (how == "expected") {
        goal.exit = StateGoal::Exit::expected;
        return goal;
    }
    const auto status = whole_number<std::uint8_t>(how);
    if (!status) return std::nullopt;
    goal.exit = StateGoal::Exit::status;
    goal.status = *status;
    return goal;
}

std::string to_string(const StateGoal& goal) {
    std::string text = to_lower(to_string(goal.state));
    if (goal.exit == StateGoal::Exit::expected) text += "(expected)";
    if (goal.exit == StateGoal::Exit::status) text += fmt::format("({})", goal.status);
    return text;
}

std::string to_string(const std::vector<StateGoal>& goals) {
    std::string text;
    for (const auto& goal : goals)
        text += (text.empty() ? "" : ",") + to_string(goal);
    return text;
}

std::string_view to_string(OnFailure on_failure) {
    switch (on_failure) {
        case OnFailure::skip:
            return "skip";
        case OnFailure::go_on:
            return "continue";
        case OnFailure::stop:
            return "stop";
        case OnFailure::shutdown:
            break;
    }
    return "shutdown";
}

}  // namespace keenlance::startup
