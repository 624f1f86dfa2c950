#pragma once
/// What a listener is, apart from its effects: facts in, actions out.

#include <keenlance/core/action.hpp>
#include <keenlance/core/fact.hpp>
#include <keenlance/core/moment.hpp>

#include <iterator>
#include <optional>

namespace keenlance {

/// A pure state machine. It is told every fact in the order it came true, and answers with what is to be done
/// now.
class Policy {
  public:
    Policy() = default;
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;
    Policy(Policy&&) = delete;
    Policy& operator=(Policy&&) = delete;
    virtual ~Policy() = default;

    virtual Actions step(const Fact& fact, const Moment& now) = 0;

    /// When it wants to be woken (the fact Woke) if nothing comes before; nothing: never.
    [[nodiscard]] virtual std::optional<SteadyTime> deadline() const { return std::nullopt; }

    /// Nothing it began is unfinished: after Closing, the listener may exit.
    [[nodiscard]] virtual bool idle() const = 0;
};

/// Adds `more` behind `actions`.
inline void append(Actions& actions, Actions more) {
    actions.insert(actions.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Makes one callable of several lambdas, for std::visit over facts and actions.
template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace keenlance
