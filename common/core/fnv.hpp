#pragma once
/// FNV-1a, 64 bits: the same on every machine and in every release, for names that have to last.

#include <cstdint>
#include <string_view>

namespace keenlance {

/// `hash` is what came out for the text before, or another beginning.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 14695981039346656037ULL) {
    for (const char letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
    return hash;
}

}  // namespace keenlance
