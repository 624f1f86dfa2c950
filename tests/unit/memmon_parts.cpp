// memmon's limits, history, options and table.

#include <listeners/memmon/once.hpp>
#include <listeners/memmon/options.hpp>
#include <support/actions.hpp>
#include <support/catch.hpp>
#include <support/moments.hpp>

namespace memmon_parts_test {

using namespace keenlance;
using memmon::Limits;
using memmon::Sample;
using memmon::Settings;

namespace {

constexpr std::uint64_t mega = 1024 * 1024;

std::vector<Sample> samples(const std::vector<std::uint64_t>& megabytes,
                            Duration step = std::chrono::hours(1)) {
    std::vector<Sample> all;
    for (const auto size : megabytes)
        all.push_back({test_moment(step * static_cast<int>(all.size())).steady, size * mega});
    return all;
}

Result<Settings> read(const std::vector<std::string>& words) {
    CommandLineSpec spec;
    spec.program = "memmon";
    spec.options = memmon::options_of_superlance();
    for (auto& option : memmon::newer_options())
        spec.options.push_back(std::move(option));
    const auto options = parse_options(spec, words);
    if (!options) return options.error();
    return memmon::read_settings(*options);
}

std::string refusal(const std::vector<std::string>& words) {
    const auto settings = read(words);
    return settings ? "none" : settings.error().message;
}

std::string rule_for(const Limits& limits, const Namespec& id) {
    const auto* const limit = limits.limit_for(id);
    return limit == nullptr ? "none" : limit->rule;
}

}  // namespace

TEST_CASE("an exact name beats a glob, the first glob beats the next, and -p beats -g beats -a") {
    const auto settings = read({"-p", "web-*=1", "-p", "web-1=2", "-p", "app:web-?=3", "-p", "app:web-2=4",
                                "-g", "a*=5", "-g", "app=6", "-g", "ap*=7", "-a", "8"});
    REQUIRE(settings.ok());
    const auto& limits = settings->limits;
    CHECK(rule_for(limits, {"app", "web-1"}) == "-p web-1=2");
    CHECK(rule_for(limits, {"app", "web-2"}) == "-p app:web-2=4");
    CHECK(rule_for(limits, {"app", "web-3"}) == "-p web-*=1");
    CHECK(rule_for(limits, {"x", "web-33"}) == "-p web-*=1");
    CHECK(rule_for(limits, {"app", "db"}) == "-g app=6");
    CHECK(rule_for(limits, {"apple", "db"}) == "-g a*=5");
    CHECK(rule_for(limits, {"x", "y"}) == "-a 8");
}

TEST_CASE("a glob with a colon means group and name apart") {
    const auto settings = read({"-p", "app:web-*=1"});
    CHECK(rule_for(settings->limits, {"app", "web-1"}) == "-p app:web-*=1");
    CHECK(rule_for(settings->limits, {"other", "web-1"}) == "none");
}

TEST_CASE("a glob given twice counts as given last") {
    CHECK(read({"-p", "w*=1", "-p", "w*=2"})->limits.limit_for({"web", "web"})->bytes == 2);
}

TEST_CASE("names and globs that mean no process are told") {
    const auto settings = read({"-p", "web-*=1", "-p", "db=1", "-g", "x*=1", "-g", "app=1"});
    const auto wrong = memmon::unmatched(settings->limits, {running({"app", "db"}, 1)});
    REQUIRE(wrong.size() == 2);
    CHECK(wrong[0].second == "-p web-*=1: supervisord has no process like web-*");
    CHECK(wrong[1].second == "-g x*=1: supervisord has no group like x*");
}

TEST_CASE("a share is of what there is") {
    auto settings = read({"-a", "20%", "-p", "web=12.5 %", "--warn", "15%"});
    REQUIRE(settings.ok());
    CHECK(settings->limits.has_shares());
    settings->limits.resolve(1000 * mega);
    settings->warnings.resolve(1000 * mega);
    CHECK(settings->limits.any->bytes == 200 * mega);
    CHECK(settings->limits.programs.at("web").bytes == 125 * mega);
    CHECK(settings->warnings.any->bytes == 150 * mega);
    CHECK(memmon::account(*settings->limits.any) == "-a 20% (200.0 MB)");
}

TEST_CASE("a warning is for all, or for the processes of a name") {
    const auto settings = read({"--warn", "150MB", "--warn", "web=100MB", "--warn", "app:w*=1"});
    REQUIRE(settings.ok());
    CHECK(settings->limits.empty());
    CHECK(settings->warnings.limit_for({"x", "web"})->bytes == 100 * mega);
    CHECK(settings->warnings.limit_for({"app", "web-1"})->bytes == 1);
    CHECK(settings->warnings.limit_for({"x", "y"})->rule == "--warn 150MB");
}

TEST_CASE("every metric has its word") {
    CHECK(read({"-a1", "--metric", "USS"})->metric == MemoryMetric::uss);
    CHECK(read({"-a1", "--metric=cgroup"})->metric == MemoryMetric::cgroup);
    CHECK(read({"-a1"})->metric == MemoryMetric::rss);
}

TEST_CASE("what memmon cannot do is refused with the mend") {
    CHECK(refusal({"-a1", "--metric", "vsz"}) ==
          "option '--metric': 'vsz' is none of rss, pss, uss, swap and cgroup");
    CHECK(refusal({"-ca1", "--metric", "cgroup"}).find("leave out -c") != std::string::npos);
    CHECK(refusal({"-a", "0%"}).find("like 20%") != std::string::npos);
    CHECK(refusal({"-a", "101%"}).find("up to 100%") != std::string::npos);
    CHECK(refusal({"-p", "150MB"}).find("write -p myprogram=200MB") != std::string::npos);
    CHECK(refusal({"--warn", "=150MB"}).find("no name before '='") != std::string::npos);
    CHECK(refusal({"-a1", "--failures", "0"}).find("--failures") != std::string::npos);
    CHECK(refusal({}).find("nothing to watch") != std::string::npos);
}

TEST_CASE("superlance's beginnings of options mean what they meant") {
    const auto settings = read({"--p", "web=1", "--g", "app=2", "--gr=x=3", "--u", "1h", "--n", "N", "--c"});
    REQUIRE(settings.ok());
    CHECK(settings->limits.programs.size() == 1);
    CHECK(settings->limits.groups.size() == 2);
    CHECK(settings->scope == MemoryScope::descendants);
}

TEST_CASE("growth is told as a rate, with the time that is left") {
    CHECK(memmon::trend(samples({100, 135, 170}), 310 * mega) == "+35 MB/h, limit in about 4 h");
    CHECK(memmon::trend(samples({100, 135, 170}), 160 * mega) == "+35 MB/h");
    CHECK(memmon::trend(samples({100, 101, 102}), 10'000'000 * mega) == "+1 MB/h");
    CHECK(memmon::trend(samples({170, 135, 100}), 300 * mega) == "-35 MB/h");
    CHECK(memmon::trend(samples({100, 100, 100}), 300 * mega) == "steady");
    CHECK(memmon::trend(samples({100, 110, 120}, std::chrono::minutes(1)), 150 * mega) ==
          "+600 MB/h, limit in about 3 min");
    CHECK(memmon::trend(samples({10, 20, 30}), 3000 * mega) == "+10 MB/h, limit in about 12 d");
    CHECK(memmon::trend(samples({100, 200}), 300 * mega).empty());
    CHECK(memmon::trend(samples({1, 2, 3}, Duration{0}), 300 * mega).empty());
}

TEST_CASE("a chart has ten lines at most, in plain ASCII, the oldest first") {
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t i = 0; i < 60; ++i)
        sizes.push_back(100 + i);
    const auto text = memmon::chart(samples(sizes), 200 * mega);
    CHECK(std::count(text.begin(), text.end(), '\n') == 10);
    CHECK(text.starts_with(" -59.0 h ####################....................| 100.0 MB\n"));
    CHECK(text.find("     now ################################........| 159.0 MB\n") != std::string::npos);
    CHECK(
        std::all_of(text.begin(), text.end(), [](char ch) { return ch == '\n' || (ch >= ' ' && ch < 127); }));
    CHECK(memmon::chart(samples({1, 2}), mega).empty());
}

TEST_CASE("a life keeps its last sixty samples, another life begins anew") {
    memmon::Histories histories;
    const Namespec web{"web", "web"};
    for (std::uint64_t i = 0; i < 100; ++i)
        histories.add(web, {1, 1}, {test_moment().steady, i});
    CHECK(histories.of(web).size() == 60);
    CHECK(histories.of(web).front().bytes == 40);
    histories.add(web, {2, 1}, {test_moment().steady, 7});
    CHECK(histories.of(web).size() == 1);
    histories.keep_only({});
    CHECK(histories.size() == 0);
}

TEST_CASE("--once prints what would be done, and finishes with 1 when something is over") {
    auto settings = read({"-p", "web=100MB", "-p", "db=100MB", "-p", "gone=1", "--warn", "50MB"});
    REQUIRE(settings.ok());
    memmon::Once once(*settings);
    CHECK(all_of<ListProcesses>(once.step(Started{}, test_moment())).size() == 1);
    auto down = running({"down", "down"}, 0);
    down.state = ProcessState::stopped;
    const auto measure =
        once.step(ProcessesListed{std::vector{running({"web", "web"}, 11), running({"db", "db"}, 12),
                                              running({"mq", "mq"}, 13), running({"x", "x"}, 14), down}},
                  test_moment());
    CHECK(all_of<Log>(measure).at(0).text == "-p gone=1: supervisord has no process named gone");
    CHECK(all_of<MeasureMemory>(measure).at(0).pids == std::vector{11, 12, 13, 14});
    const std::map<int, std::uint64_t> sizes{{11, 150 * mega}, {12, 60 * mega}, {13, 9 * mega}};
    const auto actions = once.step(MemoryMeasured{sizes}, test_moment());
    CHECK(all_of<Print>(actions).at(0).text ==
          "PROCESS  PID       RSS  LIMIT         SHARE  VERDICT\n"
          "web:web   11  150.0 MB  -p web=100MB   150%  restart\n"
          "db:db     12   60.0 MB  --warn 50MB    120%  warn\n"
          "mq:mq     13    9.0 MB  --warn 50MB     18%  good\n"
          "x:x       14         -  --warn 50MB       -  cannot be read\n"
          "1 more process is down, or without a limit\n");
    CHECK(all_of<Finish>(actions).at(0).exit_code == 1);
}

TEST_CASE("--once finishes with 0 when nothing is over, and with 3 when nobody answers") {
    memmon::Once good(*read({"-a", "1MB"}));
    good.step(ProcessesListed{std::vector{running({"web", "web"}, 11)}}, test_moment());
    const auto done = good.step(MemoryMeasured{std::map<int, std::uint64_t>{{11, mega}}}, test_moment());
    CHECK(all_of<Finish>(done).at(0).exit_code == 0);
    memmon::Once alone(*read({"-a", "1MB"}));
    const auto failed =
        alone.step(ProcessesListed{Error{ErrorKind::refused, 0, "nobody there"}}, test_moment());
    CHECK(all_of<Log>(failed).at(0).text == "nobody there");
    CHECK(all_of<Finish>(failed).at(0).exit_code == 3);
}

}  // namespace memmon_parts_test
