// libcurl's functions, of which each finds the real one by its first call: libcurl brings some 30 libraries,
// several milliseconds and megabytes, and most listeners spend their life without a transfer. Those who call
// them see nothing of it; nobody outside of this library does (they are hidden).
//
// Only what is used is here: whatever else is called does not link.
#ifdef KEENLANCE_LIBCURL

#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>
#include <stdexcept>
#include <string>

namespace {

[[noreturn]] void fail() {
    const char* why = ::dlerror();
    throw std::runtime_error(std::string("cannot load libcurl (") + (why == nullptr ? "?" : why) +
                             "); install the package that has " KEENLANCE_LIBCURL);
}

/// The real function of that name and type.
template <class Function>
Function* real(Function* /*type*/, const char* name) {
    static void* const library = ::dlopen(KEENLANCE_LIBCURL, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void* const found = library == nullptr ? nullptr : ::dlsym(library, name);
    if (found == nullptr) fail();
    return reinterpret_cast<Function*>(found);
}

enum class ArgumentType { number, pointer, offset };

/// curl.h numbers options by the type of their argument.
ArgumentType type_of(int option) {
    constexpr int pointers = 10'000, offsets = 30'000, blobs = 40'000;
    if (option < pointers) return ArgumentType::number;
    return option >= offsets && option < blobs ? ArgumentType::offset : ArgumentType::pointer;
}

template <class Function, class Handle, class Option>
auto set(Function* function, Handle* handle, Option option, std::va_list arguments) {
    switch (type_of(static_cast<int>(option))) {
        // NOLINTNEXTLINE(bugprone-branch-clone): they differ where a long has 32 bits
        case ArgumentType::number:
            return function(handle, option, va_arg(arguments, long));
        case ArgumentType::offset:
            return function(handle, option, va_arg(arguments, curl_off_t));
        case ArgumentType::pointer:
            break;
    }
    return function(handle, option, va_arg(arguments, void*));
}

}  // namespace

#if defined(__clang__)
// The last named parameter is an enumeration: C++ promotes it, and C, for which curl.h declares it, does not.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wvarargs"
#endif

// Names in parentheses, since curl.h has macros of the same.
#define KEENLANCE_REAL(name) static auto* const function = real(&(name), #name)

extern "C" {

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): curl.h has its own, and other ones each
// year

CURLcode curl_global_init(long flags) {
    KEENLANCE_REAL(curl_global_init);
    return function(flags);
}

CURL* curl_easy_init() {
    KEENLANCE_REAL(curl_easy_init);
    return function();
}

void curl_easy_cleanup(CURL* easy) {
    KEENLANCE_REAL(curl_easy_cleanup);
    function(easy);
}

const char* curl_easy_strerror(CURLcode code) {
    KEENLANCE_REAL(curl_easy_strerror);
    return function(code);
}

CURLcode(curl_easy_setopt)(CURL* easy, CURLoption option, ...) {
    KEENLANCE_REAL(curl_easy_setopt);
    std::va_list arguments;
    va_start(arguments, option);
    const auto code = set(function, easy, option, arguments);
    va_end(arguments);
    return code;
}

CURLcode(curl_easy_getinfo)(CURL* easy, CURLINFO info, ...) {
    KEENLANCE_REAL(curl_easy_getinfo);
    std::va_list arguments;
    va_start(arguments, info);
    const auto code = function(easy, info, va_arg(arguments, void*));
    va_end(arguments);
    return code;
}

curl_slist* curl_slist_append(curl_slist* list, const char* text) {
    KEENLANCE_REAL(curl_slist_append);
    return function(list, text);
}

void curl_slist_free_all(curl_slist* list) {
    KEENLANCE_REAL(curl_slist_free_all);
    function(list);
}

CURLM* curl_multi_init() {
    KEENLANCE_REAL(curl_multi_init);
    return function();
}

CURLMcode curl_multi_cleanup(CURLM* multi) {
    KEENLANCE_REAL(curl_multi_cleanup);
    return function(multi);
}

const char* curl_multi_strerror(CURLMcode code) {
    KEENLANCE_REAL(curl_multi_strerror);
    return function(code);
}

CURLMcode(curl_multi_setopt)(CURLM* multi, CURLMoption option, ...) {
    KEENLANCE_REAL(curl_multi_setopt);
    std::va_list arguments;
    va_start(arguments, option);
    const auto code = set(function, multi, option, arguments);
    va_end(arguments);
    return code;
}

CURLMcode curl_multi_add_handle(CURLM* multi, CURL* easy) {
    KEENLANCE_REAL(curl_multi_add_handle);
    return function(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* easy) {
    KEENLANCE_REAL(curl_multi_remove_handle);
    return function(multi, easy);
}

CURLMcode curl_multi_socket_action(CURLM* multi, curl_socket_t socket, int events, int* running) {
    KEENLANCE_REAL(curl_multi_socket_action);
    return function(multi, socket, events, running);
}

CURLMsg* curl_multi_info_read(CURLM* multi, int* left) {
    KEENLANCE_REAL(curl_multi_info_read);
    return function(multi, left);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

}  // extern "C"

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
