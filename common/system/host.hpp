#pragma once
/// Which machine this is, and which life of supervisord we are in.

#include <keenlance/core/export.hpp>

#include <string>

namespace keenlance {

/// gethostname, "localhost" where there is none.
KEENLANCE_API std::string host_name();
/// Tells our parent process from every other one that ever ran: boot, pid and start time. Where there is no
/// /proc, only its pid.
KEENLANCE_API std::string parent_life();

}  // namespace keenlance
