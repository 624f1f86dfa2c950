#pragma once
/// The ProcessTable this library was built with (-DKEENLANCE_PROCESS_TABLE): /proc on Linux, else ps.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/process_table.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/reactor.hpp>

#include <memory>

namespace keenlance {

/// Both must outlive what is returned.
KEENLANCE_API std::unique_ptr<ProcessTable> make_process_table(Reactor& reactor, CommandRunner& commands);

}  // namespace keenlance
