// What the fuzzers once found or were shown, run over their targets as plain tests. The list of targets comes
// from the build: one for each tests/fuzz/fuzz_*.cpp.

#include <support/catch.hpp>
#include <tests/fuzz/targets.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace corpora_test {

using namespace keenlance;

namespace {

struct Target {
    std::string_view name;
    void (*run)(std::string_view);
};

#define TARGET(name) Target{#name, fuzz::name},
constexpr std::array targets{KEENLANCE_FUZZ_TARGETS};
#undef TARGET

const std::filesystem::path corpora(KEENLANCE_CORPORA);

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
    std::error_code error;
    const std::filesystem::directory_iterator found(folder, error);
    std::vector<std::filesystem::path> entries;
    if (!error) std::ranges::copy(begin(found), end(found), std::back_inserter(entries));
    std::ranges::sort(entries);
    return entries;
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("every corpus passes its fuzz target") {
    for (const auto& target : targets) {
        INFO("tests/fuzz/corpora/" << target.name);
        const auto files = entries_of(corpora / target.name);
        CHECK_FALSE(files.empty());
        for (const auto& file : files) {
            INFO(file.filename().string());
            target.run(content_of(file));
        }
    }
}

TEST_CASE("every corpus has a fuzz target") {
    for (const auto& folder : entries_of(corpora)) {
        INFO(folder.string());
        CHECK(std::ranges::find(targets, folder.filename().string(), &Target::name) != targets.end());
    }
}

}  // namespace corpora_test
