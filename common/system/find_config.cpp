#include <keenlance/core/supervisord_command_line.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/find_config.hpp>
#include <keenlance/system/proc_stat.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <memory>

namespace keenlance {

namespace {

constexpr int most_wrappers = 16;

std::optional<pid_t> parent_of(pid_t pid) {
    const auto stat = read_proc_stat(pid);
    return stat ? std::optional<pid_t>(stat->parent) : std::nullopt;
}

std::optional<std::string> real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::optional<std::string>(real.get()) : std::nullopt;
}

ConfigDialect dialect_here() {
    const auto python = real_path("/usr/bin/python3");
    const auto dialect = python ? config_dialect_of(*python) : std::nullopt;
    return dialect.value_or(ConfigDialect::since_python_3_13);
}

Result<std::string> search(const std::string& file_name) {
    const std::string usual = "supervisord.conf";
    std::vector<std::string> looked_at;
    for (auto path : config_search_path("/usr/bin/supervisord")) {
        path.replace(path.size() - usual.size(), usual.size(), file_name);
        looked_at.push_back(path);
        if (::access(path.c_str(), F_OK) == 0) return real_path(path).value_or(path);
    }
    return Error{ErrorKind::invalid, 0,
                 fmt::format("there is no configuration: none of {} is there; give one with -c",
                             join(looked_at, ", "))};
}

}  // namespace

std::optional<pid_t> supervisord_above() {
    auto pid = std::optional(::getppid());
    for (int i = 0; i < most_wrappers && pid && *pid > 0; ++i) {
        if (find_config_of(*pid)) return pid;
        pid = parent_of(*pid);
    }
    return std::nullopt;
}

Result<ConfigFiles> read_chosen_config(const ConfigChoice& choice) {
    const auto above = supervisord_above();
    if (!choice.file && !choice.file_name && above) return read_config_of(*above);
    auto file = choice.file ? Result<std::string>(*choice.file)
                            : search(choice.file_name.value_or("supervisord.conf"));
    if (!file && !choice.file_name && std::getenv("SUPERVISOR_ENABLED") != nullptr) {
        // supervisord is there, but not its file: that is the news.
        if (const auto parents = find_config_of(::getppid()); !parents) return parents.error();
    }
    if (!file) return file.error();
    if (above) return read_config_as(*above, *file);
    return read_config_files(*file, own_environment(), dialect_here());
}

}  // namespace keenlance
