#pragma once
/// How much memory there is to take a share of.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <cstdint>

namespace keenlance {

/// Bytes of the machine, or of the narrowest limit of the control groups this process is in. Error `system`
/// where the system does not tell.
KEENLANCE_API Result<std::uint64_t> read_memory_whole();

}  // namespace keenlance
