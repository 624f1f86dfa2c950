#include <keenlance/core/policy.hpp>
#include <keenlance/core/retry_after.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/notify/formats.hpp>
#include <keenlance/system/transport.hpp>

#include <fmt/core.h>

#include <utility>

namespace keenlance {

namespace {

using Answered = std::function<void(Answer)>;

/// A command that is fed a text; what it prints when it succeeds is worth telling.
void run(CommandRunner& commands, const Command& command, const char* what, Answered answered) {
    commands.run(command, [command, what, answered = std::move(answered)](Result<CommandResult> result) {
        if (!result) return answered({Delivery::unavailable, result.error().message});
        if (result->status != 0 || result->timed_out) {
            return answered(
                {Delivery::unavailable, fmt::format("the {} '{}' ended with {}", what, command.text,
                                                    result->describe(command.timeout))});
        }
        const auto said = trim(result->output);
        answered({Delivery::taken,
                  said.empty() ? "" : fmt::format("the {} said: {}", what, printable(said, 300))});
    });
}

class SendmailTransport : public Transport {
  public:
    SendmailTransport(CommandRunner& commands, SendmailChannel channel)
        : commands_(commands), channel_(std::move(channel)) {}

    void deliver(const Letter& letter, Answered answered) override {
        Command command;
        command.text = channel_.command;
        command.input = format_mail(letter, channel_.addresses, channel_.text);
        run(commands_, command, "mail command", std::move(answered));
    }

  private:
    CommandRunner& commands_;
    SendmailChannel channel_;
};

class ExecTransport : public Transport {
  public:
    ExecTransport(CommandRunner& commands, ExecChannel channel)
        : commands_(commands), channel_(std::move(channel)) {}

    void deliver(const Letter& letter, Answered answered) override {
        Command command;
        command.text = channel_.command;
        command.input = format_json(letter);
        command.environment = format_environment(letter);
        run(commands_, command, "command", std::move(answered));
    }

  private:
    CommandRunner& commands_;
    ExecChannel channel_;
};

class SmtpTransport : public Transport {
  public:
    SmtpTransport(SmtpClient& client, SmtpChannel channel) : client_(client), channel_(std::move(channel)) {}

    void deliver(const Letter& letter, Answered answered) override {
        const auto& settings = channel_.settings;
        client_.send(settings, with_crlf(format_mail(letter, channel_.addresses, channel_.text)),
                     [url = settings.url, answered = std::move(answered)](const SmtpAnswer& answer) {
                         if (!answer.status) {
                             const auto delivery =
                                 answer.for_good ? Delivery::refused : Delivery::unavailable;
                             return answered({delivery, url + ": " + answer.status.error().message});
                         }
                         answered({Delivery::taken,
                                   answer.refusals.empty() ? "" : url + " refused: " + answer.refusals});
                     });
    }

  private:
    SmtpClient& client_;
    SmtpChannel channel_;
};

class WebhookTransport : public Transport {
  public:
    WebhookTransport(HttpClient& http, Clock& clock, WebhookChannel channel)
        : http_(http), clock_(clock), channel_(std::move(channel)) {}

    void deliver(const Letter& letter, Answered answered) override {
        HttpRequest request;
        request.url = channel_.url;
        request.post = body_of(letter);
        const bool json = channel_.format != WebhookChannel::Format::text || channel_.text_is_json;
        request.headers = {
            json ? "Content-Type: application/json" : "Content-Type: text/plain; charset=utf-8",
            "User-Agent: keenlance", "Idempotency-Key: " + printable(letter.id), "Expect:"};
        request.timeout = channel_.timeout;
        request.max_body = std::size_t{1024} * 1024;
        http_.send(std::move(request), [&clock = clock_, answered = std::move(answered)](
                                           const Result<HttpResponse>& response) {
            if (!response) return answered({Delivery::unavailable, response.error().message});
            const int status = response->status;
            if (status >= 200 && status < 300) return answered({Delivery::taken, ""});
            // 408 Request Timeout, 425 Too Early, 429 Too Many Requests: the request itself was all right.
            const bool later = status >= 500 || status == 408 || status == 425 || status == 429;
            const auto said = printable(trim(response->body), 200);
            const bool asks_for_time = status == 429 || status == 503;
            answered({later ? Delivery::unavailable : Delivery::refused,
                      fmt::format("the server answered {} {}{}{}", status, response->reason,
                                  said.empty() ? "" : ": ", said),
                      asks_for_time ? wait_of(response->retry_after, clock.now().wall) : Duration{0}});
        });
    }

  private:
    [[nodiscard]] std::string body_of(const Letter& letter) const {
        switch (channel_.format) {
            case WebhookChannel::Format::json:
                return format_json(letter);
            case WebhookChannel::Format::slack:
                return format_slack(letter);
            case WebhookChannel::Format::alertmanager:
                return format_alertmanager(letter, clock_.now().wall);
            case WebhookChannel::Format::text:
                break;
        }
        return fill_template(channel_.text, letter, channel_.text_is_json ? Escaping::json : Escaping::none);
    }

    HttpClient& http_;
    Clock& clock_;
    WebhookChannel channel_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(const ChannelTarget& target, TransportTools tools) {
    using Made = std::unique_ptr<Transport>;
    return std::visit(Overloaded{
                          [&](const SendmailChannel& channel) -> Made {
                              return std::make_unique<SendmailTransport>(tools.commands, channel);
                          },
                          [&](const SmtpChannel& channel) -> Made {
                              return std::make_unique<SmtpTransport>(tools.smtp, channel);
                          },
                          [&](const WebhookChannel& channel) -> Made {
                              return std::make_unique<WebhookTransport>(tools.http, tools.clock, channel);
                          },
                          [&](const ExecChannel& channel) -> Made {
                              return std::make_unique<ExecTransport>(tools.commands, channel);
                          },
                      },
                      target);
}

}  // namespace keenlance
