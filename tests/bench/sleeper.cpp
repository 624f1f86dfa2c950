// Sleeps until its parent is gone, with as many descendants, each begotten by the one before:
//
//     bench_sleeper [DESCENDANTS]
//
// As a mother it has as many children that sleep, prints their pids, and ends when its stdin does, they with
// it:
//
//     bench_sleeper --mother CHILDREN

#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

[[noreturn]] void sleep_on() {
    for (;;)
        ::pause();
}

void die_with_parent() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int bear(int children) {
    for (; children > 0; --children) {
        const pid_t pid = ::fork();
        if (pid < 0) return 1;
        if (pid == 0) {
            die_with_parent();
            sleep_on();
        }
        std::printf("%d ", static_cast<int>(pid));
        std::fflush(stdout);  // or the next child would print them again
    }
    std::puts("");
    std::fflush(stdout);
    std::array<char, 16> bytes{};
    while (::read(STDIN_FILENO, bytes.data(), bytes.size()) > 0) {
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const int count =
        argc > 1 ? std::atoi(argv[argc - 1]) : 0;  // NOLINT(cert-err34-c): the benchmark's own word
    if (argc > 2 && argv[1] == std::string_view("--mother")) return bear(count);
    int descendants = count;
    do {
        die_with_parent();
    } while (descendants-- > 0 && ::fork() == 0);
    sleep_on();
}
