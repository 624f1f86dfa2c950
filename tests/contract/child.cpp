#include <keenlance/core/text.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <fmt/core.h>
#include <support/catch.hpp>
#include <support/patience.hpp>
#include <support/temporary_folder.hpp>

#include <csignal>
#include <memory>
#include <optional>
#include <vector>

namespace child_contract {

using namespace keenlance;

namespace {

using Answers = std::vector<std::optional<Result<CommandResult>>>;

class Runner {
  public:
    Runner() { reactor_.handle_signals(); }

    CommandRunner& commands() { return *commands_; }
    Reactor& reactor() { return reactor_; }
    void destroy_commands() { commands_.reset(); }

    /// Runs all of them side by side, and waits.
    Answers run_all(const std::vector<Command>& commands) {
        auto answers = std::make_shared<Answers>(commands.size());
        std::size_t missing = commands.size();
        const auto began = Reactor::now();
        for (std::size_t i = 0; i < commands.size(); ++i)
            commands_->run(commands[i], [answers, i, &missing](Result<CommandResult> result) {
                CHECK_FALSE((*answers)[i]);
                (*answers)[i] = std::move(result);
                --missing;
            });
        CHECK(missing == commands.size());
        REQUIRE(reactor_.run_until([&missing] { return missing == 0; }, Reactor::now() + patience));
        took_ = Reactor::now() - began;
        return *answers;
    }
    CommandResult run(const Command& command) { return run_all({command}).front()->value(); }
    CommandResult run(const std::string& text, const std::string& input = "") {
        return run(Command{text, input});
    }
    [[nodiscard]] Duration took() const { return took_; }

  private:
    Reactor reactor_;
    std::unique_ptr<CommandRunner> commands_ = std::make_unique<CommandRunner>(reactor_);
    Duration took_{};
};

Command bounded(const std::string& text, Duration timeout, const std::string& input = "") {
    Command command{text, input};
    command.timeout = timeout;
    return command;
}

/// Ended, whether or not its parent has noticed.
bool has_ended(int pid) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    const auto name_end = stat.rfind(')');
    return name_end == std::string::npos || stat.substr(name_end, 3) == ") Z";
}

}  // namespace

TEST_CASE("a command's output, status and input are its own", "[child]") {
    Runner runner;
    const auto both = runner.run("echo out; echo err >&2; exit 3");
    CHECK(both.output == "out\nerr\n");
    CHECK(both.status == 3);
    CHECK_FALSE(both.timed_out);
    CHECK(runner.run("tr a-z A-Z; echo \"[$?]\"", "one\ntwo\n").output == "ONE\nTWO\n[0]\n");
    CHECK(runner.run("cat", "").output.empty());
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    CHECK(runner.run("wc -c", megabyte).output == "1048576\n");
}

TEST_CASE("a command that leaves its input unread is no failure", "[child]") {
    Runner runner;
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    CHECK(runner.run("true", megabyte).status == 0);
    CHECK(runner.run("exec <&-; sleep 0.1; echo done", megabyte).output == "done\n");
    CHECK(runner.run("head -c 3", megabyte).output == "xxx");
}

TEST_CASE("a command that does not exist, fails or is killed says so by its status", "[child]") {
    Runner runner;
    const auto missing = runner.run("/nowhere/sendmail -t");
    CHECK(missing.status == 127);
    CHECK(missing.output.find("not found") != std::string::npos);
    const auto terminated = runner.run("kill -TERM $$; sleep 1000");
    CHECK(terminated.status == 128 + SIGTERM);
    CHECK_FALSE(terminated.timed_out);
    CHECK(runner.run("kill -KILL $$").status == 128 + SIGKILL);
    CHECK(runner.run("syntax error (").status == 2);
}

TEST_CASE("a timeout ends a command with all it has started", "[child]") {
    Runner runner;
    const auto result = runner.run(bounded(
        "trap '' TERM; sleep 1000 & echo $!; (sleep 1000 & echo $!; wait) & echo $!; wait", Duration{500}));
    CHECK(result.timed_out);
    CHECK(result.status == 128 + SIGKILL);
    CHECK(runner.took() >= Duration{500});
    const auto pids = split_words(result.output);
    REQUIRE(pids.size() == 3);
    for (const auto pid : pids)
        CHECK(eventually([&pid] { return has_ended(std::stoi(std::string(pid))); }));
    CHECK(result.describe(Duration{500}).starts_with("killed after "));
}

TEST_CASE("a timeout ends a command that takes no input and gives no end of output", "[child]") {
    Runner runner;
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    const auto quiet = runner.run(bounded("sleep 1000", Duration{300}, megabyte));
    CHECK(quiet.timed_out);
    auto chatter = bounded("yes", Duration{300});
    chatter.max_output = 1000;
    const auto loud = runner.run(chatter);
    CHECK(loud.timed_out);
    CHECK(loud.output.size() == 1000);
}

TEST_CASE("what a command prints beyond its bound is thrown away, and it ends as it wants", "[child]") {
    Runner runner;
    auto chatter = bounded("yes | head -c 20000000; exit 5", patience);
    chatter.max_output = 1000;
    const auto result = runner.run(chatter);
    CHECK(result.output.size() == 1000);
    CHECK(result.output.starts_with("y\ny\n"));
    CHECK(result.status == 5);
    CHECK(runner.run("head -c 65536 /dev/zero").output.size() == 65536);
}

TEST_CASE("a grandchild in the background that holds the output open delays nothing and lives on",
          "[child]") {
    Runner runner;
    const auto result = runner.run(bounded("sleep 1000 & echo $!; exit 4", Duration{20'000}));
    CHECK(result.status == 4);
    CHECK_FALSE(result.timed_out);
    const int grandchild = std::stoi(result.output);
    CHECK_FALSE(has_ended(grandchild));
    ::kill(grandchild, SIGKILL);
    CHECK(eventually([grandchild] { return has_ended(grandchild); }));
}

TEST_CASE("64 commands run at once", "[child]") {
    Runner runner;
    std::vector<Command> commands;
    commands.reserve(64);
    for (int i = 0; i < 64; ++i)
        commands.push_back({fmt::format("cat; sleep 1; exit {}", i), std::to_string(i)});
    const auto answers = runner.run_all(commands);
    for (int i = 0; i < 64; ++i) {
        const auto& result = answers[static_cast<std::size_t>(i)]->value();
        CHECK(result.status == i);
        CHECK(result.output == std::to_string(i));
    }
    CHECK(runner.took() < Duration{32'000});  // one after another: 64 s
}

TEST_CASE("no command holds another's pipes", "[child]") {
    Runner runner;
    const Command list_open{"ls /proc/$$/fd", ""};
    const auto alone = runner.run(list_open).output;
    const auto answers = runner.run_all(
        {Command{"cat; echo end", "x"}, Command{"sleep 1", ""}, Command{"cat", ""}, list_open});
    CHECK(answers[0]->value().output == "xend\n");
    CHECK(answers[3]->value().output == alone);
}

TEST_CASE("a runner that goes ends what has not been fed, and leaves the rest to finish", "[child]") {
    Runner runner;
    const TemporaryFolder folder;
    bool answered = false;
    const auto forget = [&answered](const Result<CommandResult>&) { answered = true; };
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    runner.commands().run(
        {fmt::format("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000", folder.at("hungry")), megabyte},
        forget);
    runner.commands().run({fmt::format("cat > /dev/null; echo > {}; sleep 0.2; echo done > {}",
                                       folder.at("fed"), folder.at("done")),
                           "all of it"},
                          forget);
    const auto both_began = [&folder] {
        return !read_file(folder.at("hungry")).empty() && !read_file(folder.at("fed")).empty();
    };
    REQUIRE(eventually([&] {
        runner.reactor().turn(Reactor::now() + Duration{5});
        return both_began();
    }));
    runner.destroy_commands();
    const int hungry = std::stoi(read_file(folder.at("hungry")));
    CHECK(eventually([hungry] { return has_ended(hungry); }));
    CHECK(eventually([&folder] { return read_file(folder.at("done")) == "done\n"; }));
    CHECK_FALSE(runner.reactor().run_until([&answered] { return answered; }, Reactor::now() + Duration{50}));
}

}  // namespace child_contract
