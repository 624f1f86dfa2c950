// What memmon and httpok leave to be told in case they are killed in the middle of a restart.

#include <listeners/httpok/check_text.hpp>
#include <listeners/httpok/httpok.hpp>
#include <listeners/memmon/memmon.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

#include <algorithm>

namespace word_left_test {

using namespace keenlance;
using httpok::Httpok;
using memmon::Memmon;

namespace {

const Namespec web{"web", "web"};
const Namespec app0{"app", "app_00"};
const Namespec app1{"app", "app_01"};

template <class Kind>
std::ptrdiff_t place_of(const Actions& actions) {
    const auto found = std::ranges::find_if(
        actions, [](const Action& action) { return std::holds_alternative<Kind>(action); });
    return found - actions.begin();
}

/// A memmon for which everything above 1000 bytes is over its limit.
class Watching {
  public:
    explicit Watching(memmon::Settings settings = {}) : policy(with_limit(std::move(settings))) {}

    Actions over(const std::vector<ProcessInfo>& processes) {
        std::map<int, std::uint64_t> sizes;
        for (const auto& info : processes)
            sizes[info.pid] = 5000;
        step(event_named("TICK_60"));
        step(ProcessesListed{processes});
        return step(MemoryMeasured{sizes});
    }
    Actions step(const Fact& fact) { return policy.step(fact, test_moment()); }

    Memmon policy;

  private:
    static memmon::Settings with_limit(memmon::Settings settings) {
        settings.limits.any = memmon::Limit{1000, "-a 1000"};
        return settings;
    }
};

/// An httpok whose only check is about `programs`.
class Checking {
  public:
    explicit Checking(std::vector<std::string> programs, GuardSettings guard = {})
        : policy(settings_for(std::move(programs), std::move(guard))) {}

    Actions bad(const std::vector<ProcessInfo>& processes) {
        step(event_named("TICK_60"));
        step(HttpChecked{HttpOutcome{500, "No", "", false}});
        return step(ProcessesListed{processes});
    }
    Actions step(const Fact& fact) { return policy.step(fact, test_moment()); }

    Httpok policy;

  private:
    static httpok::Settings settings_for(std::vector<std::string> programs, GuardSettings guard) {
        const auto check = httpok::make_plain_check("http://localhost/",
                                                    {httpok::About::Kind::named, std::move(programs)}, {});
        REQUIRE(check.ok());
        httpok::Settings settings;
        settings.checks = {*check};
        settings.guard = std::move(guard);
        return settings;
    }
};

std::string name_of_word(const Actions& actions) {
    const auto words = all_of<LeaveWord>(actions);
    REQUIRE(words.size() == 1);
    return words.front().name;
}

std::vector<std::string> taken_back(const Actions& actions) {
    std::vector<std::string> names;
    for (const auto& word : all_of<TakeBackWord>(actions))
        names.push_back(word.name);
    return names;
}

}  // namespace

TEST_CASE("memmon leaves word of a restart before it begins it, and tells how it ended in its place") {
    memmon::Settings settings;
    settings.name = "Project 1";
    Watching memmon(settings);
    const auto actions = memmon.over({running(web, 77)});
    const auto name = name_of_word(actions);
    CHECK(place_of<LeaveWord>(actions) < place_of<Restart>(actions));
    const auto word = all_of<LeaveWord>(actions).front().notification;
    CHECK(word.subject == "memmon [Project 1]: restart of process web:web begun, outcome unknown");
    CHECK(
        word.body ==
        "memmon began to restart the process named web:web at Sat Nov 21 03:47:50 2026 CET because it was "
        "consuming too much memory (5000 bytes RSS)\n\n4.9 KB RSS is over -a 1000. It was pid 77 and up for "
        "1 min.\n\nmemmon was ended itself before it knew what came of it: the process may have been "
        "restarted, may be down, or still be as it was.\n");
    CHECK(word.alert == "MemoryOverLimit");
    CHECK(word.process == web);
    CHECK(word.condition == Condition::event);
    const auto told = all_of<Notify>(memmon.step(TaskProgress{web, TaskStage::reached, "pid 78"}));
    REQUIRE(told.size() == 1);
    CHECK(told.front().instead_of == name);
    CHECK(told.front().draft.empty());
}

TEST_CASE("each process of memmon's has a word of its own, left when it is its turn") {
    Watching memmon;
    const auto actions = memmon.over({running(app0, 1), running(app1, 2), running(web, 3)});
    REQUIRE(all_of<LeaveWord>(actions).size() == 2);
    CHECK(all_of<LeaveWord>(actions)[0].name != all_of<LeaveWord>(actions)[1].name);
    CHECK(all_of<LeaveWord>(actions)[0].notification.process == app0);
    const auto next = memmon.step(TaskProgress{app0, TaskStage::reached, "pid 4"});
    REQUIRE(all_of<LeaveWord>(next).size() == 1);
    CHECK(all_of<LeaveWord>(next)[0].notification.process == app1);
}

TEST_CASE("memmon takes its word back where it tells nothing in its place") {
    memmon::Settings settings;
    settings.mail_uptime_limit = std::chrono::seconds(1);
    for (const auto stage : {TaskStage::spared, TaskStage::reached}) {
        Watching memmon(settings);
        const auto name = name_of_word(memmon.over({running(web, 77, 100)}));
        const auto actions = memmon.step(TaskProgress{web, stage, "so it is"});
        CHECK(all_of<Notify>(actions).empty());
        CHECK(taken_back(actions) == std::vector{name});
    }
    for (const auto stage : {TaskStage::stop_failed, TaskStage::start_failed}) {
        Watching memmon(settings);
        const auto name = name_of_word(memmon.over({running(web, 77, 100)}));
        const auto told = all_of<Notify>(memmon.step(TaskProgress{web, stage, "FAILED"}));
        REQUIRE(told.size() == 1);
        CHECK(told.front().instead_of == name);
    }
}

TEST_CASE("a memmon that ends before it has stopped the process takes its word back") {
    memmon::Settings settings;
    settings.guard.pre_signal = {"USR1", Duration{10'000}};
    Watching memmon(settings);
    const auto name = name_of_word(memmon.over({running(web, 77)}));
    CHECK(taken_back(memmon.step(Closing{})) == std::vector{name});
    CHECK(memmon.policy.idle());
}

TEST_CASE("memmon leaves no word where it restarts nothing") {
    memmon::Settings settings;
    settings.guard.deed = GuardSettings::Deed::dry_run;
    CHECK(all_of<LeaveWord>(Watching(settings).over({running(web, 77)})).empty());
    settings.guard = {};
    settings.guard.failures = 2;
    CHECK(all_of<LeaveWord>(Watching(settings).over({running(web, 77)})).empty());
}

TEST_CASE("httpok leaves one word of all restarts of a check before it begins the first") {
    Checking httpok({"web", "app:app_00"});
    const auto actions = httpok.bad({running(web, 7), running(app0, 8)});
    const auto name = name_of_word(actions);
    REQUIRE(all_of<Restart>(actions).size() == 2);
    CHECK(place_of<LeaveWord>(actions) < place_of<Restart>(actions));
    const auto word = all_of<LeaveWord>(actions).front().notification;
    CHECK(word.subject ==
          "httpok: http://localhost/: bad status returned; what came of the restart is not known");
    CHECK(word.body ==
          "status contacting http://localhost/: 500 No\nRestarting selected processes web, app:app_00\n"
          "web is in RUNNING state, restarting\napp:app_00 is in RUNNING state, restarting\n\n"
          "httpok was ended itself before it knew what came of the restart.\n");
    CHECK(word.condition == Condition::event);
    CHECK_FALSE(word.process);
    CHECK(all_of<Notify>(httpok.step(TaskProgress{web, TaskStage::reached, "pid 9"})).empty());
    const auto told = all_of<Notify>(httpok.step(TaskProgress{app0, TaskStage::spared, "gone"}));
    REQUIRE(told.size() == 1);
    CHECK(told.front().instead_of == name);
    CHECK(told.front().notification.condition == Condition::firing);
}

TEST_CASE("httpok's word is about the process its report is about") {
    Checking httpok({"web"});
    const auto words = all_of<LeaveWord>(httpok.bad({running(web, 7)}));
    REQUIRE(words.size() == 1);
    CHECK(words.front().notification.process == web);
    CHECK(the_mail(httpok.step(TaskProgress{web, TaskStage::reached, "pid 9"})).process == web);
}

TEST_CASE("httpok leaves no word where it restarts nothing") {
    GuardSettings guard;
    guard.deed = GuardSettings::Deed::dry_run;
    CHECK(all_of<LeaveWord>(Checking({"web"}, guard).bad({running(web, 7)})).empty());
    auto down = running(web, 0);
    down.state = ProcessState::stopped;
    const auto actions = Checking({"web"}).bad({down});
    CHECK(all_of<LeaveWord>(actions).empty());
    CHECK(all_of<Notify>(actions).size() == 1);
}

}  // namespace word_left_test
