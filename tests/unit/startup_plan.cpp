#include <keenlance/startup/plan.hpp>
#include <keenlance/startup/plan_text.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/fake_plan.hpp>

namespace startup_plan_test {

using namespace keenlance;
using startup::ErrorAction;
using startup::Plan;
using startup::Starter;

namespace {

/// "a <- b:running + c:exited" for each program the plan starts, by wave.
std::vector<std::string> lines_of(const Plan& plan) {
    std::vector<std::string> lines;
    for (const auto& wave : plan.waves()) {
        for (const auto index : wave) {
            std::string line = plan.programs[index].name;
            for (const auto& dependency : plan.programs[index].waits_for)
                line += (line.find(" <- ") == std::string::npos ? " <- " : " + ") + dependency.text();
            lines.push_back(line);
        }
    }
    return lines;
}

using Lines = std::vector<std::string>;

const std::string off = "autostart=false\n";
const std::string dependent = off + "dependent_startup=true\n";
const std::string in_order = off + "startinorder=true\n";

}  // namespace

TEST_CASE("startinorder makes a chain by priority, equal ones by name", "[startup]") {
    const auto plan =
        plan_of("[program:c]\n" + in_order + "priority=5\nstartnextafter=exited\n[program:b]\n" + in_order +
                "[program:a]\n" + in_order + "[program:z]\nautostart=true\n");
    CHECK(plan.problems.empty());
    CHECK(lines_of(plan) == Lines{"c", "a <- c:exited", "b <- a:running"});
}

TEST_CASE("the next in line behind a startinorder program is started, and that is said", "[startup]") {
    const std::string chain = "[program:a]\npriority=1\n" + in_order;
    const auto plan = plan_of(chain + "[program:b]\npriority=2\n" + off + "[program:c]\npriority=3\n" + off);
    CHECK(lines_of(plan) == Lines{"a", "b <- a:running"});
    REQUIRE(plan.warnings.size() == 1);
    CHECK(plan.warnings[0].find("[program:b]: starts as the next in line behind a") != std::string::npos);
    CHECK(lines_of(plan_of(chain + "[program:b]\npriority=2\nstartinorder=false\n" + off)) == Lines{"a"});
    CHECK(lines_of(plan_of(chain + "[program:b]\npriority=2\n")) == Lines{"a"});
    CHECK(lines_of(plan_of(chain + "[program:b]\npriority=2\nstartinorder=false\n" + off +
                           "[program:c]\npriority=3\n" + off)) == Lines{"a"});
}

TEST_CASE("dependencies name programs, groups and processes, with states or without", "[startup]") {
    const auto plan = plan_of(
        "[program:db]\n[program:w]\nnumprocs=2\nprocess_name=w%(process_num)d\n[group:g]\nprograms=w\n"
        "[program:a]\n" +
        dependent +
        "dependent_startup_wait_for=db:Running  g:exited,fatal\n\tg:w:exited(0) g:w1 w\n"
        " g:* g:w0:backoff,exited(expected)\n");
    CHECK(plan.problems.empty());
    REQUIRE(
        lines_of(plan) ==
        Lines{"a <- db:running + g:exited,fatal + g:w:exited(0) + g:w1:running + w:running + g:*:running + "
              "g:w0:backoff,exited(expected)"});
    const auto& program = plan.programs[0].name == "a" ? plan.programs[0] : plan.programs[1];
    REQUIRE(program.name == "a");
    const std::vector<std::size_t> sizes{1, 2, 2, 1, 2, 2, 1};
    for (std::size_t i = 0; i < sizes.size(); ++i)
        CHECK(program.waits_for[i].processes.size() == sizes[i]);
}

TEST_CASE("what is wrong is told with file, line, section and key, and left out", "[startup]") {
    const auto plan =
        plan_of("[program:db]\n[program:a]\n" + dependent +
                "dependent_startup_wait_for=db:runing ghost:running\n[program:b]\nautostart=true\n"
                "dependent_startup=true\n[program:c]\ndependent_startup=perhaps\n" +
                off);
    CHECK(lines_of(plan) == Lines{"a <- db:running"});
    REQUIRE(plan.problems.size() == 4);
    CHECK(plan.problems[0].find("a.conf line 11: [program:c] dependent_startup: 'perhaps'") !=
          std::string::npos);
    CHECK(plan.problems[1].find("[program:b] dependent_startup: needs autostart=false") != std::string::npos);
    CHECK(plan.problems[2].find("[program:a] dependent_startup_wait_for: 'runing' is no state") !=
          std::string::npos);
    CHECK(plan.problems[3].find("'ghost' is no program, group or group:name") != std::string::npos);
}

TEST_CASE("a cycle is shown, and nobody in or behind it is started, unless that is to be ignored",
          "[startup]") {
    const std::string text = "[program:a]\n" + dependent + "dependent_startup_wait_for=c\n[program:b]\n" +
                             dependent + "dependent_startup_wait_for=a\n[program:c]\n" + dependent +
                             "dependent_startup_wait_for=b\n[program:d]\n" + dependent +
                             "dependent_startup_wait_for=c\n[program:e]\n" + dependent;
    const auto plan = plan_of(text);
    CHECK(lines_of(plan) == Lines{"e"});
    REQUIRE(plan.problems.size() == 2);
    CHECK(plan.problems[0].find("a cycle: a waits for c waits for b waits for a; none of them is started") !=
          std::string::npos);
    CHECK(plan.problems[1].find("[program:d]: not started either, for it waits for c:running") !=
          std::string::npos);
    CHECK(lines_of(plan_of(text, ErrorAction::ignore)) == Lines{"a", "b", "c", "e", "d <- c:running"});
    CHECK(plan_of("[program:a]\n" + dependent + "dependent_startup_wait_for=a\n").problems.size() == 1);
}

TEST_CASE("a priority is inherited through all that is waited for", "[startup]") {
    const auto plan = plan_of(
        "[program:a]\n" + dependent + "priority=7\n[program:b]\n" + dependent +
        "dependent_startup_wait_for=a\ndependent_startup_inherit_priority=true\n[program:c]\n" + dependent +
        "dependent_startup_wait_for=b\ndependent_startup_inherit_priority=true\n"
        "[program:d]\n" +
        dependent + "dependent_startup_wait_for=c\n");
    REQUIRE(plan.programs.size() == 4);
    for (const auto& program : plan.programs)
        CHECK(program.priority == (program.name == "d" ? 999 : 7));
}

TEST_CASE("a whole group is started by keys in its section", "[startup]") {
    const auto plan =
        plan_of("[program:db]\n[program:x]\n" + off + "[program:y]\n" + off +
                "[group:g]\nprograms=x,y\ndependent_startup=true\ndependent_startup_wait_for=db\n");
    CHECK(plan.problems.empty());
    CHECK(lines_of(plan) == Lines{"g:x <- db:running", "g:y <- db:running"});
}

TEST_CASE("keenlance's keys are read for each process", "[startup]") {
    const auto plan =
        plan_of("[program:w]\nnumprocs=2\nprocess_name=w%(process_num)d\n" + dependent +
                "keenlance_ready=tcp://127.0.0.1:80%(process_num)02d\nkeenlance_ready_interval=0.5\n"
                "keenlance_start_timeout=2m\nkeenlance_on_failure=Continue\nexitcodes=0,3\n"
                "autorestart=true\nstartsecs=4\n");
    CHECK(plan.problems.empty());
    REQUIRE(plan.programs.size() == 1);
    const auto& program = plan.programs[0];
    CHECK(to_string(*program.ready[0]) == "tcp://127.0.0.1:8000");
    CHECK(to_string(*program.ready[1]) == "tcp://127.0.0.1:8001");
    CHECK(program.ready_interval == Duration{500});
    CHECK(program.start_timeout == Duration{120'000});
    CHECK(program.on_failure == startup::OnFailure::go_on);
    CHECK(program.exit_codes == std::vector{0, 3});
    CHECK(program.restarts_after_success);
    CHECK(program.start_seconds == Duration{4'000});
}

TEST_CASE("bad values of keenlance's keys are told once, not for each process", "[startup]") {
    const auto plan =
        plan_of("[program:w]\nnumprocs=3\nprocess_name=w%(process_num)d\n" + dependent +
                "keenlance_ready=ftp://x\nkeenlance_start_timeout=0\nkeenlance_on_failure=explode\n"
                "startnextafter=soon\nkeenlance_ready_interval=often\n");
    CHECK(plan.problems.size() == 5);
}

TEST_CASE("a plan for tools is JSON and Graphviz", "[startup]") {
    const auto plan = plan_of("[program:a\"b]\n" + dependent + "[program:c]\n" + dependent +
                              "dependent_startup_wait_for=a\"b:exited(0)\nkeenlance_ready=file:///run/c\n");
    const auto json = nlohmann::json::parse(plan_json(plan, "/etc/a.conf"));
    CHECK(json["sound"] == true);
    CHECK(json["waves"] == nlohmann::json::parse(R"([["a\"b"],["c"]])"));
    CHECK(json["programs"][1]["waits_for"][0]["states"][0] == "exited(0)");
    CHECK(json["programs"][1]["ready"] == "file:///run/c");
    const auto dot = plan_dot(plan);
    CHECK(dot.starts_with("digraph startup {"));
    CHECK(dot.find(R"-("a\"b" -> "c" [label="exited(0)"];)-") != std::string::npos);
    CHECK(plan_text(plan, "x.conf").starts_with("x.conf: 2 programs in 2 waves\nwave 1\n"));
}

TEST_CASE("who waits for what nobody starts is warned", "[startup]") {
    const auto plan =
        plan_of("[program:a]\n" + off + "[program:b]\n" + dependent + "dependent_startup_wait_for=a\n");
    REQUIRE(plan.warnings.size() == 1);
    CHECK(plan.warnings[0].find("which nobody starts") != std::string::npos);
    CHECK(plan.problems.empty());
}

}  // namespace startup_plan_test
