#pragma once
/// What a roll leaves behind, so that another one can go on with it, whatever ended the first. Pure.

#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keenlance::quickctl {

struct RollMemory {
    /// When it began, by each server's own clock, in seconds since the epoch. By the server's URL; the empty
    /// one is for all that are not named.
    std::map<std::string, std::int64_t> begun;
    /// The pids of before it, by server and process; and those of the instances that are through.
    std::map<std::pair<std::string, Namespec>, int> before, through;
    bool finished = false;  ///< nothing is left to go on with

    friend bool operator==(const RollMemory&, const RollMemory&) = default;
};

/// JSON.
std::string to_text(const RollMemory& memory);
/// Error `malformed` for what to_text() has not written.
Result<RollMemory> parse_roll_memory(std::string_view text);

/// The file a roll of these is remembered in: "roll-0123456789abcdef.json", the same for the same words.
std::string roll_memory_name(const std::vector<std::string>& servers,
                             const std::vector<std::string>& patterns);

}  // namespace keenlance::quickctl
