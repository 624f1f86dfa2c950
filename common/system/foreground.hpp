#pragma once
/// What the first process of a container owes to the one command it is there for: it starts it, hands signals
/// on to it, waits for every orphan, and tells how it ended.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <string>
#include <vector>

namespace keenlance {

/// How the command ended.
struct ForegroundEnd {
    int status = 0;  ///< as a shell has it: the exit status, or 128 + the signal
    /// Processes that it begot live on: it has put itself into the background, or left some behind.
    enum class Left { nobody, somebody } left = Left::nobody;
    /// SIGTERM, SIGINT or SIGQUIT was handed on to it.
    enum class Told { nothing, to_end } told = Told::nothing;
};

/// Runs `command` (found on PATH) with our environment, descriptors, process group and terminal, and returns
/// when it has ended. Meanwhile SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and SIGWINCH are handed on
/// to it, unless the terminal has sent them to both of us; they stay blocked in this process afterwards. On
/// Linux all orphans below become our children, even where we are not pid 1, and are waited for. There is no
/// limit of time: it is the command's to end. Error `system` with errno when it could not be started.
KEENLANCE_API Result<ForegroundEnd> run_in_foreground(const std::vector<std::string>& command);

}  // namespace keenlance
