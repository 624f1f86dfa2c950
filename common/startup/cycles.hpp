#pragma once
/// Cycles and order in a graph of who waits for whom. Pure; deep graphs do not use the stack.

#include <cstddef>
#include <vector>

namespace keenlance::startup {

/// `edges[i]` are those that i waits for.
using Edges = std::vector<std::vector<std::size_t>>;

/// Nodes that wait for each other, on whatever way.
struct Knot {
    std::vector<std::size_t> members;  ///< ascending
    /// A shortest cycle from the first member on: each waits for the next, the last for the first.
    std::vector<std::size_t> cycle;
};

/// All knots, by their first members; a node that waits for itself is one.
std::vector<Knot> find_knots(const Edges& edges);

/// All nodes, each behind those it waits for; nodes in or behind a knot are missing.
std::vector<std::size_t> dependencies_first(const Edges& edges);

}  // namespace keenlance::startup
