#include "transfers_internal.hpp"
#include <keenlance/core/text.hpp>
#include <keenlance/system/smtp_client.hpp>

#include <fmt/format.h>

#include <array>

namespace keenlance {

namespace {

/// A mail on its way.
struct Posting {
    SmtpSettings settings;
    std::string message;
    std::size_t sent = 0;
    std::vector<std::string> refusals;  // replies 4yz and 5yz to RCPT
    std::string last_reply;
    std::array<char, CURL_ERROR_SIZE> error{};
    CurlList recipients;
};

std::size_t give_message(char* room, std::size_t size, std::size_t count, void* data) {
    auto& posting = *static_cast<Posting*>(data);
    const std::size_t length = posting.message.copy(room, size * count, posting.sent);
    posting.sent += length;
    return length;
}

std::size_t take_reply(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& posting = *static_cast<Posting*>(data);
    posting.last_reply = printable(trim({bytes, size * count}), 200);
    const bool refusal = posting.last_reply.starts_with('4') || posting.last_reply.starts_with('5');
    if (refusal) posting.refusals.push_back(posting.last_reply);
    return size * count;
}

long use_of_tls(SmtpSettings::Tls tls) {
    if (tls == SmtpSettings::Tls::required) return CURLUSESSL_ALL;
    return tls == SmtpSettings::Tls::if_there ? CURLUSESSL_TRY : CURLUSESSL_NONE;
}

void set_up(CURL* easy, Posting& posting) {
    const auto& settings = posting.settings;
    curl_easy_setopt(easy, CURLOPT_URL, settings.url.c_str());
    Transfers::restrict_protocols(easy, "smtp,smtps", CURLPROTO_SMTP | CURLPROTO_SMTPS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, posting.error.data());
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + settings.from + ">").c_str());
    for (const auto& address : settings.to)
        posting.recipients.reset(
            curl_slist_append(posting.recipients.release(), ("<" + address + ">").c_str()));
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, posting.recipients.get());
#if LIBCURL_VERSION_NUM >= 0x080200
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
#elif LIBCURL_VERSION_NUM >= 0x074500
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS,
                     1L);  // one bad address must not cost the others theirs
#endif
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give_message);
    curl_easy_setopt(easy, CURLOPT_READDATA, &posting);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_reply);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &posting);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_of_tls(settings.tls));
    if (!settings.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.user.empty()) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, settings.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, settings.password.c_str());
    }
    // A connection that was idle may have been closed by the server; a mail is rare enough for a new one.
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

}  // namespace

SmtpClient::SmtpClient(Reactor& reactor) : reactor_(reactor) {}
SmtpClient::~SmtpClient() = default;

void SmtpClient::send(SmtpSettings settings, std::string message, std::function<void(SmtpAnswer)> answer) {
    if (!transfers_) transfers_ = std::make_unique<Transfers>(reactor_);
    auto posting = std::make_shared<Posting>();
    posting->settings = std::move(settings);
    posting->message = std::move(message);
    auto easy = Transfers::make_easy();
    CURL* const handle = easy.get();
    set_up(handle, *posting);
    transfers_->start(std::move(easy), [posting, handle, answer = std::move(answer)](CURLcode code) {
        const std::string refusals = join(posting->refusals, "; ");
        if (code == CURLE_OK) return answer({Done{}, refusals, false});
        Error error = Transfers::describe(handle, code, posting->error.data(), posting->settings.timeout);
        // The refusal itself, where there was one: what comes last is only the answer to QUIT.
        const auto& said = posting->refusals.empty() ? posting->last_reply : posting->refusals.back();
        if (!said.empty()) error.message += fmt::format("; the server said \"{}\"", said);
        const bool for_good = !posting->refusals.empty() && posting->refusals.back().starts_with('5');
        answer({std::move(error), refusals, for_good});
    });
}

}  // namespace keenlance
