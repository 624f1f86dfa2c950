#pragma once
/// The last sizes of each process: how they grow, and a picture of them that survives every mail reader.
/// Pure.

#include <keenlance/core/moment.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/task.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace keenlance::memmon {

struct Sample {
    SteadyTime when;
    std::uint64_t bytes = 0;
};

/// The slope of the samples by least squares, in bytes an hour; nothing of less than three, or of samples of
/// one instant.
std::optional<double> slope(std::span<const Sample> samples);

/// "+35 MB/h, limit in about 4 h"; "steady" where it grows or shrinks by less than a hundredth in the time of
/// the samples. Without the limit where it is passed, or further off than 30 days. Empty where there is no
/// slope.
std::string trend(std::span<const Sample> samples, std::uint64_t limit);

/// Ten lines at most, the oldest first: age, a bar, the size; a '|' in each where the limit is. Plain ASCII,
/// and a bar a line, so that neither another font nor another encoding spoils it. Empty for less than three.
std::string chart(std::span<const Sample> samples, std::uint64_t limit);

/// The last 60 samples of each process's present life.
class Histories {
  public:
    static constexpr std::size_t most_samples = 60;

    void add(const Namespec& id, const Incarnation& life, Sample sample);
    [[nodiscard]] std::span<const Sample> of(const Namespec& id) const;
    /// Forgets the others.
    void keep_only(const std::set<Namespec>& ids);
    /// How many samples it holds in all.
    [[nodiscard]] std::size_t size() const;

  private:
    struct Life {
        Incarnation life;
        std::vector<Sample> samples;
    };
    std::map<Namespec, Life> lives_;
};

}  // namespace keenlance::memmon
