#include <keenlance/startup/cycles.hpp>

#include <algorithm>
#include <limits>

namespace keenlance::startup {

namespace {

constexpr auto none = std::numeric_limits<std::size_t>::max();

/// Tarjan's strongly connected components, with a stack of its own.
class Components {
  public:
    explicit Components(const Edges& edges)
        : edges_(edges), index_(edges.size(), none), low_(edges.size(), none), on_stack_(edges.size(), 0) {
        for (std::size_t node = 0; node < edges.size(); ++node)
            if (index_[node] == none) visit(node);
    }

    std::vector<std::vector<std::size_t>> components;

  private:
    struct Frame {
        std::size_t node;
        std::size_t next_edge;
    };

    void visit(std::size_t root) {
        std::vector<Frame> frames;
        enter(root, frames);
        while (!frames.empty()) {
            Frame& frame = frames.back();
            const std::size_t node = frame.node;
            if (frame.next_edge < edges_[node].size()) {
                const std::size_t next = edges_[node][frame.next_edge++];
                if (index_[next] == none)
                    enter(next, frames);
                else if (on_stack_[next] != 0)
                    low_[node] = std::min(low_[node], index_[next]);
                continue;
            }
            frames.pop_back();
            if (!frames.empty()) low_[frames.back().node] = std::min(low_[frames.back().node], low_[node]);
            if (low_[node] == index_[node]) take_component(node);
        }
    }

    void enter(std::size_t node, std::vector<Frame>& frames) {
        index_[node] = low_[node] = count_++;
        on_stack_[node] = 1;
        stack_.push_back(node);
        frames.push_back({node, 0});
    }

    void take_component(std::size_t root) {
        std::vector<std::size_t> component;
        std::size_t node = none;
        while (node != root) {
            node = stack_.back();
            stack_.pop_back();
            on_stack_[node] = 0;
            component.push_back(node);
        }
        std::ranges::sort(component);
        components.push_back(std::move(component));
    }

    const Edges& edges_;
    std::vector<std::size_t> index_, low_;
    std::vector<char> on_stack_;
    std::vector<std::size_t> stack_;
    std::size_t count_ = 0;
};

/// Breadth first from the first member, within the knot, until an edge leads back to it.
std::vector<std::size_t> shortest_cycle(const Edges& edges, const std::vector<std::size_t>& members) {
    const std::size_t first = members.front();
    std::vector<std::size_t> from(edges.size(), none);
    std::vector<std::size_t> queue{first};
    for (std::size_t at = 0; at < queue.size(); ++at) {
        for (const std::size_t next : edges[queue[at]]) {
            if (next == first) {
                std::vector<std::size_t> cycle;
                for (std::size_t node = queue[at]; node != none; node = from[node])
                    cycle.push_back(node);
                std::ranges::reverse(cycle);
                return cycle;
            }
            if (from[next] != none || !std::ranges::binary_search(members, next)) continue;
            from[next] = queue[at];
            queue.push_back(next);
        }
    }
    return members;
}

}  // namespace

std::vector<Knot> find_knots(const Edges& edges) {
    std::vector<Knot> knots;
    Components all(edges);
    for (auto& members : all.components) {
        const bool itself =
            std::ranges::find(edges[members.front()], members.front()) != edges[members.front()].end();
        if (members.size() == 1 && !itself) continue;
        auto cycle = shortest_cycle(edges, members);
        knots.push_back({std::move(members), std::move(cycle)});
    }
    std::ranges::sort(knots, {}, [](const Knot& knot) { return knot.members.front(); });
    return knots;
}

std::vector<std::size_t> dependencies_first(const Edges& edges) {
    std::vector<std::size_t> missing(edges.size(), 0);
    std::vector<std::vector<std::size_t>> dependents(edges.size());
    std::vector<std::size_t> order;
    for (std::size_t node = 0; node < edges.size(); ++node) {
        missing[node] = edges[node].size();
        for (const std::size_t on : edges[node])
            dependents[on].push_back(node);
        if (missing[node] == 0) order.push_back(node);
    }
    for (std::size_t at = 0; at < order.size(); ++at)
        for (const std::size_t dependent : dependents[order[at]])
            if (--missing[dependent] == 0) order.push_back(dependent);
    return order;
}

}  // namespace keenlance::startup
