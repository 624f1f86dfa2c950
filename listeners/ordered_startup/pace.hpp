#pragma once
/// How often supervisord is asked for what is under way.

#include <keenlance/core/moment.hpp>

namespace keenlance::ordered_startup {

inline constexpr Duration first_look{10};
inline constexpr Duration slowest_look{300};
inline constexpr Duration slowest_look_at_many{1'000};

}  // namespace keenlance::ordered_startup
