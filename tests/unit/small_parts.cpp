#include <keenlance/core/byte_finder.hpp>
#include <keenlance/core/process.hpp>
#include <keenlance/core/process_tree.hpp>

#include <support/catch.hpp>

namespace small_parts_test {

using namespace keenlance;

TEST_CASE("bytes are found across pieces, zero bytes and all") {
    const std::string needle("a\0b\xFF", 4);
    for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
        ByteFinder finder(needle);
        std::string text = "aa\xFF" + std::string("a\0", 2) + needle + "zz";
        for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
            finder.push(rest.substr(0, piece));
        CHECK(finder.found());
    }
    ByteFinder finder(needle);
    finder.push(std::string("a\0b", 3));
    finder.push("x");
    CHECK_FALSE(finder.found());
    CHECK(ByteFinder("").found());
}

TEST_CASE("a family is summed over all its descendants") {
    const std::vector<ProcessEntry> entries{
        {1, 0, 1}, {10, 1, 100}, {11, 10, 20}, {12, 11, 3}, {13, 1, 1000}};
    const auto sums = sum_families(entries, {10, 13, 99});
    CHECK(sums == std::map<int, std::uint64_t>{{10, 123}, {13, 1000}});
    CHECK(sum_families(entries, {10, 11}) == std::map<int, std::uint64_t>{{10, 123}, {11, 23}});
}

TEST_CASE("a torn process table with a cycle still ends") {
    const std::vector<ProcessEntry> entries{{10, 11, 1}, {11, 10, 2}, {12, 12, 4}};
    CHECK(sum_families(entries, {10, 12}) == std::map<int, std::uint64_t>{{10, 3}, {12, 4}});
}

TEST_CASE("namespecs are read and written as supervisor does") {
    CHECK(parse_namespec("a") == Namespec{"a", "a"});
    CHECK(parse_namespec("g:a") == Namespec{"g", "a"});
    CHECK(Namespec{"a", "a"}.full() == "a:a");
    CHECK(Namespec{"a", "a"}.brief() == "a");
    CHECK(Namespec{"g", "a"}.brief() == "g:a");
}

TEST_CASE("states have supervisor's names and numbers") {
    CHECK(to_string(ProcessState::backoff) == "BACKOFF");
    CHECK(process_state_from_code(200) == ProcessState::fatal);
    CHECK(process_state_from_code(12345) == ProcessState::unknown);
    CHECK(parse_process_state("running") == ProcessState::running);
    CHECK_FALSE(parse_process_state("runing"));
    CHECK(is_stopped(ProcessState::exited));
    CHECK_FALSE(is_stopped(ProcessState::backoff));
}

}  // namespace small_parts_test
