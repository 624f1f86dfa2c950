// What the kernel needs to tell the sizes of processes, and so the floor of whoever asks for them:
//
//     bench_proc_reader statm PID...      opens, reads and closes /proc/PID/statm of each
//     bench_proc_reader stat              walks through /proc and does so with the stat of every process
//
// Each line on stdin is a number of passes, answered by a line "ELAPSED USED FILES": nanoseconds, and those
// of processor time, that all of them took, and how many files were read.

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

long used_nanoseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

bool read_once(const std::string& path) {
    static std::array<char, 4096> bytes;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const auto count = ::read(file, bytes.data(), bytes.size());
    ::close(file);
    return count > 0;
}

long read_all_stats() {
    long files = 0;
    DIR* folder = ::opendir("/proc");
    if (folder == nullptr) return 0;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string_view name = static_cast<const char*>(entry->d_name);
        if (name.find_first_not_of("0123456789") != std::string_view::npos) continue;
        files += read_once("/proc/" + std::string(name) + "/stat") ? 1 : 0;
    }
    ::closedir(folder);
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool is_walk = !words.empty() && words.front() == "stat";
    std::vector<std::string> paths;
    for (std::size_t number = 1; number < words.size(); ++number)
        paths.push_back("/proc/" + words[number] + "/statm");
    for (std::string line; std::getline(std::cin, line);) {
        const long used = used_nanoseconds();
        const auto began = std::chrono::steady_clock::now();
        long files = 0;
        for (int left = std::stoi(line); left > 0; --left) {
            if (is_walk) files += read_all_stats();
            for (const auto& path : paths)
                files += read_once(path) ? 1 : 0;
        }
        const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - began;
        std::cout << elapsed.count() << ' ' << used_nanoseconds() - used << ' ' << files << std::endl;
    }
}
