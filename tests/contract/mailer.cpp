#include <keenlance/system/mailer.hpp>
#include <keenlance/system/system_clock.hpp>

#include <fmt/format.h>
#include <support/catch.hpp>
#include <support/patience.hpp>
#include <support/stderr_capture.hpp>
#include <support/temporary_folder.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace keenlance;

namespace {

/// A day behind, and a tenth of a second on at each look: what waits for an hour is due after 36,000 looks,
/// and never after a wait.
class RushingClock : public Clock {
  public:
    Moment now() override {
        Moment moment = SystemClock().now();
        passed_ += Duration{100};
        moment.steady = start_ + passed_;
        return moment;
    }
    [[nodiscard]] Duration passed() const { return passed_; }

  private:
    SteadyTime start_ = Reactor::now() - std::chrono::hours(24);
    Duration passed_{0};
};

std::string subject_of(const std::string& message) {
    const auto begin = message.find("Subject: ") + 9;
    return message.substr(begin, message.find('\n', begin) - begin);
}

/// Remembers what it is given, and fails as its `verdict` has it.
class FakeTransport : public MailTransport {
  public:
    using Verdict = std::function<Result<std::string>(const std::string& subject)>;
    struct Journal {
        std::vector<std::string> subjects;
        std::vector<std::string> messages;
        std::vector<Duration> times;
        int under_way = 0;
        int most_at_once = 0;
    };

    FakeTransport(Reactor& reactor, const RushingClock& clock, Journal& journal, Verdict verdict)
        : reactor_(reactor), clock_(clock), journal_(journal), verdict_(std::move(verdict)) {}

    void deliver(const std::string& message, Answer answer) override {
        journal_.subjects.push_back(subject_of(message));
        journal_.messages.push_back(message);
        journal_.times.push_back(clock_.passed());
        journal_.most_at_once = std::max(journal_.most_at_once, ++journal_.under_way);
        reactor_.defer([this, message, answer = std::move(answer)] {
            --journal_.under_way;
            answer(verdict_(subject_of(message)));
        });
    }

  private:
    Reactor& reactor_;
    const RushingClock& clock_;
    Journal& journal_;
    Verdict verdict_;
};

const MailAddresses operators{"supervisord@example.com", {"ops@example.com"}};
const Error no_luck{ErrorKind::unreachable, 0, "the mail server is down"};

bool contains(const std::string& text, const std::string& part) {
    UNSCOPED_INFO("looking for: " << part << "\nin: " << text);
    return text.find(part) != std::string::npos;
}

/// A Mailer on a RushingClock and a FakeTransport.
class RushedMailer {
  public:
    explicit RushedMailer(FakeTransport::Verdict verdict)
        : mailer_(reactor_, clock_, log_, operators,
                  std::make_unique<FakeTransport>(reactor_, clock_, journal, std::move(verdict))) {}

    Mailer& mailer() { return mailer_; }
    bool run_until_idle() {
        return reactor_.run_until([this] { return mailer_.idle(); }, Reactor::now() + patience);
    }
    std::string log() { return stderr_.text(); }
    FakeTransport::Journal journal;

  private:
    StderrCapture stderr_;
    Reactor reactor_;
    RushingClock clock_;
    LogLines log_{clock_, "crashmail"};
    Mailer mailer_;
};

/// A Mailer through a real command, at real time.
class CommandMailer {
  public:
    explicit CommandMailer(const std::string& command)
        : mailer_(reactor_, clock_, log_, operators,
                  std::make_unique<SendmailTransport>(commands_, command)) {
        reactor_.handle_signals();
    }

    Mailer& mailer() { return mailer_; }
    bool run_until_idle() {
        return run_until([this] { return mailer_.idle(); });
    }
    bool run_until(const std::function<bool()>& done) {
        return reactor_.run_until(done, Reactor::now() + patience);
    }
    std::string log() { return stderr_.text(); }

  private:
    StderrCapture stderr_;
    Reactor reactor_;
    SystemClock clock_;
    LogLines log_{clock_, "crashmail"};
    CommandRunner commands_{reactor_};
    Mailer mailer_;
};

}  // namespace

TEST_CASE("mails leave one at a time, in the order they were given", "[mailer]") {
    RushedMailer rushed([](const std::string&) { return std::string(); });
    for (const char* subject : {"first", "second", "third"})
        rushed.mailer().send({subject, "body\n"});
    CHECK(rushed.journal.subjects.empty());
    CHECK_FALSE(rushed.mailer().idle());
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"first", "second", "third"});
    CHECK(rushed.journal.most_at_once == 1);
    CHECK(contains(rushed.log(), "crashmail: mailed \"first\" to ops@example.com\n"));
}

TEST_CASE("a mail that fails is tried again, later and later, and given up after an hour", "[mailer]") {
    RushedMailer rushed([](const std::string&) { return no_luck; });
    rushed.mailer().send({"hopeless", ""});
    REQUIRE(rushed.run_until_idle());
    const auto& times = rushed.journal.times;
    REQUIRE(times.size() == DeliveryQueue::delays.size() + 1);
    for (std::size_t i = 0; i < DeliveryQueue::delays.size(); ++i) {
        const Duration waited = times[i + 1] - times[i];
        CHECK(waited >= DeliveryQueue::delays[i]);
        CHECK(waited < DeliveryQueue::delays[i] + Duration{2'000});
    }
    for (const auto& message : rushed.journal.messages)
        CHECK(message == rushed.journal.messages.front());
    const auto log = rushed.log();
    CHECK(contains(log,
                   "could not mail \"hopeless\" to ops@example.com: the mail server is down; trying "
                   "again in 10 s\n"));
    CHECK(contains(log,
                   "gave up mailing \"hopeless\" to ops@example.com after 6 tries: the mail server is "
                   "down\n"));
}

TEST_CASE("a mail that fails holds up no other", "[mailer]") {
    int failures_left = 2;
    RushedMailer rushed([&failures_left](const std::string& subject) -> Result<std::string> {
        if (subject == "unlucky" && failures_left-- > 0) return no_luck;
        return std::string();
    });
    rushed.mailer().send({"unlucky", ""});
    rushed.mailer().send({"next", ""});
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"unlucky", "next", "unlucky", "unlucky"});
    CHECK(contains(rushed.log(), "mailed \"unlucky\""));
}

TEST_CASE("hurried, a mail is tried once more at once, and given up if that fails", "[mailer]") {
    RushedMailer rushed([](const std::string&) { return no_luck; });
    rushed.mailer().send({"late", ""});
    rushed.mailer().hurry();
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects.size() == 1);
    CHECK(contains(rushed.log(), "gave up mailing \"late\""));
}

TEST_CASE("what the transport tells about a success is logged", "[mailer]") {
    RushedMailer rushed([](const std::string&) { return std::string("it refused x@example.com"); });
    rushed.mailer().send({"mostly", ""});
    REQUIRE(rushed.run_until_idle());
    CHECK(contains(rushed.log(), "mailed \"mostly\" to ops@example.com; it refused x@example.com\n"));
}

TEST_CASE("a mail command gets whole messages, one after another", "[mailer]") {
    const TemporaryFolder folder;
    CommandMailer mail(fmt::format("cat >> {0}; echo ----- >> {0}; sleep 0.05", folder.at("box")));
    const std::string long_body(std::size_t{300} * 1024, 'x');
    mail.mailer().send({"first", "one\n"});
    mail.mailer().send({"second", long_body});
    mail.mailer().send({"third", "three\n"});
    REQUIRE(mail.run_until_idle());
    const auto box = read_file(folder.at("box"));
    const auto second = box.find("Subject: second\n"), third = box.find("Subject: third\n");
    CHECK(box.find("Subject: first\n") < second);
    CHECK(second < third);
    CHECK(third < box.size());
    CHECK(box.find("To: ops@example.com\n") < box.find("\n\none\n"));
    CHECK(box.find("\n\none\n-----\n") != std::string::npos);
    CHECK(box.ends_with("\n\nthree\n-----\n"));
    CHECK(box.size() > long_body.size());
}

TEST_CASE("a mail command that fails is logged with status and output, and tried again", "[mailer]") {
    const TemporaryFolder folder;
    CommandMailer mail(
        fmt::format("if [ -e {0} ]; then cat > {1}; else touch {0}; echo no luck >&2; exit 75; fi",
                    folder.at("failed"), folder.at("box")));
    mail.mailer().send({"again", "body\n"});
    const auto has_failed = [&mail] { return mail.log().find("could not mail") != std::string::npos; };
    REQUIRE(mail.run_until(has_failed));
    CHECK(contains(mail.log(), "ended with status 75: no luck; trying again in 10 s\n"));
    CHECK_FALSE(mail.mailer().idle());
    mail.mailer().hurry();
    REQUIRE(mail.run_until_idle());
    CHECK(read_file(folder.at("box")).find("Subject: again\n") != std::string::npos);
    CHECK(contains(mail.log(), "mailed \"again\""));
}

TEST_CASE("a mail command that is missing is a failure; one that reads nothing and talks is none",
          "[mailer]") {
    SECTION("missing") {
        CommandMailer mail("/nowhere/sendmail -t -i");
        mail.mailer().hurry();
        mail.mailer().send({"lost", std::string(std::size_t{300} * 1024, 'x')});
        REQUIRE(mail.run_until_idle());
        CHECK(contains(mail.log(), "the mail command '/nowhere/sendmail -t -i' ended with status 127: "));
        CHECK(contains(mail.log(), "not found"));
    }
    SECTION("reads nothing and talks") {
        CommandMailer mail("echo queued as 123");
        mail.mailer().send({"fine", std::string(std::size_t{300} * 1024, 'x')});
        REQUIRE(mail.run_until_idle());
        CHECK(contains(mail.log(),
                       "mailed \"fine\" to ops@example.com; the mail command said: queued as 123\n"));
    }
}
