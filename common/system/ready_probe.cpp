#include <keenlance/system/ready_probe.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace keenlance {

namespace {

constexpr std::size_t most_told = 4096;  // of which a message quotes the beginning
constexpr std::size_t most_body = std::size_t{64} * 1024;

Status judge_status(int status, const std::string& reason) {
    if (status >= 200 && status <= 399) return Done{};
    const bool login = status == 401 || status == 403;
    return Error{login ? ErrorKind::unauthorized : ErrorKind::http_status, status,
                 "status " + std::to_string(status) + (reason.empty() ? "" : " " + reason)};
}

Status find(const std::string& path) {
    struct stat ignored {};
    if (::stat(path.c_str(), &ignored) == 0) return Done{};
    return Error{ErrorKind::system, errno, std::strerror(errno)};
}

}  // namespace

void SystemReadyProbe::probe(const ReadyCheck& check, Answer answer) {
    const auto tell = [this, &answer](Status status) {
        reactor_.defer([answer = std::move(answer), status = std::move(status)] { answer(status); });
    };
    switch (check.kind) {
        case ReadyKind::tcp:
            return connections_.tcp(check.target, check.timeout, std::move(answer));
        case ReadyKind::http:
            return get(check, std::move(answer));
        case ReadyKind::unix_socket:
            return tell(ConnectProbe::unix_socket(check.target));
        case ReadyKind::file:
            return tell(find(check.target));
        case ReadyKind::command:
            return run(check, std::move(answer));
    }
}

void SystemReadyProbe::get(const ReadyCheck& check, Answer answer) {
    HttpRequest request;
    request.url = check.target;
    request.headers = {"User-Agent: keenlance"};
    request.timeout = std::max(check.timeout, Duration{1});  // 0 is for ever to libcurl
    request.max_body = most_body;
    request.on_body = [](std::string_view /*thrown away*/) {};
    http_.send(std::move(request), [answer = std::move(answer)](const Result<HttpResponse>& response) {
        if (response) return answer(judge_status(response->status, response->reason));
        // Enough has come to know: the status is all that was asked for.
        if (response.error().kind == ErrorKind::too_large)
            return answer(judge_status(response.error().code, ""));
        answer(response.error());
    });
}

void SystemReadyProbe::run(const ReadyCheck& check, Answer answer) {
    Command command;
    command.text = check.target;
    command.timeout = check.timeout;
    command.at_end = AtEnd::ended;
    command.max_output = most_told;
    commands_.run(std::move(command),
                  [timeout = check.timeout, answer = std::move(answer)](const Result<CommandResult>& result) {
                      if (!result) return answer(result.error());
                      if (result->status == 0 && !result->timed_out) return answer(Done{});
                      answer(Error{result->timed_out ? ErrorKind::timeout : ErrorKind::system, result->status,
                                   result->describe(timeout)});
                  });
}

}  // namespace keenlance
