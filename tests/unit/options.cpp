#include <keenlance/core/options.hpp>
#include <keenlance/core/text.hpp>

#include <support/catch.hpp>

namespace options_test {

using namespace keenlance;

namespace {

using Words = std::vector<std::string>;

const CommandLineSpec& memmon() {
    static const CommandLineSpec spec{
        "memmon",
        "Restart processes that use too much memory.",
        "[OPTION]...",
        {{{"c", "cumulative"}, "", "count the memory of a process together with that of all its children"},
         {{"p", "program"},
          "NAME=SIZE",
          "restart the process NAME (or GROUP:NAME) when it uses more than SIZE; may be given more than "
          "once"},
         {{"g", "group", "groupname"},
          "NAME=SIZE",
          "restart any process of the group NAME that uses more than SIZE"},
         {{"a", "any"}, "SIZE", "restart any process that uses more than SIZE"},
         {{"s", "sendmail_program", "sendmail"},
          "COMMAND",
          "the command that takes a mail on its standard input"},
         {{"m", "email"}, "ADDRESS", "mail what was done to ADDRESS"},
         {{"password"}, "WORD", "a rival of --program"},
         {{"z"}, "N", "a value with a short name alone"},
         {{"y"}, "", "a flag with a short name alone"}},
        "Sizes are 200MB, 1.5GB and so on."};
    return spec;
}

ParsedOptions parse(const Words& words) {
    const auto parsed = parse_options(memmon(), words);
    INFO(join(words, " ") << ": " << (parsed.ok() ? "" : parsed.error().message));
    REQUIRE(parsed.ok());
    return *parsed;
}

/// "key=value key … | argument argument", the key alone for a flag.
std::string understood(const Words& words) {
    std::string out;
    const auto parsed = parse(words);
    for (const auto& occurrence : parsed.occurrences())
        out += occurrence.key + (occurrence.value.empty() ? "" : "=" + occurrence.value) + " ";
    return out + "| " + join(parsed.arguments(), " ");
}

std::string refusal(const Words& words) {
    INFO(join(words, " "));
    const auto parsed = parse_options(memmon(), words);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().kind == ErrorKind::invalid);
    return parsed.error().message;
}

}  // namespace

TEST_CASE("a value may be attached, follow, or stand behind an equals sign") {
    for (const auto& words : {Words{"-a", "200MB"}, Words{"-a200MB"}, Words{"--any=200MB"},
                              Words{"--any", "200MB"}, Words{"--an", "200MB"}, Words{"--a=200MB"}})
        CHECK(understood(words) == "any=200MB | ");
}

TEST_CASE("short options are grouped until one takes a value") {
    CHECK(understood({"-ca200MB"}) == "cumulative any=200MB | ");
    CHECK(understood({"-cya", "200MB", "x"}) == "cumulative y any=200MB | x");
    CHECK(understood({"-am", "x"}) == "any=m | x");
    CHECK(understood({"-cc"}) == "cumulative cumulative | ");
    CHECK(understood({"-a=200MB"}) == "any==200MB | ");
}

TEST_CASE("options with a short name alone are keyed by it") {
    CHECK(understood({"-z5", "-y", "-z", "6"}) == "z=5 y z=6 | ");
    CHECK(parse({"-z5"}).last("z") == "5");
}

TEST_CASE("the word after an option that takes a value is its value, whatever it looks like") {
    CHECK(understood({"-m", "-c", "-c"}) == "email=-c cumulative | ");
    CHECK(understood({"--email", "--", "--", "-c"}) == "email=-- | -c");
    CHECK(understood({"-p", "--program"}) == "program=--program | ");
    CHECK(understood({"-m", "-"}) == "email=- | ");
}

TEST_CASE("arguments may stand between options, and all that follows -- is one") {
    CHECK(understood({"x", "-c", "-", "--any", "1", "y"}) == "cumulative any=1 | x - y");
    CHECK(understood({"-c", "--", "-c", "--", "--bogus"}) == "cumulative | -c -- --bogus");
    CHECK(parse({"", "--", ""}).arguments() == Words{"", ""});
    CHECK(understood({}) == "| ");
}

TEST_CASE("a unique beginning is enough for a long name, an exact name wins") {
    CHECK(understood({"--prog=a=1", "--cum", "--em", "x"}) == "program=a=1 cumulative email=x | ");
    CHECK(understood({"--group", "a=1"}) == "group=a=1 | ");
    CHECK(understood({"--vers", "--he"}) == "version help | ");
}

TEST_CASE("several names of one option do not compete") {
    CHECK(understood({"--grou=a=1", "--groupn=b=2"}) == "group=a=1 group=b=2 | ");
    CHECK(understood({"--sendmail", "x", "--send=y", "-sz"}) ==
          "sendmail_program=x sendmail_program=y sendmail_program=z | ");
}

TEST_CASE("a newer option yields its beginnings to older ones") {
    auto spec = memmon();
    for (const auto* const name : {"grace", "graph"})
        spec.options.push_back({{name}, "", "newer than --group", {}, Abbreviation::yields});
    const Words words{"--g", "a=1", "--grap", "--gr=b=2"};
    const auto parsed = parse_options(spec, words);
    REQUIRE(parsed.ok());
    CHECK(parsed->all("group") == Words{"a=1", "b=2"});
    CHECK(parsed->has("graph"));
    const auto ambiguous = parse_options(spec, Words{"--gra"});
    REQUIRE_FALSE(ambiguous.ok());
    CHECK(ambiguous.error().message == "option '--gra' is ambiguous: --grace, --graph");
}

TEST_CASE("the spelling is kept as the user wrote it") {
    const auto parsed = parse({"--prog=a=1", "-cm", "x", "--groupname", "b=2"});
    std::vector<std::string> spelled;
    for (const auto& occurrence : parsed.occurrences())
        spelled.push_back(occurrence.spelled);
    CHECK(spelled == Words{"--prog", "-c", "-m", "--groupname"});
}

TEST_CASE("values are kept byte for byte") {
    const std::string megabyte(1'000'000, 'x');
    for (const auto& value :
         {std::string("a=1,b=2,,c"), std::string("two\nlines\n"), std::string("true"), std::string(" \t"),
          std::string("\xFF\x01"), std::string(R"("quoted" 'x' \)"), megabyte}) {
        CHECK(parse({"--program", value}).last("program") == value);
        CHECK(parse({"--program=" + value}).last("program") == value);
        CHECK(parse({"-p" + value}).last("program") == value);
        CHECK(parse({"--", value}).arguments() == Words{value});
        CHECK(parse({value}).arguments() == Words{value});
    }
}

TEST_CASE("an empty value is a value") {
    for (const auto& words : {Words{"--any="}, Words{"--any", ""}, Words{"-a", ""}})
        CHECK(parse(words).last("any") == "");
}

TEST_CASE("repeated options keep their order, and the last one can be asked for") {
    const auto parsed = parse({"-pa=1", "-g", "b=2", "-p", "c=3"});
    CHECK(parsed.all("program") == Words{"a=1", "c=3"});
    CHECK(parsed.last("program") == "c=3");
    CHECK(parsed.has("group"));
    CHECK_FALSE(parsed.has("any"));
    CHECK_FALSE(parsed.last("any").has_value());
    CHECK(parsed.all("any").empty());
    CHECK_FALSE(parsed.has("cumulative"));
    REQUIRE(parsed.occurrences().size() == 3);
    CHECK(parsed.occurrences()[1].key == "group");
}

TEST_CASE("command lines of public configurations still work") {
    CHECK(understood({"-c", "-a", "250MB"}) == "cumulative any=250MB | ");
    CHECK(understood({"-g", "environment=3072MB", "-m", "sysops+supervisord@example.com"}) ==
          "group=environment=3072MB email=sysops+supervisord@example.com | ");
    CHECK(understood({"--program=bosun=150MB", "--email=x@example.com"}) ==
          "program=bosun=150MB email=x@example.com | ");
    CHECK(understood({"-p", "a=500MB", "b=300MB", "c=200MB"}) == "program=a=500MB | b=300MB c=200MB");
}

TEST_CASE("an unknown option is named, with the nearest known one") {
    CHECK(refusal({"--cumulativ3"}) == "unknown option '--cumulativ3': did you mean '--cumulative'?");
    CHECK(refusal({"--eamil=x"}) == "unknown option '--eamil': did you mean '--email'?");
    CHECK(refusal({"--sendmail-program", "x"}) ==
          "unknown option '--sendmail-program': did you mean '--sendmail_program'?");
    CHECK(refusal({"--ANY"}) == "unknown option '--ANY': did you mean '--any'?");
    CHECK(refusal({"-P"}) == "unknown option '-P': did you mean '-p'?");
    CHECK(refusal({"-ycumulative"}) == "unknown option '-u' in '-ycumulative': did you mean '--cumulative'?");
    CHECK(refusal({"--bogus"}) == "unknown option '--bogus'");
    CHECK(refusal({"-Q"}) == "unknown option '-Q'");
    CHECK(refusal({"-cQ"}) == "unknown option '-Q' in '-cQ'");
    CHECK(refusal({"--=x"}) == "unknown option '--=x'");
    CHECK(refusal({"--c\nd\x1B"}) == "unknown option '--c d?'");
    CHECK(refusal({"-cé"}) == "unknown option '-é' in '-cé'");
    CHECK(refusal({"--" + std::string(1'000'000, 'x')}).size() < 300);
}

TEST_CASE("a long name behind a single dash is recognised") {
    CHECK(refusal({"-email", "x"}) == "unknown option '-e' in '-email': did you mean '--email'?");
}

TEST_CASE("an ambiguous beginning is named with its candidates") {
    CHECK(refusal({"--p"}) == "option '--p' is ambiguous: --program, --password");
    CHECK(refusal({"--p=x"}) == "option '--p' is ambiguous: --program, --password");
}

TEST_CASE("a missing value and a value too many are named") {
    CHECK(refusal({"-a"}) == "option '-a' needs a value (SIZE)");
    CHECK(refusal({"-ca"}) == "option '-a' needs a value (SIZE)");
    CHECK(refusal({"--prog"}) == "option '--prog' needs a value (NAME=SIZE)");
    CHECK(refusal({"--cumulative=yes"}) == "option '--cumulative' takes no value");
    CHECK(refusal({"--cum="}) == "option '--cum' takes no value");
}

TEST_CASE("a word that no command line can hold is refused, not cut") {
    CHECK(refusal({"-a", std::string("1\0MB", 4)}) == "argument '1?MB' holds a NUL byte");
}

TEST_CASE("a specification with a doubled or malformed name is a bug") {
    CHECK_THROWS_AS(format_help({"x", "", "", {{{"help"}, "", ""}}, ""}), std::exception);
    CHECK_THROWS_AS(format_help({"x", "", "", {{{"a b"}, "", ""}}, ""}), std::exception);
    CHECK_THROWS_AS(format_help({"x", "", "", {{{"a", "b", "long"}, "", ""}}, ""}), std::exception);
    CHECK_THROWS_AS(format_help({"x", "", "", {{{}, "", ""}}, ""}), std::exception);
}

TEST_CASE("help says what the program is for, how it is called and what it takes, in 80 columns") {
    CHECK(format_help(memmon()) == R"(Restart processes that use too much memory.

Usage:
  memmon [OPTION]...

  -c, --cumulative              count the memory of a process together with
                                that of all its children
  -p, --program NAME=SIZE       restart the process NAME (or GROUP:NAME) when
                                it uses more than SIZE; may be given more than
                                once
  -g, --group NAME=SIZE         restart any process of the group NAME that uses
                                more than SIZE; also --groupname
  -a, --any SIZE                restart any process that uses more than SIZE
  -s, --sendmail_program COMMAND
                                the command that takes a mail on its standard
                                input; also --sendmail
  -m, --email ADDRESS           mail what was done to ADDRESS
      --password WORD           a rival of --program
  -z N                          a value with a short name alone
  -y                            a flag with a short name alone
  -h, --help                    print this text and exit
      --version                 print the version and exit

Sizes are 200MB, 1.5GB and so on.
)");
}

TEST_CASE("help ends with one newline, with or without a closing text") {
    auto spec = memmon();
    spec.closing = "";
    CHECK(format_help(spec).ends_with("version and exit\n"));
    spec.closing = "One.\nTwo.\n";
    CHECK(format_help(spec).ends_with("version and exit\n\nOne. Two.\n"));
}

TEST_CASE("prose in help is broken anew at 80 columns, indented lines stay") {
    auto spec = memmon();
    spec.summary =
        "Restarts processes of supervisord that use too much memory; an event listener for TICK events.";
    spec.closing =
        "The most specific limit\ndecides: -p GROUP:NAME, -p NAME, -g, -a, each of them with a size of its "
        "own.\n\n"
        "Second.\n  [eventlistener:memmon]\n  command=memmon   -a 200MB\n\n  x\nLast.\n\n";
    const auto help = format_help(spec);
    CHECK(
        help.starts_with("Restarts processes of supervisord that use too much memory; an event listener\n"
                         "for TICK events.\n\nUsage:\n"));
    CHECK(
        help.ends_with("version and exit\n\n"
                       "The most specific limit decides: -p GROUP:NAME, -p NAME, -g, -a, each of them\n"
                       "with a size of its own.\n\n"
                       "Second.\n  [eventlistener:memmon]\n  command=memmon   -a 200MB\n\n  x\nLast.\n"));
    spec.summary = std::string(80, 'x') + " " + std::string(100, 'y') + " z";
    CHECK(format_help(spec).starts_with(std::string(80, 'x') + "\n" + std::string(100, 'y') + "\nz\n"));
}

TEST_CASE("the version names program and suite") {
    CHECK(format_version("memmon").starts_with("memmon (keenlance) "));
    CHECK(format_version("memmon") != "memmon (keenlance) ");
}

}  // namespace options_test
