#pragma once
/// How long a web server wants to be left alone: its Retry-After (RFC 9110, 10.2.3). Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>

#include <chrono>
#include <string_view>

namespace keenlance {

/// "120", or the time of an HTTP date, in each of its three forms, from `now` on; a year at most. None for
/// what is past or says neither.
KEENLANCE_API Duration wait_of(std::string_view retry_after,
                               std::chrono::time_point<std::chrono::system_clock, Duration> now);

}  // namespace keenlance
