// Any lines as a command line: what is understood and written out in full is understood the same again.

#include <keenlance/core/options.hpp>
#include <keenlance/core/text.hpp>

#include <tests/fuzz/targets.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace keenlance::fuzz {

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

const CommandLineSpec& spec() {
    static const CommandLineSpec memmon{"memmon",
                                        "Watches memory.",
                                        "[OPTION]...",
                                        {{{"c", "cumulative"}, "", "sum families"},
                                         {{"p", "program"}, "NAME=SIZE", "one process"},
                                         {{"g", "group", "groupname"}, "NAME=SIZE", "a group"},
                                         {{"a", "any"}, "SIZE", "all processes"},
                                         {{"password"}, "WORD", "a rival of --program"},
                                         {{"x"}, "", "a flag of one letter"},
                                         {{"z"}, "N", "a value of one letter"}},
                                        ""};
    return memmon;
}

bool takes_value(const std::string& key) {
    const auto has_key = [&](const OptionSpec& option) {
        return std::ranges::find(option.names, key) != option.names.end();
    };
    const auto found = std::ranges::find_if(spec().options, has_key);
    return found != spec().options.end() && !found->argument.empty();
}

std::vector<std::string> in_full(const ParsedOptions& options) {
    std::vector<std::string> words;
    for (const auto& occurrence : options.occurrences()) {
        words.push_back((occurrence.key.size() > 1 ? "--" : "-") + occurrence.key);
        if (takes_value(occurrence.key))
            words.push_back(occurrence.value);
        else
            demand(occurrence.value.empty());
    }
    words.emplace_back("--");
    words.insert(words.end(), options.arguments().begin(), options.arguments().end());
    return words;
}

}  // namespace

void options(std::string_view input) {
    std::vector<std::string> words;
    for (const auto line : split(input, '\n'))
        words.emplace_back(line);
    const auto parsed = parse_options(spec(), words);
    if (!parsed) {
        const auto& error = parsed.error();
        demand(error.kind == ErrorKind::invalid && !error.message.empty());
        demand(printable(error.message, error.message.size()) == error.message);
        return;
    }
    const auto again = parse_options(spec(), in_full(*parsed));
    demand(again.ok() && in_full(*again) == in_full(*parsed));
    for (const auto& occurrence : parsed->occurrences()) {
        const auto holds = [&](const std::string& word) { return word.ends_with(occurrence.value); };
        demand(std::ranges::any_of(words, holds));
        demand(parsed->has(occurrence.key) && !parsed->all(occurrence.key).empty());
        demand(parsed->last(occurrence.key) == parsed->all(occurrence.key).back());
    }
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::options({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
