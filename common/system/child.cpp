#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves its declaration to us

namespace keenlance {

struct CommandRunner::Running {
    std::uint64_t id = 0;
    pid_t pid = -1;
    UniqueFd input, output;
    Command command;
    std::size_t written = 0;
    Reactor::TimerId timer = 0;
    CommandResult result;
    Answer answer;
};

namespace {

struct Pipe {
    UniqueFd out, in;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        return Error{ErrorKind::system, errno, std::string("pipe: ") + std::strerror(errno)};
    for (const int end : ends)
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// "NAME=value": the command's own, and ours where it has none of that name.
std::vector<std::string> environment_of(const Command& command) {
    std::vector<std::string> environment;
    for (const auto& [name, value] : command.environment)
        environment.push_back(name + "=" + value);
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view ours(*each);
        const bool overridden = std::ranges::any_of(
            command.environment, [&](const auto& pair) { return ours.starts_with(pair.first + "="); });
        if (!overridden) environment.emplace_back(ours);
    }
    return environment;
}

/// posix_spawn, which copies no memory: it works when the machine is short of it, just when memmon is needed.
int spawn_shell(const Command& command, int input, int output, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGCHLD})
        sigaddset(&defaults, signal);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::string shell = "sh", option = "-c", text = command.text;
    std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    auto environment = environment_of(command);
    std::vector<char*> pointers;
    for (auto& each : environment)
        pointers.push_back(each.data());
    pointers.push_back(nullptr);
    const int error =
        ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments.data(), pointers.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

}  // namespace

std::string CommandResult::describe(Duration timeout) const {
    std::string text;
    if (timed_out) {
        text = "killed after " + format_duration(timeout);
    } else if (status > 128) {
        text = "status " + std::to_string(status) + " (signal " + std::to_string(status - 128) + ")";
    } else {
        text = "status " + std::to_string(status);
    }
    const auto said = trim(output);
    if (!said.empty()) text += ": " + printable(said, 500);
    return text;
}

CommandRunner::CommandRunner(Reactor& reactor) : reactor_(reactor) {}

CommandRunner::~CommandRunner() {
    for (const auto& [id, child] : running_) {
        if (child->input) {  // half a mail is worse than one that is tried again
            ::kill(-child->pid, SIGKILL);
            ::waitpid(child->pid, nullptr, 0);
        } else if (child->command.at_end == AtEnd::ended) {
            ::kill(-child->pid, SIGTERM);
        }
        reactor_.forget_child(child->pid);
        reactor_.cancel(child->timer);
        if (child->input) reactor_.unwatch(child->input.get());
        if (child->output) reactor_.unwatch(child->output.get());
    }
}

void CommandRunner::run(Command command, Answer answer) {
    auto fail = [this, &answer](Error error) {
        reactor_.defer([answer = std::move(answer), error = std::move(error)] { answer(error); });
    };
    auto to_child = make_pipe();
    auto from_child = make_pipe();
    if (!to_child) return fail(to_child.error());
    if (!from_child) return fail(from_child.error());

    auto child = std::make_unique<Running>();
    // What the pipe holds is in it before anybody reads: should we be killed, the command does not take the
    // beginning of a mail for a mail.
    ::fcntl(to_child->in.get(), F_SETFL, O_NONBLOCK);
    const auto put = ::write(to_child->in.get(), command.input.data(), command.input.size());
    child->written = put > 0 ? static_cast<std::size_t>(put) : 0;
    if (const int error = spawn_shell(command, to_child->out.get(), from_child->in.get(), child->pid);
        error != 0)
        return fail({ErrorKind::system, error, std::string("cannot start /bin/sh: ") + std::strerror(error)});

    const std::uint64_t id = ++last_id_;
    child->id = id;
    child->answer = std::move(answer);
    child->command = std::move(command);
    child->input = std::move(to_child->in);
    child->output = std::move(from_child->out);
    ::fcntl(child->output.get(), F_SETFL, O_NONBLOCK);
    auto& kept = *(running_[id] = std::move(child));
    reactor_.watch(kept.output.get(), POLLIN, [this, &kept](short) { listen(kept); });
    if (kept.written == kept.command.input.size())
        kept.input.reset();
    else
        reactor_.watch(kept.input.get(), POLLOUT, [this, &kept](short) { feed(kept); });
    kept.timer = reactor_.after(kept.command.timeout, [&kept] {
        kept.result.timed_out = true;
        ::kill(-kept.pid, SIGKILL);
    });
    reactor_.on_child(kept.pid, [this, id](int status) { finish(id, status); });
}

void CommandRunner::feed(Running& child) {
    const std::string_view text = child.command.input;
    while (child.written < text.size()) {
        const auto count =
            ::write(child.input.get(), text.data() + child.written, text.size() - child.written);
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;  // EPIPE: it does not want to read; its status will tell whether that matters
        child.written += static_cast<std::size_t>(count);
    }
    reactor_.unwatch(child.input.get());
    child.input.reset();
}

void CommandRunner::listen(Running& child) {
    std::array<char, 4096> bytes{};
    for (;;) {
        const auto count = ::read(child.output.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) break;
        const auto room = child.command.max_output - child.result.output.size();
        child.result.output.append(bytes.data(), std::min(static_cast<std::size_t>(count), room));
        if (room == 0) return;  // a chatterbox: read on at the next turn, and let others have theirs
    }
    reactor_.unwatch(child.output.get());
    child.output.reset();
}

void CommandRunner::finish(std::uint64_t id, int wait_status) {
    const auto node = running_.extract(id);
    if (node.empty()) return;
    Running& child = *node.mapped();
    if (child.output)
        listen(child);  // the last words; a background grandchild may keep the pipe open, we don't wait
    if (child.output) reactor_.unwatch(child.output.get());
    if (child.input) reactor_.unwatch(child.input.get());
    reactor_.cancel(child.timer);
    child.result.status = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
    child.answer(std::move(child.result));
}

}  // namespace keenlance
