#pragma once
/// `essential run`: supervisord in the foreground of a container, and the exit status that its runtime sees.

#include <string>
#include <vector>

namespace keenlance::essential {

/// Names the file in which a listener below `essential run` leaves the exit status.
inline constexpr const char* status_file_variable = "KEENLANCE_STATUS_FILE";

/// Runs the command until it ends, and returns what is to be the exit code: the status that was recorded,
/// else the command's own; 127 where there is no such command, 126 where it could not be started.
int run_supervisord(const std::vector<std::string>& command);

}  // namespace keenlance::essential
