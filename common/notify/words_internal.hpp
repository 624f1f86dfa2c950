#pragma once
/// The words for what a notification says of itself: in webhooks, in templates, and in the letters on disk,
/// so they stay.

#include <keenlance/core/notification.hpp>

#include <array>
#include <cstddef>

namespace keenlance {

// Their order is that of the enumerations.
inline constexpr std::array<const char*, 3> condition_words{"event", "firing", "resolved"};
inline constexpr std::array<const char*, 3> severity_words{"critical", "warning", "info"};
inline constexpr std::array<const char*, 2> folding_words{"digest", "lines"};

template <typename E, std::size_t size>
const char* word_of(const std::array<const char*, size>& words, E value) {
    return words.at(static_cast<std::size_t>(value));
}

}  // namespace keenlance
