#include <keenlance/system/memory_whole.hpp>
#include <keenlance/system/process_table_ps.hpp>
#if defined(__linux__)
#include <keenlance/system/process_table_proc.hpp>

#include <sys/prctl.h>
#endif

#include <support/catch.hpp>
#include <support/patience.hpp>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

namespace process_table_contract {

using namespace keenlance;

namespace {

constexpr std::size_t megabyte = std::size_t{1} << 20U;
constexpr std::size_t grown = 64 * megabyte;
constexpr std::size_t tolerance = 8 * megabyte;  // the kernel counts in lots, and stacks and heaps grow too

/// A pipe between a test and its child, for one byte at a time.
class Bell {
  public:
    Bell() { REQUIRE(::pipe(ends_.data()) == 0); }
    ~Bell() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;
    Bell(Bell&&) = delete;
    Bell& operator=(Bell&&) = delete;

    void ring() { static_cast<void>(::write(ends_[1], "!", 1) == 1); }
    void wait() {
        char byte = 0;
        static_cast<void>(::read(ends_[0], &byte, 1) == 1);
    }

  private:
    std::array<int, 2> ends_{};
};

void name_process([[maybe_unused]] const char* name) {
#if defined(__linux__)
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, name);
#endif
}

/// Touches all of it. By the kernel's hand where it can: of what a program writes itself, ThreadSanitizer
/// keeps four times as much.
void fill(void* memory, std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
    if (::madvise(memory, bytes, MADV_POPULATE_WRITE) == 0) return;
#endif
    std::memset(memory, 1, bytes);
}

/// Fetches memory from the system, all of it; it is never given back.
void grow(std::size_t bytes) {
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) fill(memory, bytes);
}

/// A child and its child, which grow when they are told to.
class Family {
  public:
    explicit Family(const char* name) {
        child_ = ::fork();
        if (child_ == 0) live(name);
        ready_.wait();
        ready_.wait();
    }
    ~Family() {
        ::kill(-child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    Family(Family&&) = delete;
    Family& operator=(Family&&) = delete;

    [[nodiscard]] int child() const { return child_; }
    void grow_child() {
        child_grows_.ring();
        ready_.wait();
    }
    void grow_grandchild() {
        grandchild_grows_.ring();
        ready_.wait();
    }

  private:
    [[noreturn]] void live(const char* name) {
        ::setpgid(0, 0);
        const bool is_child = ::fork() != 0;
        name_process(name);
        ready_.ring();
        (is_child ? child_grows_ : grandchild_grows_).wait();
        grow(grown);
        ready_.ring();
        for (;;)
            ::pause();
    }

    Bell ready_, child_grows_, grandchild_grows_;
    pid_t child_ = -1;
};

/// A ProcessTable with what it needs.
template <class Table>
class Measuring {
  public:
    Measuring() : commands_(reactor_) {
        reactor_.handle_signals();
        if constexpr (std::is_constructible_v<Table, CommandRunner&>) {
            table_ = std::make_unique<Table>(commands_);
        } else {
            table_ = std::make_unique<Table>(reactor_);
        }
    }

    MemoryMeasured ask(const MeasureMemory& what) {
        auto answer = std::make_shared<std::optional<MemoryMeasured>>();
        table_->measure(what, [answer](MemoryMeasured measured) { *answer = std::move(measured); });
        REQUIRE(reactor_.run_until([&answer] { return answer->has_value(); }, Reactor::now() + patience));
        return **answer;
    }
    /// How often somebody else had his turn before the answer came.
    int turns_of_others(const MeasureMemory& what) {
        int turns = 0;
        std::function<void()> others = [&] {
            ++turns;
            reactor_.at(Reactor::now(), others);
        };
        reactor_.at(Reactor::now(), others);
        ask(what);
        return turns;
    }
    Result<std::map<int, std::uint64_t>> try_to_measure(const MeasureMemory& what) { return ask(what).bytes; }
    std::map<int, std::uint64_t> measure(const std::vector<int>& pids, MemoryScope scope,
                                         MemoryMetric metric = MemoryMetric::rss) {
        return try_to_measure({pids, scope, metric}).value();
    }
    std::uint64_t size_of(int pid, MemoryScope scope, MemoryMetric metric = MemoryMetric::rss) {
        return measure({pid}, scope, metric).at(pid);
    }

  private:
    Reactor reactor_;
    CommandRunner commands_;
    std::unique_ptr<Table> table_;
};

bool about(std::uint64_t size, std::uint64_t expected) {
    UNSCOPED_INFO("size " << size << ", expected about " << expected);
    return size + tolerance > expected && size < expected + tolerance;
}

constexpr auto alone = MemoryScope::process;
constexpr auto with_descendants = MemoryScope::descendants;

}  // namespace

#if defined(__linux__)
#define KEENLANCE_PROCESS_TABLES ProcProcessTable, PsProcessTable
#else
#define KEENLANCE_PROCESS_TABLES PsProcessTable
#endif

TEMPLATE_TEST_CASE("a process's memory is its own, or with all it begot", "[process_table]",
                   KEENLANCE_PROCESS_TABLES) {
    Measuring<TestType> table;
    // A name as a hostile program would choose it: /proc/PID/stat has it between parentheses, unquoted.
    Family family("a) S 1 1 (b");
    const auto own = table.size_of(family.child(), alone);
    const auto both = table.size_of(family.child(), with_descendants);
    CHECK(own > 0);
    CHECK(both > own);

    family.grow_child();
    CHECK(about(table.size_of(family.child(), alone), own + grown));
    CHECK(about(table.size_of(family.child(), with_descendants), both + grown));

    family.grow_grandchild();
    CHECK(about(table.size_of(family.child(), alone), own + grown));
    CHECK(about(table.size_of(family.child(), with_descendants), both + 2 * grown));
    CHECK(table.size_of(::getpid(), with_descendants) >=
          table.size_of(family.child(), with_descendants) + megabyte);
}

TEMPLATE_TEST_CASE("a name with blanks and parentheses confuses nobody", "[process_table]",
                   KEENLANCE_PROCESS_TABLES) {
    Measuring<TestType> table;
    for (const char* name : {"two words", ")", "a\nb c d", "(x) R 1", ""}) {
        const Family family(name);
        const auto sizes = table.measure({family.child()}, with_descendants);
        REQUIRE(sizes.size() == 1);
        CHECK(sizes.begin()->second > table.size_of(family.child(), alone));
    }
}

TEMPLATE_TEST_CASE("only what was asked for and exists is answered", "[process_table]",
                   KEENLANCE_PROCESS_TABLES) {
    Measuring<TestType> table;
    int vanished = 0;
    {
        const Family family("short-lived");
        vanished = family.child();
    }
    for (const auto scope : {alone, with_descendants}) {
        CHECK(table.measure({}, scope).empty());
        CHECK(table.measure({vanished, -1, 0}, scope).empty());
        const auto sizes = table.measure({vanished, ::getpid(), ::getpid()}, scope);
        REQUIRE(sizes.size() == 1);
        CHECK(sizes.begin()->first == ::getpid());
        CHECK(sizes.begin()->second > megabyte);
    }
}

TEMPLATE_TEST_CASE("a process that has ended but is not waited for weighs nothing", "[process_table]",
                   KEENLANCE_PROCESS_TABLES) {
    Measuring<TestType> table;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
    for (const auto scope : {alone, with_descendants}) {
        const auto sizes = table.measure({child}, scope);
        CHECK((sizes.empty() || sizes.at(child) == 0));
    }
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("ps tells no other size than the resident one, and says so", "[process_table]") {
    Measuring<PsProcessTable> table;
    for (const auto metric : {MemoryMetric::pss, MemoryMetric::uss, MemoryMetric::swap, MemoryMetric::cgroup})
        CHECK(table.try_to_measure({{::getpid()}, alone, metric}).error().kind == ErrorKind::system);
}

#if defined(__linux__)
TEST_CASE("others have their turns while much is measured", "[process_table]") {
    Measuring<ProcProcessTable> table;
    CHECK(table.turns_of_others({std::vector<int>(50'000, ::getpid()), alone, MemoryMetric::rss}) > 1);
}

TEST_CASE("what a process has for itself counts in full by pss and uss", "[process_table]") {
    Measuring<ProcProcessTable> table;
    for (const auto metric : {MemoryMetric::pss, MemoryMetric::uss}) {
        Family family("own");
        const auto own = table.size_of(family.child(), alone, metric);
        const auto both = table.size_of(family.child(), with_descendants, metric);
        CHECK(own < table.size_of(family.child(), alone));
        CHECK(both > own);
        family.grow_child();
        CHECK(about(table.size_of(family.child(), alone, metric), own + grown));
        family.grow_grandchild();
        CHECK(about(table.size_of(family.child(), alone, metric), own + grown));
        CHECK(about(table.size_of(family.child(), with_descendants, metric), both + 2 * grown));
    }
}

TEST_CASE("what processes share counts in parts by pss, and not by uss", "[process_table]") {
    Measuring<ProcProcessTable> table;
    void* memory = ::mmap(nullptr, grown, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    Bell begin, ready;
    const pid_t child = ::fork();
    if (child == 0) {
        name_process("sharing");
        begin.wait();
        // A fork leaves shared pages to be found anew.
        const volatile char* const shared = static_cast<const char*>(memory);
        for (std::size_t at = 0; at < grown; at += 4096)
            static_cast<void>(shared[at]);
        ready.ring();
        for (;;)
            ::pause();
    }
    // What was ours alone is both's since the fork, and not little under a sanitizer.
    const auto uss = table.size_of(::getpid(), alone, MemoryMetric::uss);
    const auto pss = table.size_of(::getpid(), alone, MemoryMetric::pss);
    fill(memory, grown);
    begin.ring();
    ready.wait();
    CHECK(about(table.size_of(::getpid(), alone, MemoryMetric::uss), uss));
    CHECK(about(table.size_of(::getpid(), alone, MemoryMetric::pss), pss + grown / 2));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::munmap(memory, grown);
}

TEST_CASE("a control group's memory is what the kernel counts, and is asked for without descendants",
          "[process_table]") {
    Measuring<ProcProcessTable> table;
    const auto sizes = table.measure({::getpid()}, alone, MemoryMetric::cgroup);
    if (!sizes.empty()) CHECK(sizes.at(::getpid()) > 0);  // else there is none here
    CHECK_FALSE(table.try_to_measure({{::getpid()}, with_descendants, MemoryMetric::cgroup}));
}

TEST_CASE("there is memory to take a share of", "[process_table]") {
    const auto whole = read_memory_whole();
    REQUIRE(whole);
    CHECK(*whole > 16 * megabyte);
    CHECK(*whole <= static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}
#endif

#if defined(__linux__)
namespace {

/// A process that waits to be ended.
pid_t born() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        name_process("child");
        for (;;)
            ::pause();
    }
    REQUIRE(pid > 0);
    return pid;
}

void ended(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

}  // namespace

TEST_CASE("Linux tells of the children in the order of their birth", "[process_table]") {
    Measuring<ProcProcessTable> table;
    const auto children_of = [&table](int parent, std::vector<int> pids) {
        return table.ask({std::move(pids), alone, MemoryMetric::rss, parent}).children;
    };
    const pid_t first = born();
    const pid_t second = born();
    const auto before = children_of(::getpid(), {});
    if (!before) {
        WARN("this kernel has no /proc/PID/task/TID/children");
        ended(first);
        ended(second);
        return;
    }
    CHECK(before->parent == ::getpid());
    const auto& pids = before->pids;
    CHECK(std::ranges::find(pids, first) < std::ranges::find(pids, second));
    CHECK(std::ranges::find(pids, second) != pids.end());
    CHECK(before->newest.size() == 1);
    CHECK(before->newest.at(0) > 0);
    CHECK(children_of(0, {second}) == before);
    CHECK(children_of(::getpid(), {}) == before);

    ended(first);
    const auto fewer = children_of(::getpid(), {});
    REQUIRE(fewer);
    CHECK(fewer != before);
    CHECK(std::ranges::find(fewer->pids, first) == fewer->pids.end());
    const pid_t third = born();
    CHECK(children_of(::getpid(), {})->pids.back() == third);
    ended(second);
    ended(third);
    CHECK_FALSE(children_of(0, {third}));
    CHECK_FALSE(children_of(third, {}));
}
#endif

}  // namespace process_table_contract
