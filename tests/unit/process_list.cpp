#include <keenlance/core/process_list.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace process_list_test {

using namespace keenlance;

namespace {

Config read(const std::string& text) {
    auto config = parse_config(text, "a.conf", ConfigDialect::since_python_3_13);
    REQUIRE(config);
    return std::move(*config);
}

ConfigFacts facts() {
    return {"/etc", "host1", {{"COUNT", "2"}, {"PATH", "/bin"}}};
}

ProcessList list_of(const std::string& text) {
    auto list = list_processes(read(text), facts());
    INFO((list ? "" : list.error().message));
    REQUIRE(list);
    return std::move(*list);
}

std::string error_of(const std::string& text) {
    const auto list = list_processes(read(text), facts());
    REQUIRE(!list);
    CHECK(list.error().kind == ErrorKind::invalid);
    return list.error().message;
}

std::vector<std::string> names(const std::vector<ConfiguredProcess>& processes) {
    std::vector<std::string> all;
    all.reserve(processes.size());
    for (const auto& process : processes)
        all.push_back(process.id.full());
    return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a lone program is in a group of its own name, with supervisord's defaults", "[process_list]") {
    const auto list = list_of("[supervisord]\n[program:a]\n");
    REQUIRE(list.groups().size() == 1);
    const auto& group = list.groups()[0];
    CHECK(group.name == "a");
    CHECK(group.priority == 999);
    CHECK(!group.event_listener);
    REQUIRE(names(group.processes) == Names{"a:a"});
    CHECK(group.processes[0].autostart);
    CHECK(group.processes[0].priority == 999);
    CHECK(group.processes[0].section == "program:a");
}

TEST_CASE("event listeners are known by their groups", "[process_list]") {
    const auto list =
        list_of("[supervisord]\n[program:a]\n[eventlistener:w]\n[eventlistener:v]\npriority=3\n");
    CHECK(list.event_listener_groups() == Names{"w", "v"});
    CHECK(list.is_event_listener("w"));
    CHECK(!list.is_event_listener("a"));
    CHECK(!list.is_event_listener("gone"));
    CHECK(list.find_group("w")->priority == -1);
    CHECK(list.find_group("w")->processes[0].priority == 999);
    CHECK(list.find_group("v")->processes[0].priority == 3);
    CHECK(list.find_group("v")->processes[0].kind == ProgramKind::event_listener);
}

TEST_CASE("numprocs makes processes, and all of a program are one call away", "[process_list]") {
    const auto list = list_of(
        "[supervisord]\n[program:a]\nnumprocs=%(ENV_COUNT)s\nnumprocs_start=9\n"
        "process_name=%(program_name)s_%(process_num)02d_of_%(numprocs)d\n[group:g]\nprograms=a\n[group:h]"
        "\nprograms=a\n");
    CHECK(names(list.processes_of("a")) == Names{"g:a_09_of_2", "g:a_10_of_2", "h:a_09_of_2", "h:a_10_of_2"});
    CHECK(list.processes_of("b").empty());
    CHECK(list.find_group("a") == nullptr);
}

TEST_CASE("groups come by priority, then by name; a second group of one name is not there",
          "[process_list]") {
    const auto list = list_of(
        "[supervisord]\n[program:b]\n[program:c]\npriority=1\n[program:a]\n[eventlistener:b]\n[group:g]"
        "\nprograms=c , a\n"
        "priority=5\n");
    REQUIRE(list.groups().size() == 2);
    CHECK(list.groups()[0].name == "b");
    CHECK(list.groups()[0].event_listener);
    CHECK(names(list.groups()[1].processes) == Names{"g:c", "g:a"});
}

TEST_CASE("environment= of supervisord and of the program can name processes", "[process_list]") {
    const auto list = list_of(
        "[supervisord]\nenvironment=STAGE=\"live\"\n[program:a]\nenvironment=N=\"n%(process_num)d\"\n"
        "process_name=%(host_node_name)s-%(group_name)s-%(ENV_STAGE)s-%(ENV_N)s\n");
    CHECK(names(list.processes_of("a")) == Names{"a:host1-a-live-n0"});
}

TEST_CASE("DEFAULT decides for all programs", "[process_list]") {
    const auto list =
        list_of("[supervisord]\n[DEFAULT]\nautostart=false\n[program:a]\n[program:b]\nautostart=1\n");
    CHECK(!list.processes_of("a").at(0).autostart);
    CHECK(list.processes_of("b").at(0).autostart);
}

TEST_CASE("what keeps supervisord from starting is an error that names the place", "[process_list]") {
    CHECK(error_of("[program:a]\n") == "the configuration has no [supervisord] section");
    const std::string head = "[supervisord]\n[program:a]\n";
    CHECK(
        error_of(head + "numprocs=2\n") ==
        "a.conf line 2: [program:a]: process_name has to hold %(process_num)s where numprocs is more than 1");
    CHECK(error_of(head + "autostart=perhaps\n") ==
          "a.conf line 3: [program:a] autostart: 'perhaps' is neither true nor false");
    CHECK(error_of(head + "priority=1.5\n") ==
          "a.conf line 3: [program:a] priority: '1.5' is no whole number");
    CHECK(error_of(head + "process_name=a:b\n") ==
          "a.conf line 3: [program:a] process_name: 'a:b' is no name; blanks, ':' and '/' are not allowed");
    CHECK(error_of(head + "[group:g]\npriority=1\nprograms=a,,b\n") ==
          "a.conf line 5: [group:g] programs: '' is no program");
    CHECK(error_of("[supervisord]\nenvironment=A=\"\n[program:a]\n") ==
          "a.conf line 2: [supervisord] environment: a \" is never closed");
    CHECK(error_of(head + "numprocs=99999999\nprocess_name=%(process_num)s\n") ==
          "a.conf line 3: [program:a] numprocs: more than 20000 processes");
}

TEST_CASE("include patterns are relative to the main file and know the environment", "[process_list]") {
    const auto config =
        read("[include]\nfiles = conf.d/*.conf  /abs/%(ENV_COUNT)s/*.conf\n  %(host_node_name)s.ini\n");
    CHECK(*include_patterns(config, facts()) ==
          Names{"/etc/conf.d/*.conf", "/abs/2/*.conf", "/etc/host1.ini"});
    CHECK(include_patterns(read("[a]\n"), facts())->empty());
    CHECK(include_patterns(read("[include]\n"), facts()).error().message ==
          "a.conf line 1: [include]: there is no files=");
}

}  // namespace process_list_test
