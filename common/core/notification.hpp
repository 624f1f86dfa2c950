#pragma once
/// What somebody is to be told, before any channel has given it a form.

#include <keenlance/core/process.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keenlance {

/// How long it holds. Channels that know alerts (Alertmanager) need it; mail leaves `resolved` out.
enum class Condition {
    event,     ///< happened, and is over
    firing,    ///< holds until a notification of the same alert and process says `resolved`
    resolved,  ///< holds no longer
};

enum class Severity { critical, warning, info };

/// How several of one topic become one.
enum class Folding {
    digest,  ///< the newest, with how many there were and when
    lines,   ///< the bodies one after another
};

struct Notification {
    std::string subject;  ///< empty: no Subject header (superlance's crashsms)
    std::string body;
    std::string alert{};  ///< which kind it is, for machines: "ProcessCrashed"; stable over releases
    std::optional<Namespec> process{};
    Condition condition = Condition::event;
    Severity severity = Severity::critical;  ///< `resolved` has that of its `firing`
    /// Notifications of one topic are "identical" to --digest; empty: alert and process are the topic, and
    /// where there is no alert either, the subject.
    std::string topic{};
    Folding folding = Folding::digest;
    /// For machines, beside the text: {"pid", "4711"}. Names are lower case words joined by "_".
    std::vector<std::pair<std::string, std::string>> details{};

    friend bool operator==(const Notification&, const Notification&) = default;
};

}  // namespace keenlance
