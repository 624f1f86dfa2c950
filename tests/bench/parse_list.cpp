// What it costs to understand supervisord's list of processes, beside looking at each byte of it once:
//
//     bench_parse_list FILE ROUNDS
//
// FILE is an answer to getAllProcessInfo. Prints bytes and processes; for each round the nanoseconds of
// processor time of memchr (which finds every '<'), of parse_response, and of the list made of that; and by
// how many bytes it grew at most.

#include <keenlance/core/supervisor_api.hpp>
#include <keenlance/core/xmlrpc.hpp>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

/// Of this process alone: who else uses the machine does not count.
long processor_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::string contents(const char* path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return std::move(text).str();
}

std::size_t tags_in(const std::string& text) {
    std::size_t tags = 0;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != nullptr && at != end; ++tags) {
        const auto left = static_cast<std::size_t>(end - at);
        at = static_cast<const char*>(std::memchr(at, '<', left));
        if (at == nullptr) break;
        ++at;
    }
    return tags;
}

/// Of /proc/self/status, in bytes.
long status(const std::string& key) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + ":")) return std::stol(line.substr(key.size() + 1)) * 1024;
    return 0;
}

/// From here on VmHWM is the most that is resident.
long mark_peak() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
    std::ofstream("/proc/self/clear_refs") << "5";
    return status("VmRSS");
}

}  // namespace

int main(int argc, char** argv) {
    using namespace keenlance;
    if (argc < 3) return 2;
    const auto text = contents(argv[1]);
    const auto list = api::get_all_process_info();
    std::size_t processes = 0, tags = 0;
    long most = 0;
    std::ostringstream times;
    for (int left = std::stoi(argv[2]); left > 0; --left) {
        auto began = processor_nanoseconds();
        tags += tags_in(text);
        times << processor_nanoseconds() - began << ' ';

        const long before = mark_peak();
        began = processor_nanoseconds();
        const auto value = xmlrpc::parse_response(text);
        times << processor_nanoseconds() - began << ' ';
        began = processor_nanoseconds();
        const auto infos = value ? list.decode(*value) : Result<std::vector<ProcessInfo>>(value.error());
        times << processor_nanoseconds() - began << '\n';
        if (!infos) {
            std::cerr << "bench_parse_list: " << infos.error().message << '\n';
            return 1;
        }
        processes = infos->size();
        most = std::max(most, status("VmHWM") - before);
    }
    std::cout << text.size() << ' ' << processes << ' ' << tags << '\n' << times.str() << most << '\n';
}
