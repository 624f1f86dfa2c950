#include <keenlance/notify/channel.hpp>

#include <support/catch.hpp>

#include <map>

namespace channel_test {

using namespace keenlance;

namespace {

Secrets secrets_of(std::map<std::string, std::string> pairs) {
    return {std::move(pairs), [](const std::string& name) -> std::optional<std::string> {
                if (name == "FROM_ENVIRONMENT") return "env-value";
                return std::nullopt;
            }};
}

Channel read(const std::string& text, Secrets secrets = {}, const ChannelDefaults& defaults = {}) {
    auto channel = parse_channel(text, defaults, secrets);
    INFO(text << ": " << (channel ? "" : channel.error().message));
    REQUIRE(channel);
    return *channel;
}

std::string refusal(const std::string& text, Secrets secrets = {}) {
    const auto channel = parse_channel(text, {}, secrets);
    INFO(text);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().kind == ErrorKind::invalid);
    return channel.error().message;
}

}  // namespace

TEST_CASE("mailto: goes through the mail command, or the one it names") {
    ChannelDefaults defaults;
    defaults.mail_command = "/opt/sendmail -t";
    const auto plain = read("mailto:ops@example.com,b@example.com?via=sendmail", {}, defaults);
    CHECK(plain.shown == "mailto:ops@example.com,b@example.com");
    const auto& mail = std::get<SendmailChannel>(plain.target);
    CHECK(mail.command == "/opt/sendmail -t");
    CHECK(mail.addresses.to == std::vector<std::string>{"ops@example.com,b@example.com"});
    const auto other = read("MAILTO:ops@example.com?via=/usr/bin/msmtp%20-t&from=Bob%20%3Cbob@x%3E");
    CHECK(std::get<SendmailChannel>(other.target).command == "/usr/bin/msmtp -t");
    CHECK(std::get<SendmailChannel>(other.target).addresses.from == "Bob <bob@x>");
}

TEST_CASE("smtp:// asks for TLS where it has a password to tell, and shows none") {
    const auto open = read("smtp://mail.example.com:2525/?to=ops@example.com&from=sv@example.com");
    const auto& smtp = std::get<SmtpChannel>(open.target).settings;
    CHECK(smtp.url == "smtp://mail.example.com:2525");
    CHECK(smtp.to == std::vector<std::string>{"ops@example.com"});
    CHECK(smtp.from == "sv@example.com");
    CHECK(smtp.tls == SmtpSettings::Tls::if_there);
    const auto login = read("smtps://bob@[::1]:465?to=a@x", secrets_of({{"SMTP_PASSWORD", "hush-hush"}}));
    const auto& with_login = std::get<SmtpChannel>(login.target).settings;
    CHECK(with_login.url == "smtps://[::1]:465");
    CHECK(with_login.user == "bob");
    CHECK(with_login.password == "hush-hush");
    CHECK(with_login.tls == SmtpSettings::Tls::required);
    CHECK(login.shown.find("hush") == std::string::npos);
    CHECK(std::get<SmtpChannel>(read("smtp://h?to=a@x&tls=none").target).settings.tls ==
          SmtpSettings::Tls::none);
    CHECK(std::get<SmtpChannel>(read("smtp://bob:p%40ss@h?to=a@x&cacert=/ca.pem").target).settings.password ==
          "p@ss");
}

TEST_CASE("a webhook's path is a secret; Alertmanager's is added where there is none") {
    Secrets secrets = secrets_of({{"TOKEN", "T000/B000/verysecret"}});
    const auto slack = parse_channel("https://hooks.slack.com/services/${TOKEN}", {}, secrets);
    REQUIRE(slack);
    CHECK(std::get<WebhookChannel>(slack->target).url ==
          "https://hooks.slack.com/services/T000/B000/verysecret");
    CHECK(slack->shown == "https://hooks.slack.com/...");
    CHECK(secrets.scrub("POST /services/T000/B000/verysecret failed") == "POST *** failed");
    ChannelDefaults alertmanager;
    alertmanager.format = WebhookChannel::Format::alertmanager;
    const auto bare = read("http://user:pw123@am:9093", {}, alertmanager);
    CHECK(std::get<WebhookChannel>(bare.target).url == "http://user:pw123@am:9093/api/v2/alerts");
    CHECK(bare.shown == "http://am:9093/");
}

TEST_CASE("exec: keeps its shell's own variables") {
    const auto exec = read("exec:logger -t ${HOME} \"$KEENLANCE_SUBJECT\"");
    CHECK(std::get<ExecChannel>(exec.target).command == "logger -t ${HOME} \"$KEENLANCE_SUBJECT\"");
}

TEST_CASE("what is no channel is refused with its mend, and without its secrets") {
    CHECK(refusal("ops@example.com").find("mailto:") != std::string::npos);
    CHECK(refusal("mailto:").find("no address") != std::string::npos);
    CHECK(refusal("mailto:a@x?to=b@x").find("'to' is none of via=, from=") != std::string::npos);
    CHECK(refusal("smtp://h").find("?to=") != std::string::npos);
    CHECK(refusal("smtp://?to=a@x").find("no host") != std::string::npos);
    CHECK(refusal("smtp://h/x?to=a@x").find("'/x'") != std::string::npos);
    CHECK(refusal("smtp://h?to=a@x&tls=maybe").find("none, try, required") != std::string::npos);
    CHECK(refusal("smtp://bob@h?to=a@x").find("SMTP_PASSWORD") != std::string::npos);
    CHECK(refusal("https://").find("no host") != std::string::npos);
    CHECK(refusal("exec: ").find("no command") != std::string::npos);
    CHECK(refusal("https://h/${NOBODY}").find("'${NOBODY}' is neither in") != std::string::npos);
    CHECK(refusal("https://h/${TOKEN").find("'}'") != std::string::npos);
    CHECK(refusal("ftp://${TOKEN}@h", secrets_of({{"TOKEN", "verysecret"}})).find("verysecret") ==
          std::string::npos);
}

TEST_CASE("channels tell themselves from one another, and are the same again after a restart") {
    CHECK(read("mailto:a@x").key == read("mailto:a@x").key);
    CHECK(read("mailto:a@x").key != read("mailto:b@x").key);
    CHECK(read("mailto:a@x").key.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("mail is not told that something is over") {
    Notification over{"s", "b"};
    over.condition = Condition::resolved;
    CHECK_FALSE(wants(read("mailto:a@x"), over));
    CHECK_FALSE(wants(read("smtp://h?to=a@x"), over));
    CHECK(wants(read("https://h/x"), over));
    CHECK(wants(read("exec:true"), over));
    over.condition = Condition::firing;
    CHECK(wants(read("mailto:a@x"), over));
}

TEST_CASE("a secrets file is NAME=value lines; what is wrong is told by its line's number alone") {
    const auto pairs = parse_secrets("# c\n\nA=1\n export B = 'x y' \nC=\"\"\nA=2\r\n");
    REQUIRE(pairs);
    CHECK(*pairs == std::map<std::string, std::string>{{"A", "2"}, {"B", "x y"}, {"C", ""}});
    for (const auto* const wrong : {"A=1\nhunter2\n", "=hunter2", "A B=hunter2", "1A=hunter2"}) {
        const auto none = parse_secrets(wrong);
        REQUIRE_FALSE(none);
        CHECK(none.error().message.find("hunter2") == std::string::npos);
        CHECK(none.error().message.find("is no NAME=value") != std::string::npos);
    }
}

TEST_CASE("the file's secrets come before the environment's, and all that was given out is scrubbed") {
    auto secrets = secrets_of({{"A", "alpha"}, {"LONG", "alphabet"}, {"SHORT", "x"}});
    CHECK(*secrets.expand("${A}-${FROM_ENVIRONMENT}-$$-${SHORT}-$") == "alpha-env-value-$-x-$");
    CHECK(*secrets.expand("${LONG}") == "alphabet");
    CHECK(secrets.scrub("alphabet alpha env-value x") == "*** *** *** x");
}

}  // namespace channel_test
