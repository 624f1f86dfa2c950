#pragma once
/// The time, from the machine or from a test.

#include <keenlance/core/moment.hpp>

namespace keenlance {

class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    Clock(Clock&&) = delete;
    Clock& operator=(Clock&&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual Moment now() = 0;
};

}  // namespace keenlance
