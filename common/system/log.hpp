#pragma once
/// Where a program tells its people what happens: a listener's log, a command's stderr.

#include <keenlance/core/export.hpp>
#include <keenlance/ports/clock.hpp>

#include <string>
#include <string_view>

namespace keenlance {

class LogSink {
  public:
    LogSink() = default;
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;
    LogSink(LogSink&&) = delete;
    LogSink& operator=(LogSink&&) = delete;
    virtual ~LogSink() = default;

    /// One line; never throws, never blocks on a peer.
    virtual void write(std::string_view text) = 0;
};

/// A listener's log on stderr, which supervisord keeps: "2026-11-21 03:47:50,123 memmon: text\n", one write a
/// line. A full disk or a closed stderr loses the line and nothing else.
class KEENLANCE_API LogLines : public LogSink {
  public:
    LogLines(Clock& clock, std::string program) : clock_(clock), program_(std::move(program)) {}
    void write(std::string_view text) override;

  private:
    Clock& clock_;
    std::string program_;
};

}  // namespace keenlance
