#include <listeners/memmon/memmon.hpp>
#include <support/actions.hpp>
#include <support/alerts.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace memmon_test {

using namespace keenlance;
using memmon::Limits;
using memmon::Memmon;
using memmon::Settings;

namespace {

const Namespec leaker{"leaker", "leaker"};
const Namespec web0{"web", "web_00"};
const Namespec web1{"web", "web_01"};
const Namespec self{"memmon", "memmon"};

Limits limits_with_all_kinds() {
    Limits limits;
    limits.programs["web:web_00"] = {400, "-p web:web_00=400"};
    limits.programs["web_00"] = {300, "-p web_00=300"};
    limits.programs["leaker"] = {1000, "-p leaker=1000"};
    limits.groups["web"] = {200, "-g web=200"};
    limits.any = memmon::Limit{100, "-a 100"};
    return limits;
}

Settings watching_any(std::uint64_t bytes) {
    Settings settings;
    settings.limits.any = memmon::Limit{bytes, "-a " + std::to_string(bytes)};
    settings.self = self;
    return settings;
}

/// Takes a memmon through one tick up to what it does about the sizes.
Actions tick(Memmon& policy, const std::vector<ProcessInfo>& processes,
             const std::map<int, std::uint64_t>& sizes, Duration later = Duration{0}) {
    const auto now = test_moment(later);
    REQUIRE(all_of<ListProcesses>(policy.step(event_named("TICK_60"), now)).size() == 1);
    const auto measuring = policy.step(ProcessesListed{processes}, now);
    REQUIRE(all_of<MeasureMemory>(measuring).size() == 1);
    return policy.step(MemoryMeasured{sizes}, now);
}

}  // namespace

TEST_CASE("the most specific limit alone decides") {
    const auto limits = limits_with_all_kinds();
    CHECK(limits.limit_for(web0)->bytes == 400);
    CHECK(limits.limit_for({"other", "web_00"})->bytes == 300);
    CHECK(limits.limit_for(web1)->bytes == 200);
    CHECK(limits.limit_for({"x", "y"})->bytes == 100);
    CHECK(limits.limit_for(leaker)->bytes == 1000);
    CHECK(Limits{}.limit_for(leaker) == nullptr);
}

TEST_CASE("a process over its limit is chosen, one exactly at it is spared") {
    const auto limits = limits_with_all_kinds();
    const std::vector<memmon::Usage> usages{{leaker, {1, 0}, 0, 1000},
                                            {web0, {2, 0}, 0, 401},
                                            {web1, {3, 0}, 0, 200},
                                            {{"x", "y"}, {4, 0}, 0, 101}};
    const auto verdicts = memmon::decide(limits, usages);
    REQUIRE(verdicts.size() == 2);
    CHECK(verdicts[0].usage.id == web0);
    CHECK(verdicts[0].limit.rule == "-p web:web_00=400");
    CHECK(verdicts[1].usage.id == Namespec{"x", "y"});
}

TEST_CASE("a tick lists, measures, restarts, and mails when the process is up again") {
    Memmon policy(watching_any(1000));
    CHECK(policy.idle());
    auto actions = tick(policy, {running(leaker, 77)}, {{77, 5000}});
    const auto restarts = all_of<Restart>(actions);
    REQUIRE(restarts.size() == 1);
    CHECK(restarts[0].id == leaker);
    CHECK(restarts[0].judged.pid == 77);
    CHECK_FALSE(policy.idle());
    CHECK(all_of<Notify>(actions).empty());

    actions = policy.step(TaskProgress{leaker, TaskStage::reached, "pid 78"}, test_moment());
    CHECK(policy.idle());
    const auto mail = the_mail(actions);
    CHECK(mail.subject == "memmon: process leaker:leaker restarted");
    CHECK(mail.body.starts_with(
        "memmon restarted the process named leaker:leaker at Sat Nov 21 03:47:50 2026 CET "
        "because it was consuming too much memory (5000 bytes RSS)"));
    CHECK(all_of<Log>(actions).size() == 1);
}

TEST_CASE("the name of a memmon stands in its subjects") {
    auto settings = watching_any(1000);
    settings.name = "Project 1";
    Memmon policy(std::move(settings));
    tick(policy, {running(leaker, 77)}, {{77, 5000}});
    const auto actions = policy.step(TaskProgress{leaker, TaskStage::reached, "pid 78"}, test_moment());
    CHECK(the_mail(actions).subject == "memmon [Project 1]: process leaker:leaker restarted");
}

TEST_CASE("events that are no ticks are left alone") {
    Memmon policy(watching_any(1000));
    CHECK(policy.step(event_named("PROCESS_STATE_EXITED"), test_moment()).empty());
    CHECK(policy.idle());
}

TEST_CASE("ticks that pile up become one more check") {
    Memmon policy(watching_any(1000));
    REQUIRE(policy.step(event_named("TICK_5"), test_moment()).size() == 1);
    for (int i = 0; i < 50; ++i)
        CHECK(policy.step(event_named("TICK_5"), test_moment()).empty());
    const auto failed =
        policy.step(ProcessesListed{Error{ErrorKind::timeout, 0, "no answer"}}, test_moment());
    CHECK(all_of<Log>(failed).front().text == "check skipped: no answer");
    CHECK(all_of<ListProcesses>(failed).size() == 1);
    const auto empty = policy.step(ProcessesListed{std::vector<ProcessInfo>{}}, test_moment());
    CHECK(all_of<ListProcesses>(empty).empty());
    CHECK(policy.idle());
}

TEST_CASE("only what runs and has a limit is measured") {
    Settings settings;
    settings.limits.groups["web"] = {100, "-g web=100"};
    Memmon policy(std::move(settings));
    auto stopping = running(web1, 12);
    stopping.state = ProcessState::stopping;
    auto down = running({"web", "web_02"}, 0);
    down.state = ProcessState::stopped;
    auto starting = running({"web", "web_03"}, 14);
    starting.state = ProcessState::starting;
    policy.step(event_named("TICK_60"), test_moment());
    const auto actions = policy.step(
        ProcessesListed{std::vector{running(web0, 11), stopping, down, starting, running(leaker, 99)}},
        test_moment());
    REQUIRE(all_of<MeasureMemory>(actions).size() == 1);
    CHECK(all_of<MeasureMemory>(actions).front().pids == std::vector{11, 14});
}

TEST_CASE("memmon never restarts itself, and says so once") {
    Memmon policy(watching_any(1000));
    auto actions = tick(policy, {running(self, 5)}, {{5, 9000}});
    CHECK(all_of<Restart>(actions).empty());
    CHECK(all_of<Log>(actions).size() == 1);
    actions = tick(policy, {running(self, 5)}, {{5, 9000}});
    CHECK(actions.empty());
}

TEST_CASE("a process is restarted at most once, however many ticks find it too large") {
    Memmon policy(watching_any(1000));
    CHECK(all_of<Restart>(tick(policy, {running(leaker, 77)}, {{77, 5000}})).size() == 1);
    policy.step(event_named("TICK_60"), test_moment());
    const auto actions = policy.step(ProcessesListed{std::vector{running(leaker, 77)}}, test_moment());
    CHECK(all_of<MeasureMemory>(actions).empty());
}

TEST_CASE("copies of a program go down one after another, groups side by side") {
    Memmon policy(watching_any(1000));
    auto actions = tick(policy, {running(web0, 1), running(web1, 2), running(leaker, 3)},
                        {{1, 5000}, {2, 5000}, {3, 5000}});
    auto restarts = all_of<Restart>(actions);
    REQUIRE(restarts.size() == 2);
    CHECK(restarts[0].id == web0);
    CHECK(restarts[1].id == leaker);
    CHECK(all_of<Restart>(policy.step(TaskProgress{leaker, TaskStage::reached, ""}, test_moment())).empty());
    restarts = all_of<Restart>(policy.step(TaskProgress{web0, TaskStage::reached, ""}, test_moment()));
    REQUIRE(restarts.size() == 1);
    CHECK(restarts[0].id == web1);
    policy.step(TaskProgress{web1, TaskStage::spared, "it is STOPPED meanwhile"}, test_moment());
    CHECK(policy.idle());
}

TEST_CASE("a restart after a long uptime is not mailed with -u, an early one is") {
    for (const auto uptime : {3600, 3601}) {
        auto settings = watching_any(1000);
        settings.mail_uptime_limit = std::chrono::hours(1);
        Memmon policy(std::move(settings));
        tick(policy, {running(leaker, 77, uptime)}, {{77, 5000}});
        const auto actions = policy.step(TaskProgress{leaker, TaskStage::reached, "pid 78"}, test_moment());
        CHECK(all_of<Notify>(actions).size() == (uptime == 3600 ? 1 : 0));
        CHECK(all_of<Log>(actions).size() == 1);
    }
}

TEST_CASE("a failed stop is logged and mailed, and memmon lives on") {
    Memmon policy(watching_any(1000));
    tick(policy, {running(leaker, 77)}, {{77, 5000}});
    const auto actions = policy.step(TaskProgress{leaker, TaskStage::stop_failed, "FAILED"}, test_moment());
    CHECK(the_mail(actions).subject == "memmon: failed to stop process leaker:leaker");
    CHECK(policy.idle());
    CHECK(the_mail(actions).condition == Condition::firing);
    CHECK(all_of<Restart>(tick(policy, {running(leaker, 77)}, {{77, 5000}}, Duration{5'000})).size() == 1);
}

TEST_CASE("a failed start is mailed once, its end is mailed too, however long the process had been up") {
    auto settings = watching_any(1000);
    settings.mail_uptime_limit = std::chrono::seconds(1);
    Memmon policy(std::move(settings));
    tick(policy, {running(leaker, 77, 100)}, {{77, 5000}});
    auto actions = policy.step(TaskProgress{leaker, TaskStage::start_failed, "NO_FILE"}, test_moment());
    const auto failure = the_mail(actions);
    CHECK(failure.subject == "memmon: failed to start process leaker:leaker");
    actions = policy.step(TaskProgress{leaker, TaskStage::start_failed, "NO_FILE"}, test_moment());
    CHECK(all_of<Notify>(actions).empty());
    CHECK(all_of<Log>(actions).size() == 1);
    CHECK_FALSE(policy.idle());
    const auto told =
        all_of<Notify>(policy.step(TaskProgress{leaker, TaskStage::reached, "pid 78"}, test_moment()));
    REQUIRE(told.size() == 2);
    CHECK(told[0].notification.subject == "memmon: process leaker:leaker restarted");
    CHECK(told[1].notification.alert == "MemoryOverLimit");
    CHECK(told[1].notification.condition == Condition::resolved);
    CHECK(labels_of(told[1].notification) == labels_of(failure));
    CHECK(policy.idle());
}

TEST_CASE("a start that is given up is mailed as the last word") {
    Memmon policy(watching_any(1000));
    tick(policy, {running(leaker, 77)}, {{77, 5000}});
    policy.step(TaskProgress{leaker, TaskStage::start_failed, "NO_FILE"}, test_moment());
    const auto actions =
        policy.step(TaskProgress{leaker, TaskStage::abandoned, "NO_FILE, 15 times"}, test_moment());
    CHECK(the_mail(actions).body.find("15 times") != std::string::npos);
    CHECK(policy.idle());
}

TEST_CASE("a name supervisord does not know is warned of once") {
    Settings settings;
    settings.limits.programs["nosuch"] = {100, "-p nosuch=100"};
    settings.limits.programs["web_00"] = {100, "-p web_00=100"};
    settings.limits.groups["nogroup"] = {100, "-g nogroup=100"};
    Memmon policy(std::move(settings));
    policy.step(event_named("TICK_60"), test_moment());
    CHECK(all_of<Log>(policy.step(ProcessesListed{std::vector{running(web0, 1)}}, test_moment())).size() ==
          2);
    policy.step(MemoryMeasured{std::map<int, std::uint64_t>{}}, test_moment());
    policy.step(event_named("TICK_60"), test_moment());
    CHECK(all_of<Log>(policy.step(ProcessesListed{std::vector{running(web0, 1)}}, test_moment())).empty());
}

TEST_CASE("a closing memmon begins nothing, and finishes what it began") {
    Memmon policy(watching_any(1000));
    tick(policy, {running(web0, 1), running(web1, 2)}, {{1, 5000}, {2, 5000}});
    policy.step(Closing{}, test_moment());
    CHECK(policy.step(event_named("TICK_60"), test_moment()).empty());
    CHECK_FALSE(policy.idle());
    CHECK(all_of<Restart>(policy.step(TaskProgress{web0, TaskStage::reached, ""}, test_moment())).empty());
    CHECK(policy.idle());
}

namespace {

ChildProcesses children(std::vector<int> pids, std::uint64_t newest = 7) {
    return {1, std::move(pids), {newest}};
}

/// A memmon that has seen one list, of supervisord's children.
class Steady {
  public:
    explicit Steady(std::uint64_t limit = 1000) : policy(watching_any(limit)) {
        look({running(web0, 10), running(web1, 11)}, {{10, 500}, {11, 500}}, children({10, 11}));
    }

    bool asks_for_list() {
        tick_ = policy.step(event_named("TICK_60"), test_moment());
        return all_of<ListProcesses>(tick_).size() == 1;
    }
    /// A tick with its list, and what comes of it.
    Actions look(const std::vector<ProcessInfo>& processes, const std::map<int, std::uint64_t>& sizes,
                 std::optional<ChildProcesses> now) {
        REQUIRE(asks_for_list());
        return answer(processes, sizes, std::move(now));
    }
    Actions answer(const std::vector<ProcessInfo>& processes, const std::map<int, std::uint64_t>& sizes,
                   std::optional<ChildProcesses> now) {
        const auto asked = all_of<MeasureMemory>(policy.step(ProcessesListed{processes}, test_moment()));
        REQUIRE(asked.size() == 1);
        CHECK(asked[0].children_of == 0);
        return policy.step(MemoryMeasured{sizes, std::move(now)}, test_moment());
    }
    /// A tick without a list.
    Actions glance(const std::map<int, std::uint64_t>& sizes, std::optional<ChildProcesses> now) {
        REQUIRE_FALSE(asks_for_list());
        const auto asked = all_of<MeasureMemory>(tick_);
        REQUIRE(asked.size() == 1);
        CHECK(asked[0].children_of == 1);
        return policy.step(MemoryMeasured{sizes, std::move(now)}, test_moment());
    }

    Memmon policy;

  private:
    Actions tick_;
};

bool wants_list(const Actions& actions) {
    return all_of<ListProcesses>(actions).size() == 1;
}

}  // namespace

TEST_CASE("while supervisord has the same children nothing is asked of it", "[memmon]") {
    Steady memmon;
    for (int round = 0; round < 3; ++round) {
        CHECK(memmon.glance({{10, 600}, {11, 1000}}, children({10, 11})).empty());
        CHECK(memmon.policy.idle());
    }
    const auto over = memmon.glance({{10, 600}, {11, 1001}}, children({10, 11}));
    CHECK(over.size() == 1);
    REQUIRE(wants_list(over));
    const auto restarts = all_of<Restart>(
        memmon.answer({running(web0, 10), running(web1, 11)}, {{10, 600}, {11, 1001}}, children({10, 11})));
    REQUIRE(restarts.size() == 1);
    CHECK(restarts[0].id == web1);
    // Whatever becomes of it, what holds now is not known.
    memmon.policy.step(TaskProgress{web1, TaskStage::spared, "it is gone"}, test_moment());
    CHECK(memmon.asks_for_list());
}

TEST_CASE("a child that is born or has died has memmon ask who they are", "[memmon]") {
    const auto changed = GENERATE(children({10, 11, 12}), children({10}), children({10, 11}, 8),
                                  children({11, 10}), ChildProcesses{2, {10, 11}, {7}});
    Steady memmon;
    REQUIRE(wants_list(memmon.glance({{10, 600}}, changed)));
    memmon.answer({running(web0, 10), running(leaker, 12)}, {{10, 600}, {12, 400}}, children({10, 12}));
    const auto asked = memmon.policy.step(event_named("TICK_60"), test_moment());
    REQUIRE(all_of<MeasureMemory>(asked).size() == 1);
    CHECK(all_of<MeasureMemory>(asked)[0].pids == std::vector{10, 12});
}

TEST_CASE("one that is born after the list is asked for at the next tick, a stranger but once", "[memmon]") {
    Steady memmon;
    REQUIRE(wants_list(memmon.glance({}, children({10}))));
    memmon.answer({running(web0, 10)}, {{10, 600}}, children({10, 12}));
    // The baseline is what was there before the list.
    REQUIRE(wants_list(memmon.glance({{10, 600}}, children({10, 12}))));
    memmon.answer({running(web0, 10)}, {{10, 600}}, children({10, 12}));
    CHECK_FALSE(wants_list(memmon.glance({{10, 600}}, children({10, 12}))));
}

TEST_CASE("where the system tells of no children each tick asks for the list", "[memmon]") {
    Steady memmon;
    REQUIRE(wants_list(memmon.glance({{10, 1}, {11, 1}}, std::nullopt)));
    memmon.answer({running(web0, 10)}, {{10, 1}}, std::nullopt);
    CHECK(memmon.asks_for_list());
    memmon.answer({running(web0, 10)}, {{10, 1}}, ChildProcesses{1, {77}, {7}});  // not its parent
    CHECK(memmon.asks_for_list());
}

TEST_CASE("what has been restarted once is looked at like any other", "[memmon]") {
    Steady memmon;
    REQUIRE(wants_list(memmon.glance({{10, 2000}}, children({10, 11}))));
    memmon.answer({running(web0, 10), running(web1, 11)}, {{10, 2000}, {11, 1}}, children({10, 11}));
    memmon.policy.step(TaskProgress{web0, TaskStage::reached, "pid 12"}, test_moment());
    memmon.look({running(web0, 12), running(web1, 11)}, {{12, 5}, {11, 1}}, children({11, 12}));
    CHECK(memmon.glance({{12, 5}, {11, 1}}, children({11, 12})).empty());
}

}  // namespace memmon_test
