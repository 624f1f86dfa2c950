#include <keenlance/core/supervisor_api.hpp>

#include <fmt/core.h>

#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace keenlance {

namespace {

using xmlrpc::Value;

Error unexpected(std::string message) {
    return {ErrorKind::malformed, 0, std::move(message)};
}

/// The overloads of take() read one value; false when it is of another kind or does not fit.
bool take(const Value& value, bool& into) {
    const auto* truth = value.as_bool();
    if (truth != nullptr) into = *truth;
    return truth != nullptr;
}

bool take(const Value& value, std::int64_t& into) {
    const auto* number = value.as_int();
    if (number != nullptr) into = *number;
    return number != nullptr;
}

bool take(const Value& value, int& into) {
    using Limits = std::numeric_limits<int>;
    std::int64_t number = 0;
    if (!take(value, number) || number < Limits::min() || number > Limits::max()) return false;
    into = static_cast<int>(number);
    return true;
}

bool take(const Value& value, std::string& into) {
    const auto* text = value.as_string();
    if (text != nullptr) into = *text;
    return text != nullptr;
}

/// What an answer that is just one T decodes to.
template <class T>
Result<T> decode_plain(const Value& value) {
    T result{};
    if (!take(value, result))
        return unexpected(fmt::format("supervisord answered with an unexpected {}", value.kind()));
    return result;
}

template <class T>
bool take(const Value& value, std::vector<T>& into) {
    const auto* array = value.as_array();
    if (array == nullptr) return false;
    std::vector<T> list(array->size());
    for (std::size_t i = 0; i < list.size(); ++i)
        if (!take((*array)[i], list[i])) return false;
    into = std::move(list);
    return true;
}

/// Reads the members of one struct into variables, and remembers the first that would not go.
class Members {
  public:
    explicit Members(const Value& value) : value_(value) {
        if (value.as_struct() == nullptr)
            error_ =
                unexpected(fmt::format("supervisord answered with {} where a struct belongs", value.kind()));
    }

    template <class T>
    Members& require(std::string_view name, T& into) {
        if (!error_ && value_.member(name) == nullptr)
            error_ = unexpected(fmt::format("supervisord answered with a struct without '{}'", name));
        return allow(name, into);
    }

    /// Leaves `into` as it is where there is no such member.
    template <class T>
    Members& allow(std::string_view name, T& into) {
        const auto* member = value_.member(name);
        if (!error_ && member != nullptr && !take(*member, into))
            error_ = unexpected(
                fmt::format("supervisord answered with an unexpected {} as '{}'", member->kind(), name));
        return *this;
    }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  private:
    const Value& value_;
    std::optional<Error> error_;
};

Result<ProcessInfo> decode_process_info(const Value& value) {
    ProcessInfo info;
    std::int64_t state = 0;
    Members members(value);
    members.require("group", info.id.group)
        .require("name", info.id.name)
        .require("state", state)
        .require("pid", info.pid)
        .allow("start", info.start)
        .allow("stop", info.stop)
        .allow("now", info.now)
        .allow("exitstatus", info.exit_status)
        .allow("spawnerr", info.spawn_error)
        .allow("description", info.description)
        .allow("logfile", info.stdout_logfile)  // the name of old; the next one wins where both are
        .allow("stdout_logfile", info.stdout_logfile)
        .allow("stderr_logfile", info.stderr_logfile);
    if (members.error()) return *members.error();
    // A pid is there to be signalled, and to kill() a negative one means many processes.
    if (info.pid < 0) return unexpected(fmt::format("supervisord answered with {} as a 'pid'", info.pid));
    info.state = process_state_from_code(state);
    return info;
}

Result<ProcessConfig> decode_process_config(const Value& value) {
    ProcessConfig config;
    Members members(value);
    members.require("group", config.id.group)
        .require("name", config.id.name)
        .allow("group_prio", config.group_priority)
        .allow("process_prio", config.process_priority)
        .allow("autostart", config.autostart)
        .allow("startsecs", config.start_seconds)
        .allow("startretries", config.start_retries)
        .allow("stopwaitsecs", config.stop_wait_seconds)
        .allow("exitcodes", config.exit_codes)
        .allow("command", config.command);
    if (members.error()) return *members.error();
    return config;
}

template <class T, Result<T> (*decode)(const Value&)>
Result<std::vector<T>> decode_list(const Value& value) {
    const auto* array = value.as_array();
    if (array == nullptr)
        return unexpected(fmt::format("supervisord answered with {} where an array belongs", value.kind()));
    std::vector<T> list;
    list.reserve(array->size());
    for (const auto& element : *array) {
        auto decoded = decode(element);
        if (!decoded) return std::move(decoded).error();
        list.push_back(std::move(*decoded));
    }
    return list;
}

Result<SupervisorState> decode_state(const Value& value) {
    std::int64_t code = 0;
    Members members(value);
    members.require("statecode", code);
    if (members.error()) return *members.error();
    for (const auto state : {SupervisorState::shutdown, SupervisorState::restarting, SupervisorState::running,
                             SupervisorState::fatal})
        if (static_cast<std::int64_t>(state) == code) return state;
    return unexpected(fmt::format("supervisord answered with the unknown state {}", code));
}

Value flag(Wait wait) {
    return wait == Wait::yes;
}

}  // namespace

std::string fault_name(int code) {
    constexpr std::array<std::pair<int, std::string_view>, 18> names{
        {{fault::unknown_method, "UNKNOWN_METHOD"},
         {fault::incorrect_parameters, "INCORRECT_PARAMETERS"},
         {fault::bad_arguments, "BAD_ARGUMENTS"},
         {4, "SIGNATURE_UNSUPPORTED"},
         {fault::shutdown_state, "SHUTDOWN_STATE"},
         {fault::bad_name, "BAD_NAME"},
         {fault::bad_signal, "BAD_SIGNAL"},
         {fault::no_file, "NO_FILE"},
         {fault::not_executable, "NOT_EXECUTABLE"},
         {fault::failed, "FAILED"},
         {fault::abnormal_termination, "ABNORMAL_TERMINATION"},
         {fault::spawn_error, "SPAWN_ERROR"},
         {fault::already_started, "ALREADY_STARTED"},
         {fault::not_running, "NOT_RUNNING"},
         {fault::success, "SUCCESS"},
         {90, "ALREADY_ADDED"},
         {91, "STILL_RUNNING"},
         {92, "CANT_REREAD"}}};
    for (const auto& [number, name] : names)
        if (number == code) return std::string(name);
    return fmt::format("fault {}", code);
}

namespace api {

Call<std::vector<ProcessInfo>> get_all_process_info() {
    return {{"supervisor.getAllProcessInfo", {}}, decode_list<ProcessInfo, decode_process_info>};
}

Call<ProcessInfo> get_process_info(const Namespec& id) {
    return {{"supervisor.getProcessInfo", {id.full()}}, decode_process_info};
}

Call<std::vector<ProcessConfig>> get_all_config_info() {
    return {{"supervisor.getAllConfigInfo", {}}, decode_list<ProcessConfig, decode_process_config>};
}

Call<bool> start_process(const Namespec& id, Wait wait) {
    return {{"supervisor.startProcess", {id.full(), flag(wait)}}, decode_plain<bool>};
}

Call<bool> stop_process(const Namespec& id, Wait wait) {
    return {{"supervisor.stopProcess", {id.full(), flag(wait)}}, decode_plain<bool>};
}

Call<bool> signal_process(const Namespec& id, const std::string& signal) {
    return {{"supervisor.signalProcess", {id.full(), signal}}, decode_plain<bool>};
}

Call<int> get_pid() {
    return {{"supervisor.getPID", {}}, decode_plain<int>};
}

Call<SupervisorState> get_state() {
    return {{"supervisor.getState", {}}, decode_state};
}

Call<std::string> get_supervisor_version() {
    return {{"supervisor.getSupervisorVersion", {}}, decode_plain<std::string>};
}

Call<std::string> get_api_version() {
    return {{"supervisor.getAPIVersion", {}}, decode_plain<std::string>};
}

Call<std::string> get_identification() {
    return {{"supervisor.getIdentification", {}}, decode_plain<std::string>};
}

Call<std::string> read_process_log(const Namespec& id, LogStream stream, int offset, int length) {
    if (stream == LogStream::supervisord)
        return {{"supervisor.readLog", {offset, length}}, decode_plain<std::string>};
    const auto* const method =
        stream == LogStream::out ? "supervisor.readProcessStdoutLog" : "supervisor.readProcessStderrLog";
    return {{method, {id.full(), offset, length}}, decode_plain<std::string>};
}

Call<bool> shutdown() {
    return {{"supervisor.shutdown", {}}, decode_plain<bool>};
}

Call<bool> send_remote_comm_event(const std::string& type, const std::string& data) {
    return {{"supervisor.sendRemoteCommEvent", {type, data}}, decode_plain<bool>};
}

}  // namespace api
}  // namespace keenlance
