#include <keenlance/core/selector.hpp>

#include <support/catch.hpp>

namespace selector_test {

using namespace keenlance;

namespace {

const std::vector<Namespec> ids{
    {"app", "0"}, {"app", "1"}, {"apple", "apple"}, {"db", "web"}, {"web", "web"}};

/// The chosen ones as "group:name group:name".
std::string chosen(const std::vector<std::string>& patterns) {
    std::string names;
    for (const auto index : select(patterns, ids).chosen)
        names += (names.empty() ? "" : " ") + ids[index].full();
    return names;
}

}  // namespace

TEST_CASE("names mean what they mean to supervisorctl", "[selector]") {
    CHECK(chosen({"all"}) == "app:0 app:1 apple:apple db:web web:web");
    CHECK(chosen({"app:0"}) == "app:0");
    CHECK(chosen({"app:"}) == "app:0 app:1");
    CHECK(chosen({"app:*"}) == "app:0 app:1");
    CHECK(chosen({"web"}) == "web:web");
    CHECK(chosen({"apple"}) == "apple:apple");
}

TEST_CASE("patterns are those of a shell", "[selector]") {
    CHECK(chosen({"ap*"}) == "app:0 app:1 apple:apple");
    CHECK(chosen({"*:web"}) == "db:web web:web");
    CHECK(chosen({"app:[1-9]"}) == "app:1");
    CHECK(chosen({"?p*:?"}) == "app:0 app:1");
    CHECK(chosen({"*"}) == chosen({"all"}));
    CHECK(chosen({"appl?"}) == "apple:apple");
}

TEST_CASE("several patterns choose a process once, and those that mean none are told", "[selector]") {
    CHECK(chosen({"app:", "app:0", "all"}) == chosen({"all"}));
    const std::vector<std::string> patterns{"app", "app:9", "app:1", "gh*st", "[", ""};
    CHECK(select(patterns, ids).unmatched == std::vector<std::string>{"app", "app:9", "gh*st", "[", ""});
    CHECK(select({}, ids).chosen.empty());
}

}  // namespace selector_test
