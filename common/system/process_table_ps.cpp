#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/process_table_ps.hpp>

namespace keenlance {

namespace {

constexpr std::string_view list_all =
    "LC_ALL=C ps -A -o pid= -o ppid= -o rss=";  // rss in units of 1024 bytes
constexpr Duration patience{30'000};
constexpr std::size_t most_listed = std::size_t{16} * 1024 * 1024;  // half a million processes

std::vector<ProcessEntry> parse_entries(std::string_view output) {
    std::vector<ProcessEntry> entries;
    for (const auto line : split(output, '\n')) {
        const auto words = split_words(line);
        if (words.size() != 3) continue;
        const auto pid = whole_number<int>(words[0]);
        const auto parent = whole_number<int>(words[1]);
        const auto kib = whole_number<std::uint64_t>(words[2]);
        if (!pid || !parent || !kib) continue;
        entries.push_back({*pid, *parent, *kib * 1024});
    }
    return entries;
}

std::map<int, std::uint64_t> own_sizes(const std::vector<ProcessEntry>& entries,
                                       const std::vector<int>& pids) {
    std::map<int, std::uint64_t> all, wanted;
    for (const auto& entry : entries)
        all[entry.pid] = entry.bytes;
    for (const int pid : pids)
        if (const auto found = all.find(pid); found != all.end()) wanted.insert(*found);
    return wanted;
}

}  // namespace

void PsProcessTable::measure(const MeasureMemory& what, Answer answer) {
    if (what.metric != MemoryMetric::rss)
        return answer({Error{ErrorKind::system, 0, "ps tells the resident size alone"}});
    Command ps_command{std::string(list_all), "", patience, most_listed};
    commands_.run(std::move(ps_command), [what, answer = std::move(answer)](Result<CommandResult> ps) {
        if (!ps) return answer({ps.error()});
        if (ps->status != 0)
            return answer({Error{ErrorKind::system, ps->status,
                                 "cannot read memory sizes: ps ended with " + ps->describe(patience)}});
        const auto entries = parse_entries(ps->output);
        answer({what.scope == MemoryScope::descendants ? sum_families(entries, what.pids)
                                                       : own_sizes(entries, what.pids)});
    });
}

}  // namespace keenlance
