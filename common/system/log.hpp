#pragma once
/// The log of a listener: lines on stderr, which supervisord keeps.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/clock.hpp>

#include <string>
#include <string_view>

namespace keenlance {

/// Writes "2026-11-21 03:47:50,123 memmon: text\n", one write a line. A full disk or a closed stderr loses
/// the line and nothing else.
class KEENLANCE_API LogLines {
  public:
    LogLines(Clock& clock, std::string program) : clock_(clock), program_(std::move(program)) {}
    void write(std::string_view text);

  private:
    Clock& clock_;
    std::string program_;
};

}  // namespace keenlance
