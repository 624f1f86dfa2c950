#pragma once
/// The Notifier that mails: through a sendmail-like command or over SMTP, with retries that hold nothing up.

#include <keenlance/core/delivery_queue.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/ports/clock.hpp>
#include <keenlance/ports/notifier.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/log.hpp>
#include <keenlance/system/reactor.hpp>
#include <keenlance/system/smtp_client.hpp>

#include <functional>
#include <memory>
#include <string>

namespace keenlance {

/// One way a finished message leaves this machine.
class MailTransport {
  public:
    /// Success: what is worth telling, usually nothing.
    using Answer = std::function<void(Result<std::string>)>;

    MailTransport() = default;
    MailTransport(const MailTransport&) = delete;
    MailTransport& operator=(const MailTransport&) = delete;
    MailTransport(MailTransport&&) = delete;
    MailTransport& operator=(MailTransport&&) = delete;
    virtual ~MailTransport() = default;

    /// Answers once, never from within the call.
    virtual void deliver(const std::string& message, Answer answer) = 0;
};

/// Through a command that reads the message, headers and all, on its stdin: "/usr/sbin/sendmail -t -i".
class KEENLANCE_API SendmailTransport : public MailTransport {
  public:
    SendmailTransport(CommandRunner& commands, std::string command)
        : commands_(commands), command_(std::move(command)) {}
    void deliver(const std::string& message, Answer answer) override;

  private:
    CommandRunner& commands_;
    std::string command_;
};

/// Over SMTP; `settings` is a request without its message.
class KEENLANCE_API SmtpTransport : public MailTransport {
  public:
    SmtpTransport(SmtpClient& client, SmtpRequest settings)
        : client_(client), settings_(std::move(settings)) {}
    void deliver(const std::string& message, Answer answer) override;

  private:
    SmtpClient& client_;
    SmtpRequest settings_;
};

/// Composes, queues, sends one message at a time, and logs what becomes of each. `clock`'s steady time must
/// move on by itself: timers wait on the Reactor's, and look at this one when they fire.
class KEENLANCE_API Mailer : public Notifier {
  public:
    Mailer(Reactor& reactor, Clock& clock, LogSink& log, MailAddresses addresses,
           std::unique_ptr<MailTransport> transport);
    ~Mailer() override;
    Mailer(const Mailer&) = delete;
    Mailer& operator=(const Mailer&) = delete;
    Mailer(Mailer&&) = delete;
    Mailer& operator=(Mailer&&) = delete;

    void send(const Notification& notification) override;
    void hurry() override;
    [[nodiscard]] bool idle() const override { return queue_.empty(); }

  private:
    void wake();
    void try_next();
    void on_answer(const QueuedMessage& message, const Result<std::string>& answer);
    [[nodiscard]] std::string recipients() const;

    Reactor& reactor_;
    Clock& clock_;
    LogSink& log_;
    MailAddresses addresses_;
    std::unique_ptr<MailTransport> transport_;
    DeliveryQueue queue_;
    Reactor::TimerId timer_ = 0;
    std::uint64_t composed_ = 0;
};

}  // namespace keenlance
