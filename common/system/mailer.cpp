#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/mailer.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace keenlance {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

}  // namespace

void SendmailTransport::deliver(const std::string& message, Answer answer) {
    Command command{command_, message};
    commands_.run(command, [command = command_, timeout = command.timeout,
                            answer = std::move(answer)](Result<CommandResult> result) {
        if (!result) return answer(std::move(result).error());
        if (result->status != 0 || result->timed_out) {
            return answer(Error{
                ErrorKind::system, result->status,
                fmt::format("the mail command '{}' ended with {}", command, result->describe(timeout))});
        }
        const auto said = trim(result->output);
        answer(said.empty() ? std::string() : fmt::format("the mail command said: {}", printable(said, 300)));
    });
}

void SmtpTransport::deliver(const std::string& message, Answer answer) {
    SmtpRequest request = settings_;
    request.message = with_crlf(message);
    client_.send(
        std::move(request), [url = settings_.url, answer = std::move(answer)](Result<std::string> result) {
            if (!result)
                return answer(
                    Error{result.error().kind, result.error().code, url + ": " + result.error().message});
            answer(result->empty() ? std::string() : url + " refused: " + *result);
        });
}

Mailer::Mailer(Reactor& reactor, Clock& clock, LogSink& log, MailAddresses addresses,
               std::unique_ptr<MailTransport> transport)
    : reactor_(reactor),
      clock_(clock),
      log_(log),
      addresses_(std::move(addresses)),
      transport_(std::move(transport)) {}

Mailer::~Mailer() {
    reactor_.cancel(timer_);
}

void Mailer::send(const Notification& notification) {
    const Moment now = clock_.now();
    MessageIdentity identity;
    identity.when = now;
    identity.id = fmt::format("keenlance.{:x}.{}.{}@{}", now.wall.time_since_epoch().count(), ::getpid(),
                              ++composed_, host_name());
    const std::string subject =
        notification.subject.empty() ? "(no subject)" : std::string(trim(notification.subject));
    const auto dropped = queue_.add(subject, format_mail(notification, addresses_, identity), now.steady);
    if (dropped) {
        log_.write(fmt::format("more than {} mails are waiting; dropped the oldest, \"{}\"",
                               DeliveryQueue::most_messages, dropped->subject));
    }
    wake();
}

void Mailer::hurry() {
    queue_.hurry(clock_.now().steady);
    wake();
}

void Mailer::wake() {
    reactor_.cancel(timer_);
    timer_ = 0;
    if (const auto due = queue_.deadline()) timer_ = reactor_.at(*due, [this] { try_next(); });
}

void Mailer::try_next() {
    timer_ = 0;
    if (auto message = queue_.take(clock_.now().steady)) {
        const std::string text = std::move(message->text);
        transport_->deliver(text, [this, message = std::move(*message)](const Result<std::string>& answer) {
            on_answer(message, answer);
        });
    } else {
        wake();
    }
}

void Mailer::on_answer(const QueuedMessage& message, const Result<std::string>& answer) {
    if (answer) {
        queue_.succeeded();
        log_.write(fmt::format("mailed \"{}\"{}{}{}", message.subject, recipients(),
                               answer->empty() ? "" : "; ", *answer));
    } else if (const auto delay = queue_.failed(clock_.now().steady)) {
        log_.write(fmt::format("could not mail \"{}\"{}: {}; trying again in {}", message.subject,
                               recipients(), answer.error().message, format_duration(*delay)));
    } else {
        log_.write(fmt::format("gave up mailing \"{}\"{} after {} tries: {}", message.subject, recipients(),
                               message.tries + 1, answer.error().message));
    }
    wake();
}

std::string Mailer::recipients() const {
    return addresses_.to.empty() ? "" : " to " + join(addresses_.to, ", ");
}

}  // namespace keenlance
