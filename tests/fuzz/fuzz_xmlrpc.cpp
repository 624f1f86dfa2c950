// Whatever a peer sends as XML-RPC: read it, and if it could be read, write it and read it again.

#include "targets.hpp"
#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

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

/// Fit for a log: one line that says something.
void demand_readable(const Error& error) {
    demand(!error.message.empty() || error.kind == ErrorKind::fault);
    demand(printable(error.message, error.message.size()) == error.message);
}

template <class T>
void decode(const Call<T>& call, const xmlrpc::Value& value) {
    const auto decoded = call.decode(value);
    if (!decoded) demand_readable(decoded.error());
}

void decode_as_everything(const xmlrpc::Value& value) {
    decode(api::get_all_process_info(), value);
    decode(api::get_all_config_info(), value);
    decode(api::get_process_info({"group", "name"}), value);
    decode(api::get_state(), value);
    decode(api::get_pid(), value);
    decode(api::get_identification(), value);
    decode(api::shutdown(), value);
    const auto* list = value.as_array();
    const auto results = xmlrpc::parse_multicall(value, list == nullptr ? 1 : list->size());
    demand(results.ok() == (list != nullptr));
}

/// What was written must be readable and be written the same again, unless characters that XML cannot carry
/// were replaced: then names of members may have become the same. Texts are compared, since no NaN is equal
/// to itself.
template <class T>
void check_round_trip(const T& read, std::string (*format)(const T&), Result<T> (*parse)(std::string_view)) {
    const auto text = format(read);
    const auto question_marks_of_prolog = 2;
    const bool replaced = std::ranges::count(text, '?') != question_marks_of_prolog;
    const auto again = parse(text);
    demand(again.ok() || replaced);
    if (again) demand(replaced || format(*again) == text);
}

/// What the short cut reads, the long way reads as the same.
void check_short_cut(std::string_view input) {
    const auto plain = xmlrpc::read_plain_response(input);
    if (!plain) return;
    const auto any = xmlrpc::parse_any_response(input);
    demand(any.ok() && xmlrpc::format_response(*any) == xmlrpc::format_response(*plain));
}

}  // namespace

void xmlrpc(std::string_view input) {
    check_short_cut(input);
    if (const auto value = xmlrpc::parse_response(input)) {
        check_round_trip(*value, xmlrpc::format_response, xmlrpc::parse_response);
        decode_as_everything(*value);
    } else {
        demand_readable(value.error());
    }
    if (const auto call = xmlrpc::parse_call(input)) {
        check_round_trip(*call, xmlrpc::format_call, xmlrpc::parse_call);
    } else {
        demand_readable(call.error());
    }
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::xmlrpc({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
