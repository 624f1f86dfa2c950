#include <keenlance/core/quantity.hpp>

#include <fmt/core.h>
#include <listeners/essential/failure.hpp>

namespace keenlance::essential {

namespace {

constexpr int killed_by_a_signal = -1;  // supervisor/options.py decode_wait_status

std::string_view headline(Failure::Kind kind) {
    switch (kind) {
        case Failure::Kind::fatal:
            return "is FATAL";
        case Failure::Kind::unexpected_exit:
            return "exited unexpectedly";
        case Failure::Kind::expected_exit:
            return "is done";
    }
    return "";
}

Notification alert(const Failure& failure) {
    Notification notification;
    notification.alert = "EssentialProcessDown";
    notification.process = failure.id;
    notification.details.emplace_back("state", failure.kind == Failure::Kind::fatal ? "FATAL" : "EXITED");
    if (failure.pid) notification.details.emplace_back("pid", std::to_string(*failure.pid));
    if (failure.exit_status)
        notification.details.emplace_back("exit_status", std::to_string(*failure.exit_status));
    return notification;
}

}  // namespace

int Failure::exit_code() const {
    if (kind == Kind::expected_exit) return 0;
    const auto byte = static_cast<unsigned>(exit_status.value_or(0)) & 0xffU;
    return byte == 0 ? 1 : static_cast<int>(byte);
}

std::string Failure::describe() const {
    if (kind == Kind::fatal)
        return fmt::format("{} could not be started, tried too often, and is FATAL{}", id.brief(),
                           reason.empty() ? "" : fmt::format(" ({})", reason));
    const std::string pid_text = pid ? fmt::format(" (pid {})", *pid) : "";
    const std::string how = kind == Kind::expected_exit ? "as expected" : "unexpectedly";
    if (!exit_status)
        return fmt::format("{} exited {}{}; its status is not known any more", id.brief(), how, pid_text);
    if (*exit_status == killed_by_a_signal) return fmt::format("{} died of a signal{}", id.brief(), pid_text);
    return fmt::format("{} exited {} with status {}{}", id.brief(), how, *exit_status, pid_text);
}

Notification is_down(const Failure& failure, Duration wait) {
    auto notification = alert(failure);
    notification.subject = fmt::format("essential: {} {}", failure.id.brief(), headline(failure.kind));
    if (wait > Duration{0}) {
        notification.body =
            fmt::format("{}. supervisord will be shut down in {} unless it is RUNNING by then.",
                        failure.describe(), format_duration(wait));
        notification.condition = Condition::firing;
    } else {
        notification.body = failure.describe() + ". supervisord is being shut down.";
    }
    notification.details.emplace_back("container_exit_status", std::to_string(failure.exit_code()));
    return notification;
}

Notification is_back(const Failure& failure, const std::string& why) {
    auto notification = alert(failure);
    notification.subject = fmt::format("essential: {} {}", failure.id.brief(), why);
    notification.body = fmt::format("{}, but {}: supervisord is not shut down.", failure.describe(), why);
    notification.condition = Condition::resolved;
    return notification;
}

}  // namespace keenlance::essential
