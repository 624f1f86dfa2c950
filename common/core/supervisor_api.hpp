#pragma once
/// supervisord's RPC interface with types (supervisor/rpcinterface.py): each function only *describes* a
/// call; a Supervisor port sends it and hands back what `decode` makes of the answer. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/core/xmlrpc.hpp>

#include <string>
#include <vector>

namespace keenlance {

/// A call and how its answer becomes a T. An answer of an unexpected shape decodes to Error `malformed`.
template <class T>
struct Call {
    xmlrpc::MethodCall request;
    Result<T> (*decode)(const xmlrpc::Value&);
};

/// supervisor/xmlrpc.py, class Faults: the codes this project decides on.
namespace fault {
inline constexpr int unknown_method = 1;
inline constexpr int incorrect_parameters = 2;
inline constexpr int bad_arguments = 3;
inline constexpr int shutdown_state = 6;
inline constexpr int bad_name = 10;
inline constexpr int bad_signal = 11;
inline constexpr int no_file = 20;
inline constexpr int not_executable = 21;
inline constexpr int failed = 30;
inline constexpr int abnormal_termination = 40;
inline constexpr int spawn_error = 50;
inline constexpr int already_started = 60;
inline constexpr int not_running = 70;
inline constexpr int success = 80;
}  // namespace fault

/// "SHUTDOWN_STATE" and so on; "fault 123" for a code supervisor has no name for.
KEENLANCE_API std::string fault_name(int code);

/// Whether the call waits inside supervisord until the process is there. `yes` holds the connection for as
/// long as that takes, and inside a multicall it makes everything serial: 200 starts took 201 s.
enum class Wait { no, yes };

/// supervisor/states.py, class SupervisorStates. Through RPC only `running` is ever seen: on its way down
/// (shutdown, restarting) supervisord answers every call, getState too, with the fault SHUTDOWN_STATE.
enum class SupervisorState { shutdown = -1, restarting = 0, running = 1, fatal = 2 };

/// One struct of getAllConfigInfo, supervisor 4: what supervisord really runs a program with.
struct ProcessConfig {
    Namespec id;
    int group_priority = 999;
    int process_priority = 999;
    bool autostart = true;
    int start_seconds = 1;       ///< startsecs
    int start_retries = 3;       ///< startretries
    int stop_wait_seconds = 10;  ///< stopwaitsecs
    std::vector<int> exit_codes;
    std::string command;

    friend bool operator==(const ProcessConfig&, const ProcessConfig&) = default;
};

namespace api {

/// Sorted by group, then name.
KEENLANCE_API Call<std::vector<ProcessInfo>> get_all_process_info();
KEENLANCE_API Call<ProcessInfo> get_process_info(const Namespec& id);
/// Sorted by name, whatever the group; groups that are configured but not active (removed, not yet added)
/// included.
KEENLANCE_API Call<std::vector<ProcessConfig>> get_all_config_info();
/// True when accepted (Wait::no) or done (Wait::yes). Faults: ALREADY_STARTED, NO_FILE, NOT_EXECUTABLE,
/// SPAWN_ERROR, ABNORMAL_TERMINATION (Wait::yes), BAD_NAME, FAILED, SHUTDOWN_STATE. `id` is one process, here
/// and below: for "group:*" supervisord answers with a list, which is `malformed` here.
KEENLANCE_API Call<bool> start_process(const Namespec& id, Wait wait);
/// Faults: NOT_RUNNING, BAD_NAME, FAILED, SHUTDOWN_STATE.
KEENLANCE_API Call<bool> stop_process(const Namespec& id, Wait wait);
/// `signal` is a name ("HUP") or number as text. Faults: NOT_RUNNING, BAD_NAME, BAD_SIGNAL, FAILED.
KEENLANCE_API Call<bool> signal_process(const Namespec& id, const std::string& signal);
/// The pid of supervisord itself.
KEENLANCE_API Call<int> get_pid();
/// Cheap: the call to knock with. While supervisord goes down it is a SHUTDOWN_STATE fault like any other
/// call.
KEENLANCE_API Call<SupervisorState> get_state();
KEENLANCE_API Call<std::string> get_supervisor_version();
KEENLANCE_API Call<std::string> get_api_version();
KEENLANCE_API Call<std::string> get_identification();
/// `offset` may be negative: that many bytes from the end, then `length` must be 0. Faults: BAD_NAME,
/// NO_FILE, FAILED, BAD_ARGUMENTS. supervisord decodes the piece as UTF-8; where it begins or ends inside a
/// character, or the log is no UTF-8, the answer is HTTP status 500.
KEENLANCE_API Call<std::string> read_process_log(const Namespec& id, LogStream stream, int offset,
                                                 int length);
KEENLANCE_API Call<bool> shutdown();
/// Makes a REMOTE_COMMUNICATION event of that type for all listeners.
KEENLANCE_API Call<bool> send_remote_comm_event(const std::string& type, const std::string& data);

}  // namespace api
}  // namespace keenlance
