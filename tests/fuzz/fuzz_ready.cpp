// Any text as a readiness check: what is read has what its probe needs, is shown in one line without a
// password, and is read from that line again; what is refused is said in one readable line.

#include <keenlance/core/ready_check.hpp>
#include <keenlance/core/text.hpp>

#include <tests/fuzz/targets.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace keenlance::fuzz {

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_readable(const std::string& text) {
    return printable(text, text.size()) == text;
}

/// What a URL made of it, or connect(2), would take for something else.
bool fits(const ReadyCheck& check) {
    const auto& target = check.target;
    switch (check.kind) {
        case ReadyKind::tcp: {
            const auto port = std::string(target, target.rfind(':') + 1);
            return target.find_first_of("/?#@\\ \t\r\n") == std::string::npos && std::stoi(port) >= 1 &&
                   std::stoi(port) <= 65'535 && target.rfind(':') > 0;
        }
        case ReadyKind::http:
            return (target.starts_with("http://") || target.starts_with("https://")) &&
                   split_words(target).size() == 1 && split_words(target)[0] == target;
        case ReadyKind::unix_socket:
        case ReadyKind::file:
            return target.starts_with('/');
        case ReadyKind::command:
            return !target.empty() && trim(target) == target;
    }
    return false;
}

}  // namespace

void ready(std::string_view input) {
    const auto check = parse_ready_check(input);
    const auto padded = parse_ready_check("\t " + std::string(input) + " \n");
    demand(padded.ok() == check.ok());
    if (!check) {
        demand(check.error().kind == ErrorKind::invalid && check.error().message.starts_with('\''));
        demand(is_readable(check.error().message) && check.error().message.size() < 400);
        return;
    }
    demand(*padded == *check);
    demand(fits(*check) && check->target.find('\0') == std::string::npos);
    const auto shown = to_string(*check);
    demand(is_readable(shown));
    if (!is_readable(check->target)) return;
    const auto again = parse_ready_check(shown);
    demand(again.ok() && again->kind == check->kind && to_string(*again) == shown);
    if (check->kind != ReadyKind::http) demand(*again == *check);
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::ready({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
