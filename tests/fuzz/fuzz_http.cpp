// Whatever a peer answers to an HTTP request: in one piece or byte by byte it is read as the same, and no
// more of it is kept than was allowed.

#include <keenlance/core/http_answer.hpp>
#include <keenlance/core/text.hpp>

#include <tests/fuzz/targets.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace keenlance::fuzz {

namespace {

constexpr std::size_t most_body = 200;

void demand(bool holds) {
    if (!holds) std::abort();
}

void demand_readable(const Error& error) {
    demand(!error.message.empty() && printable(error.message, error.message.size()) == error.message);
}

}  // namespace

void http(std::string_view input) {
    HttpAnswer whole(most_body);
    HttpAnswer dripping(most_body);
    const auto at_once = whole.take(input);
    Status piecemeal = Done{};
    for (std::size_t i = 0; i < input.size() && piecemeal; ++i)
        piecemeal = dripping.take(input.substr(i, 1));
    demand(at_once.ok() == piecemeal.ok());
    if (!at_once) return demand_readable(at_once.error());
    demand(whole.is_whole() == dripping.is_whole() && whole.is_reusable() == dripping.is_reusable());
    const auto end = whole.end();
    demand(end.ok() == dripping.end().ok());
    if (!end) demand_readable(end.error());
    demand(whole.status() == dripping.status() && whole.reason() == dripping.reason());
    const auto body = whole.take_body();
    demand(body == dripping.take_body() && body.size() <= most_body);
    demand(whole.retry_after() == dripping.retry_after());
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::http({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
