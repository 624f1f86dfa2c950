#include <keenlance/core/process_list.hpp>
#include <keenlance/system/config_files.hpp>
#include <keenlance/system/event_listeners.hpp>

namespace keenlance {

Result<std::set<std::string>> find_event_listeners(int supervisord_pid) {
    const auto files = read_config_of(supervisord_pid);
    if (!files) return files.error();
    const auto processes = list_processes(files->config, files->facts);
    if (!processes) return processes.error();
    const auto groups = processes->event_listener_groups();
    return std::set<std::string>(groups.begin(), groups.end());
}

}  // namespace keenlance
