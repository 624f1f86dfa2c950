#include <keenlance/core/option_words_internal.hpp>
#include <keenlance/core/options.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

// Without it every program would compile six regular expressions before its main() begins.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

#include <algorithm>
#include <utility>

namespace keenlance {

namespace {

constexpr std::size_t help_columns = 80;

std::vector<OptionSpec> with_standard_options(const CommandLineSpec& spec) {
    std::vector<OptionSpec> options = spec.options;
    options.push_back({{"help", "h"}, "", "print this text and exit"});
    options.push_back({{"version"}, "", "print the version and exit"});
    return options;
}

/// Prose broken anew at the blanks of its paragraphs; empty and indented lines (examples) stay as they are.
std::string filled(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (const auto line : split(text.substr(0, text.find_last_not_of('\n') + 1), '\n')) {
        if (line.empty() || line[0] == ' ') {
            out.append(column > 0 ? "\n" : "").append(line).append("\n");
            column = 0;
            continue;
        }
        for (const auto word : split_words(line)) {
            const bool fits = column + 1 + word.size() <= help_columns;
            if (column > 0) out += fits ? ' ' : '\n';
            column = (column > 0 && fits ? column + 1 : 0) + word.size();
            out += word;
        }
    }
    if (column > 0) out += '\n';
    return out;
}

/// Long names beside the key, which cxxopts does not show.
std::string help_text(const OptionSpec& option) {
    std::string text = option.help;
    bool key = true;
    for (const auto& name : option.names) {
        if (name.size() == 1) continue;
        if (!key) text += "; also --" + name;
        key = false;
    }
    return text;
}

cxxopts::Options declare(const CommandLineSpec& spec, const std::vector<OptionSpec>& options) {
    cxxopts::Options declared(spec.program, filled(spec.summary));
    declared.custom_help(spec.usage).set_width(help_columns);
    for (const auto& option : options) {
        // cxxopts would shuffle the long names to sort out the short one, unless it stands last.
        auto names = option.names;
        std::stable_partition(names.begin(), names.end(),
                              [](const std::string& name) { return name.size() > 1; });
        // Never a vector: cxxopts would cut values at commas. ParseResult::arguments() has them all anyway.
        auto value = option.argument.empty()
                         ? std::static_pointer_cast<cxxopts::Value>(cxxopts::value<bool>())
                         : std::static_pointer_cast<cxxopts::Value>(cxxopts::value<std::string>());
        if (option.implicit) value = value->implicit_value(*option.implicit);
        declared.add_options()(join(names, ","), help_text(option), value, option.argument);
    }
    return declared;
}

/// What the programs are told is what cxxopts collected; only the spelling comes from before it.
ParsedOptions collect(cxxopts::Options& declared, const OptionWords& words) {
    std::vector<const char*> argv{declared.program().c_str()};
    for (const auto& word : words.options())
        argv.push_back(word.c_str());
    argv.push_back("--");
    for (const auto& word : words.arguments())
        argv.push_back(word.c_str());

    const auto result = declared.parse(static_cast<int>(argv.size()), argv.data());
    std::vector<ParsedOptions::Occurrence> occurrences;
    for (const auto& parsed : result.arguments()) {
        // A flag's value is cxxopts' own word for having been given.
        const bool flag = words.find(parsed.key())->argument.empty();
        occurrences.push_back(
            {parsed.key(), words.spellings().at(occurrences.size()), flag ? "" : parsed.value()});
    }
    return {std::move(occurrences), result.unmatched()};
}

/// The help of cxxopts leaves a blank wherever it broke a line.
std::string without_trailing_blanks(std::string_view text) {
    std::string out;
    for (auto line : split(text, '\n')) {
        while (line.ends_with(' '))
            line.remove_suffix(1);
        out.append(line).append("\n");
    }
    out.pop_back();
    return out;
}

}  // namespace

bool ParsedOptions::has(std::string_view key) const {
    return std::ranges::find(occurrences_, key, &Occurrence::key) != occurrences_.end();
}

std::optional<std::string> ParsedOptions::last(std::string_view key) const {
    const auto found = std::find_if(occurrences_.rbegin(), occurrences_.rend(),
                                    [&](const Occurrence& occurrence) { return occurrence.key == key; });
    if (found == occurrences_.rend()) return std::nullopt;
    return found->value;
}

std::vector<std::string> ParsedOptions::all(std::string_view key) const {
    std::vector<std::string> values;
    for (const auto& occurrence : occurrences_)
        if (occurrence.key == key) values.push_back(occurrence.value);
    return values;
}

Result<ParsedOptions> parse_options(const CommandLineSpec& spec, std::span<const std::string> arguments) {
    const auto options = with_standard_options(spec);
    auto declared = declare(spec, options);
    OptionWords words(options);
    if (auto error = words.take(arguments)) return *std::move(error);
    return collect(declared, words);
}

std::string format_help(const CommandLineSpec& spec) {
    std::string text = without_trailing_blanks(declare(spec, with_standard_options(spec)).help());
    // cxxopts shows what stands for a missing value, also where that is nothing; columns stay.
    constexpr std::string_view nothing = "(=)]";
    for (auto at = text.find(nothing); at != std::string::npos; at = text.find(nothing))
        text.replace(at, nothing.size(), "]   ");
    if (!spec.closing.empty()) text += "\n" + filled(spec.closing);
    return text;
}

std::string format_version(std::string_view program) {
    return fmt::format("{} (keenlance) {}", program, KEENLANCE_VERSION);
}

}  // namespace keenlance
