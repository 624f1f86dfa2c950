#include <keenlance/core/option_words_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace keenlance {

namespace {

/// How many letters were put in, left out, changed or swapped with their neighbour; more than `limit` if
/// many.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
    if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last = std::exchange(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

Error refusal(std::string message) {
    return {ErrorKind::invalid, 0, std::move(message)};
}

}  // namespace

const std::string& key_of(const OptionSpec& option) {
    const auto is_long = [](const std::string& name) { return name.size() > 1; };
    const auto found = std::ranges::find_if(option.names, is_long);
    return found == option.names.end() ? option.names.at(0) : *found;
}

std::optional<Error> OptionWords::take(std::span<const std::string> words) {
    for (const auto& word : words)
        if (word.find('\0') != std::string::npos)
            return refusal(fmt::format("argument '{}' holds a NUL byte", printable(word)));
    rest_ = words;
    while (!rest_.empty()) {
        const std::string& word = rest_.front();
        rest_ = rest_.subspan(1);
        if (word == "--") {
            arguments_.insert(arguments_.end(), rest_.begin(), rest_.end());
            return std::nullopt;
        }
        std::optional<Error> error;
        if (word.starts_with("--"))
            error = take_long(std::string_view(word).substr(2));
        else if (word.size() > 1 && word[0] == '-')
            error = take_group(std::string_view(word).substr(1));
        else
            arguments_.push_back(word);
        if (error) return error;
    }
    return std::nullopt;
}

std::optional<Error> OptionWords::take_long(std::string_view word) {
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const std::string spelled = "--" + std::string(name.empty() ? word : name);
    const auto matches = name.size() > 1 && find(name) ? std::vector{std::string(name)} : candidates(name);
    if (matches.empty())
        return refusal(fmt::format("unknown option '{}'{}", printable(spelled), suggestion(name)));
    if (matches.size() > 1)
        return refusal(
            fmt::format("option '{}' is ambiguous: --{}", printable(spelled), join(matches, ", --")));

    const OptionSpec& option = *find(matches.front());
    if (equals == std::string_view::npos) return take_next_word(option, spelled);
    if (option.argument.empty()) return refusal(fmt::format("option '{}' takes no value", spelled));
    add(option, spelled, word.substr(equals + 1));
    return std::nullopt;
}

std::optional<Error> OptionWords::take_group(std::string_view word) {
    for (std::size_t at = 0; at < word.size(); ++at) {
        const OptionSpec* option = find(word.substr(at, 1));
        if (option == nullptr) {
            const auto length = std::max<std::size_t>(valid_utf8_at(word.substr(at)), 1);
            const std::string letter = printable(word.substr(at, length));
            if (length == word.size())
                return refusal(fmt::format("unknown option '-{}'{}", letter, suggestion(letter)));
            return refusal(
                fmt::format("unknown option '-{}' in '-{}'{}", letter, printable(word), suggestion(word)));
        }
        const std::string spelled = "-" + std::string(word.substr(at, 1));
        if (option->argument.empty()) {
            add(*option, spelled);
        } else if (at + 1 < word.size()) {
            add(*option, spelled, word.substr(at + 1));
            return std::nullopt;
        } else {
            return take_next_word(*option, spelled);
        }
    }
    return std::nullopt;
}

/// The word after an option is its value, whatever it looks like.
std::optional<Error> OptionWords::take_next_word(const OptionSpec& option, std::string_view spelled) {
    if (option.argument.empty()) {
        add(option, spelled);
        return std::nullopt;
    }
    if (option.implicit) {
        add(option, spelled, *option.implicit);
        return std::nullopt;
    }
    if (rest_.empty())
        return refusal(fmt::format("option '{}' needs a value ({})", spelled, option.argument));
    add(option, spelled, rest_.front());
    rest_ = rest_.subspan(1);
    return std::nullopt;
}

void OptionWords::add(const OptionSpec& option, std::string_view spelled) {
    const std::string& key = key_of(option);
    // cxxopts knows "--x" for no option of a single letter.
    normal_.push_back((key.size() > 1 ? "--" : "-") + key);
    spellings_.emplace_back(spelled);
}

void OptionWords::add(const OptionSpec& option, std::string_view spelled, std::string_view value) {
    add(option, spelled);
    if (option.implicit)
        normal_.back().append("=").append(value);  // the only form that cxxopts takes such a value in
    else
        normal_.emplace_back(value);
}

const OptionSpec* OptionWords::find(std::string_view name) const {
    for (const auto& option : options_)
        if (std::ranges::find(option.names, name) != option.names.end()) return &option;
    return nullptr;
}

/// One long name for each option that has one beginning so: two names of the same option do not compete, and
/// those that yield are only asked for where there is no other.
std::vector<std::string> OptionWords::candidates(std::string_view beginning) const {
    std::vector<std::string> competing, yielding;
    for (const auto& option : options_) {
        const auto begins = [&](const std::string& name) {
            return name.size() > 1 && name.starts_with(beginning);
        };
        const auto name = std::ranges::find_if(option.names, begins);
        if (beginning.empty() || name == option.names.end()) continue;
        (option.abbreviation == Abbreviation::competes ? competing : yielding).push_back(*name);
    }
    return competing.empty() ? yielding : competing;
}

/// ": did you mean '--cumulative'?" for a name within a slip or two of a known one; else nothing.
std::string OptionWords::suggestion(std::string_view name) const {
    const std::string lower = to_lower(name.substr(0, 100));
    const std::size_t limit = lower.size() < 6 ? lower.size() / 3 : 2;
    const std::string* nearest = nullptr;
    std::size_t least = limit + 1;
    for (const auto& option : options_)
        for (const auto& known : option.names) {
            const std::size_t slips = distance(lower, to_lower(known), limit);
            if (slips >= least) continue;
            nearest = &known;
            least = slips;
        }
    if (nearest == nullptr) return "";
    return fmt::format(": did you mean '{}{}'?", nearest->size() > 1 ? "--" : "-", *nearest);
}

}  // namespace keenlance
