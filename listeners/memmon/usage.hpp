#pragma once
/// What memmon knows of a process it watches.

#include <keenlance/core/process.hpp>

#include <cstdint>

namespace keenlance::memmon {

/// A running process and its size.
struct Usage {
    Namespec id;
    Incarnation life;
    std::int64_t uptime_seconds = 0;
    std::uint64_t bytes = 0;  ///< of whatever metric

    friend bool operator==(const Usage&, const Usage&) = default;
};

}  // namespace keenlance::memmon
