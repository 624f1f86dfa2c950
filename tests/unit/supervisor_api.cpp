#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/ports/supervisor.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <limits>

namespace supervisor_api_test {

using namespace keenlance;
using xmlrpc::Array;
using xmlrpc::Struct;
using xmlrpc::Value;

namespace {

const Namespec web{"web", "web_00"};

/// As supervisor 4.2.5 answers.
Struct process_struct() {
    return {{"name", "web_00"},
            {"group", "web"},
            {"start", 1795236593},
            {"stop", 0},
            {"now", 1795236594},
            {"state", 20},
            {"statename", "RUNNING"},
            {"spawnerr", ""},
            {"exitstatus", 0},
            {"logfile", "/var/log/web.log"},
            {"stdout_logfile", "/var/log/web.log"},
            {"stderr_logfile", "/var/log/web.err"},
            {"pid", 31108},
            {"description", "pid 31108, uptime 0:00:01"}};
}

Struct config_struct() {
    return {{"autostart", false},       {"directory", "none"}, {"uid", "none"},      {"command", "/bin/cat"},
            {"exitcodes", Array{0, 2}}, {"group", "web"},      {"group_prio", 10},   {"inuse", true},
            {"killasgroup", false},     {"name", "web_00"},    {"process_prio", 20}, {"startretries", 5},
            {"startsecs", 3},           {"stopsignal", 15},    {"stopwaitsecs", 30}, {"serverurl", "auto"}};
}

Struct with(Struct base, const std::string& name, Value value) {
    const auto member = std::ranges::find(base, name, &xmlrpc::Member::name);
    if (member == base.end())
        base.push_back({name, std::move(value)});
    else
        member->value = std::move(value);
    return base;
}

Struct without(Struct base, const std::string& name) {
    REQUIRE(std::erase_if(base, [&](const auto& member) { return member.name == name; }) == 1);
    return base;
}

template <class T>
bool is_malformed(const Result<T>& result) {
    return !result && result.error().kind == ErrorKind::malformed && !result.error().message.empty();
}

/// Answers every call with the same value.
class FakeAnsweringSupervisor : public Supervisor {
  public:
    explicit FakeAnsweringSupervisor(Value value) : value_(std::move(value)) {}
    using Supervisor::send;
    void send(const xmlrpc::MethodCall& /*call*/, Duration /*timeout*/, Answer answer) override {
        answer(value_);
    }

  private:
    Value value_;
};

Result<ProcessInfo> info_from(const Value& value) {
    return api::get_process_info(web).decode(value);
}

Result<ProcessConfig> config_from(const Struct& members) {
    auto list = api::get_all_config_info().decode(Array{members});
    if (!list) return list.error();
    return list->at(0);
}

}  // namespace

TEST_CASE("Calls carry supervisor's method names and full namespecs") {
    using xmlrpc::MethodCall;
    CHECK(api::get_all_process_info().request == MethodCall{"supervisor.getAllProcessInfo", {}});
    CHECK(api::get_process_info(web).request == MethodCall{"supervisor.getProcessInfo", {"web:web_00"}});
    CHECK(api::get_all_config_info().request == MethodCall{"supervisor.getAllConfigInfo", {}});
    CHECK(api::start_process({"a", "a"}, Wait::no).request ==
          MethodCall{"supervisor.startProcess", {"a:a", false}});
    CHECK(api::stop_process(web, Wait::yes).request ==
          MethodCall{"supervisor.stopProcess", {"web:web_00", true}});
    CHECK(api::signal_process(web, "HUP").request ==
          MethodCall{"supervisor.signalProcess", {"web:web_00", "HUP"}});
    CHECK(api::get_pid().request == MethodCall{"supervisor.getPID", {}});
    CHECK(api::get_state().request == MethodCall{"supervisor.getState", {}});
    CHECK(api::get_supervisor_version().request == MethodCall{"supervisor.getSupervisorVersion", {}});
    CHECK(api::get_api_version().request == MethodCall{"supervisor.getAPIVersion", {}});
    CHECK(api::get_identification().request == MethodCall{"supervisor.getIdentification", {}});
    CHECK(api::read_process_log(web, LogStream::out, -100, 0).request ==
          MethodCall{"supervisor.readProcessStdoutLog", {"web:web_00", -100, 0}});
    CHECK(api::read_process_log(web, LogStream::err, 0, 9).request ==
          MethodCall{"supervisor.readProcessStderrLog", {"web:web_00", 0, 9}});
    CHECK(api::read_process_log(web, LogStream::supervisord, -100, 0).request ==
          MethodCall{"supervisor.readLog", {-100, 0}});
    CHECK(api::shutdown().request == MethodCall{"supervisor.shutdown", {}});
    CHECK(api::send_remote_comm_event("type", "data").request ==
          MethodCall{"supervisor.sendRemoteCommEvent", {"type", "data"}});
}

TEST_CASE("A process is decoded whole") {
    const auto info = info_from(process_struct());
    REQUIRE(info.ok());
    ProcessInfo expected;
    expected.id = web;
    expected.state = ProcessState::running;
    expected.pid = 31108;
    expected.start = 1795236593;
    expected.now = 1795236594;
    expected.description = "pid 31108, uptime 0:00:01";
    expected.stdout_logfile = "/var/log/web.log";
    expected.stderr_logfile = "/var/log/web.err";
    CHECK(*info == expected);
}

TEST_CASE("A process that failed to spawn says why") {
    auto members = with(process_struct(), "spawnerr", "can't find command 'x'");
    members = with(with(with(members, "state", 200), "pid", 0), "exitstatus", 127);
    const auto info = info_from(members);
    REQUIRE(info.ok());
    CHECK(info->state == ProcessState::fatal);
    CHECK(info->pid == 0);
    CHECK(info->exit_status == 127);
    CHECK(info->spawn_error == "can't find command 'x'");
}

TEST_CASE("A process without its name, state or pid is malformed") {
    const auto* name = GENERATE("group", "name", "state", "pid");
    const auto info = info_from(without(process_struct(), name));
    CHECK(is_malformed(info));
    CHECK(info.error().message.find(name) != std::string::npos);
}

TEST_CASE("A process without what older supervisors leave out is decoded") {
    const Struct members{{"group", "g"}, {"name", "n"}, {"state", 0}, {"pid", 0}};
    const auto info = info_from(members);
    REQUIRE(info.ok());
    ProcessInfo expected;
    expected.id = {"g", "n"};
    expected.state = ProcessState::stopped;
    CHECK(*info == expected);
    CHECK(info_from(with(members, "logfile", "/old.log"))->stdout_logfile == "/old.log");
}

TEST_CASE("Members that newer supervisors add are ignored") {
    CHECK(*info_from(with(process_struct(), "cgroup", Array{1, Value()})) == *info_from(process_struct()));
    CHECK(*config_from(with(config_struct(), "autorestart", "unexpected")) == *config_from(config_struct()));
}

TEST_CASE("A member of a process of another type is malformed") {
    const auto* name = GENERATE("group", "name", "state", "pid", "start", "stop", "now", "exitstatus",
                                "spawnerr", "description", "stdout_logfile", "stderr_logfile");
    const auto wrong = GENERATE(Value(), Value(1.5), Value(Array{}), Value(true));
    const auto info = info_from(with(process_struct(), name, wrong));
    CHECK(is_malformed(info));
    CHECK(info.error().message.find(name) != std::string::npos);
}

TEST_CASE("A pid that no process can have is malformed") {
    for (const auto pid : {std::int64_t{-1}, std::int64_t{std::numeric_limits<int>::max()} + 1,
                           std::numeric_limits<std::int64_t>::min(), std::int64_t{1} << 32U})
        CHECK(is_malformed(info_from(with(process_struct(), "pid", pid))));
    CHECK(info_from(with(process_struct(), "pid", std::numeric_limits<int>::max())).ok());
}

TEST_CASE("A state supervisor has no name for reads as unknown") {
    for (const auto state : {std::int64_t{1000}, std::int64_t{21}, std::int64_t{-1}, std::int64_t{1} << 40U})
        CHECK(info_from(with(process_struct(), "state", state))->state == ProcessState::unknown);
}

TEST_CASE("Times beyond 2038 are kept") {
    CHECK(info_from(with(process_struct(), "start", std::int64_t{1} << 33U))->start == std::int64_t{1}
                                                                                           << 33U);
}

TEST_CASE("What is no struct is no process") {
    for (const auto& value : {Value(), Value("web"), Value(Array{process_struct()}), Value(true)})
        CHECK(is_malformed(info_from(value)));
}

TEST_CASE("A list of processes is as good as its worst") {
    const auto decode = api::get_all_process_info().decode;
    CHECK(decode(Array{})->empty());
    CHECK(decode(Array{process_struct(), with(process_struct(), "name", "web_01")})->at(1).id.name ==
          "web_01");
    CHECK(is_malformed(decode(Array{process_struct(), without(process_struct(), "pid")})));
    CHECK(is_malformed(decode(Array{process_struct(), 1})));
    CHECK(is_malformed(decode(process_struct())));
}

TEST_CASE("Ten thousand processes are read") {
    Array list;
    for (int i = 0; i < 10'000; ++i)
        list.emplace_back(with(process_struct(), "name", "web_" + std::to_string(i)));
    const auto text = xmlrpc::format_response(list);
    const auto value = xmlrpc::parse_response(text);
    REQUIRE(value.ok());
    const auto processes = api::get_all_process_info().decode(*value);
    REQUIRE(processes.ok());
    REQUIRE(processes->size() == 10'000);
    CHECK(processes->back().id.name == "web_9999");
}

TEST_CASE("A program's configuration is decoded under our names") {
    const auto config = config_from(config_struct());
    REQUIRE(config.ok());
    CHECK(*config == ProcessConfig{web, 10, 20, false, 3, 5, 30, {0, 2}, "/bin/cat"});
}

TEST_CASE("A configuration without optional members has supervisor's defaults") {
    const auto config = config_from({{"group", "g"}, {"name", "n"}});
    REQUIRE(config.ok());
    ProcessConfig expected;
    expected.id = {"g", "n"};
    CHECK(*config == expected);
    CHECK(config->autostart);
    CHECK(config->group_priority == 999);
}

TEST_CASE("A configuration with a member of another type is malformed") {
    const auto* name = GENERATE("group", "name", "group_prio", "process_prio", "autostart", "startsecs",
                                "startretries", "stopwaitsecs", "exitcodes", "command");
    CHECK(is_malformed(config_from(with(config_struct(), name, 1.5))));
    CHECK(is_malformed(config_from(with(config_struct(), "exitcodes", Array{0, "2"}))));
    CHECK(is_malformed(config_from(without(config_struct(), "group"))));
    CHECK(is_malformed(config_from(without(config_struct(), "name"))));
}

TEST_CASE("Plain answers are taken in their own type only") {
    CHECK(*api::start_process(web, Wait::no).decode(true));
    CHECK_FALSE(*api::stop_process(web, Wait::no).decode(false));
    CHECK(is_malformed(api::shutdown().decode(1)));
    // What "group:*" is answered with.
    CHECK(is_malformed(api::start_process({"web", "*"}, Wait::no).decode(Array{Struct{{"status", 80}}})));
    CHECK(*api::get_pid().decode(7) == 7);
    CHECK(is_malformed(api::get_pid().decode("7")));
    CHECK(is_malformed(api::get_pid().decode(std::int64_t{1} << 33U)));
    CHECK(*api::get_supervisor_version().decode("4.2.5") == "4.2.5");
    CHECK(is_malformed(api::get_identification().decode(Value())));
}

TEST_CASE("supervisord's own state is decoded by its code") {
    const auto decode = api::get_state().decode;
    CHECK(*decode(Struct{{"statecode", 1}, {"statename", "RUNNING"}}) == SupervisorState::running);
    CHECK(*decode(Struct{{"statecode", -1}}) == SupervisorState::shutdown);
    CHECK(*decode(Struct{{"statecode", 0}}) == SupervisorState::restarting);
    CHECK(*decode(Struct{{"statecode", 2}}) == SupervisorState::fatal);
    CHECK(is_malformed(decode(Struct{{"statecode", 3}})));
    CHECK(is_malformed(decode(Struct{{"statename", "RUNNING"}})));
    CHECK(is_malformed(decode(1)));
}

TEST_CASE("Faults have supervisor's names") {
    CHECK(fault_name(fault::shutdown_state) == "SHUTDOWN_STATE");
    CHECK(fault_name(fault::already_started) == "ALREADY_STARTED");
    CHECK(fault_name(92) == "CANT_REREAD");
    CHECK(fault_name(123) == "fault 123");
}

TEST_CASE("an answer of the wrong shape is told with the method that got it") {
    FakeAnsweringSupervisor supervisor("seven");
    std::string told;
    supervisor.send<int>(api::get_pid(), Duration{1}, [&](const Result<int>& pid) {
        REQUIRE(is_malformed(pid));
        told = pid.error().message;
    });
    CHECK(told.starts_with("supervisor.getPID: "));
}

}  // namespace supervisor_api_test
