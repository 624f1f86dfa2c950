// Any bytes as configuration files, read and planned by both dialects; a form feed line begins the next file.

#include <keenlance/core/config.hpp>
#include <keenlance/core/environment_pairs.hpp>
#include <keenlance/core/process_list.hpp>
#include <keenlance/core/supervisord_command_line.hpp>
#include <keenlance/core/text.hpp>

#include <tests/fuzz/targets.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

namespace keenlance::fuzz {

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_section(const ConfigSection& section, std::size_t lines) {
    std::set<std::string> names;
    for (const auto& option : section.options()) {
        require(names.insert(option.name).second);
        require(option.name == to_lower(trim(option.name)) && !option.name.empty());
        require(option.name.find_first_of("=:\r\n") == std::string::npos);
        require(option.value.find('\r') == std::string::npos);
        require(option.value.empty() || !trim(option.value.substr(option.value.size() - 1)).empty());
        require(option.at.line >= 1 && option.at.line <= lines);
        require(section.find(option.name) == &option);
    }
}

void check_config(const Config& config, std::size_t lines) {
    std::set<std::string> names;
    for (const auto& section : config.sections()) {
        require(names.insert(section.name()).second && section.name() != "DEFAULT" &&
                !section.name().empty());
        require(config.find(section.name()) == &section);
        check_section(section, lines);
        for (const auto& option : config.defaults().options())
            require(config.find(section.name(), option.name));
    }
    check_section(config.defaults(), lines);
}

void check_list(const ProcessList& list, const Config& config) {
    require(std::ranges::is_sorted(list.groups(), {}, &ConfiguredGroup::priority));
    std::set<std::string> groups;
    for (const auto& group : list.groups()) {
        require(groups.insert(group.name).second);
        require(list.find_group(group.name) == &group &&
                list.is_event_listener(group.name) == group.event_listener);
        std::set<Namespec> ids;
        for (const auto& process : group.processes) {
            require(process.id.group == group.name && ids.insert(process.id).second);
            require(config.find(process.section));
        }
    }
}

void plan(const Config& config) {
    const ConfigFacts facts{"/etc", "host", {{"X", "2"}, {"P", "%(here)s"}}};
    require(include_patterns(config, facts).ok() || config.find("include"));
    if (const auto list = list_processes(config, facts)) check_list(*list, config);
    const PercentValues values{
        {"here", "/etc"}, {"process_num", std::int64_t{-3}}, {"numprocs", std::int64_t{INT64_MIN}}};
    for (const auto& section : config.sections()) {
        for (const auto& option : section.options()) {
            (void)expanded_option(config, values, section.name(), option.name);
            (void)parse_environment_pairs(option.value);
        }
    }
}

void read(std::string_view input, ConfigDialect dialect) {
    Config all;
    std::size_t most_lines = 1;
    while (!input.empty()) {
        const auto end = std::min(input.find("\n\f\n"), input.size());
        const std::string_view text = input.substr(0, end);
        input.remove_prefix(std::min(end + 3, input.size()));
        auto config = parse_config(text, "a.conf", dialect);
        if (!config) continue;
        const auto lines = static_cast<std::size_t>(
            std::ranges::count_if(text, [](char ch) { return ch == '\n' || ch == '\r'; }));
        most_lines = std::max(most_lines, lines + 1);
        check_config(*config, most_lines);
        all.merge(*config);
        if (all.find("include")) all.bake_here("/etc/conf.d");
    }
    check_config(all, most_lines);
    plan(all);
}

}  // namespace

void config(std::string_view input) {
    read(input, ConfigDialect::until_python_3_12);
    read(input, ConfigDialect::since_python_3_13);
    std::vector<std::string> words;
    for (const auto word : split(input.substr(0, 500), '\0'))
        words.emplace_back(word);
    if (const auto line = parse_supervisord_command_line(words))
        require(!config_search_path(line->program).empty());
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keenlance::fuzz::config({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
