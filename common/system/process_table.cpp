#include <keenlance/system/process_table.hpp>

#if defined(KEENLANCE_PROCESS_TABLE_proc)
#include <keenlance/system/process_table_proc.hpp>
#else
#include <keenlance/system/process_table_ps.hpp>
#endif

namespace keenlance {

std::unique_ptr<ProcessTable> make_process_table([[maybe_unused]] Reactor& reactor,
                                                 [[maybe_unused]] CommandRunner& commands) {
#if defined(KEENLANCE_PROCESS_TABLE_proc)
    return std::make_unique<ProcProcessTable>(reactor);
#else
    return std::make_unique<PsProcessTable>(commands);
#endif
}

}  // namespace keenlance
