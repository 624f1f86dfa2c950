#pragma once
/// The machine's clocks and time zone.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/clock.hpp>

namespace keenlance {

class KEENLANCE_API SystemClock : public Clock {
  public:
    [[nodiscard]] Moment now() override;
};

}  // namespace keenlance
