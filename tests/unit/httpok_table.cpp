#include <listeners/httpok/check_text.hpp>
#include <listeners/httpok/table.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace httpok_table_test {

using namespace keenlance;
using httpok::Once;
using httpok::Settings;

namespace {

Settings checking(const std::vector<std::string>& texts) {
    Settings settings;
    for (const auto& text : texts) {
        const auto parsed = httpok::parse_check(text);
        REQUIRE(parsed.ok());
        const auto check = httpok::make_check(*parsed, {}, {});
        REQUIRE(check.ok());
        settings.checks.push_back(*check);
    }
    return settings;
}

HttpOutcome answered(int status, std::string reason) {
    return {status, std::move(reason), "", false};
}

int exit_code_of(const Actions& actions) {
    const auto ends = all_of<Finish>(actions);
    return ends.size() == 1 ? ends[0].exit_code : -1;
}

}  // namespace

TEST_CASE("--once tries everything at once and prints a table of it") {
    Once policy(checking({"app:*=http://localhost:80{num}/", "http://localhost/", "web=tcp://localhost:1"}),
                {});
    auto actions = policy.step(Started{}, test_moment());
    REQUIRE(all_of<ListProcesses>(actions).size() == 1);
    auto off = running({"app", "app2"}, 0);
    off.state = ProcessState::stopped;
    actions = policy.step(
        ProcessesListed{std::vector{running({"app", "app1"}, 5), off, running({"web", "web"}, 6)}},
        test_moment());
    const auto checks = all_of<CheckHttp>(actions);
    const auto probes = all_of<ProbeReady>(actions);
    REQUIRE(checks.size() == 2);
    REQUIRE(probes.size() == 1);
    policy.step(HttpChecked{answered(500, "Oops"), checks[0].tag}, test_moment(Duration{12}));
    policy.step(HttpChecked{answered(200, "OK"), checks[1].tag}, test_moment(Duration{20}));
    actions = policy.step(ReadyProbed{probes[0].about, Error{ErrorKind::refused, 0, "Connection refused"}},
                          test_moment(Duration{1500}));
    CHECK(exit_code_of(actions) == 1);
    REQUIRE(all_of<Print>(actions).size() == 1);
    CHECK(all_of<Print>(actions)[0].text ==
          "CHECK     TARGET                 ANSWER              TIME   VERDICT    WOULD RESTART\n"
          "app:app1  http://localhost:801/  500 Oops            12 ms  BAD        app:app1\n"
          "app:app2  http://localhost:802/  it is STOPPED       -      not tried  -\n"
          "-         http://localhost/      200 OK              20 ms  good       -\n"
          "web       tcp://localhost:1      Connection refused  1.5 s  BAD        web\n");
    CHECK(policy.idle());
}

TEST_CASE("--once needs no supervisord for what is about no process") {
    Once policy(checking({"http://localhost/"}), Error{ErrorKind::system, 0, "no configuration"});
    const auto checks = all_of<CheckHttp>(policy.step(Started{}, test_moment()));
    REQUIRE(checks.size() == 1);
    CHECK(exit_code_of(policy.step(HttpChecked{answered(200, "OK"), 0}, test_moment())) == 0);
}

TEST_CASE(
    "without supervisord --once tries what it can, and ends with 3 where it does not know what to try") {
    const Error down{ErrorKind::refused, 0, "nobody listens"};
    SECTION("what would be restarted is not known") {
        Once policy(checking({"web=http://localhost/"}), {});
        policy.step(Started{}, test_moment());
        REQUIRE(all_of<CheckHttp>(policy.step(ProcessesListed{down}, test_moment())).size() == 1);
        const auto actions = policy.step(HttpChecked{answered(500, "Oops"), 0}, test_moment());
        CHECK(exit_code_of(actions) == 1);
        CHECK(all_of<Print>(actions)[0].text.ends_with("BAD      ?\n"));
    }
    SECTION("placeholders") {
        Once policy(checking({"app:*=http://localhost:80{num}/"}), {});
        policy.step(Started{}, test_moment());
        CHECK(exit_code_of(policy.step(ProcessesListed{down}, test_moment())) == 3);
    }
}

TEST_CASE("a check of processes that there are none of is not good") {
    Once policy(checking({"nosuch*=http://localhost:80{num}/"}), {});
    policy.step(Started{}, test_moment());
    policy.step(EventListenersListed{std::set<std::string>{}}, test_moment());
    const auto actions = policy.step(ProcessesListed{std::vector{running({"web", "web"}, 6)}}, test_moment());
    CHECK(exit_code_of(actions) == 1);
    CHECK(all_of<Print>(actions)[0].text.find("no such process") != std::string::npos);
}

}  // namespace httpok_table_test
