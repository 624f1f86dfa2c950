#include <commands/restart_group_command.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

#include <cerrno>
#include <cstring>

namespace restart_group_test {

using namespace keenlance;
using restart_group::RestartGroupCommand;

namespace {

using Lines = std::vector<std::string>;

/// A command about group app, told one fact after the other.
struct Told {
    explicit Told(quickctl::AtTerminal terminal = quickctl::AtTerminal::never_ask)
        : policy({"app", "http://db1:9001", terminal}) {
        tell(Started{});
    }

    Actions tell(const Fact& fact) {
        last = policy.step(fact, test_moment());
        return last;
    }
    std::optional<int> exit_code() const {
        const auto finish = all_of<Finish>(last);
        return finish.empty() ? std::nullopt : std::optional(finish.front().exit_code);
    }
    /// app:0, app:1 … run, and a stranger; all are told to restart.
    std::vector<Bring> begin(int count) {
        std::vector<ProcessInfo> processes{running({"other", "other"}, 99)};
        for (int i = 0; i < count; ++i)
            processes.push_back(running({"app", std::to_string(i)}, 100 + i));
        tell(ProcessesListed{processes});
        return all_of<Bring>(tell(ProcessConfigsListed{std::vector<ProcessConfig>{}}));
    }
    void settle(int number, TaskStage stage, const std::string& detail = "") {
        tell(TaskProgress{{"app", std::to_string(number)}, stage, detail});
    }

    RestartGroupCommand policy;
    Actions last;
};

}  // namespace

TEST_CASE("a group is restarted at once, and only it", "[restart_group]") {
    Told told;
    CHECK(all_of<ListProcesses>(told.last).size() == 1);
    const auto tasks = told.begin(2);
    REQUIRE(tasks.size() == 2);
    for (const auto& each : tasks) {
        CHECK(each.task.id.group == "app");
        CHECK(each.task.goal == Goal::restarted);
        CHECK(each.task.persistence == Persistence::once);
        CHECK(each.task.start_limit);
    }
    told.settle(0, TaskStage::stopped);
    told.settle(0, TaskStage::reached);
    CHECK_FALSE(told.exit_code());
    CHECK_FALSE(told.policy.idle());
    told.settle(1, TaskStage::stopped);
    told.settle(1, TaskStage::backoff, "Exited too quickly");
    CHECK_FALSE(told.exit_code());
    told.settle(1, TaskStage::reached);
    CHECK(told.exit_code() == 0);
    CHECK(all_of<Print>(told.last) == std::vector{Print{"app: restarted\n"}});
    CHECK(told.policy.complaints().empty());
    CHECK(told.policy.idle());
}

TEST_CASE("a failed process is named with how far it came, and their number is the exit code",
          "[restart_group]") {
    Told told;
    told.begin(3);
    told.settle(0, TaskStage::stop_failed, "refused");
    told.settle(1, TaskStage::stopped);
    told.settle(1, TaskStage::abandoned, "it went FATAL");
    told.settle(2, TaskStage::stopped);
    told.settle(2, TaskStage::reached);
    CHECK(told.exit_code() == 2);
    CHECK(told.policy.complaints() ==
          Lines{"ERROR (STOP_FAILED: 0: refused)", "ERROR (START_FAILED: 1: it went FATAL)"});
    CHECK(all_of<Print>(told.last).empty());
}

TEST_CASE("more failures than an exit code can tell are not told as success", "[restart_group]") {
    Told told;
    told.begin(256);
    for (int i = 0; i < 256; ++i)
        told.settle(i, TaskStage::abandoned, "no");
    CHECK(told.exit_code() == 255);
}

TEST_CASE("what keeps it from beginning has the old words and exit codes", "[restart_group]") {
    const auto no_file =
        std::string("cannot reach supervisord: ") + std::strerror(ENOENT) + "; is it running?";
    const std::vector<std::tuple<Error, int, std::string>> cases{
        {{ErrorKind::refused, 7, "x"}, 1, "http://db1:9001: refused connection"},
        {{ErrorKind::unreachable, 7, no_file}, 1, "http://db1:9001: no such file"},
        {{ErrorKind::unreachable, 6, "no such host"}, 3, "app: ERROR (no such host)"},
        {{ErrorKind::timeout, 0, "no answer"}, 3, "app: ERROR (no answer)"},
        {{ErrorKind::fault, 6, "x"}, 2, "app: ERROR (SHUTDOWN_STATE)"},
        {{ErrorKind::unauthorized, 401, "x"},
         10,
         "app: protocol error (HTTP 401: user or password is wrong or missing)"},
        {{ErrorKind::http_status, 500, "status 500"}, 10, "app: protocol error (status 500)"},
        {{ErrorKind::malformed, 0, "no XML"}, 10, "app: protocol error (no XML)"},
    };
    for (const auto& [error, code, line] : cases) {
        Told told;
        told.tell(ProcessesListed{error});
        CHECK(told.exit_code() == code);
        CHECK(told.policy.complaints() == Lines{line});
    }
}

TEST_CASE("a group without processes is none", "[restart_group]") {
    Told told;
    told.tell(ProcessesListed{std::vector{running({"other", "app"}, 5)}});
    CHECK(told.exit_code() == 2);
    CHECK(told.policy.complaints() == Lines{"app: ERROR (BAD_GROUP)"});
}

TEST_CASE("at a terminal a refused login is asked for anew, three times", "[restart_group]") {
    Told told(quickctl::AtTerminal::may_ask);
    const ProcessesListed refused{Error{ErrorKind::unauthorized, 401, "x"}};
    for (int i = 0; i < 3; ++i) {
        CHECK(all_of<AskLogin>(told.tell(refused)).size() == 1);
        CHECK(all_of<ListProcesses>(told.tell(LoggedIn{Done{}})).size() == 1);
    }
    told.tell(refused);
    CHECK(told.exit_code() == 10);

    Told nobody(quickctl::AtTerminal::may_ask);
    nobody.tell(refused);
    nobody.tell(LoggedIn{Error{ErrorKind::system, 0, "no terminal"}});
    CHECK(nobody.exit_code() == 10);
}

TEST_CASE("interrupted, it goes on with what is stopping and gives up what is starting", "[restart_group]") {
    Told told;
    told.begin(2);
    told.settle(1, TaskStage::stopped);
    told.tell(Closing{});
    CHECK_FALSE(told.exit_code());
    told.settle(0, TaskStage::stopped);
    told.settle(0, TaskStage::reached);
    CHECK(told.exit_code() == 2);
    CHECK(told.policy.complaints() ==
          Lines{"ERROR (UNFINISHED: 1: interrupted: it has been told to start)",
                "ERROR (UNFINISHED: 0: interrupted: it is started again, and was not watched)"});
}

TEST_CASE("interrupted twice, or before anything was done, it ends at once", "[restart_group]") {
    Told told;
    told.begin(1);
    told.tell(Closing{});
    told.tell(Closing{Closing::Urgency::at_once});
    CHECK(told.exit_code() == 1);
    CHECK(told.policy.complaints() ==
          Lines{"ERROR (UNFINISHED: 0: interrupted: it is stopping, and not started again)"});

    Told early;
    early.tell(Closing{});
    CHECK(early.exit_code() == 1);
    CHECK(early.policy.idle());
}

}  // namespace restart_group_test
