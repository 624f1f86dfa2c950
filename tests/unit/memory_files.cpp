#include <keenlance/core/memory_files.hpp>
#include <keenlance/core/process_tree.hpp>

#include <support/catch.hpp>

namespace memory_files_test {

using namespace keenlance;
using Version = MemoryCgroup::Version;

TEST_CASE("smaps_rollup tells pss, uss and swap") {
    constexpr auto text =
        "55d0-7fff ---p 00000000 00:00 0    [rollup]\nRss:  1688 kB\nPss:   254 kB\nPss_Dirty: 112 kB\n"
        "Shared_Clean: 1532 kB\nPrivate_Clean: 44 kB\nPrivate_Dirty: 112 kB\nPrivate_Hugetlb: 2048 kB\n"
        "Swap: 12 kB\nSwapPss: 3 kB\n";
    CHECK(parse_smaps_rollup(text, MemoryMetric::pss) == 254 * 1024);
    CHECK(parse_smaps_rollup(text, MemoryMetric::uss) == (44 + 112 + 2048) * 1024);
    CHECK(parse_smaps_rollup(text, MemoryMetric::swap) == 12 * 1024);
    CHECK_FALSE(parse_smaps_rollup(text, MemoryMetric::cgroup));
    CHECK_FALSE(parse_smaps_rollup("", MemoryMetric::pss));
}

TEST_CASE("a process's memory group is found in either version") {
    CHECK(parse_memory_cgroup("0::/user.slice/a:b\n") == MemoryCgroup{Version::two, "/user.slice/a:b"});
    CHECK(parse_memory_cgroup("12:cpu,cpuacct:/x\n4:memory:/app/1\n0::/\n") ==
          MemoryCgroup{Version::one, "/app/1"});
    CHECK(parse_memory_cgroup("4:hugetlb,memory:/m\n") == MemoryCgroup{Version::one, "/m"});
    CHECK_FALSE(parse_memory_cgroup("0::/../other\n"));
    CHECK_FALSE(parse_memory_cgroup("3:cpu:/x\n"));
    CHECK_FALSE(parse_memory_cgroup(""));
}

TEST_CASE("a group's files are its own and those of the groups around it") {
    const MemoryCgroup two{Version::two, "/a/b"};
    CHECK(two.usage_file() == "/sys/fs/cgroup/a/b/memory.current");
    CHECK(two.limit_files() == std::vector<std::string>{"/sys/fs/cgroup/a/b/memory.max",
                                                        "/sys/fs/cgroup/a/memory.max",
                                                        "/sys/fs/cgroup/memory.max"});
    const MemoryCgroup root{Version::one, "/"};
    CHECK(root.usage_file() == "/sys/fs/cgroup/memory/memory.usage_in_bytes");
    CHECK(root.limit_files() == std::vector<std::string>{"/sys/fs/cgroup/memory/memory.limit_in_bytes"});
}

TEST_CASE("a group without a limit has none") {
    CHECK(parse_cgroup_bytes("536870912\n") == 536'870'912);
    CHECK_FALSE(parse_cgroup_bytes("max\n"));
}

TEST_CASE("a family is a process with all it begot, itself first") {
    const std::vector<ProcessEntry> entries{{4, 2, 0}, {2, 1, 0}, {3, 1, 0}, {1, 0, 0}, {9, 8, 0}};
    const auto found = families(entries, {2, 1, 77});
    REQUIRE(found.size() == 2);
    CHECK(found.at(2) == std::vector{2, 4});
    CHECK(found.at(1).front() == 1);
    CHECK(found.at(1).size() == 4);
}

}  // namespace memory_files_test
