#include <keenlance/notify/formats.hpp>
#include <keenlance/notify/letter.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

#include <vector>

namespace letter_test {

using namespace keenlance;
using nlohmann::json;

namespace {

constexpr WallTime wall{Duration{1'795'229'270'123}};

Letter letter(const std::string& subject = " web crashed", const std::string& body = "Process web\n") {
    Letter letter;
    letter.notification.subject = subject;
    letter.notification.body = body;
    letter.notification.alert = "ProcessCrashed";
    letter.notification.process = Namespec{"app", "web"};
    letter.notification.details = {{"pid", "4711"}};
    letter.id = "keenlance.1@host";
    letter.listener = "crashmail";
    letter.host = "host";
    letter.supervisor = "supervisor";
    letter.created = wall;
    letter.date = "Sat, 21 Nov 2026 03:47:50 +0000";
    letter.when = "2026-11-21 03:47:50,123";
    letter.newest = letter.when;
    return letter;
}

}  // namespace

TEST_CASE("a letter survives being written, whatever is in it") {
    auto whole = letter("sübject \"\\\n", std::string("a\0b\xff", 4));
    whole.notification.condition = Condition::resolved;
    whole.notification.folding = Folding::lines;
    whole.draft = "name";
    whole.ready = wall + Duration{5};
    whole.replaces = {1, 2};
    whole.count = 7;
    auto again = parse_letter(to_text(whole));
    REQUIRE(again);
    whole.notification.body = std::string("a\0b\uFFFD", 6);
    CHECK(*again == whole);
    whole.notification.process.reset();
    CHECK(*parse_letter(to_text(whole)) == whole);
}

TEST_CASE("half a letter is none") {
    const auto text = to_text(letter());
    for (std::size_t length = 0; length + 2 < text.size(); length += 7)
        REQUIRE_FALSE(parse_letter(text.substr(0, length)));
    for (const auto* const wrong : {"", "[]", "null", "{}", "0"})
        CHECK_FALSE(parse_letter(wrong));
}

TEST_CASE("several identical ones become the newest, with their number and all their times") {
    std::vector<Letter> letters{letter(), letter(), letter(" web crashed again", "newest\n")};
    letters[2].when = letters[2].newest = "2026-11-21 03:48:00,000";
    letters[1].id = "keenlance.2@host";
    const auto folded = fold(letters, std::vector<LetterNumber>{4, 5, 6});
    REQUIRE(folded.size() == 1);
    const auto& one = folded.front();
    CHECK(one.count == 3);
    CHECK(one.id == "keenlance.1@host.3");
    CHECK(one.notification.subject == "web crashed again (3 times)");
    CHECK(
        one.notification.body ==
        "It happened 3 times between 2026-11-21 03:47:50,123 and 2026-11-21 03:48:00,000, told together. The "
        "newest:\n\nnewest\n\nAll of them:\n  2026-11-21 03:47:50,123  web crashed\n"
        "  2026-11-21 03:47:50,123  web crashed\n  2026-11-21 03:48:00,000  web crashed again\n");
    CHECK(one.replaces == std::vector<LetterNumber>{4, 5, 6});
    CHECK(one.created == wall);
}

TEST_CASE("what is folded again and again keeps an id of the same length") {
    std::vector<Letter> letters{letter(), letter()};
    for (int i = 0; i < 3; ++i)
        letters.front() = fold(letters, std::vector<LetterNumber>{1, 2}).front();
    CHECK(letters.front().count == 4);
    CHECK(letters.front().id == "keenlance.1@host.4");
}

TEST_CASE("one that waited alone is told as it is") {
    const std::vector<Letter> one{letter()};
    CHECK(fold(one, std::vector<LetterNumber>{4}).front().notification == one.front().notification);
}

TEST_CASE("lines become one text") {
    std::vector<Letter> letters{letter("Crash alert", "a\n"), letter("Crash alert", "b\n")};
    for (auto& each : letters)
        each.notification.folding = Folding::lines;
    const auto folded = fold(letters, std::vector<LetterNumber>{1, 2});
    REQUIRE(folded.size() == 1);
    CHECK(folded.front().notification.subject == "Crash alert");
    CHECK(folded.front().notification.body == "a\nb\n");
}

TEST_CASE("that it is over stays by itself, behind what it ends") {
    std::vector<Letter> letters{letter(), letter(), letter("web is well", "")};
    letters[0].notification.condition = letters[1].notification.condition = Condition::firing;
    letters[2].notification.condition = Condition::resolved;
    const auto folded = fold(letters, std::vector<LetterNumber>{1, 2, 3});
    REQUIRE(folded.size() == 2);
    CHECK(folded[0].notification.condition == Condition::firing);
    CHECK(folded[0].count == 2);
    CHECK(folded[1].notification.subject == "web is well");
}

TEST_CASE("JSON tells everything apart") {
    const auto parsed = json::parse(format_json(letter()));
    CHECK(parsed["time"] == "2026-11-21T02:47:50.123Z");
    CHECK(parsed["status"] == "event");
    CHECK(parsed["severity"] == "critical");
    CHECK(parsed["process"] == json({{"group", "app"}, {"name", "web"}}));
    CHECK(parsed["subject"] == "web crashed");
    CHECK(parsed["details"]["pid"] == "4711");
    CHECK(parsed["version"] == 1);
}

TEST_CASE("Slack gets one text in which nothing is a command") {
    const auto text =
        json::parse(format_slack(letter("<!channel> *a* & b", std::string(10'000, 'x'))))["text"]
            .get<std::string>();
    CHECK(text.starts_with("*&lt;!channel&gt;  a  &amp; b*\nxxx"));
    CHECK(text.size() < 4'000);
}

TEST_CASE("Alertmanager is told when it began and when it ends") {
    auto told = letter();
    const auto alert = [&told] {
        return json::parse(format_alertmanager(told, wall + Duration{1'000})).at(0);
    };
    CHECK(alert()["labels"] == json({{"alertname", "ProcessCrashed"},
                                     {"instance", "host"},
                                     {"supervisor", "supervisor"},
                                     {"group", "app"},
                                     {"process", "app:web"},
                                     {"severity", "critical"},
                                     {"listener", "crashmail"}}));
    CHECK(alert()["startsAt"] == "2026-11-21T02:47:50.123Z");
    CHECK(alert()["endsAt"] == "2026-11-21T02:52:51.123Z");
    told.notification.condition = Condition::firing;
    CHECK(alert()["endsAt"] == "2026-11-22T02:47:51.123Z");
    told.notification.condition = Condition::resolved;
    CHECK(alert()["endsAt"] == "2026-11-21T02:47:50.123Z");
    CHECK_FALSE(alert().contains("startsAt"));
}

TEST_CASE("a command gets variables that fit into an exec") {
    auto told = letter("s", std::string(100'000, 'x') + std::string(1, '\0'));
    const auto pairs = format_environment(told);
    const std::map<std::string, std::string> variables(pairs.begin(), pairs.end());
    CHECK(variables.at("KEENLANCE_PROCESS") == "app:web");
    CHECK(variables.at("KEENLANCE_PID") == "4711");
    CHECK(variables.at("KEENLANCE_COUNT") == "1");
    CHECK(variables.at("KEENLANCE_BODY").size() < 33'000);
}

TEST_CASE("a template gets what it names, safely inside JSON") {
    const auto told = letter("say \"hi\"\n", "b");
    CHECK(fill_template("${subject}|${pid}|${unknown}|$$|$x|${open", told, Escaping::none) ==
          "say \"hi\"|4711||$|$x|${open");
    CHECK(json::parse(fill_template(R"({"text": "${subject}"})", told, Escaping::json))["text"] ==
          "say \"hi\"");
}

TEST_CASE("what is identical: the topic, else alert and process, else the subject") {
    Notification notification{"subject", "b"};
    CHECK(topic_of(notification) == "subject");
    notification.alert = "A";
    notification.process = Namespec{"g", "n"};
    CHECK(topic_of(notification) == "A g:n");
    notification.topic = "mine";
    CHECK(topic_of(notification) == "mine");
}

}  // namespace letter_test
