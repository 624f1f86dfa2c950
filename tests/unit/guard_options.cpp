#include <listeners/guard_options.hpp>
#include <support/catch.hpp>

namespace guard_options_test {

using namespace keenlance;

namespace {

Result<GuardSettings> read(const std::vector<std::string>& words) {
    CommandLineSpec spec;
    spec.program = "memmon";
    spec.options = {{{"p", "program"}, "NAME=SIZE", ""},
                    {{"g", "groupname", "group"}, "NAME=SIZE", ""},
                    {{"s", "sendmail_program"}, "COMMAND", ""}};
    for (auto& option : guard_options())
        spec.options.push_back(std::move(option));
    const auto options = parse_options(spec, words);
    if (!options) return options.error();
    return read_guard_options(*options);
}

std::string refusal(const std::string& option, const std::string& value) {
    const auto settings = read({option, value});
    REQUIRE_FALSE(settings.ok());
    CHECK(settings.error().kind == ErrorKind::invalid);
    return settings.error().message;
}

}  // namespace

TEST_CASE("guard rails that are not asked for are none, but for growing gaps") {
    const auto settings = read({});
    CHECK(*settings == GuardSettings{});
    CHECK(settings->backoff == Backoff{std::chrono::seconds(5), std::chrono::minutes(10)});
}

TEST_CASE("every guard rail can be set") {
    const auto settings = read({"--grace", "1m", "--failures=3", "--max-restarts=5/2h", "--backoff", "10:1h",
                                "--dry-run", "--pre-cmd=a b", "--post-cmd=c", "--signal", "sigusr1:2"});
    REQUIRE(settings.ok());
    CHECK(settings->grace == std::chrono::minutes(1));
    CHECK(settings->failures == 3);
    CHECK(settings->max_restarts == RestartBudget{5, std::chrono::hours(2)});
    CHECK(settings->backoff == Backoff{std::chrono::seconds(10), std::chrono::hours(1)});
    CHECK(settings->deed == GuardSettings::Deed::dry_run);
    CHECK(settings->pre_command == "a b");
    CHECK(settings->post_command == "c");
    CHECK(settings->pre_signal == PreSignal{"USR1", std::chrono::seconds(2)});
}

TEST_CASE("what may be left out of a guard rail has its default") {
    CHECK(read({"--signal=HUP"})->pre_signal == PreSignal{"HUP", std::chrono::seconds(5)});
    CHECK(read({"--backoff=0"})->backoff.first == Duration{0});
    CHECK(read({"--backoff=1h"})->backoff == Backoff{std::chrono::hours(1), std::chrono::hours(1)});
}

TEST_CASE("superlance's beginnings mean what they meant") {
    CHECK(*read({"--p", "a=1", "--g", "b=2", "--gr=c=3", "--s", "mail"}) == GuardSettings{});
    CHECK(read({"--gra=5", "--f", "2"})->failures == 2);
}

TEST_CASE("a wrong guard rail names its option and the mend") {
    CHECK(refusal("--grace", "x") ==
          "option '--grace': 'x' is no span of time: write one like 90, 30s, 1.5h or 2d");
    CHECK(refusal("--failures", "0") ==
          "option '--failures': '0' is out of range: write a whole number from 1 to 1000");
    CHECK(refusal("--max-restarts", "3") ==
          "option '--max-restarts': '3' is no N/PERIOD: 3/1h allows 3 restarts an hour");
    CHECK(refusal("--max-restarts", "3/0").find("more than 0 seconds") != std::string::npos);
    CHECK(refusal("--max-restarts", "x/1h").find("no whole number") != std::string::npos);
    CHECK(refusal("--max-restarts", "3/x").find("no span of time") != std::string::npos);
    CHECK(refusal("--backoff", "10:5").find("write FIRST:MOST, like 5s:10m") != std::string::npos);
    CHECK(refusal("--backoff", "10:").find("no span of time") != std::string::npos);
    CHECK(refusal("--signal", "U$R1").find("is no SIGNAL[:SECONDS]") != std::string::npos);
    CHECK(refusal("--signal", "USR1:x").find("no span of time") != std::string::npos);
    CHECK(refusal("--pre-cmd", " ").find("an empty command") != std::string::npos);
}

}  // namespace guard_options_test
