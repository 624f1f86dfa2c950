#include <keenlance/core/supervisord_command_line.hpp>

#include <support/catch.hpp>

#include <optional>
#include <string>
#include <vector>

namespace supervisord_command_line_test {

using namespace keenlance;

namespace {

using Words = std::vector<std::string>;

SupervisordCommandLine read(const Words& words) {
    auto line = parse_supervisord_command_line(words);
    INFO((line ? "" : line.error().message));
    REQUIRE(line);
    return std::move(*line);
}

}  // namespace

TEST_CASE("-c is found however getopt takes it", "[command_line]") {
    for (const Words& options : std::vector<Words>{{"-c", "/x.conf"},
                                                   {"-c/x.conf"},
                                                   {"-nc", "/x.conf"},
                                                   {"-nkc/x.conf"},
                                                   {"-n", "-u", "-c", "--configuration", "/x.conf"},
                                                   {"--configuration=/x.conf", "--nodaemon"},
                                                   {"--co=/x.conf"},
                                                   {"--pidfile", "-c", "--conf", "/x.conf"}}) {
        Words words{"/usr/bin/python3", "/usr/bin/supervisord"};
        words.insert(words.end(), options.begin(), options.end());
        INFO(options[0]);
        CHECK(read(words).configuration == "/x.conf");
    }
}

TEST_CASE("the interpreter's own options are stepped over", "[command_line]") {
    CHECK(read({"python3", "-u", "-W", "ignore", "-Xdev", "--check-hash-based-pycs", "never",
                "/opt/supervisord", "-n"})
              .program == "/opt/supervisord");
    CHECK(read({"/usr/bin/pypy3", "-Es", "bin/.supervisord-wrapped"}).program == "bin/.supervisord-wrapped");
    const auto module = read({"python3", "-Im", "supervisor.supervisord", "-c", "x"});
    CHECK(module.program.empty());
    CHECK(module.configuration == "x");
    CHECK(
        read({"python3", "-c", "from supervisor.supervisord import main; main()", "-c", "y"}).configuration ==
        "y");
    CHECK(read({"python3", "-csupervisord"}).program == "-c");
}

TEST_CASE("other ways to start supervisord are understood", "[command_line]") {
    CHECK(read({"supervisord"}).configuration == std::nullopt);
    CHECK(read({"/lib/ld-linux.so", "/usr/bin/python3", "/usr/bin/supervisord", "-c", "x"}).configuration ==
          "x");
    CHECK(read({"/usr/bin/python3 /usr/bin/supervisord -n -c /x.conf"}).configuration == "/x.conf");
    CHECK(read({"python3", "/app/run.py", "-c", "x"}).configuration == "x");
}

TEST_CASE("a command line that tells nothing is an error", "[command_line]") {
    for (const Words& words :
         std::vector<Words>{{},
                            {""},
                            {"bash"},
                            {"supervisord: main process"},
                            {"python3", "/app/run.py"},
                            {"python3", "/opt/supervisord/run.py", "/etc/supervisord.conf"},
                            {"python3", "-m"},
                            {"python3", "-i"},
                            {"supervisord", "-c"},
                            {"supervisord", "--c=ambiguous"}}) {
        const auto line = parse_supervisord_command_line(words);
        INFO((words.empty() ? "nothing" : words[0]));
        REQUIRE(!line);
        CHECK(line.error().kind == ErrorKind::invalid);
        CHECK(line.error().message.find("cannot tell the configuration file") == 0);
    }
}

TEST_CASE("the search path is supervisor's", "[command_line]") {
    const Words fixed{"supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf",
                      "/etc/supervisor/supervisord.conf"};
    Words with_program{"/usr/etc/supervisord.conf", "/usr/supervisord.conf"};
    with_program.insert(with_program.end(), fixed.begin(), fixed.end());
    CHECK(config_search_path("/usr/bin/supervisord") == with_program);
    CHECK(config_search_path("") == fixed);
    CHECK(config_search_path("supervisord")[0] == "etc/supervisord.conf");
    CHECK(config_search_path("supervisord")[1] == "supervisord.conf");
}

TEST_CASE("the rules for comments are known by the name of the interpreter", "[command_line]") {
    CHECK(config_dialect_of("/usr/bin/python3.11") == ConfigDialect::until_python_3_12);
    CHECK(config_dialect_of("/usr/bin/python3.13") == ConfigDialect::since_python_3_13);
    CHECK(config_dialect_of("python3.13t") == ConfigDialect::since_python_3_13);
    CHECK(config_dialect_of("/usr/bin/python3") == std::nullopt);
    CHECK(config_dialect_of("/usr/bin/supervisord") == std::nullopt);
}

}  // namespace supervisord_command_line_test
