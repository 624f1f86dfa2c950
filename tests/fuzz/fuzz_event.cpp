// Fuzzes the event protocol: whatever comes, in whatever pieces, the parser returns, stays small, and reads
// the same.

#include <keenlance/core/event.hpp>

#include <tests/fuzz/targets.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace keenlance::fuzz {

namespace {

using Items = std::vector<std::variant<Event, ProtocolError>>;

Items parse(std::string_view input, std::size_t piece) {
    EventParser parser;
    Items items;
    while (!input.empty()) {
        parser.push(input.substr(0, piece));
        input.remove_prefix(std::min(piece, input.size()));
        while (auto item = parser.next())
            items.push_back(std::move(*item));
    }
    if (parser.in_the_middle()) items.emplace_back(parser.abandon());
    return items;
}

}  // namespace

void event(std::string_view input) {
    const auto whole = parse(input, input.size() + 1);
    for (const auto& item : whole) {
        if (const auto* error = std::get_if<ProtocolError>(&item)) {
            if (error->message.empty() || error->message.find('\n') != std::string::npos) std::abort();
        } else if (std::get<Event>(item).payload.size() > EventParser::max_payload_bytes) {
            std::abort();
        } else {
            static_cast<void>(parse_process_state_change(std::get<Event>(item)));
        }
    }
    // A header line that never ends is refused sooner or later, depending on the pieces.
    if (input.size() < EventParser::max_header_bytes && whole != parse(input, 1)) std::abort();
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keenlance::fuzz::event({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
