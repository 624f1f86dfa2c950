// Any text where a roll reads one: what it remembers, the size of a batch, and patterns with placeholders.
// What is read is read again from what it is written as; what is filled in stays one word to sh.

#include <commands/roll/roll_memory.hpp>
#include <commands/roll/roll_settings.hpp>
#include <tests/fuzz/targets.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace keenlance::fuzz {

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

/// How many words sh would make of it, by its rules for '…' and \; 0 where a quote is left open, or where a
/// character stands bare that sh would act on.
std::size_t shell_words(const std::string& text) {
    std::size_t words = 0;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (letter == ' ') {
            inside = false;
            continue;
        }
        if (!inside) ++words;
        inside = true;
        if (letter == '\'') {
            i = text.find('\'', i + 1);
            if (i == std::string::npos) return 0;
        } else if (letter == '\\') {
            if (++i == text.size()) return 0;
        } else if (std::string_view("$`\"&;|<>()*?[]#~!{}\n\t").find(letter) != std::string_view::npos) {
            return 0;
        }
    }
    return words;
}

}  // namespace

void roll(std::string_view input) {
    const auto memory = quickctl::parse_roll_memory(input);
    if (memory) {
        const auto again = quickctl::parse_roll_memory(quickctl::to_text(*memory));
        demand(again.ok() && again->finished == memory->finished);
        demand(again->through.size() <= memory->through.size());
    }
    const auto size = quickctl::parse_batch_size(input);
    if (size) demand(size->of(1'000) >= 1 && size->of(0) >= 1);

    const std::string text(input);
    const quickctl::Instance instance{{text, text}, text, 7};
    demand(text.find('\0') != std::string::npos || shell_words(quickctl::quoted_for_shell(text)) == 1);
    demand(shell_words(quickctl::fill_in("a {name} b", instance, quickctl::Filling::for_shell)) == 3 ||
           text.find('\0') != std::string::npos);
    for (const auto kind : {ReadyKind::http, ReadyKind::tcp, ReadyKind::command}) {
        const auto check = quickctl::HealthCheck{kind, text}.check_for({{"app", "app1"}, "localhost", 1});
        demand(!check || check->kind == kind);
    }
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::roll({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
