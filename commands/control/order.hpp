#pragma once
/// Who of the chosen processes has to be there before whom: the ordered start's graph (startup/plan.hpp) for
/// commands. Pure.

#include <keenlance/core/process.hpp>
#include <keenlance/core/ready_check.hpp>
#include <keenlance/startup/plan.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keenlance::quickctl {

/// Something that has to be there first.
struct Need {
    std::size_t on = 0;                     ///< index of a chosen process
    std::vector<startup::StateGoal> goals;  ///< one of them it has to have reached
    std::string text;                       ///< "db:running", as written
};

class Order {
  public:
    /// Nobody waits for anybody.
    Order() = default;
    /// What is not chosen passes on what it waits for itself: if web waits for app and app for db, web waits
    /// for db where only those two are chosen.
    Order(startup::Plan plan, const std::vector<Namespec>& chosen);

    [[nodiscard]] const std::vector<Need>& needs(std::size_t index) const;
    [[nodiscard]] const std::vector<std::size_t>& needed_by(std::size_t index) const;
    /// Null where the configuration does not know the process.
    [[nodiscard]] const startup::Program* program(std::size_t index) const;
    [[nodiscard]] const ReadyCheck* ready(std::size_t index) const;
    /// Whether those that need this one start although it has failed (keenlance_on_failure=continue).
    [[nodiscard]] bool is_optional(std::size_t index) const;
    /// RUNNING is not all that is wanted of it: there is a probe, or somebody waits for its end.
    [[nodiscard]] bool has_to_be_proven(std::size_t index) const;

  private:
    struct Place {
        std::size_t program;
        std::size_t process;
    };
    void add_needs(std::size_t index, std::size_t program, const std::map<Namespec, std::size_t>& places);

    startup::Plan plan_;
    std::vector<std::optional<Place>> places_;
    std::vector<std::vector<Need>> needs_;
    std::vector<std::vector<std::size_t>> needed_by_;
};

}  // namespace keenlance::quickctl
