#pragma once
/// Which groups of a running supervisord are event listeners: no RPC tells, its configuration does.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <set>
#include <string>

namespace keenlance {

/// Reads the configuration the supervisord with that pid runs on (found through /proc).
KEENLANCE_API Result<std::set<std::string>> find_event_listeners(int supervisord_pid);

}  // namespace keenlance
