// memmon with the guard rails, warnings, and what it keeps over a day.

#include <listeners/memmon/memmon.hpp>
#include <support/actions.hpp>
#include <support/alerts.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace memmon_guarded_test {

using namespace keenlance;
using memmon::Memmon;
using memmon::Settings;

namespace {

const Namespec web{"web", "web"};
constexpr std::uint64_t mega = 1024 * 1024;

Settings over_100_mb() {
    Settings settings;
    settings.limits.any = memmon::Limit{100 * mega, "-a 100MB"};
    return settings;
}

/// A memmon that watches one process, with a tick a minute.
class OneProcess {
  public:
    explicit OneProcess(Settings settings) : policy(std::move(settings)) {}

    Actions tick(std::uint64_t megabytes) {
        now_ += std::chrono::minutes(1);
        step(event_named("TICK_60"));
        auto info = running(web, pid, 60 * ++age_);
        info.start += pid;
        auto actions = step(ProcessesListed{std::vector{info}});
        append(actions, step(MemoryMeasured{std::map<int, std::uint64_t>{{pid, megabytes * mega}}}));
        return actions;
    }

    Actions step(const Fact& fact) { return policy.step(fact, test_moment(now_)); }

    /// It is restarted as wished, or by somebody else.
    Actions restarted() {
        auto actions = step(TaskProgress{web, TaskStage::reached, "", ProcessState::running, ++pid});
        age_ = 0;
        return actions;
    }

    Memmon policy;
    int pid = 1;

  private:
    Duration now_{0};
    int age_ = 0;
};

std::vector<Notification> told(const Actions& actions) {
    std::vector<Notification> all;
    for (const auto& notify : all_of<Notify>(actions))
        all.push_back(notify.notification);
    return all;
}

std::string log_of(const Actions& actions) {
    std::string text;
    for (const auto& log : all_of<Log>(actions))
        text += log.text + "\n";
    return text;
}

}  // namespace

TEST_CASE("failures in a row are counted in the log before a restart") {
    auto settings = over_100_mb();
    settings.guard.failures = 2;
    OneProcess watch(settings);
    const auto first = watch.tick(101);
    CHECK(all_of<Restart>(first).empty());
    CHECK(log_of(first) ==
          "web:web (pid 1): 101.0 MB RSS is over -a 100MB; failure 1 of 2 in a row of web\n");
    watch.tick(99);
    CHECK(all_of<Restart>(watch.tick(101)).empty());
    CHECK(all_of<Restart>(watch.tick(101)).size() == 1);
}

TEST_CASE("a dry run says once what it would do, and notifies nobody") {
    auto settings = over_100_mb();
    settings.guard.deed = GuardSettings::Deed::dry_run;
    settings.warnings.any = memmon::Limit{50 * mega, "--warn 50MB"};
    OneProcess watch(settings);
    auto actions = watch.tick(60);
    CHECK(told(actions).empty());
    CHECK(log_of(actions).find("60.0 MB RSS is over --warn 50MB") != std::string::npos);
    actions = watch.tick(101);
    CHECK(told(actions).empty());
    CHECK(all_of<Restart>(actions).empty());
    CHECK(log_of(actions) ==
          "web:web (pid 1): 101.0 MB RSS is over -a 100MB; would restart web, but for --dry-run\n");
    CHECK(log_of(watch.tick(102)).empty());
}

TEST_CASE("a process that leaks at once is left alone in the end, loudly and once") {
    auto settings = over_100_mb();
    settings.guard.max_restarts = RestartBudget{2, std::chrono::hours(1)};
    OneProcess watch(settings);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(all_of<Restart>(watch.tick(200)).size() == 1);
        watch.restarted();
    }
    const auto end = told(watch.tick(200));
    REQUIRE(end.size() == 1);
    CHECK(end[0].alert == "RestartsExhausted");
    CHECK(end[0].subject == "memmon: process web:web is NOT restarted any more");
    CHECK(end[0].body.find("supervisorctl restart web") != std::string::npos);
    CHECK(end[0].condition == Condition::firing);
    for (int i = 0; i < 100; ++i)
        CHECK(told(watch.tick(200)).empty());
    ++watch.pid;  // by hand
    const auto again = watch.tick(10);
    REQUIRE(told(again).size() == 1);
    CHECK(told(again)[0].condition == Condition::resolved);
    CHECK(all_of<Restart>(watch.tick(200)).size() == 1);
}

TEST_CASE("a pre-command, a signal and a post-command stand around the restart") {
    auto settings = over_100_mb();
    settings.guard.pre_command = "drain";
    settings.guard.post_command = "undrain";
    settings.guard.pre_signal = PreSignal{"USR1", Duration{3'000}};
    OneProcess watch(settings);
    CHECK(all_of<InspectProcesses>(watch.tick(101)).size() == 1);
    auto info = running(web, 1);
    info.start += 1;
    const ProcessesInspected same{{web}, std::vector<Result<ProcessInfo>>{info}};
    const auto pre = all_of<RunCommand>(watch.step(same));
    REQUIRE(pre.size() == 1);
    CHECK(pre[0].environment.back() ==
          std::pair<std::string, std::string>("KEENLANCE_REASON", "101.0 MB RSS is over -a 100MB"));
    watch.step(CommandFinished{web, std::string()});
    CHECK(all_of<SignalProcess>(watch.step(same)).size() == 1);
    CHECK_FALSE(watch.policy.deadline());
    watch.step(ProcessSignalled{web, true});
    CHECK(watch.policy.deadline());
    CHECK(all_of<MeasureMemory>(watch.tick(300)).empty());
    CHECK(all_of<Restart>(watch.step(Woke{})).size() == 1);
    const auto up = watch.restarted();
    CHECK(told(up).size() == 1);
    CHECK(all_of<RunCommand>(up).size() == 1);
    CHECK_FALSE(watch.policy.idle());
    watch.step(CommandFinished{web, std::string()});
    CHECK(watch.policy.idle());
}

TEST_CASE("a warning is told once for a crossing, and again after the size was well below") {
    auto settings = over_100_mb();
    settings.warnings.programs["web"] = memmon::Limit{50 * mega, "--warn web=50MB"};
    OneProcess watch(settings);
    CHECK(told(watch.tick(50)).empty());
    const auto first = told(watch.tick(51));
    REQUIRE(first.size() == 1);
    CHECK(first[0].alert == "MemoryWarning");
    CHECK(first[0].condition == Condition::firing);
    CHECK(first[0].severity == Severity::warning);
    CHECK(first[0].subject == "memmon: process web:web uses much memory");
    CHECK(told(watch.tick(46)).empty());
    CHECK(told(watch.tick(55)).empty());
    const auto below = told(watch.tick(44));
    REQUIRE(below.size() == 1);
    CHECK(below[0].condition == Condition::resolved);
    CHECK(labels_of(below[0]) == labels_of(first[0]));
    CHECK(told(watch.tick(51)).size() == 1);
    SECTION("another life begins without a warning") {
        ++watch.pid;
        const auto born = told(watch.tick(51));
        REQUIRE(born.size() == 2);
        CHECK(born[0].condition == Condition::resolved);
        CHECK(born[1].condition == Condition::firing);
    }
    SECTION("a process that is down uses nothing") {
        watch.step(event_named("TICK_60"));
        const auto gone = told(watch.step(ProcessesListed{std::vector<ProcessInfo>{}}));
        REQUIRE(gone.size() == 1);
        CHECK(gone[0].condition == Condition::resolved);
    }
}

TEST_CASE("the mail of a restart shows the last samples behind superlance's text") {
    OneProcess watch(over_100_mb());
    for (std::uint64_t size = 40; size <= 100; size += 10)
        watch.tick(size);
    watch.tick(110);
    const auto mail = told(watch.restarted()).at(0);
    CHECK(mail.body.starts_with("memmon restarted the process named web:web at "));
    const auto picture = mail.body.substr(mail.body.find("\nIts RSS"));
    CHECK(picture ==
          "\nIts RSS in the last 7 min (8 samples: +600 MB/h); '|' is -a 100MB:\n\n"
          "  -7 min ###############.....................| 40.0 MB\n"
          "  -6 min ##################..................| 50.0 MB\n"
          "  -5 min ######################..............| 60.0 MB\n"
          "  -4 min #########################...........| 70.0 MB\n"
          "  -3 min #############################.......| 80.0 MB\n"
          "  -2 min #################################...| 90.0 MB\n"
          "  -1 min ####################################| 100.0 MB\n"
          "     now ####################################|#### 110.0 MB\n");
    CHECK(mail.details ==
          std::vector<std::pair<std::string, std::string>>{{"pid", "1"},
                                                           {"rss_bytes", std::to_string(110 * mega)},
                                                           {"limit_bytes", std::to_string(100 * mega)},
                                                           {"rule", "-a 100MB"}});
}

TEST_CASE("a size that cannot be read is said once, and is not taken for none") {
    auto settings = over_100_mb();
    settings.metric = MemoryMetric::pss;
    Memmon policy(settings);
    std::string log;
    for (int i = 0; i < 5; ++i) {
        policy.step(event_named("TICK_60"), test_moment());
        const auto measure = policy.step(ProcessesListed{std::vector{running(web, 7)}}, test_moment());
        CHECK(all_of<MeasureMemory>(measure).at(0).metric == MemoryMetric::pss);
        log += log_of(policy.step(MemoryMeasured{std::map<int, std::uint64_t>{}}, test_moment()));
    }
    CHECK(log ==
          "web:web (pid 7): its PSS cannot be read, and is not watched: a process of another user's tells it "
          "only to root\n");
}

TEST_CASE("in a day of ticks, with a clock that jumps and processes that come and go, nothing grows") {
    auto settings = over_100_mb();
    settings.warnings.any = memmon::Limit{50 * mega, "--warn 50MB"};
    settings.guard.max_restarts = RestartBudget{3, std::chrono::hours(1)};
    settings.guard.grace = std::chrono::seconds(10);
    Memmon policy(settings);
    constexpr int processes = 20, ticks = 24 * 60;
    std::size_t most_in_first_hours = 0, most_later = 0;
    for (int tick = 0; tick < ticks; ++tick) {
        auto now = test_moment(std::chrono::minutes(tick));
        now.wall += std::chrono::hours(tick % 97 == 0 ? 1'000 : 0);
        const std::int64_t supervisord_now = 1'000'000 + 60 * tick - (tick / 100 % 2 == 0 ? 0 : 7'200);
        std::vector<ProcessInfo> list;
        std::map<int, std::uint64_t> sizes;
        for (int i = 0; i < processes; ++i) {
            const int generation = (tick + i * 7) / 90;  // each name lives for 90 minutes, then another one
            auto info = running({"g" + std::to_string(i % 4), std::to_string(generation * processes + i)},
                                1 + generation * processes + i);
            info.now = supervisord_now;
            info.start = 1'000'000 + generation * 5'400;
            list.push_back(info);
            sizes[info.pid] = static_cast<std::uint64_t>((tick + i * 7) % 90) * 3 * mega / 2;
        }
        policy.step(event_named("TICK_60"), now);
        policy.step(ProcessesListed{list}, now);
        for (const auto& restart : all_of<Restart>(policy.step(MemoryMeasured{sizes}, now))) {
            Actions next{restart};
            while (!all_of<Restart>(next).empty())
                next = policy.step(TaskProgress{all_of<Restart>(next)[0].id, TaskStage::reached, "",
                                                ProcessState::running, 1},
                                   now);
        }
        auto& most = tick < ticks / 6 ? most_in_first_hours : most_later;
        most = std::max(most, policy.remembered());
    }
    CHECK(most_in_first_hours > processes * 40);
    CHECK(most_later <= most_in_first_hours);
    policy.step(event_named("TICK_5"), test_moment());
    policy.step(ProcessesListed{std::vector<ProcessInfo>{}}, test_moment());
    CHECK(policy.remembered() == 0);
}

}  // namespace memmon_guarded_test
