#include "stages.hpp"

#include <support/catch.hpp>

#include <algorithm>

namespace supervisor_contract {

using namespace keenlance;

namespace {

const Namespec steady{"steady", "steady"}, instant{"instant", "instant"}, nobody{"nobody", "nobody"};

template <class T>
int fault_code(const Result<T>& answer) {
    return !answer && answer.error().kind == ErrorKind::fault ? answer.error().code : 0;
}

using States = std::vector<ProcessState>;
using enum ProcessState;

/// Without the STARTING of a retry, which may last too short a time to be seen.
States without_starting(States states) {
    std::erase(states, starting);
    states.erase(std::unique(states.begin(), states.end()), states.end());
    return states;
}

}  // namespace

TEMPLATE_TEST_CASE("a program starts, runs and stops", "[supervisor]", FakeStage, RealStage) {
    TestType stage;
    const auto before = stage.ask(api::get_process_info(steady)).value();
    CHECK(before.state == stopped);
    CHECK(before.pid == 0);
    CHECK(before.start == 0);
    CHECK(before.stop == 0);

    CHECK(stage.ask(api::start_process(steady, Wait::no)).value());
    CHECK(stage.states_until(steady, running) == States{starting, running});
    const auto up = stage.wait_for(steady, running);
    CHECK(up.id == steady);
    CHECK(up.pid > 1);
    CHECK(up.start > 1'700'000'000);
    CHECK(up.now >= up.start);
    CHECK(up.spawn_error.empty());
    CHECK(up.description.starts_with("pid " + std::to_string(up.pid) + ", uptime 0:00:"));

    CHECK(stage.ask(api::stop_process(steady, Wait::no)).value());
    const auto down = stage.wait_for(steady, stopped);
    CHECK(down.pid == 0);
    CHECK(down.start == up.start);
    CHECK(down.stop >= up.start);
    CHECK(down.exit_status == -1);
}

TEMPLATE_TEST_CASE("with startsecs=0 a program is RUNNING when its start is answered", "[supervisor]",
                   FakeStage, RealStage) {
    TestType stage;
    REQUIRE(stage.ask(api::start_process(instant, Wait::no)));
    const auto first = stage.ask(api::get_process_info(instant)).value();
    CHECK(first.state == running);
    REQUIRE(stage.ask(api::stop_process(instant, Wait::no)));
    stage.wait_for(instant, stopped);
    CHECK(stage.start(instant).pid != first.pid);
}

TEMPLATE_TEST_CASE("a program that ends before startsecs backs off and goes FATAL", "[supervisor]", FakeStage,
                   RealStage) {
    TestType stage;
    const Namespec quitter{"quitter", "quitter"};
    REQUIRE(stage.ask(api::start_process(quitter, Wait::no)));
    const auto states = stage.states_until(quitter, fatal);
    CHECK(states.front() == starting);
    CHECK(without_starting(states) == States{backoff, fatal});
    const auto info = stage.wait_for(quitter, fatal);
    CHECK(info.pid == 0);
    CHECK(info.exit_status == 0);
    CHECK(info.spawn_error == "Exited too quickly (process log may have details)");
    CHECK(info.description == info.spawn_error);
    CHECK(fault_code(stage.ask(api::stop_process(quitter, Wait::no))) == fault::not_running);
    CHECK(stage.ask(api::start_process(quitter, Wait::no)).value());
}

TEMPLATE_TEST_CASE("a program in BACKOFF counts as started, and a stop ends it at once", "[supervisor]",
                   FakeStage, RealStage) {
    TestType stage;
    const Namespec retrier{"retrier", "retrier"};
    REQUIRE(stage.ask(api::start_process(retrier, Wait::no)));
    stage.wait_for(retrier, backoff);
    CHECK(fault_code(stage.ask(api::start_process(retrier, Wait::no))) == fault::already_started);
    stage.wait_for(retrier, backoff);
    CHECK(stage.ask(api::stop_process(retrier, Wait::no)).value());
    CHECK(stage.ask(api::get_process_info(retrier)).value().state == stopped);
}

TEMPLATE_TEST_CASE("a program whose command vanishes between two tries goes FATAL for that reason",
                   "[supervisor]", FakeStage, RealStage) {
    TestType stage;
    const Namespec vanishing{"vanishing", "vanishing"};
    REQUIRE(stage.ask(api::start_process(vanishing, Wait::no)));
    stage.hide_command(vanishing);
    const auto info = stage.wait_for(vanishing, fatal);
    CHECK(info.spawn_error.starts_with("can't find command '/"));
    CHECK(info.description == info.spawn_error);
}

TEMPLATE_TEST_CASE("a program that ends later is EXITED with its status", "[supervisor]", FakeStage,
                   RealStage) {
    TestType stage;
    const Namespec finisher{"finisher", "finisher"}, failer{"failer", "failer"};
    REQUIRE(stage.ask(api::start_process(finisher, Wait::no)));
    REQUIRE(stage.ask(api::start_process(failer, Wait::no)));
    const auto fine = stage.wait_for(finisher, exited);
    CHECK(fine.exit_status == 0);
    CHECK(fine.spawn_error.empty());
    CHECK(fine.pid == 0);
    const auto bad = stage.wait_for(failer, exited);
    CHECK(bad.exit_status == 3);
    CHECK(bad.spawn_error == "Bad exit code 3");
    CHECK(fault_code(stage.ask(api::stop_process(failer, Wait::no))) == fault::not_running);
}

TEMPLATE_TEST_CASE("a program that ignores SIGTERM is STOPPING until stopwaitsecs have passed",
                   "[supervisor]", FakeStage, RealStage) {
    TestType stage;
    const Namespec deaf{"deaf", "deaf"};
    const auto up = stage.start(deaf);
    stage.wait_until_deaf(up);
    CHECK(stage.ask(api::stop_process(deaf, Wait::no)).value());
    const auto info = stage.ask(api::get_process_info(deaf)).value();
    CHECK(info.state == stopping);
    CHECK(info.pid == up.pid);
    CHECK(fault_code(stage.ask(api::stop_process(deaf, Wait::no))) == fault::not_running);
    SECTION("and a start meanwhile is answered with true and lost") {
        CHECK(stage.ask(api::start_process(deaf, Wait::no)).value());
        CHECK(stage.states_until(deaf, stopped) == States{stopping, stopped});
    }
    CHECK(stage.wait_for(deaf, stopped).exit_status == -1);
}

TEMPLATE_TEST_CASE("what cannot be is a fault", "[supervisor]", FakeStage, RealStage) {
    TestType stage;
    const Namespec one{"crew", "one"}, lost{"lost", "lost"}, unspawnable{"unspawnable", "unspawnable"};
    SECTION("a name nobody has") {
        for (const Namespec& id : {nobody, Namespec{"crew", "nobody"}, Namespec{"one", "one"}}) {
            const auto info = stage.ask(api::get_process_info(id));
            CHECK(fault_code(info) == fault::bad_name);
            CHECK(info.error().message == "BAD_NAME: " + id.full());
            CHECK(fault_code(stage.ask(api::start_process(id, Wait::no))) == fault::bad_name);
            CHECK(fault_code(stage.ask(api::stop_process(id, Wait::no))) == fault::bad_name);
        }
    }
    SECTION("to stop what is stopped, to start what is started") {
        CHECK(fault_code(stage.ask(api::stop_process(one, Wait::no))) == fault::not_running);
        stage.start(one);
        const auto again = stage.ask(api::start_process(one, Wait::no));
        CHECK(fault_code(again) == fault::already_started);
        CHECK(again.error().message == "ALREADY_STARTED: crew:one");
        REQUIRE(stage.ask(api::stop_process(one, Wait::no)));
        stage.wait_for(one, stopped);
    }
    SECTION("to start a program whose command is not there") {
        stage.hide_command(lost);
        const auto started = stage.ask(api::start_process(lost, Wait::no));
        CHECK(fault_code(started) == fault::no_file);
        CHECK(started.error().message.starts_with("NO_FILE: can't find command '/"));
        CHECK(stage.ask(api::get_process_info(lost)).value().state == stopped);
        stage.show_command(lost);
        CHECK(stage.start(lost).pid > 0);
        REQUIRE(stage.ask(api::stop_process(lost, Wait::no)));
        stage.wait_for(lost, stopped);
    }
    SECTION("to start a program that cannot be spawned") {
        stage.forbid_spawning(unspawnable);
        const auto started = stage.ask(api::start_process(unspawnable, Wait::no));
        CHECK(fault_code(started) == fault::spawn_error);
        CHECK(started.error().message == "SPAWN_ERROR: unspawnable:unspawnable");
        CHECK(stage.wait_for(unspawnable, fatal).spawn_error ==
              "unknown error making dispatchers for 'unspawnable': ENOENT");
    }
    SECTION("a method nobody has, and too few parameters") {
        CHECK(fault_code(stage.ask({"supervisor.fly", {}})) == fault::unknown_method);
        CHECK(fault_code(stage.ask({"fly", {}})) == fault::unknown_method);
        CHECK(fault_code(stage.ask({"supervisor.getProcessInfo", {}})) == fault::incorrect_parameters);
    }
}

TEMPLATE_TEST_CASE("supervisord tells about itself and all its processes", "[supervisor]", FakeStage,
                   RealStage) {
    TestType stage;
    CHECK(stage.ask(api::get_state()).value() == SupervisorState::running);
    CHECK(stage.ask(api::get_pid()).value() == stage.supervisord_pid());
    CHECK(stage.ask(api::get_supervisor_version()).value().starts_with('4'));

    const auto all = stage.ask(api::get_all_process_info()).value();
    std::vector<Namespec> names, expected;
    for (const auto& info : all)
        names.push_back(info.id);
    for (const auto& program : all_programs())
        expected.push_back(program.id);
    std::ranges::sort(expected);
    CHECK(names == expected);
}

TEMPLATE_TEST_CASE("a multicall answers each call in order, faults among them", "[supervisor]", FakeStage,
                   RealStage) {
    TestType stage;
    const Namespec two{"crew", "two"};
    const std::vector<xmlrpc::MethodCall> calls{
        api::get_process_info(two).request,
        api::start_process(two, Wait::no).request,
        api::start_process(nobody, Wait::no).request,
        api::start_process(two, Wait::no).request,
        api::get_process_info(two).request,
        api::stop_process(nobody, Wait::no).request,
        {"supervisor.fly", {}},
        api::get_state().request,
    };
    const auto answer = stage.ask(xmlrpc::multicall(calls));
    REQUIRE(answer);
    const auto parsed = xmlrpc::parse_multicall(*answer, calls.size());
    REQUIRE(parsed);
    const auto& results = *parsed;
    const auto info = [&results](std::size_t i) {
        return api::get_process_info({}).decode(results[i].value()).value();
    };
    CHECK(info(0).state == stopped);
    CHECK(results[1].value() == xmlrpc::Value(true));
    CHECK(fault_code(results[2]) == fault::bad_name);
    CHECK(results[2].error().message == "BAD_NAME: nobody:nobody");
    CHECK(fault_code(results[3]) == fault::already_started);
    CHECK(info(4).state == running);
    CHECK(fault_code(results[5]) == fault::bad_name);
    CHECK(fault_code(results[6]) == fault::unknown_method);
    CHECK(api::get_state().decode(results[7].value()).value() == SupervisorState::running);

    REQUIRE(stage.ask(api::stop_process(two, Wait::no)));
    stage.wait_for(two, stopped);
    CHECK(stage.ask(xmlrpc::multicall({})).value() == xmlrpc::Value(xmlrpc::Array{}));
}

TEMPLATE_TEST_CASE("answers never come from within send, each once, in whatever order", "[supervisor]",
                   FakeStage, RealStage) {
    TestType stage;
    int answers = 0;
    for (int i = 0; i < 8; ++i)
        stage.supervisor().template send<int>(api::get_pid(), patience, [&](const Result<int>& pid) {
            ++answers;
            CHECK(pid.value() == stage.supervisord_pid());
        });
    CHECK(answers == 0);
    CHECK(stage.reactor().run_until([&answers] { return answers == 8; }, Reactor::now() + patience));
    CHECK_FALSE(
        stage.reactor().run_until([&answers] { return answers != 8; }, Reactor::now() + Duration{50}));
}

TEMPLATE_TEST_CASE("a Supervisor that is gone answers nobody", "[supervisor]", FakeStage, RealStage) {
    TestType stage;
    bool answered = false;
    stage.supervisor().template send<int>(api::get_pid(), patience,
                                          [&answered](const Result<int>&) { answered = true; });
    stage.drop_supervisor();
    CHECK_FALSE(stage.reactor().run_until([&answered] { return answered; }, Reactor::now() + Duration{50}));
}

TEMPLATE_TEST_CASE("on its way down supervisord answers SHUTDOWN_STATE, and then nothing", "[supervisor]",
                   FakeStage, OwnRealStage) {
    TestType stage;
    const Namespec last{"last", "last"};
    stage.wait_until_deaf(stage.start(last));
    CHECK(stage.ask(api::shutdown()).value());
    CHECK(fault_code(stage.ask(api::get_state())) == fault::shutdown_state);
    CHECK(fault_code(stage.ask(api::get_process_info(last))) == fault::shutdown_state);
    CHECK(fault_code(stage.ask(api::start_process(instant, Wait::no))) == fault::shutdown_state);
    CHECK(fault_code(stage.ask({"supervisor.fly", {}})) == fault::unknown_method);
    const auto is_gone = [&stage] {
        const auto state = stage.ask(api::get_state());
        return !state && state.error().kind == ErrorKind::unreachable;
    };
    CHECK(eventually(is_gone));
}

}  // namespace supervisor_contract
