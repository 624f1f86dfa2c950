#include <keenlance/system/outbox.hpp>
#include <keenlance/system/system_clock.hpp>

#include <fmt/core.h>
#include <support/catch.hpp>
#include <support/patience.hpp>
#include <support/stderr_capture.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace outbox_contract {

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
        moment.wall += passed_;
        return moment;
    }
    [[nodiscard]] Duration passed() const { return passed_; }

  private:
    SteadyTime start_ = Reactor::now() - std::chrono::hours(24);
    Duration passed_{0};
};

/// Remembers what it is given, and answers as its `verdict` has it.
class FakeTransport : public Transport {
  public:
    using Verdict = std::function<Answer(const std::string& subject)>;
    struct Journal {
        std::vector<std::string> subjects;
        std::vector<Letter> letters;
        std::vector<Duration> times;
        int under_way = 0;
        int most_at_once = 0;
    };

    FakeTransport(Reactor& reactor, const RushingClock& clock, Journal& journal, Verdict verdict)
        : reactor_(reactor), clock_(clock), journal_(journal), verdict_(std::move(verdict)) {}

    void deliver(const Letter& letter, std::function<void(Answer)> answer) override {
        journal_.subjects.push_back(letter.notification.subject);
        journal_.letters.push_back(letter);
        journal_.times.push_back(clock_.passed());
        journal_.most_at_once = std::max(journal_.most_at_once, ++journal_.under_way);
        reactor_.defer([this, subject = letter.notification.subject, answer = std::move(answer)] {
            --journal_.under_way;
            answer(verdict_(subject));
        });
    }

  private:
    Reactor& reactor_;
    const RushingClock& clock_;
    Journal& journal_;
    Verdict verdict_;
};

const MailAddresses operators{"supervisord@example.com", {"ops@example.com"}};
const Answer taken{Delivery::taken, ""};
const Answer no_luck{Delivery::unavailable, "the mail server is down"};

bool contains(const std::string& text, const std::string& part) {
    UNSCOPED_INFO("looking for: " << part << "\nin: " << text);
    return text.find(part) != std::string::npos;
}

OutboxSettings through_mail(const std::string& command = "true") {
    OutboxSettings settings;
    settings.program = "crashmail";
    settings.channels = {sendmail_channel(command, operators)};
    return settings;
}

template <typename... Ts>
std::vector<std::unique_ptr<Transport>> list_of(std::unique_ptr<Ts>... transports) {
    std::vector<std::unique_ptr<Transport>> list;
    (list.push_back(std::move(transports)), ...);
    return list;
}

/// An Outbox on a RushingClock and a FakeTransport.
class RushedOutbox {
  public:
    explicit RushedOutbox(FakeTransport::Verdict verdict, OutboxSettings settings = through_mail())
        : outbox_(reactor_, clock_, log_, std::move(settings),
                  list_of(std::make_unique<FakeTransport>(reactor_, clock_, journal, std::move(verdict)))) {}

    Outbox& outbox() { return outbox_; }
    bool run_until(const std::function<bool()>& done) {
        return reactor_.run_until(done, Reactor::now() + patience);
    }
    bool run_until_idle() {
        return run_until([this] { return outbox_.idle(); });
    }
    std::string log() { return stderr_.text(); }
    FakeTransport::Journal journal;

  private:
    StderrCapture stderr_;
    Reactor reactor_;
    RushingClock clock_;
    LogLines log_{clock_, "crashmail"};
    Outbox outbox_;
};

/// An Outbox through a real command, at real time.
class CommandOutbox {
  public:
    explicit CommandOutbox(const std::string& command)
        : outbox_(reactor_, clock_, log_, through_mail(command),
                  list_of(make_transport(through_mail(command).channels.front().target,
                                         {commands_, smtp_, http_, clock_}))) {
        reactor_.handle_signals();
    }

    Outbox& outbox() { return outbox_; }
    bool run_until_idle() {
        return run_until([this] { return outbox_.idle(); });
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
    SmtpClient smtp_{reactor_};
    HttpClient http_{reactor_};
    Outbox outbox_;
};

OutboxSettings spooling(const TemporaryFolder& folder) {
    auto settings = through_mail();
    settings.spool = folder.at("spool");
    return settings;
}

/// Their paths, in their order.
std::vector<std::string> letters_in(const std::string& spool) {
    std::vector<std::string> paths;
    for (const auto& file : std::filesystem::directory_iterator(spool))
        if (file.path().extension() == ".letter") paths.push_back(file.path().string());
    std::ranges::sort(paths);
    return paths;
}

}  // namespace

TEST_CASE("mails leave one at a time, in the order they were given", "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return taken; });
    for (const char* subject : {"first", "second", "third"})
        rushed.outbox().send({{subject, "body\n"}});
    CHECK(rushed.journal.subjects.empty());
    CHECK_FALSE(rushed.outbox().idle());
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"first", "second", "third"});
    CHECK(rushed.journal.most_at_once == 1);
    CHECK(contains(rushed.log(), "crashmail: mailed \"first\" to ops@example.com\n"));
}

TEST_CASE("what fails is tried again, later and later, and given up after an hour", "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return no_luck; });
    rushed.outbox().send({{"hopeless", ""}});
    REQUIRE(rushed.run_until_idle());
    const auto& times = rushed.journal.times;
    REQUIRE(times.size() >= 8);
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
        const Duration delay = std::min(DeliveryQueue::first_delay * (1 << i), DeliveryQueue::longest_delay);
        const Duration waited = times[i + 1] - times[i];
        CHECK(waited >= delay);
        CHECK(waited < delay + Duration{2'000});
    }
    CHECK(times.back() < std::chrono::hours(1) + Duration{2'000});
    for (const auto& letter : rushed.journal.letters)
        CHECK(letter == rushed.journal.letters.front());
    const auto log = rushed.log();
    CHECK(contains(log,
                   "could not mail \"hopeless\" to ops@example.com: the mail server is down; trying "
                   "again in 10 s\n"));
    CHECK(contains(log, "gave up mailing \"hopeless\" to ops@example.com after "));
    CHECK(contains(log, " tries: it is older than 1 h"));
}

TEST_CASE("a channel that asks for time gets it, and the log says how long that is", "[outbox]") {
    bool first = true;
    RushedOutbox rushed([&first](const std::string&) {
        return std::exchange(first, false) ? Answer{Delivery::unavailable, "not now", Duration{120'000}}
                                           : taken;
    });
    rushed.outbox().send({{"patient", ""}});
    REQUIRE(rushed.run_until_idle());
    const auto& times = rushed.journal.times;
    REQUIRE(times.size() == 2);
    CHECK(times[1] - times[0] >= Duration{120'000});
    CHECK(contains(rushed.log(), "not now; trying again in 2 min\n"));
}

TEST_CASE("a channel that asks for as long as a letter is kept is tried once more then", "[outbox]") {
    bool first = true;
    RushedOutbox rushed([&first](const std::string&) {
        return std::exchange(first, false) ? Answer{Delivery::unavailable, "not now", std::chrono::hours(1)}
                                           : taken;
    });
    rushed.outbox().send({{"patient", ""}});
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.times.size() == 2);
    CHECK(contains(rushed.log(), "mailed \"patient\" to ops@example.com\n"));
}

TEST_CASE("what waited too long behind a dead channel is given up together, each of them named", "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return no_luck; });
    for (const char* subject : {"first", "second", "third"})
        rushed.outbox().send({{subject, ""}});
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.times.back() < std::chrono::hours(1) + Duration{2'000});
    for (const char* subject : {"first", "second", "third"})
        CHECK(
            contains(rushed.log(), fmt::format("gave up mailing \"{}\" to ops@example.com after ", subject)));
}

TEST_CASE("letters arrive in their order, also behind one that failed", "[outbox]") {
    int failures_left = 5;
    RushedOutbox rushed(
        [&failures_left](const std::string&) { return failures_left-- > 0 ? no_luck : taken; });
    for (const char* subject : {"first", "second", "third"})
        rushed.outbox().send({{subject, ""}});
    REQUIRE(rushed.run_until_idle());
    const auto& subjects = rushed.journal.subjects;
    CHECK(std::vector(subjects.end() - 3, subjects.end()) ==
          std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("a letter that alone is refused holds up no other", "[outbox]") {
    int refusals_left = 2;
    RushedOutbox rushed([&refusals_left](const std::string& subject) -> Answer {
        if (subject == "unlucky" && refusals_left-- > 0) return {Delivery::refused, "550 no"};
        return taken;
    });
    rushed.outbox().send({{"unlucky", ""}});
    rushed.outbox().send({{"next", ""}});
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"unlucky", "next", "unlucky", "unlucky"});
    CHECK(contains(rushed.log(), "mailed \"unlucky\""));
}

TEST_CASE("without a spool memory is bounded, the oldest go first, and what is dropped is counted",
          "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return no_luck; });
    for (std::size_t i = 0; i < Outbox::most_in_memory + 250; ++i)
        rushed.outbox().send({{fmt::format("number {}", i), ""}});
    rushed.outbox().hurry();
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects.front() == "number 250");
    const auto log = rushed.log();
    CHECK(contains(log,
                   "more than 1000 notifications are waiting; dropped the oldest, \"number 0\" (1 dropped "
                   "so far)\n"));
    CHECK(contains(log, "250 notifications were dropped in all\n"));
}

TEST_CASE("what a spool holds survives the program, in its order and with its Message-ID", "[outbox]") {
    const TemporaryFolder folder;
    std::vector<Letter> first;
    {
        RushedOutbox rushed([](const std::string&) { return no_luck; }, spooling(folder));
        for (const char* subject : {"first", "second"})
            rushed.outbox().send({{subject, "body\n"}});
        REQUIRE(rushed.run_until([&] { return !rushed.journal.letters.empty(); }));
        first = rushed.journal.letters;
    }
    RushedOutbox again([](const std::string&) { return taken; }, spooling(folder));
    CHECK(contains(again.log(), "2 notifications from before wait in "));
    REQUIRE(again.run_until_idle());
    CHECK(again.journal.subjects == std::vector<std::string>{"first", "second"});
    CHECK(again.journal.letters.front() == first.front());
    RushedOutbox empty([](const std::string&) { return taken; }, spooling(folder));
    CHECK(empty.outbox().idle());
}

TEST_CASE("a half-written letter is set aside and named, the others are delivered", "[outbox]") {
    const TemporaryFolder folder;
    {
        RushedOutbox rushed([](const std::string&) { return no_luck; }, spooling(folder));
        rushed.outbox().send({{"whole", "body\n"}});
    }
    write_file(folder.at("spool/0000000000000001.letter"), "{\"id\": \"half");
    RushedOutbox again([](const std::string&) { return taken; }, spooling(folder));
    CHECK(contains(again.log(), "0000000000000001.letter is no whole letter, set aside as "));
    REQUIRE(again.run_until_idle());
    CHECK(again.journal.subjects == std::vector<std::string>{"whole"});
}

TEST_CASE("what was killed while it wrote a letter leaves the one of before, and no rubbish", "[outbox]") {
    const TemporaryFolder folder;
    {
        RushedOutbox rushed([](const std::string&) { return no_luck; }, spooling(folder));
        rushed.outbox().send({{"whole", "body\n"}});
    }
    const auto letter = letters_in(folder.at("spool")).at(0);
    write_file(letter + ".new", "{\"id\": \"half");
    RushedOutbox again([](const std::string&) { return taken; }, spooling(folder));
    REQUIRE(again.run_until_idle());
    CHECK(again.journal.subjects == std::vector<std::string>{"whole"});
    CHECK_FALSE(std::filesystem::exists(letter));
    CHECK_FALSE(std::filesystem::exists(letter + ".new"));
}

TEST_CASE("a letter that can't be read just now is tried again later, at a start as well", "[outbox]") {
    const TemporaryFolder folder;
    std::string letter;
    {
        RushedOutbox rushed([](const std::string&) { return taken; }, spooling(folder));
        rushed.outbox().send({{"first", "body\n"}});
        letter = letters_in(folder.at("spool")).at(0);
        std::filesystem::rename(letter, folder.at("away"));
        std::filesystem::create_directory(letter);  // which opens, but reads as EISDIR
        REQUIRE(
            rushed.run_until([&] { return rushed.log().find("trying again later") != std::string::npos; }));
        CHECK(contains(rushed.log(), "cannot read " + letter));
        CHECK(rushed.journal.subjects.empty());
    }
    {
        const RushedOutbox blind([](const std::string&) { return taken; }, spooling(folder));
        CHECK(std::filesystem::is_directory(letter));
    }
    std::filesystem::remove(letter);
    std::filesystem::rename(folder.at("away"), letter);
    RushedOutbox again([](const std::string&) { return taken; }, spooling(folder));
    REQUIRE(again.run_until_idle());
    CHECK(again.journal.subjects == std::vector<std::string>{"first"});
}

TEST_CASE("a spoiled letter is set aside while the program runs, too", "[outbox]") {
    const TemporaryFolder folder;
    RushedOutbox rushed([](const std::string&) { return taken; }, spooling(folder));
    rushed.outbox().send({{"first", "body\n"}});
    rushed.outbox().send({{"second", "body\n"}});
    const auto letter = letters_in(folder.at("spool")).at(0);
    write_file(letter, "rubbish");
    REQUIRE(rushed.run_until_idle());
    CHECK(contains(rushed.log(), "\"first\" is lost, somebody wrote into it; it is set aside"));
    CHECK(rushed.journal.subjects == std::vector<std::string>{"second"});
    CHECK(read_file(letter + ".bad") == "rubbish");
}

TEST_CASE("two on one spool: the second says whose it is, keeps its own in memory, and loses nothing",
          "[outbox]") {
    const TemporaryFolder folder;
    RushedOutbox owner([](const std::string&) { return no_luck; }, spooling(folder));
    owner.outbox().send({{"owner's", ""}});
    RushedOutbox second([](const std::string&) { return taken; }, spooling(folder));
    second.outbox().send({{"second's", ""}});
    CHECK(contains(second.log(),
                   fmt::format("is in use by process {}: give each listener a folder", ::getpid())));
    REQUIRE(second.run_until_idle());
    CHECK(second.journal.subjects == std::vector<std::string>{"second's"});
}

TEST_CASE("the same event makes the same notification, once", "[outbox]") {
    const TemporaryFolder folder;
    Event event;
    event.name = "PROCESS_STATE_EXITED";
    event.pool_serial = 7;
    {
        RushedOutbox rushed([](const std::string&) { return no_luck; }, spooling(folder));
        rushed.outbox().caused_by(&event);
        rushed.outbox().send({{"crash", ""}});
    }
    RushedOutbox again([](const std::string&) { return taken; }, spooling(folder));
    again.outbox().caused_by(&event);
    again.outbox().send({{"crash", ""}});
    again.outbox().send({{"and more", ""}});
    REQUIRE(again.run_until_idle());
    CHECK(again.journal.subjects == std::vector<std::string>{"crash", "and more"});
}

TEST_CASE("a draft waits for its release, and so does what follows it", "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return taken; });
    rushed.outbox().send({{"draft", "so far"}, "name", std::chrono::hours(1)});
    rushed.outbox().send({{"next", ""}});
    rushed.outbox().release({"another", "no"});
    rushed.outbox().release({"name", "the whole text"});
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"draft", "next"});
    CHECK(rushed.journal.letters.front().notification.body == "the whole text");
    CHECK(rushed.journal.times.back() < Duration{60'000});
}

TEST_CASE("a word that was left holds nobody up, and what is told in its place is all that is told",
          "[outbox]") {
    const TemporaryFolder folder;
    const auto spool = folder.at("spool");
    {
        RushedOutbox rushed([](const std::string&) { return taken; }, spooling(folder));
        rushed.outbox().leave_word({"restart", {"restart begun", ""}});
        CHECK(letters_in(spool).size() == 1);
        rushed.outbox().send({{"about another", ""}});
        REQUIRE(rushed.run_until([&] { return !rushed.journal.subjects.empty(); }));
        Notify told{{"restarted", ""}};
        told.instead_of = "restart";
        rushed.outbox().send(told);
        rushed.outbox().leave_word({"spared", {"another restart begun", ""}});
        rushed.outbox().leave_word({"spared", {"another restart begun once more", ""}});
        rushed.outbox().take_back({"spared"});
        rushed.outbox().take_back({"no such word"});
        REQUIRE(rushed.run_until_idle());
        CHECK(rushed.journal.subjects == std::vector<std::string>{"about another", "restarted"});
    }
    CHECK(letters_in(spool).empty());
}

TEST_CASE("a word that was left is told by the next life, unless what took its place is there", "[outbox]") {
    const TemporaryFolder folder;
    const auto killed = folder.at("killed");
    {
        RushedOutbox rushed([](const std::string&) { return no_luck; }, spooling(folder));
        rushed.outbox().leave_word({"one", {"restart of one begun", ""}});
        rushed.outbox().leave_word({"two", {"restart of two begun", ""}});
        std::filesystem::copy(folder.at("spool"), killed);  // as if killed now
        Notify told{{"two is restarted", ""}};
        told.instead_of = "two";
        rushed.outbox().send(told);
        // As if killed between the two: what took the word's place is on disk, and the word, too.
        for (const auto& letter : letters_in(folder.at("spool"))) {
            const auto copy = killed / std::filesystem::path(letter).filename();
            std::filesystem::copy_file(letter, copy, std::filesystem::copy_options::skip_existing);
        }
    }
    auto settings = through_mail();
    settings.spool = killed;
    REQUIRE(letters_in(killed).size() == 3);
    RushedOutbox again([](const std::string&) { return taken; }, settings);
    again.outbox().take_back({"one"});  // which is none of this life's
    REQUIRE(again.run_until_idle());
    CHECK(again.journal.subjects == std::vector<std::string>{"restart of one begun", "two is restarted"});
}

TEST_CASE("a word is nobody's without a spool, nor where no channel wants it", "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return taken; });
    rushed.outbox().leave_word({"restart", {"restart begun", ""}});
    CHECK(rushed.outbox().idle());
    Notify told{{"restarted", ""}};
    told.instead_of = "restart";
    rushed.outbox().send(told);
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"restarted"});
    const TemporaryFolder folder;
    RushedOutbox spooled([](const std::string&) { return taken; }, spooling(folder));
    Notification over{"over", ""};
    over.condition = Condition::resolved;  // which mail is not told
    spooled.outbox().leave_word({"restart", over});
    CHECK(letters_in(folder.at("spool")).empty());
}

TEST_CASE("a word that was left does not change the identity of what is told of the same event", "[outbox]") {
    Event event;
    event.name = "TICK_60";
    std::vector<std::string> ids;
    for (const bool with_word : {false, true}) {
        const TemporaryFolder folder;
        RushedOutbox rushed([](const std::string&) { return taken; }, spooling(folder));
        rushed.outbox().caused_by(&event);
        if (with_word) rushed.outbox().leave_word({"restart", {"restart begun", ""}});
        rushed.outbox().send({{"exhausted", ""}});
        REQUIRE(rushed.run_until([&] { return !rushed.journal.letters.empty(); }));
        ids.push_back(rushed.journal.letters.front().id);
    }
    CHECK(ids.at(0) == ids.at(1));
}

TEST_CASE("identical ones within the digest's time go as one, the first at once", "[outbox]") {
    auto settings = through_mail();
    settings.flood.digest = Duration{60'000};
    RushedOutbox rushed([](const std::string&) { return taken; }, settings);
    for (int i = 0; i < 5; ++i)
        rushed.outbox().send({{"crash", fmt::format("crash {}\n", i)}});
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects == std::vector<std::string>{"crash", "crash (4 times)"});
    CHECK(rushed.journal.letters.back().count == 4);
    CHECK(rushed.journal.times.back() >= Duration{60'000});
}

TEST_CASE("hurried, a mail is tried once more at once, and given up if that fails", "[outbox]") {
    RushedOutbox rushed([](const std::string&) { return no_luck; });
    rushed.outbox().send({{"late", ""}});
    rushed.outbox().hurry();
    REQUIRE(rushed.run_until_idle());
    CHECK(rushed.journal.subjects.size() == 1);
    CHECK(contains(rushed.log(), "gave up mailing \"late\""));
}

TEST_CASE("what the transport tells about a success is logged", "[outbox]") {
    RushedOutbox rushed([](const std::string&) {
        return Answer{Delivery::taken, "it refused x@example.com"};
    });
    rushed.outbox().send({{"mostly", ""}});
    REQUIRE(rushed.run_until_idle());
    CHECK(contains(rushed.log(), "mailed \"mostly\" to ops@example.com; it refused x@example.com\n"));
}

TEST_CASE("a mail command gets whole messages, one after another", "[outbox]") {
    const TemporaryFolder folder;
    CommandOutbox mail(fmt::format("cat >> {0}; echo ----- >> {0}; sleep 0.05", folder.at("box")));
    const std::string long_body(std::size_t{300} * 1024, 'x');
    mail.outbox().send({{"first", "one\n"}});
    mail.outbox().send({{"second", long_body}});
    mail.outbox().send({{"third", "three\n"}});
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

TEST_CASE("a mail command that fails is logged with status and output, and tried again", "[outbox]") {
    const TemporaryFolder folder;
    CommandOutbox mail(
        fmt::format("if [ -e {0} ]; then cat > {1}; else touch {0}; echo no luck >&2; exit 75; fi",
                    folder.at("failed"), folder.at("box")));
    mail.outbox().send({{"again", "body\n"}});
    const auto has_failed = [&mail] { return mail.log().find("could not mail") != std::string::npos; };
    REQUIRE(mail.run_until(has_failed));
    CHECK(contains(mail.log(), "ended with status 75: no luck; trying again in 10 s\n"));
    CHECK_FALSE(mail.outbox().idle());
    mail.outbox().hurry();
    REQUIRE(mail.run_until_idle());
    CHECK(read_file(folder.at("box")).find("Subject: again\n") != std::string::npos);
    CHECK(contains(mail.log(), "mailed \"again\""));
}

TEST_CASE("a mail command that is missing is a failure; one that reads nothing and talks is none",
          "[outbox]") {
    SECTION("missing") {
        CommandOutbox mail("/nowhere/sendmail -t -i");
        mail.outbox().hurry();
        mail.outbox().send({{"lost", std::string(std::size_t{300} * 1024, 'x')}});
        REQUIRE(mail.run_until_idle());
        CHECK(contains(mail.log(), "the mail command '/nowhere/sendmail -t -i' ended with status 127: "));
        CHECK(contains(mail.log(), "not found"));
    }
    SECTION("reads nothing and talks") {
        CommandOutbox mail("echo queued as 123");
        mail.outbox().send({{"fine", std::string(std::size_t{300} * 1024, 'x')}});
        REQUIRE(mail.run_until_idle());
        CHECK(contains(mail.log(),
                       "mailed \"fine\" to ops@example.com; the mail command said: queued as 123\n"));
    }
}

}  // namespace outbox_contract
