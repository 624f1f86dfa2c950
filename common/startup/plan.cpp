#include <keenlance/core/process_list.hpp>
#include <keenlance/core/program_section_internal.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/startup/cycles.hpp>
#include <keenlance/startup/keys.hpp>
#include <keenlance/startup/plan.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace keenlance::startup {

namespace {

/// A program of the configuration on its way into the plan.
struct Draft {
    Program program;
    Keys keys;
    std::string group;
    std::string bare_name;  // without the group
    bool autostart = true;
};

class Planner {
  public:
    Planner(const Config& config, const ConfigFacts& facts, ErrorAction on_error)
        : config_(config), facts_(facts), on_error_(on_error) {}

    Result<Plan> run() {
        const auto shared = config_values(config_, facts_);
        if (!shared) return shared.error();
        const auto processes = list_processes(config_, facts_);
        if (!processes) return processes.error();
        for (const auto& group : processes->groups())
            add_programs(group, *shared);
        std::ranges::stable_sort(drafts_, {}, [](const Draft& draft) {
            return std::tie(draft.program.priority, draft.program.name);
        });
        name_everything();
        choose_starters();
        add_chain();
        add_dependencies();
        break_cycles();
        inherit_priorities();
        return finish();
    }

  private:
    void add_programs(const ConfiguredGroup& group, const PercentValues& shared) {
        std::vector<std::string> sections;
        std::map<std::string, std::vector<ConfiguredProcess>> members;
        for (const auto& process : group.processes) {
            auto& list = members[process.section];
            if (list.empty()) sections.push_back(process.section);
            list.push_back(process);
        }
        for (const auto& section : sections)
            add_program(group, members[section], shared);
    }

    void add_program(const ConfiguredGroup& group, const std::vector<ConfiguredProcess>& processes,
                     const PercentValues& shared) {
        const auto& first = processes.front();
        Draft draft;
        draft.group = group.name;
        draft.bare_name = trim(name_of(first.section));
        draft.autostart = first.autostart;
        Program& program = draft.program;
        program.name = draft.bare_name == group.name ? draft.bare_name : group.name + ":" + draft.bare_name;
        program.section = first.section;
        program.at = config_.find(first.section)->at();
        program.priority = first.priority;
        for (const auto& process : processes)
            program.processes.push_back(process.id);
        draft.keys = read_keys(config_, shared, facts_.host_node_name, processes, program, plan_.problems);
        drafts_.push_back(std::move(draft));
    }

    /// A name alone means a program wherever it is, else a group.
    void name_everything() {
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            const Draft& draft = drafts_[i];
            programs_[draft.bare_name].push_back(i);
            groups_[draft.group].push_back(i);
            programs_[draft.group + ":" + draft.bare_name].push_back(i);
            for (const auto& process : draft.program.processes)
                processes_.try_emplace(process.full(), i, process);
        }
    }

    void choose_starters() {
        for (auto& draft : drafts_) {
            const bool wanted = draft.keys.in_order || draft.keys.dependent_startup;
            draft.program.starter = draft.autostart ? Starter::supervisord
                                    : wanted        ? Starter::plan
                                                    : Starter::nobody;
            if (!wanted || !draft.autostart) continue;
            const auto* const key =
                draft.keys.dependent_startup ? draft.keys.dependent_startup : draft.keys.start_in_order;
            problem(
                *key, draft,
                "needs autostart=false in the same section: supervisord starts it by itself, in no order; "
                "left to supervisord");
        }
    }

    void add_chain() {
        std::optional<std::size_t> before;
        bool before_has_key = false;
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            Draft& draft = drafts_[i];
            const bool follows = before && before_has_key && draft.program.starter == Starter::nobody &&
                                 !draft.keys.start_in_order && is_program(draft);
            if (draft.keys.start_in_order && !draft.keys.in_order)
                before_has_key = false;  // the line ends here
            if (draft.program.starter == Starter::supervisord || (!draft.keys.in_order && !follows)) continue;
            if (follows) {
                draft.program.starter = Starter::plan;
                plan_.warnings.push_back(fmt::format(
                    "{}: [{}]: starts as the next in line behind {}, though it has no startinorder=true; "
                    "startinorder=false keeps it out",
                    draft.program.at.text(), draft.program.section, drafts_[*before].program.name));
            }
            if (before) {
                const Program& earlier = drafts_[*before].program;
                draft.program.waits_for.push_back(
                    {earlier.name, {*before}, earlier.processes, earlier.next_after, true});
            }
            in_chain_.insert(i);
            before = i;
            before_has_key = draft.keys.in_order;
        }
        for (std::size_t i = 0; i < drafts_.size(); ++i)
            if (!in_chain_.contains(i)) drafts_[i].program.next_after.clear();
    }

    static bool is_program(const Draft& draft) {
        return !draft.program.section.starts_with("eventlistener:");
    }

    void add_dependencies() {
        for (auto& draft : drafts_) {
            if (draft.keys.wait_for.empty()) continue;
            if (draft.program.starter != Starter::plan) {
                if (!draft.keys.dependent_startup && draft.program.starter == Starter::nobody) {
                    problem(*draft.keys.wait_for_at, draft,
                            "means nothing without dependent_startup=true; nobody starts this program");
                }
                continue;
            }
            for (const auto& wait : draft.keys.wait_for)
                add_dependency(draft, wait);
        }
    }

    void add_dependency(Draft& draft, const WaitFor& wait) {
        const ConfigOption& at = *draft.keys.wait_for_at;
        std::vector<std::string> bad_states;
        auto dependency = wait.namespec ? resolve(*wait.namespec) : std::nullopt;
        if (!dependency) {
            dependency = resolve(wait.target);
            bad_states = wait.bad_states;
        }
        if (!dependency) {
            return problem(at, draft,
                           fmt::format("'{}' is no program, group or group:name; not waited for",
                                       printable(wait.namespec.value_or(wait.target), 80)));
        }
        dependency->goals = wait.goals;
        if (dependency->goals.empty()) dependency->goals = {StateGoal{ProcessState::running}};
        for (const auto& state : bad_states) {
            problem(at, draft,
                    fmt::format("'{}' is no state (starting, running, backoff, stopping, stopped, exited, "
                                "exited(0), exited(expected), fatal, unknown); {} is waited for",
                                printable(state, 60), dependency->text()));
        }
        draft.program.waits_for.push_back(std::move(*dependency));
    }

    [[nodiscard]] std::optional<Dependency> resolve(const std::string& target) const {
        Dependency dependency;
        dependency.target = target;
        if (const auto process = processes_.find(target);
            process != processes_.end() && target.find(':') != std::string::npos) {
            dependency.programs = {process->second.first};
            dependency.processes = {process->second.second};
            return dependency;
        }
        if (const auto programs = programs_.find(target); programs != programs_.end()) {
            dependency.programs = programs->second;
        } else {
            std::string group = target;
            if (group.ends_with(":*")) group.pop_back();
            if (group.ends_with(':')) group.pop_back();
            const auto members = groups_.find(group);
            if (members == groups_.end()) return std::nullopt;
            dependency.programs = members->second;
        }
        for (const auto index : dependency.programs)
            std::ranges::copy(drafts_[index].program.processes, std::back_inserter(dependency.processes));
        return dependency;
    }

    [[nodiscard]] std::vector<std::vector<std::size_t>> edges() const {
        std::vector<std::vector<std::size_t>> edges(drafts_.size());
        for (std::size_t i = 0; i < drafts_.size(); ++i)
            for (const auto& dependency : drafts_[i].program.waits_for)
                std::ranges::copy(dependency.programs, std::back_inserter(edges[i]));
        return edges;
    }

    void break_cycles() {
        for (const auto& knot : find_knots(edges())) {
            std::string path;
            for (const auto index : knot.cycle)
                path += drafts_[index].program.name + " waits for ";
            path += drafts_[knot.cycle.front()].program.name;
            const bool start = on_error_ == ErrorAction::ignore;
            // A chain alone has no cycle: somebody in it has the other key.
            const auto at = std::ranges::find_if(
                knot.cycle, [&](std::size_t index) { return drafts_[index].keys.wait_for_at != nullptr; });
            const Draft& culprit = drafts_[at == knot.cycle.end() ? knot.cycle.front() : *at];
            problem(
                *culprit.keys.wait_for_at, culprit,
                fmt::format("a cycle: {}; {}", path,
                            start ? "started without waiting for each other" : "none of them is started"));
            for (const auto index : knot.members) {
                Program& program = drafts_[index].program;
                std::erase_if(program.waits_for, [&](const Dependency& dependency) {
                    return std::ranges::any_of(dependency.programs, [&](std::size_t on) {
                        return std::ranges::binary_search(knot.members, on);
                    });
                });
                if (!start) leave_out(index);
            }
        }
        if (!left_out_.empty()) leave_out_dependents();
    }

    void leave_out(std::size_t index) {
        drafts_[index].program.starter = Starter::nobody;
        left_out_.insert(index);
    }

    void leave_out_dependents() {
        for (const auto index : dependencies_first(edges())) {
            const Draft& draft = drafts_[index];
            if (draft.program.starter != Starter::plan) continue;
            for (const auto& dependency : draft.program.waits_for) {
                if (std::ranges::none_of(dependency.programs,
                                         [&](std::size_t on) { return left_out_.contains(on); }))
                    continue;
                plan_.problems.push_back(fmt::format("{}: [{}]: not started either, for it waits for {}",
                                                     draft.program.at.text(), draft.program.section,
                                                     dependency.text()));
                leave_out(index);
                break;
            }
        }
    }

    /// Waves and inherited priorities, both of which need what is waited for first.
    void inherit_priorities() {
        for (const auto index : dependencies_first(edges())) {
            Program& program = drafts_[index].program;
            for (const auto& dependency : program.waits_for) {
                for (const auto on : dependency.programs) {
                    const Program& other = drafts_[on].program;
                    if (drafts_[index].keys.inherits_priority)
                        program.priority = std::min(program.priority, other.priority);
                    if (other.starter == Starter::plan) program.wave = std::max(program.wave, other.wave + 1);
                }
            }
        }
    }

    Plan finish() {
        std::vector<std::size_t> order;
        std::vector<char> needed(drafts_.size(), 0);
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            order.push_back(i);
            if (drafts_[i].program.starter != Starter::plan) continue;
            needed[i] = 1;
            for (const auto& dependency : drafts_[i].program.waits_for)
                for (const auto on : dependency.programs)
                    needed[on] = 1;
        }
        std::erase_if(order, [&](std::size_t i) { return needed[i] == 0; });
        std::ranges::stable_sort(order, {}, [&](std::size_t i) {
            return std::tie(drafts_[i].program.priority, drafts_[i].program.name);
        });
        std::vector<std::size_t> places(drafts_.size(), 0);
        for (std::size_t i = 0; i < order.size(); ++i)
            places[order[i]] = i;
        for (const auto index : order) {
            Program& program = drafts_[index].program;
            for (auto& dependency : program.waits_for)
                for (auto& on : dependency.programs)
                    on = places[on];
            plan_.programs.push_back(std::move(program));
        }
        warn_of_orphans();
        return std::move(plan_);
    }

    void warn_of_orphans() {
        for (const auto& program : plan_.programs) {
            for (const auto& dependency : program.waits_for) {
                for (const auto on : dependency.programs) {
                    const Program& other = plan_.programs[on];
                    if (other.starter != Starter::nobody) continue;
                    plan_.warnings.push_back(fmt::format(
                        "{}: [{}]: waits for {}, which nobody starts: [{}] has neither autostart=true nor "
                        "dependent_startup=true",
                        program.at.text(), program.section, dependency.text(), other.section));
                }
            }
        }
    }

    void problem(const ConfigOption& at, const Draft& draft, std::string_view message) {
        const bool own = config_.find(draft.program.section, at.name) == &at;
        plan_.problems.push_back(
            error_at(at, own ? draft.program.section : "group:" + draft.group, message).message);
    }

    const Config& config_;
    const ConfigFacts& facts_;
    const ErrorAction on_error_;
    std::vector<Draft> drafts_;
    std::map<std::string, std::vector<std::size_t>> programs_;  // "name" and "group:name"
    std::map<std::string, std::vector<std::size_t>> groups_;
    std::map<std::string, std::pair<std::size_t, Namespec>> processes_;
    std::set<std::size_t> in_chain_;
    std::set<std::size_t> left_out_;  // of cycles, and behind them
    Plan plan_;
};

}  // namespace

std::vector<std::vector<std::size_t>> Plan::waves() const {
    std::vector<std::vector<std::size_t>> waves;
    for (std::size_t i = 0; i < programs.size(); ++i) {
        if (programs[i].starter != Starter::plan) continue;
        waves.resize(std::max(waves.size(), programs[i].wave + 1));
        waves[programs[i].wave].push_back(i);
    }
    return waves;
}

std::vector<std::vector<std::size_t>> Plan::dependents() const {
    std::vector<std::vector<std::size_t>> dependents(programs.size());
    for (std::size_t i = 0; i < programs.size(); ++i)
        for (const auto& dependency : programs[i].waits_for)
            for (const auto on : dependency.programs)
                if (dependents[on].empty() || dependents[on].back() != i) dependents[on].push_back(i);
    return dependents;
}

Result<Plan> make_plan(const Config& config, const ConfigFacts& facts, ErrorAction on_error) {
    return Planner(config, facts, on_error).run();
}

}  // namespace keenlance::startup
