// Any bytes as a file of the spool, and as a template: a letter that is read comes back from what is written
// of it, folds, and fits into every format; a template gives JSON where JSON is asked for.

#include <keenlance/notify/formats.hpp>
#include <keenlance/notify/letter.hpp>

#include <nlohmann/json.hpp>
#include <tests/fuzz/targets.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace keenlance::fuzz {

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

void demand_formats(const Letter& letter, std::string_view text) {
    demand(nlohmann::json::accept(format_json(letter)));
    demand(nlohmann::json::accept(format_slack(letter)));
    demand(nlohmann::json::accept(format_alertmanager(letter, letter.created)));
    for (const auto& [name, value] : format_environment(letter)) {
        demand(name.starts_with("KEENLANCE_") && value.find('\0') == std::string::npos);
        demand(value.size() < std::size_t{33} * 1024);
    }
    demand(nlohmann::json::accept(
        fill_template(R"({"a": "${subject}${body}${pid}", "${alert}": 1})", letter, Escaping::json)));
    fill_template(text, letter, Escaping::none);
    demand(!format_mail(letter, {"a@example.com", {"b@example.com"}}, text).empty());
}

}  // namespace

void letter(std::string_view input) {
    Letter sample;
    sample.notification.subject = sample.notification.body = std::string(input);
    sample.notification.details = {{"pid", std::string(input)}};
    demand_formats(sample, input);

    const auto read = parse_letter(input);
    if (!read) {
        demand(read.error().kind == ErrorKind::malformed && !read.error().message.empty());
        return;
    }
    const auto again = parse_letter(to_text(*read));
    demand(again && *again == *read);
    demand_formats(*read, input);
    const std::vector<Letter> letters{*read, sample, *read};
    const std::vector<LetterNumber> numbers{1, 2, 3};
    for (const auto& folded : fold(letters, numbers)) {
        demand(!folded.replaces.empty());
        demand_formats(folded, input);
    }
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::letter({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
