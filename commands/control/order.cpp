#include <commands/control/order.hpp>

#include <algorithm>
#include <set>

namespace keenlance::quickctl {

Order::Order(startup::Plan plan, const std::vector<Namespec>& chosen)
    : plan_(std::move(plan)), places_(chosen.size()), needs_(chosen.size()), needed_by_(chosen.size()) {
    std::map<Namespec, std::size_t> indices;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        indices[chosen[i]] = i;
    for (std::size_t program = 0; program < plan_.programs.size(); ++program)
        for (std::size_t process = 0; process < plan_.programs[program].processes.size(); ++process)
            if (const auto found = indices.find(plan_.programs[program].processes[process]);
                found != indices.end())
                places_[found->second] = Place{program, process};
    for (std::size_t i = 0; i < chosen.size(); ++i)
        if (places_[i]) add_needs(i, places_[i]->program, indices);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        std::set<std::size_t> once;
        for (const auto& need : needs_[i])
            if (once.insert(need.on).second) needed_by_[need.on].push_back(i);
    }
}

void Order::add_needs(std::size_t index, std::size_t program, const std::map<Namespec, std::size_t>& places) {
    std::set<std::size_t> seen{program};
    std::vector<std::size_t> open{program};
    while (!open.empty()) {
        const auto current = open.back();
        open.pop_back();
        for (const auto& dependency : plan_.programs[current].waits_for) {
            bool passed_on = false;
            for (const auto& id : dependency.processes) {
                const auto found = places.find(id);
                if (found == places.end())
                    passed_on = true;
                else if (found->second != index)
                    needs_[index].push_back({found->second, dependency.goals, dependency.text()});
            }
            if (!passed_on) continue;
            for (const auto next : dependency.programs)
                if (seen.insert(next).second) open.push_back(next);
        }
    }
}

const std::vector<Need>& Order::needs(std::size_t index) const {
    static const std::vector<Need> none;
    return index < needs_.size() ? needs_[index] : none;
}

const std::vector<std::size_t>& Order::needed_by(std::size_t index) const {
    static const std::vector<std::size_t> none;
    return index < needed_by_.size() ? needed_by_[index] : none;
}

const startup::Program* Order::program(std::size_t index) const {
    if (index >= places_.size() || !places_[index]) return nullptr;
    return &plan_.programs[places_[index]->program];
}

const ReadyCheck* Order::ready(std::size_t index) const {
    const auto* const known = program(index);
    if (known == nullptr) return nullptr;
    const auto& check = known->ready.at(places_[index]->process);
    return check ? &*check : nullptr;
}

bool Order::is_optional(std::size_t index) const {
    const auto* const known = program(index);
    return known != nullptr && known->on_failure == startup::OnFailure::go_on;
}

bool Order::has_to_be_proven(std::size_t index) const {
    if (ready(index) != nullptr) return true;
    return std::ranges::any_of(needed_by(index), [&](std::size_t other) {
        return std::ranges::any_of(needs(other), [&](const Need& need) {
            return need.on == index && std::ranges::none_of(need.goals, [](const startup::StateGoal& goal) {
                       return goal.state == ProcessState::running || goal.state == ProcessState::starting;
                   });
        });
    });
}

}  // namespace keenlance::quickctl
