#include <keenlance/core/process.hpp>
#include <keenlance/core/text.hpp>

#include <array>

namespace keenlance {

namespace {

struct StateName {
    ProcessState state;
    std::string_view name;
};

constexpr std::array<StateName, 8> state_names{{
    {ProcessState::stopped, "STOPPED"},
    {ProcessState::starting, "STARTING"},
    {ProcessState::running, "RUNNING"},
    {ProcessState::backoff, "BACKOFF"},
    {ProcessState::stopping, "STOPPING"},
    {ProcessState::exited, "EXITED"},
    {ProcessState::fatal, "FATAL"},
    {ProcessState::unknown, "UNKNOWN"},
}};

}  // namespace

std::string Namespec::full() const {
    return group + ":" + name;
}

std::string Namespec::brief() const {
    return group == name ? name : full();
}

Namespec parse_namespec(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return {std::string(text), std::string(text)};
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::string_view to_string(ProcessState state) {
    for (const auto& entry : state_names)
        if (entry.state == state) return entry.name;
    return "UNKNOWN";
}

ProcessState process_state_from_code(std::int64_t code) {
    for (const auto& entry : state_names)
        if (static_cast<std::int64_t>(entry.state) == code) return entry.state;
    return ProcessState::unknown;
}

std::optional<ProcessState> parse_process_state(std::string_view word) {
    const std::string upper = to_upper(word);
    for (const auto& entry : state_names)
        if (entry.name == upper) return entry.state;
    return std::nullopt;
}

bool is_stopped(ProcessState state) {
    return state == ProcessState::stopped || state == ProcessState::exited || state == ProcessState::fatal ||
           state == ProcessState::unknown;
}

}  // namespace keenlance
