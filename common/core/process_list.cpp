#include <keenlance/core/process_list.hpp>
#include <keenlance/core/program_section_internal.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace keenlance {

namespace {

constexpr std::int64_t default_listener_priority = -1;

/// supervisor/options.py process_groups_from_parser.
class Lister {
  public:
    Lister(const Config& config, const PercentValues& shared, const std::string& host_node_name)
        : config_(config), shared_(shared), host_node_name_(host_node_name) {}

    Result<ProcessList> run() {
        for_each("group:", [this](const ConfigSection& section) { add_group(section); });
        add_lone_programs("program:", ProgramKind::program);
        add_lone_programs("eventlistener:", ProgramKind::event_listener);
        add_lone_programs("fcgi-program:", ProgramKind::fcgi_program);
        if (error_) return std::move(*error_);
        std::ranges::stable_sort(groups_, {},
                                 [](const auto& each) { return std::tie(each.priority, each.name); });
        return ProcessList(as_supervisord_keeps_them());
    }

  private:
    template <class Work>
    void for_each(std::string_view prefix, Work work) {
        for (const auto& section : config_.sections())
            if (!error_ && section.name().starts_with(prefix)) work(section);
    }

    void keep(const std::optional<Error>& error) {
        if (!error_) error_ = error;
    }

    void add_processes(ConfiguredGroup& group, const std::string& section, ProgramKind kind) {
        ProgramSection program(config_, shared_, section, group.name, host_node_name_);
        auto processes = program.processes(kind);
        keep(program.error());
        count_ += std::ssize(processes);
        if (count_ > most_processes)
            keep(Error{ErrorKind::invalid, 0,
                       fmt::format("[{}] makes more than {} processes", section, most_processes)});
        if (!error_) std::ranges::move(processes, std::back_inserter(group.processes));
    }

    void add_group(const ConfigSection& section) {
        const auto name = sound_name(name_of(section.name()));
        if (!name) return keep(error_at(section, describe_bad_name(name_of(section.name()))));
        OptionReader options(config_, section.name(), shared_);
        const std::string programs = options.text("programs", "");
        ConfiguredGroup group{*name, options.number("priority", default_priority), false, {}};
        keep(options.error());
        if (!programs.empty()) {
            for (const auto program : split(programs, ',')) {
                if (error_) return;
                add_member(group, section, python::strip(program));
            }
        }
        groups_.push_back(std::move(group));
    }

    void add_member(ConfiguredGroup& group, const ConfigSection& section, std::string_view program) {
        const auto* const plain = config_.find(fmt::format("program:{}", program));
        const auto* const fcgi = config_.find(fmt::format("fcgi-program:{}", program));
        if (!plain == !fcgi) {
            OptionReader options(config_, section.name(), shared_);
            options.fail("programs", fmt::format("'{}' is {}", printable(program, 60),
                                                 plain ? "a program and an fcgi-program" : "no program"));
            return keep(options.error());
        }
        const std::string& member = plain ? plain->name() : fcgi->name();
        grouped_.insert(member);
        add_processes(group, member, plain ? ProgramKind::program : ProgramKind::fcgi_program);
    }

    void add_lone_programs(std::string_view prefix, ProgramKind kind) {
        const bool listener = kind == ProgramKind::event_listener;
        for_each(prefix, [&](const ConfigSection& section) {
            if (grouped_.contains(section.name())) return;
            const auto name = sound_name(name_of(section.name()));
            if (!name) return keep(error_at(section, describe_bad_name(name_of(section.name()))));
            OptionReader options(config_, section.name(), shared_);
            const auto priority =
                options.number("priority", listener ? default_listener_priority : default_priority);
            keep(options.error());
            // supervisord strips the names of groups, but not of a listeners' pool
            ConfiguredGroup group{
                listener ? std::string(name_of(section.name())) : *name, priority, listener, {}};
            if (!error_) add_processes(group, section.name(), kind);
            groups_.push_back(std::move(group));
        });
    }

    /// supervisord adds a group only if it has none of that name; in a group the processes are keys of a
    /// dict.
    std::vector<ConfiguredGroup> as_supervisord_keeps_them() {
        std::vector<ConfiguredGroup> kept;
        std::set<std::string> names;
        for (auto& group : groups_) {
            if (!names.insert(group.name).second) continue;
            std::map<std::string, std::size_t> places;
            std::vector<ConfiguredProcess> processes;
            for (auto& process : group.processes) {
                const auto [place, is_new] = places.try_emplace(process.id.name, processes.size());
                if (is_new)
                    processes.push_back(std::move(process));
                else
                    processes[place->second] = std::move(process);
            }
            group.processes = std::move(processes);
            kept.push_back(std::move(group));
        }
        return kept;
    }

    const Config& config_;
    const PercentValues& shared_;
    const std::string& host_node_name_;
    std::vector<ConfiguredGroup> groups_;
    std::set<std::string> grouped_;  // sections that a [group:x] took
    std::int64_t count_ = 0;
    std::optional<Error> error_;
};

}  // namespace

const ConfiguredGroup* ProcessList::find_group(std::string_view name) const {
    const auto found = std::ranges::find(groups_, name, &ConfiguredGroup::name);
    return found == groups_.end() ? nullptr : &*found;
}

bool ProcessList::is_event_listener(std::string_view group) const {
    const auto* const found = find_group(group);
    return found && found->event_listener;
}

std::vector<std::string> ProcessList::event_listener_groups() const {
    std::vector<std::string> names;
    for (const auto& group : groups_)
        if (group.event_listener) names.push_back(group.name);
    return names;
}

std::vector<ConfiguredProcess> ProcessList::processes_of(std::string_view program) const {
    std::vector<ConfiguredProcess> found;
    for (const auto& group : groups_)
        for (const auto& process : group.processes)
            if (python::strip(name_of(process.section)) == program) found.push_back(process);
    return found;
}

Result<ProcessList> list_processes(const Config& config, const ConfigFacts& facts) {
    const auto shared = config_values(config, facts);
    if (!shared) return shared.error();
    return Lister(config, *shared, facts.host_node_name).run();
}

}  // namespace keenlance
