#pragma once
/// Asks web servers how they are.

#include <keenlance/core/http_check.hpp>

#include <functional>

namespace keenlance {

class HttpProbe {
  public:
    using Answer = std::function<void(HttpOutcome)>;

    HttpProbe() = default;
    HttpProbe(const HttpProbe&) = delete;
    HttpProbe& operator=(const HttpProbe&) = delete;
    HttpProbe(HttpProbe&&) = delete;
    HttpProbe& operator=(HttpProbe&&) = delete;
    virtual ~HttpProbe() = default;

    /// Answers once, after HttpCheck::timeout at the latest, never from within the call.
    virtual void check(const HttpCheck& check, Answer answer) = 0;
};

}  // namespace keenlance
