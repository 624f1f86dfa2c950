#pragma once
/// Mails over SMTP beside everything else: what the batch listeners send by.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/reactor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace keenlance {

class Transfers;

/// One mail over SMTP (RFC 5321).
struct SmtpRequest {
    std::string url;  ///< smtp://host:port
    std::string from;
    std::vector<std::string> to;
    std::string message;  ///< with CRLF line ends
    std::string user, password;
    enum class Tls { none, required } tls = Tls::none;  ///< STARTTLS, with verification
    Duration timeout{60'000};
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

    /// Answers once from a later turn. Success: the server took the message for at least one recipient; the
    /// text is its refusals of the others, empty if there were none.
    void send(SmtpRequest request, std::function<void(Result<std::string>)> answer);

  private:
    Reactor& reactor_;
    std::unique_ptr<Transfers> transfers_;
};

}  // namespace keenlance
