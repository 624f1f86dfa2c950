#pragma once
/// Which notifications go out at once, and which wait to be told together (--digest, --max-notifications).
/// Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/notify/letter.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keenlance {

/// So many in so long.
struct Rate {
    int count = 0;
    Duration period{};

    friend bool operator==(const Rate&, const Rate&) = default;
};

struct FloodSettings {
    Duration digest{0};        ///< identical ones within this time are folded; 0: never
    std::optional<Rate> most;  ///< of one process; what is beyond waits, folded
};

/// The first of a topic always passes. Those that follow within `digest` wait until it is over and go as one;
/// then the next wait begins. Of a process that has had its `most`, all wait until the rate allows one more.
class KEENLANCE_API FloodGate {
  public:
    explicit FloodGate(FloodSettings settings) : settings_(settings) {}

    enum class Verdict { pass, wait };
    Verdict admit(LetterNumber number, const Notification& notification, SteadyTime now);
    /// What has waited long enough: the members of each are to be folded.
    std::vector<std::vector<LetterNumber>> due(SteadyTime now);
    /// Everything that waits, as due() would give it.
    std::vector<std::vector<LetterNumber>> all();
    [[nodiscard]] std::optional<SteadyTime> deadline() const;

  private:
    struct Waiting {
        std::vector<LetterNumber> letters;
        SteadyTime until;
        std::string topic, process;
    };

    void forget(SteadyTime now);
    /// When the process may be told of again; nothing: now.
    std::optional<SteadyTime> limited_until(const std::string& process, SteadyTime now);

    FloodSettings settings_;
    std::map<std::string, SteadyTime> open_;              // topics told of lately, until when
    std::map<std::string, std::deque<SteadyTime>> told_;  // by process, within the rate's period
    std::map<std::string, Waiting> waiting_;              // by "topic:…" or "process:…"
};

}  // namespace keenlance
