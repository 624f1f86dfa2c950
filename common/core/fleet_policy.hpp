#pragma once
/// What a command is that has to do with several supervisords at once, apart from its effects.

#include <keenlance/core/action.hpp>
#include <keenlance/core/fact.hpp>
#include <keenlance/core/moment.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace keenlance {

/// An action and the supervisord it is meant for: an index into the servers the program was given. Actions
/// that are no supervisord's (Log, Print, Display, Finish) may carry any.
struct FleetAction {
    std::size_t server = 0;
    Action action;

    friend bool operator==(const FleetAction&, const FleetAction&) = default;
};
using FleetActions = std::vector<FleetAction>;

/// A Policy (core/policy.hpp) whose facts say which supervisord they are of.
class FleetPolicy {
  public:
    FleetPolicy() = default;
    FleetPolicy(const FleetPolicy&) = delete;
    FleetPolicy& operator=(const FleetPolicy&) = delete;
    FleetPolicy(FleetPolicy&&) = delete;
    FleetPolicy& operator=(FleetPolicy&&) = delete;
    virtual ~FleetPolicy() = default;

    /// `server` is that of the action the fact came of; 0 for Started, Woke, Closing and events.
    virtual FleetActions step(std::size_t server, const Fact& fact, const Moment& now) = 0;
    [[nodiscard]] virtual std::optional<SteadyTime> deadline() const { return std::nullopt; }
    [[nodiscard]] virtual bool idle() const = 0;
};

inline void append(FleetActions& actions, FleetActions more) {
    actions.insert(actions.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace keenlance
