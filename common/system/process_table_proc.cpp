#include <keenlance/core/memory_files.hpp>
#include <keenlance/core/process_tree.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/folder_internal.hpp>
#include <keenlance/system/proc_stat.hpp>
#include <keenlance/system/process_table_proc.hpp>
#include <keenlance/system/read_file.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace keenlance {

namespace {

std::optional<std::uint64_t> rss_of(int pid) {
    const auto text = read_head("/proc/" + std::to_string(pid) + "/statm");
    if (!text) return std::nullopt;
    std::string_view rest = *text;  // size resident shared …, in pages
    take_word(rest);
    const auto pages = whole_number<std::uint64_t>(take_word(rest));
    if (!pages) return std::nullopt;
    return *pages * page_bytes();
}

std::optional<ProcessEntry> entry_of(int pid) {
    const auto stat = read_proc_stat(pid);
    if (!stat) return std::nullopt;
    return ProcessEntry{pid, stat->parent, stat->bytes};
}

/// The parent of the first of them that is there.
int parent_of(const std::vector<int>& pids) {
    for (const int pid : pids)
        if (const auto stat = read_proc_stat(pid)) return stat->parent;
    return 0;
}

/// The names in a folder that are numbers.
Result<std::vector<int>> numbers_in(const std::string& path) {
    const Folder folder(::opendir(path.c_str()));
    if (!folder)
        return Error{ErrorKind::system, errno, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
    std::vector<int> numbers;
    while (const dirent* file = ::readdir(folder.get()))
        if (const auto number = whole_number<int>(file->d_name)) numbers.push_back(*number);
    return numbers;
}

/// Nothing where the kernel was built without that file (CONFIG_PROC_CHILDREN), and of another's namespace.
std::optional<ChildProcesses> children_of(int parent) {
    const std::string tasks = fmt::format("/proc/{}/task", parent);
    auto threads = numbers_in(tasks);
    if (!threads || threads->empty()) return std::nullopt;
    std::ranges::sort(*threads);
    ChildProcesses children;
    children.parent = parent;
    for (const int thread : *threads) {
        const auto text = read_whole(fmt::format("{}/{}/children", tasks, thread));
        if (!text) return std::nullopt;
        const auto before = children.pids.size();
        for (const auto word : split_words(*text))
            if (const auto pid = whole_number<int>(word)) children.pids.push_back(*pid);
        if (children.pids.size() == before) continue;
        const auto newest = read_proc_stat(children.pids.back());
        children.newest.push_back(newest ? newest->started : 0);
    }
    return children;
}

/// Of that metric; an Error where the process is gone, or is not ours to look into.
Result<std::uint64_t> size_of(int pid, MemoryMetric metric) {
    const std::string folder = "/proc/" + std::to_string(pid);
    const Error untold{ErrorKind::system, 0, folder + " does not tell"};
    if (metric == MemoryMetric::rss) {
        const auto rss = rss_of(pid);
        return rss ? Result<std::uint64_t>(*rss) : untold;
    }
    if (metric != MemoryMetric::cgroup) {
        const auto text = read_head(folder + "/smaps_rollup");
        if (!text) return text.error();
        const auto bytes = parse_smaps_rollup(*text, metric);
        return bytes ? Result<std::uint64_t>(*bytes) : untold;
    }
    const auto groups = read_head(folder + "/cgroup");
    if (!groups) return groups.error();
    const auto group = parse_memory_cgroup(*groups);
    const auto usage = group ? read_head(group->usage_file()) : untold;
    if (!usage) return usage.error();
    const auto bytes = parse_cgroup_bytes(*usage);
    return bytes ? Result<std::uint64_t>(*bytes) : untold;
}

/// Nothing where a member lives that we may not look into: part of a sum would pass for the whole.
std::optional<std::uint64_t> sum_of(const std::vector<int>& family, MemoryMetric metric) {
    std::uint64_t sum = 0;
    for (const int pid : family) {
        const auto bytes = size_of(pid, metric);
        if (bytes) sum += *bytes;
        const bool refused = !bytes && (bytes.error().code == EACCES || bytes.error().code == EPERM);
        if (refused || (!bytes && pid == family.front())) return std::nullopt;
    }
    return sum;
}

}  // namespace

/// What is under way, and how far it is.
class ProcProcessTable::Work {
  public:
    Work(MeasureMemory what, Answer answer) : what_(std::move(what)), answer_(std::move(answer)) {
        if (what_.scope == MemoryScope::process) return;
        if (what_.metric == MemoryMetric::cgroup) {
            error_ = {ErrorKind::system, 0, "a control group has its descendants' memory in it already"};
        } else if (auto all = numbers_in("/proc")) {
            all_ = std::move(*all);
            entries_.reserve(all_.size());
        } else {
            error_ = all.error();
        }
    }

    /// One process after the other; says whether that is all.
    bool go_on(SteadyTime until) {
        while (!error_ && step())
            if (Reactor::now() >= until) return false;
        return true;
    }

    void answer() {
        if (error_) return answer_({std::move(*error_), std::nullopt});
        MemoryMeasured measured{std::move(sizes_), std::nullopt};
        if (what_.children_of) {
            const int parent = *what_.children_of == 0 ? parent_of(what_.pids) : *what_.children_of;
            if (parent > 0) measured.children = children_of(parent);
        }
        answer_(std::move(measured));
    }

  private:
    /// False: there is nothing more to do.
    bool step() {
        if (what_.scope == MemoryScope::process) return measure_next();
        if (looked_at_ < all_.size()) {
            if (const auto entry = entry_of(all_[looked_at_++])) entries_.push_back(*entry);
            return true;
        }
        if (what_.metric == MemoryMetric::rss) {
            sizes_ = sum_families(entries_, what_.pids);
            return false;
        }
        return add_up_next();
    }

    bool measure_next() {
        if (measured_ == what_.pids.size()) return false;
        const int pid = what_.pids[measured_++];
        if (const auto bytes = size_of(pid, what_.metric)) sizes_[pid] = *bytes;
        return true;
    }

    bool add_up_next() {
        if (measured_ == 0) families_ = families(entries_, what_.pids);
        if (measured_ == what_.pids.size()) return false;
        const int root = what_.pids[measured_++];
        const auto family = families_.find(root);
        const auto sum = family == families_.end() ? std::nullopt : sum_of(family->second, what_.metric);
        if (sum) sizes_[root] = *sum;
        return true;
    }

    MeasureMemory what_;
    Answer answer_;
    std::optional<Error> error_;
    std::vector<int> all_;  // with descendants: the machine's processes,
    std::size_t looked_at_ = 0;
    std::vector<ProcessEntry> entries_;         // what they are,
    std::map<int, std::vector<int>> families_;  // and who begot whom
    std::size_t measured_ = 0;                  // of what_.pids
    std::map<int, std::uint64_t> sizes_;
};

ProcProcessTable::ProcProcessTable(Reactor& reactor) : reactor_(reactor) {}

ProcProcessTable::~ProcProcessTable() {
    reactor_.cancel(timer_);
}

void ProcProcessTable::measure(const MeasureMemory& what, Answer answer) {
    work_.push_back(std::make_unique<Work>(what, std::move(answer)));
    if (timer_ == 0) go_on();
}

void ProcProcessTable::go_on() {
    constexpr Duration at_once{20};
    timer_ = 0;
    if (work_.front()->go_on(Reactor::now() + at_once)) {
        const auto done = std::move(work_.front());
        work_.pop_front();
        if (!work_.empty()) go_on_soon();
        done->answer();
    } else {
        go_on_soon();
    }
}

void ProcProcessTable::go_on_soon() {
    timer_ = reactor_.at(Reactor::now(), [this] { go_on(); });
}

}  // namespace keenlance
