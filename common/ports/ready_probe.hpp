#pragma once
/// Asks a program whether others can build on it.

#include <keenlance/core/ready_check.hpp>
#include <keenlance/core/result.hpp>

#include <functional>

namespace keenlance {

class ReadyProbe {
  public:
    /// Success: ready. An Error says in one line why not ("connection refused"), without the target.
    using Answer = std::function<void(Status)>;

    ReadyProbe() = default;
    ReadyProbe(const ReadyProbe&) = delete;
    ReadyProbe& operator=(const ReadyProbe&) = delete;
    ReadyProbe(ReadyProbe&&) = delete;
    ReadyProbe& operator=(ReadyProbe&&) = delete;
    virtual ~ReadyProbe() = default;

    /// Tries once; answers once, after ReadyCheck::timeout at the latest, never from within the call.
    virtual void probe(const ReadyCheck& check, Answer answer) = 0;
};

}  // namespace keenlance
