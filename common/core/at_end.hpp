#pragma once
/// What becomes of a command that still runs when the program that has started it ends.

namespace keenlance {

enum class AtEnd {
    left,   ///< it finishes by itself: a mail that is on its way
    ended,  ///< SIGTERM, with all it has started
};

}  // namespace keenlance
