#pragma once
/// Writes a whole text to a descriptor, however small the pieces are in which it takes it.

#include <string_view>

namespace keenlance {

/// Waits where the descriptor is a full pipe, blocking or not. False, with errno, where it takes no more.
bool write_all(int fd, std::string_view text);

}  // namespace keenlance
