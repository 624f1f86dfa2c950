#pragma once
/// Mails over SMTP beside everything else: what the batch listeners send by.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/notify/channel.hpp>
#include <keenlance/system/reactor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace keenlance {

class Transfers;

/// What the server made of a mail.
struct SmtpAnswer {
    Status status;          ///< success: it took the message for at least one recipient
    std::string refusals;   ///< its replies 4yz and 5yz, "; " between them
    bool for_good = false;  ///< not taken, and the last refusal was a 5yz
};

/// Error kinds: unreachable, timeout, unauthorized, malformed, invalid (the URL). libcurl is initialised by
/// the first mail, not before.
class KEENLANCE_API SmtpClient {
  public:
    explicit SmtpClient(Reactor& reactor);
    ~SmtpClient();
    SmtpClient(const SmtpClient&) = delete;
    SmtpClient& operator=(const SmtpClient&) = delete;
    SmtpClient(SmtpClient&&) = delete;
    SmtpClient& operator=(SmtpClient&&) = delete;

    /// One mail, with CRLF line ends; answers once from a later turn.
    void send(SmtpSettings settings, std::string message, std::function<void(SmtpAnswer)> answer);

  private:
    Reactor& reactor_;
    std::unique_ptr<Transfers> transfers_;
};

}  // namespace keenlance
