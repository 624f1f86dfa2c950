#include "transfers_internal.hpp"
#include <keenlance/core/text.hpp>
#include <keenlance/system/smtp_client.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace keenlance {

namespace smtp {

/// A mail on its way, of which its thread knows.
struct Mail {
    SmtpSettings settings;
    std::string message;
    std::size_t sent = 0;
    std::vector<std::string> refusals;  // replies 4yz and 5yz to RCPT
    std::string last_reply;
    std::array<char, CURL_ERROR_SIZE> error{};
    CurlList recipients;
    std::optional<SmtpAnswer> answer;
    UniqueFd end;  // closed when there is the answer
    std::atomic<bool> given_up = false;
    std::mutex mutex;
    std::vector<UniqueFd> sockets;  // copies, for whoever gives it up
};

}  // namespace smtp

namespace {

using smtp::Mail;

constexpr Duration between_looks{100};  // at whether somebody has given it up

// At once, since the other thread may be starting a command.
#ifdef SOCK_CLOEXEC
constexpr int close_on_exec = SOCK_CLOEXEC;
#else
constexpr int close_on_exec = 0;  // keep_from_children() does it a moment later
#endif

std::size_t give_message(char* room, std::size_t size, std::size_t count, void* data) {
    auto& mail = *static_cast<Mail*>(data);
    const std::size_t length = mail.message.copy(room, size * count, mail.sent);
    mail.sent += length;
    return length;
}

std::size_t take_reply(char* bytes, std::size_t size, std::size_t count, void* data) {
    auto& mail = *static_cast<Mail*>(data);
    mail.last_reply = printable(trim({bytes, size * count}), 200);
    const bool refusal = mail.last_reply.starts_with('4') || mail.last_reply.starts_with('5');
    if (refusal) mail.refusals.push_back(mail.last_reply);
    return size * count;
}

curl_socket_t open_socket(void* data, curlsocktype /*purpose*/, struct curl_sockaddr* address) {
    auto& mail = *static_cast<Mail*>(data);
    const int socket = ::socket(address->family, address->socktype | close_on_exec, address->protocol);
    if (socket < 0) return CURL_SOCKET_BAD;
    UniqueFd copy(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    const std::lock_guard lock(mail.mutex);
    if (mail.given_up || !copy) {
        ::close(socket);
        return CURL_SOCKET_BAD;
    }
    mail.sockets.push_back(std::move(copy));
    return socket;
}

long use_of_tls(SmtpSettings::Tls tls) {
    if (tls == SmtpSettings::Tls::required) return CURLUSESSL_ALL;
    return tls == SmtpSettings::Tls::if_there ? CURLUSESSL_TRY : CURLUSESSL_NONE;
}

void set_up(CURL* easy, Mail& mail) {
    const auto& settings = mail.settings;
    curl_easy_setopt(easy, CURLOPT_URL, settings.url.c_str());
    Transfers::restrict_protocols(easy, "smtp,smtps", CURLPROTO_SMTP | CURLPROTO_SMTPS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, mail.error.data());
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + settings.from + ">").c_str());
    for (const auto& address : settings.to)
        mail.recipients.reset(curl_slist_append(mail.recipients.release(), ("<" + address + ">").c_str()));
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, mail.recipients.get());
#if LIBCURL_VERSION_NUM >= 0x080200
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
#elif LIBCURL_VERSION_NUM >= 0x074500
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS,
                     1L);  // one bad address must not cost the others theirs
#endif
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give_message);
    curl_easy_setopt(easy, CURLOPT_READDATA, &mail);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_reply);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &mail);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_of_tls(settings.tls));
    if (!settings.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.user.empty()) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, settings.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, settings.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &mail);
    // The reply to QUIT has a limit of its own.
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                     static_cast<long>(std::chrono::ceil<std::chrono::seconds>(settings.timeout).count()));
    // A connection that was idle may have been closed by the server; a mail is rare enough for a new one.
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

SmtpAnswer answer_of(const Mail& mail, CURL* easy, CURLcode code) {
    const std::string refusals = join(mail.refusals, "; ");
    if (code == CURLE_OK) return {Done{}, refusals, false};
    Error error = Transfers::describe(easy, code, mail.error.data(), mail.settings.timeout);
    // The refusal itself, where there was one: what comes last is only the answer to QUIT.
    const auto& said = mail.refusals.empty() ? mail.last_reply : mail.refusals.back();
    if (!said.empty()) error.message += fmt::format("; the server said \"{}\"", said);
    const bool for_good = !mail.refusals.empty() && mail.refusals.back().starts_with('5');
    return {std::move(error), refusals, for_good};
}

/// In a thread: until the server has answered, or somebody gives it up.
void post(Mail& mail) {
    try {
        Reactor reactor;
        Transfers transfers(reactor);
        auto easy = Transfers::make_easy();
        CURL* const handle = easy.get();
        set_up(handle, mail);
        bool over = false;
        transfers.start(std::move(easy), [&mail, &over, handle](CURLcode code) {
            mail.answer = answer_of(mail, handle, code);
            over = true;
        });
        const auto done = [&] { return over || mail.given_up; };
        while (!reactor.run_until(done, Reactor::now() + between_looks)) {
        }
    } catch (const std::exception& error) {
        mail.answer = SmtpAnswer{Error{ErrorKind::system, 0, error.what()}, "", false};
    }
    mail.end.reset();
}

}  // namespace

struct SmtpClient::Posting {
    Mail mail;
    std::function<void(SmtpAnswer)> answer;
    UniqueFd over;
    std::thread thread;
};

SmtpClient::SmtpClient(Reactor& reactor) : reactor_(reactor) {}

SmtpClient::~SmtpClient() {
    for (const auto& [id, posting] : postings_) {
        reactor_.unwatch(posting->over.get());
        auto& mail = posting->mail;
        {
            const std::lock_guard lock(mail.mutex);
            mail.given_up = true;
            // Or libcurl would wait for its reply from a server that hangs.
            for (const auto& socket : mail.sockets)
                ::shutdown(socket.get(), SHUT_RDWR);
        }
        posting->thread.join();
    }
}

void SmtpClient::send(SmtpSettings settings, std::string message, std::function<void(SmtpAnswer)> answer) {
    const auto fail = [this, &answer](int code) {
        SmtpAnswer failed{Error{ErrorKind::system, code, std::strerror(code)}, "", false};
        reactor_.defer([answer = std::move(answer), failed = std::move(failed)] { answer(failed); });
    };
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return fail(errno);
    for (const int end : ends)
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    auto posting = std::make_unique<Posting>();
    posting->over = UniqueFd(ends[0]);
    auto& mail = posting->mail;
    mail.end = UniqueFd(ends[1]);
    mail.settings = std::move(settings);
    mail.message = std::move(message);
    try {
        posting->thread = std::thread([&mail] { post(mail); });
    } catch (const std::system_error& error) {
        return fail(error.code().value());
    }
    posting->answer = std::move(answer);
    const auto id = ++last_id_;
    reactor_.watch(posting->over.get(), POLLIN, [this, id](short) { finish(id); });
    postings_.emplace(id, std::move(posting));
}

void SmtpClient::finish(std::uint64_t id) {
    const auto node = postings_.extract(id);
    if (node.empty()) return;
    auto& posting = *node.mapped();
    reactor_.unwatch(posting.over.get());
    posting.thread.join();
    posting.answer(std::move(*posting.mail.answer));
}

}  // namespace keenlance
