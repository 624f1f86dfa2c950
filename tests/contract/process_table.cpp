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

/// Fetches memory from the system and touches all of it; it is never given back.
void grow(std::size_t bytes) {
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) std::memset(memory, 1, bytes);
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
            table_ = std::make_unique<Table>();
        }
    }

    std::map<int, std::uint64_t> measure(const std::vector<int>& pids, MemoryScope scope) {
        auto answer = std::make_shared<std::optional<Result<std::map<int, std::uint64_t>>>>();
        table_->measure(pids, scope, [answer](auto sizes) { *answer = std::move(sizes); });
        REQUIRE(reactor_.run_until([&answer] { return answer->has_value(); }, Reactor::now() + patience));
        return (*answer)->value();
    }
    std::uint64_t size_of(int pid, MemoryScope scope) { return measure({pid}, scope).at(pid); }

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
