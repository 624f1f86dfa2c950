// Any text as --check and as a checks file of httpok: what is read can be tried as it says, is shown in one
// line without a password, and is about what its patterns say; what is refused is said in one readable line.

#include <keenlance/core/text.hpp>

#include <listeners/httpok/check_text.hpp>
#include <tests/fuzz/targets.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace keenlance::fuzz {

namespace {

using httpok::Check;
using httpok::CheckText;

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_readable(const std::string& text) {
    return printable(text, text.size()) == text;
}

void demand_error(const Error& error) {
    demand(error.kind == ErrorKind::invalid && !error.message.empty() && is_readable(error.message));
    demand(error.message.size() < 1000);
}

void demand_sound(const httpok::Attempt& attempt) {
    demand(!attempt.shown.empty() && is_readable(attempt.shown));
    if (const auto* http = std::get_if<HttpCheck>(&attempt.what)) {
        demand(http->url.starts_with("http://") || http->url.starts_with("https://"));
        demand(http->unix_socket.empty() || http->unix_socket.starts_with('/'));
        demand(split_words(http->url).size() == 1 && http->timeout.count() > 0);
        for (const auto& header : http->headers)
            demand(header.find_first_of("\r\n") == std::string::npos && header.find(':') > 0);
    } else {
        demand(!std::get<ReadyCheck>(attempt.what).target.empty());
    }
}

void try_check(CheckText text) {
    // regcomp() is not ours to fuzz.
    std::erase_if(text.settings, [](const CheckText::Setting& setting) { return setting.name == "regex"; });
    const auto check = httpok::make_check(text, {httpok::About::Kind::named, {"usual"}}, {});
    if (!check) return demand_error(check.error());
    demand(!check->good.empty());
    for (const auto& range : check->good)
        demand(range.least >= 100 && range.least <= range.most && range.most <= 999);
    demand(text.patterns.empty() ? check->about.kind == httpok::About::Kind::named
                                 : check->about.words == text.patterns);
    if (check->scope == Check::Scope::together) return demand_sound(check->attempt);
    for (const Namespec& id : {Namespec{"app", "web_03"}, Namespec{"a b", "it's"}}) {
        const auto attempt = httpok::attempt_of(*check, Instance{id, "", 7});
        if (attempt)
            demand_sound(*attempt);
        else
            demand_error(attempt.error());
    }
}

}  // namespace

void checks(std::string_view input) {
    if (const auto one = httpok::parse_check(input)) {
        demand(!one->target.empty() && one->target.find('\n') == std::string::npos);
        try_check(*one);
    } else {
        demand_error(one.error());
    }
    const auto all = httpok::parse_checks(input);
    if (!all) {
        demand_error(all.error());
        demand(all.error().message[0] >= '1' && all.error().message[0] <= '9');
        return;
    }
    std::size_t line = 0;
    for (const auto& text : *all) {
        demand(text.line > line);
        line = text.line;
        try_check(text);
    }
}

}  // namespace keenlance::fuzz

#ifdef KEENLANCE_FUZZING
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: libFuzzer's name
    keenlance::fuzz::checks({reinterpret_cast<const char*>(data), size});
    return 0;
}
#endif
