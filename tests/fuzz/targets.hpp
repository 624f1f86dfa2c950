#pragma once
/// What the fuzzers run, so that plain tests can replay their corpora: each takes any bytes and must return.
/// A broken invariant calls std::abort().

#include <string_view>

namespace keenlance::fuzz {

void xmlrpc(std::string_view input);
void event(std::string_view input);
void quantity(std::string_view input);
void options(std::string_view input);
void mail(std::string_view input);
void config(std::string_view input);
void ready(std::string_view input);
void plan(std::string_view input);
void roll(std::string_view input);
void checks(std::string_view input);
void channel(std::string_view input);
void letter(std::string_view input);
void http(std::string_view input);

}  // namespace keenlance::fuzz
