#include <keenlance/guard/restarts.hpp>

#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace guarded_restarts_test {

using namespace keenlance;

namespace {

const Namespec web{"web", "web_00"};
constexpr Incarnation life{77, 1'000'000};

GuardSettings all_steps() {
    GuardSettings settings;
    settings.pre_command = "drain";
    settings.post_command = "undrain";
    settings.pre_signal = PreSignal{"USR1", std::chrono::seconds(3)};
    return settings;
}

RestartOrder order() {
    return {web, life, "it is too large"};
}

ProcessesInspected inspected(int pid) {
    return {{web}, std::vector<Result<ProcessInfo>>{running(web, pid)}};
}

CommandFinished finished(const std::string& output = "") {
    return {web, output};
}

CommandFinished failed() {
    return {web, Error{ErrorKind::system, 1, "exit status 1"}};
}

TaskProgress progress(TaskStage stage, int pid = 0) {
    return {web, stage, "", ProcessState::running, pid};
}

std::string environment_of(const RunCommand& command) {
    std::string text;
    for (const auto& [name, value] : command.environment)
        text += name + "=" + value + " ";
    return text;
}

/// The one action that is no log line.
template <class Kind>
Kind the(const Actions& actions) {
    REQUIRE(actions.size() == all_of<Log>(actions).size() + 1);
    const auto found = all_of<Kind>(actions);
    REQUIRE(found.size() == 1);
    return found.front();
}

RestartTurn take(GuardedRestarts& restarts, const Fact& fact, Duration later = Duration{0}) {
    return restarts.take(fact, test_moment(later));
}

/// Up to the wait after the signal, which was sent at the test's moment.
void begin_and_signal(GuardedRestarts& restarts) {
    the<InspectProcesses>(restarts.begin(order()));
    CHECK(the<RunCommand>(take(restarts, inspected(77)).actions).command == "drain");
    the<InspectProcesses>(take(restarts, finished()).actions);
    CHECK(the<SignalProcess>(take(restarts, inspected(77)).actions).signal == "USR1");
    take(restarts, ProcessSignalled{web, true});
}

}  // namespace

TEST_CASE("a restart with nothing around it is a Restart, and its last word is the end") {
    GuardedRestarts restarts{GuardSettings{}};
    CHECK(the<Restart>(restarts.begin(order())).judged == life);
    CHECK(restarts.contains(web));
    CHECK(take(restarts, progress(TaskStage::start_failed)).ended.empty());
    const auto turn = take(restarts, progress(TaskStage::reached, 78));
    CHECK(turn.progress.size() == 1);
    CHECK(turn.ended == std::vector{web});
    CHECK(turn.actions.empty());
    CHECK(restarts.idle());
}

TEST_CASE("all that is wanted around a restart is done in its order") {
    GuardedRestarts restarts{all_steps()};
    CHECK(the<InspectProcesses>(restarts.begin(order())).ids == std::vector{web});
    const auto pre = the<RunCommand>(take(restarts, inspected(77)).actions);
    CHECK(pre.command == "drain");
    CHECK(pre.timeout == Duration{60'000});
    CHECK(environment_of(pre) ==
          "KEENLANCE_PROCESS=web_00 KEENLANCE_GROUP=web KEENLANCE_PID=77 KEENLANCE_REASON=it is too large ");
    the<InspectProcesses>(take(restarts, finished("drained\n")).actions);
    CHECK(the<SignalProcess>(take(restarts, inspected(77)).actions).signal == "USR1");
    CHECK_FALSE(restarts.deadline());
    CHECK(all_of<Log>(take(restarts, ProcessSignalled{web, true}).actions).front().text ==
          "web:web_00: sent USR1, stopping it in 3 s");
    CHECK(restarts.deadline() == test_moment(Duration{3'000}).steady);
    CHECK(take(restarts, Woke{}, Duration{2'999}).actions.empty());
    CHECK(the<Restart>(take(restarts, Woke{}, Duration{3'000}).actions).judged == life);
    const auto post = take(restarts, progress(TaskStage::reached, 78));
    CHECK(the<RunCommand>(post.actions).command == "undrain");
    CHECK(environment_of(the<RunCommand>(post.actions)) ==
          "KEENLANCE_PROCESS=web_00 KEENLANCE_GROUP=web KEENLANCE_PID=78 KEENLANCE_REASON=it is too large "
          "KEENLANCE_RESULT=restarted ");
    CHECK(post.ended.empty());
    CHECK(restarts.contains(web));
    CHECK(take(restarts, finished()).ended == std::vector{web});
    CHECK(restarts.idle());
}

TEST_CASE("a step that fails is said, and the restart goes on") {
    GuardedRestarts restarts{all_steps()};
    restarts.begin(order());
    take(restarts, inspected(77));
    auto turn = take(restarts, failed());
    CHECK(all_of<Log>(turn.actions).front().text ==
          "web:web_00: --pre-cmd failed, restarting it all the same: exit status 1");
    the<InspectProcesses>(turn.actions);
    SECTION("the signal is refused") {
        take(restarts, inspected(77));
        turn = take(restarts, ProcessSignalled{web, Error{ErrorKind::fault, 70, "NOT_RUNNING"}});
        the<Restart>(turn.actions);
    }
    SECTION("nobody can tell whether it is still the same process") {
        turn = take(restarts, ProcessesInspected{{web}, Error{ErrorKind::timeout, 0, "no answer"}});
        the<Restart>(turn.actions);
    }
    CHECK(all_of<Log>(turn.actions).size() == 1);
    take(restarts, progress(TaskStage::abandoned));
    turn = take(restarts, failed());
    CHECK(all_of<Log>(turn.actions).front().text == "web:web_00: --post-cmd failed: exit status 1");
    CHECK(restarts.idle());
}

TEST_CASE("a process that is gone is spared, before anything is done about it") {
    GuardedRestarts restarts{all_steps()};
    restarts.begin(order());
    const auto turn = take(restarts, inspected(78));
    CHECK(turn.actions.empty());
    REQUIRE(turn.progress.size() == 1);
    CHECK(turn.progress[0].stage == TaskStage::spared);
    CHECK(turn.progress[0].detail == "it is another process meanwhile: pid 78, no longer 77");
    CHECK(turn.ended == std::vector{web});
    CHECK(restarts.idle());
}

TEST_CASE("a process that goes while its pre-command runs gets no signal, and its post-command") {
    GuardedRestarts restarts{all_steps()};
    restarts.begin(order());
    take(restarts, inspected(77));
    take(restarts, finished());
    const auto turn = take(restarts, inspected(78));
    CHECK(turn.progress.at(0).stage == TaskStage::spared);
    CHECK(turn.ended.empty());
    const auto post = the<RunCommand>(turn.actions);
    CHECK(post.command == "undrain");
    CHECK(post.environment.back().second == "spared");
    CHECK(take(restarts, finished()).ended == std::vector{web});
}

TEST_CASE("a dump is taken after the pre-command, and its output comes back") {
    auto settings = all_steps();
    settings.pre_signal.reset();
    GuardedRestarts restarts{settings};
    auto with_dump = order();
    with_dump.dump_command = "gcore 77";
    restarts.begin(with_dump);
    take(restarts, inspected(77));
    const auto dump = the<RunCommand>(take(restarts, finished()).actions);
    CHECK(dump.command == "gcore 77");
    CHECK(dump.timeout == Duration{300'000});
    const auto turn = take(restarts, finished("Saved corefile"));
    REQUIRE(turn.dumped.size() == 1);
    CHECK(*turn.dumped[0].output == "Saved corefile");
    the<Restart>(turn.actions);
}

TEST_CASE("facts about other processes, and other commands about the same one, lead to nothing") {
    GuardedRestarts restarts{all_steps()};
    const auto nothing = [&](const Fact& fact) {
        const auto turn = take(restarts, fact);
        return turn.actions.empty() && turn.progress.empty() && turn.ended.empty() && turn.dumped.empty();
    };
    CHECK(nothing(progress(TaskStage::reached)));
    CHECK(nothing(inspected(77)));
    restarts.begin(order());
    CHECK(nothing(finished()));
    CHECK(nothing(ProcessSignalled{web, true}));
    CHECK(nothing(Woke{}));
    CHECK(nothing(CommandFinished{{"a", "a"}, std::string()}));
    CHECK(restarts.contains(web));
}

TEST_CASE("after Closing nothing new begins, and what was begun is brought to its end") {
    GuardedRestarts restarts{all_steps()};
    SECTION("a pre-command is waited for, then the process is spared and gets its post-command") {
        restarts.begin(order());
        take(restarts, inspected(77));
        CHECK(take(restarts, Closing{}).actions.empty());
        const auto turn = take(restarts, finished());
        CHECK(turn.progress.at(0).stage == TaskStage::spared);
        CHECK(all_of<RunCommand>(turn.actions).at(0).command == "undrain");
    }
    SECTION("a wait is cut short") {
        begin_and_signal(restarts);
        const auto turn = take(restarts, Closing{});
        CHECK(turn.progress.at(0).detail == "this listener is ending");
        CHECK(the<RunCommand>(turn.actions).command == "undrain");
    }
    SECTION("a restart is finished") {
        begin_and_signal(restarts);
        the<Restart>(take(restarts, Woke{}, Duration{3'000}).actions);
        CHECK(take(restarts, Closing{}).progress.empty());
        CHECK(the<RunCommand>(take(restarts, progress(TaskStage::reached, 78)).actions).command == "undrain");
    }
    CHECK_FALSE(restarts.idle());
    CHECK(take(restarts, finished()).ended == std::vector{web});
    CHECK(restarts.idle());
}

}  // namespace guarded_restarts_test
