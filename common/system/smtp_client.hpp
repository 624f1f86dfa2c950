#pragma once
/// Mails over SMTP beside everything else: what the batch listeners send by.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/notify/channel.hpp>
#include <keenlance/system/reactor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace keenlance {

/// What the server made of a mail.
struct SmtpAnswer {
    Status status;          ///< success: it took the message for at least one recipient
    std::string refusals;   ///< its replies 4yz and 5yz, "; " between them
    bool for_good = false;  ///< not taken, and the last refusal was a 5yz
};

/// Error kinds: unreachable, timeout, unauthorized, malformed, invalid (the URL). libcurl is initialised by
/// the first mail, not before. Each mail has a thread of its own: libcurl waits for the reply to a whole
/// message, and for the one to QUIT, without giving control back, and a server may take a minute for it.
class KEENLANCE_API SmtpClient {
  public:
    explicit SmtpClient(Reactor& reactor);
    ~SmtpClient();
    SmtpClient(const SmtpClient&) = delete;
    SmtpClient& operator=(const SmtpClient&) = delete;
    SmtpClient(SmtpClient&&) = delete;
    SmtpClient& operator=(SmtpClient&&) = delete;

    /// One mail, with CRLF line ends; answers once from a later turn, not at all when the client is destroyed
    /// before.
    void send(SmtpSettings settings, std::string message, std::function<void(SmtpAnswer)> answer);

  private:
    struct Posting;

    void finish(std::uint64_t id);

    Reactor& reactor_;
    std::map<std::uint64_t, std::unique_ptr<Posting>> postings_;
    std::uint64_t last_id_ = 0;
};

}  // namespace keenlance
