#pragma once
/// One way a letter leaves this machine: a mail command, an SMTP server, a web server, a command.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/notify/channel.hpp>
#include <keenlance/notify/delivery_queue.hpp>
#include <keenlance/notify/letter.hpp>
#include <keenlance/ports/clock.hpp>
#include <keenlance/system/child.hpp>
#include <keenlance/system/http_client.hpp>
#include <keenlance/system/smtp_client.hpp>

#include <functional>
#include <memory>
#include <string>

namespace keenlance {

/// What came of a try: with `taken` what is worth telling, usually nothing; else why not. May hold secrets.
struct Answer {
    Delivery delivery = Delivery::taken;
    std::string words;
    Duration least_wait{0};  ///< before the next try, as whoever did not take it asked for
};

class Transport {
  public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    Transport(Transport&&) = delete;
    Transport& operator=(Transport&&) = delete;
    virtual ~Transport() = default;

    /// Answers once, within about a minute, never from within the call.
    virtual void deliver(const Letter& letter, std::function<void(Answer)> answer) = 0;
};

/// What transports work with; must outlive them.
struct TransportTools {
    CommandRunner& commands;
    SmtpClient& smtp;
    HttpClient& http;
    Clock& clock;
};

KEENLANCE_API std::unique_ptr<Transport> make_transport(const ChannelTarget& target, TransportTools tools);

}  // namespace keenlance
