#pragma once
/// Waiting for a condition under a deadline: the only way tests wait.

#include <keenlance/core/moment.hpp>

#include <functional>
#include <thread>

namespace keenlance {

/// Longer than anything takes that works, on a loaded machine under sanitizers.
inline constexpr Duration patience{30'000};

/// Looks again and again until `condition` holds; says whether it did within `limit`.
inline bool eventually(const std::function<bool()>& condition, Duration limit = patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(Duration{5});
    }
    return true;
}

}  // namespace keenlance
