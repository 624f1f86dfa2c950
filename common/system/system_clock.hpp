#pragma once
/// The machine's clocks and time zone.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/clock.hpp>

#include <ctime>

namespace keenlance {

class KEENLANCE_API SystemClock : public Clock {
  public:
    [[nodiscard]] Moment now() override;

  private:
    std::time_t second_ = -1;  // of local_; to look the time zone up costs as much as to take an event
    std::tm local_{};
};

}  // namespace keenlance
