// supervisord's side of one listener's pipes, with as little between as the system can, so that what is
// measured is the listener:
//
//     bench_postman PROGRAM [ARGUMENT]...
//
// It starts the program and prints "PID NANOSECONDS" once that has said READY, counted from before the start.
// Then each line on stdin, "COUNT<TAB>NAME PAYLOAD[<TAB>NAME PAYLOAD]...", has these events sent in turn,
// each as soon as the one before was acknowledged, and that COUNT times over. The answer is a line with the
// nanoseconds of each time.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

long nanoseconds_since(Clock::time_point began) {
    return std::chrono::nanoseconds(Clock::now() - began).count();
}

class Listener {
  public:
    explicit Listener(char** command) {
        std::array<int, 2> in{}, out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("no pipes");
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        if (::posix_spawn(&pid_, command[0], &actions, nullptr, command, environ) != 0)
            throw std::runtime_error(std::string("cannot start ") + command[0]);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        to_ = in[1];
        from_ = out[0];
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;
    ~Listener() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Nanoseconds of processor time since its birth, up to this moment.
    [[nodiscard]] long used() const {
        clockid_t clock{};
        timespec time{};
        if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
            throw std::runtime_error("the listener's clock cannot be read");
        return time.tv_sec * 1'000'000'000 + time.tv_nsec;
    }

    void send(std::string_view event) const {
        if (::write(to_, event.data(), event.size()) != static_cast<ssize_t>(event.size()))
            throw std::runtime_error("the listener does not listen");
    }
    /// Reads exactly that.
    void expect(std::string_view answer) const {
        std::array<char, 64> bytes{};
        std::size_t have = 0;
        while (have < answer.size()) {
            const auto count = ::read(from_, bytes.data() + have, answer.size() - have);
            if (count <= 0) throw std::runtime_error("the listener has ended");
            have += static_cast<std::size_t>(count);
        }
        if (std::string_view(bytes.data(), have) != answer) throw std::runtime_error("that is no answer");
    }

  private:
    pid_t pid_ = 0;
    int to_ = -1, from_ = -1;
};

/// "NAME PAYLOAD" as supervisord puts it on the wire. A gap in the serials would be an event that was lost.
std::string envelope(std::string_view event) {
    static long next_serial = 0;
    const auto serial = std::to_string(next_serial++);
    const auto blank = event.find(' ');
    const auto payload = blank == std::string_view::npos ? "" : event.substr(blank + 1);
    std::string text = "ver:3.0 server:supervisor serial:";
    text.append(serial).append(" pool:listener poolserial:").append(serial).append(" eventname:");
    text.append(event.substr(0, blank)).append(" len:").append(std::to_string(payload.size()));
    return text.append("\n").append(payload);
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> parts(1);
    for (const char ch : line) {
        if (ch == '\t')
            parts.emplace_back();
        else
            parts.back() += ch;
    }
    return parts;
}

void deliver(const Listener& listener, const std::string& line) {
    const auto order = split(line);
    std::vector<std::string> events(order.size() - 1);
    for (int left = std::stoi(order.front()); left > 0; --left) {
        std::transform(order.begin() + 1, order.end(), events.begin(), envelope);
        const auto used = listener.used();
        const auto began = Clock::now();
        for (const auto& event : events) {
            listener.send(event);
            listener.expect("RESULT 2\nOKREADY\n");
        }
        const auto elapsed = nanoseconds_since(began);
        std::cout << elapsed << ' ' << listener.used() - used << ' ';
    }
    std::cout << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const auto began = Clock::now();
        const Listener listener(argv + 1);
        listener.expect("READY\n");
        const auto elapsed = nanoseconds_since(began);
        std::cout << listener.pid() << ' ' << elapsed << ' ' << listener.used() << std::endl;
        for (std::string line; std::getline(std::cin, line);)
            deliver(listener, line);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "bench_postman: " << error.what() << '\n';
        return 1;
    }
}
