#include <keenlance/core/text.hpp>
#include <keenlance/system/console.hpp>
#include <keenlance/system/reactor.hpp>
#include <keenlance/system/unique_fd.hpp>
#include <keenlance/system/write_all.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

namespace keenlance {

namespace {

constexpr char control_c = '\x03';
constexpr std::size_t longest_answer = 1'000;

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

TerminalSize terminal_size() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

/// So many characters of `line`, and all its colour sequences ("\x1b[…m"), which take no room.
std::string cut(std::string_view line, std::size_t columns) {
    std::string out;
    std::size_t used = 0;
    while (!line.empty()) {
        std::size_t length = utf8_sequence_length(static_cast<unsigned char>(line.front()));
        if (line.starts_with("\x1b[")) {
            length = std::min(line.find('m'), line.size() - 1) + 1;
            out += line.substr(0, length);
        } else if (used < columns) {
            out += line.substr(0, length);
            ++used;
        }
        line.remove_prefix(std::min(length, line.size()));
    }
    return out;
}

/// The terminal of a question: what is typed may be hidden, and Ctrl-C is an answer like any other.
class Question {
  public:
    explicit Question(int terminal) : terminal_(terminal) {
        sigset_t blocked{};
        ::sigemptyset(&blocked);
        ::sigaddset(&blocked, SIGTERM);
        ::sigaddset(&blocked, SIGINT);
        ::sigprocmask(SIG_BLOCK, &blocked, &waiting_);
        ::tcgetattr(terminal_, &before_);
        termios asking = before_;
        asking.c_lflag &= ~static_cast<tcflag_t>(ISIG);
        asking.c_cc[VEOL] = control_c;
        ::tcsetattr(terminal_, TCSADRAIN, &asking);
    }
    ~Question() {
        ::tcsetattr(terminal_, TCSADRAIN, &before_);
        ::sigprocmask(SIG_SETMASK, &waiting_, nullptr);
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    Question(Question&&) = delete;
    Question& operator=(Question&&) = delete;

    void hide_typing() const {
        termios hidden{};
        ::tcgetattr(terminal_, &hidden);
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(terminal_, TCSADRAIN, &hidden);
    }

    /// Nothing: Ctrl-C, Ctrl-D, or a signal.
    [[nodiscard]] std::optional<std::string> ask(std::string_view prompt) const {
        write_all(terminal_, prompt);
        std::string line;
        while (line.size() < longest_answer) {
            // A signal is let in nowhere but while it waits, so that none comes just before and is waited
            // past.
            pollfd ready{terminal_, POLLIN, 0};
            if (Reactor::termination_pending()) return std::nullopt;
            if (::ppoll(&ready, 1, nullptr, &waiting_) < 0) {
                if (errno == EINTR) continue;  // a child has ended, the window has changed
                return std::nullopt;
            }
            char typed = 0;
            if (::read(terminal_, &typed, 1) != 1) return std::nullopt;
            if (typed == control_c) return std::nullopt;
            if (typed == '\n') break;
            line += typed;
        }
        return line;
    }

  private:
    int terminal_;
    termios before_{};
    sigset_t waiting_{};  // the signals that are blocked while it waits: those that were before
};

}  // namespace

bool Console::is_live() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

void Console::print(std::string_view text) {
    hide();
    if (!write_all(STDOUT_FILENO, text)) lost_output_ = true;
    show();
}

void Console::write(std::string_view text) {
    hide();
    constexpr std::size_t longest = 4'000;
    write_all(STDERR_FILENO, fmt::format("{}: {}\n", program_, printable(text, longest)));
    show();
}

void Console::display(const std::vector<std::string>& lines) {
    if (lines.empty() && shown_ == 0) return;
    if (!is_live()) return;
    hide();
    lines_ = lines;
    show();
}

void Console::hide() {
    if (shown_ == 0) return;
    if (!write_all(STDOUT_FILENO, fmt::format("\x1b[{}A\r\x1b[J", shown_))) lost_output_ = true;
    shown_ = 0;
}

void Console::show() {
    if (lines_.empty()) return;
    const auto size = terminal_size();
    std::string text;
    for (const auto& line : lines_) {
        if (shown_ + 1 >= size.rows) break;
        text += cut(line, size.columns - 1) + "\n";
        ++shown_;
    }
    if (!write_all(STDOUT_FILENO, text)) lost_output_ = true;
}

Result<Login> Console::ask_login(std::string_view server) {
    const Error nobody{ErrorKind::system, 0, "there is no terminal to ask for user and password at"};
    if (::isatty(STDIN_FILENO) != 1) return nobody;
    const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!terminal) return nobody;
    hide();
    const Error nothing{ErrorKind::invalid, 0, "no user and password were given"};
    const Question question(terminal.get());
    const auto user =
        question.ask(fmt::format("{} wants to know who you are\nUsername: ", printable(server)));
    if (!user) return nothing;
    question.hide_typing();
    const auto password = question.ask("Password: ");
    write_all(terminal.get(), "\n");
    show();
    if (!password) return nothing;
    return Login{*user, *password};
}

}  // namespace keenlance
