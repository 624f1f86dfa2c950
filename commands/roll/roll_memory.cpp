#include <keenlance/core/fnv.hpp>

#include <commands/roll/roll_memory.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace keenlance::quickctl {

using nlohmann::ordered_json;

namespace {

using Pids = std::map<std::pair<std::string, Namespec>, int>;

ordered_json to_json(const Pids& pids) {
    auto array = ordered_json::array();
    for (const auto& [instance, pid] : pids)
        array.push_back({{"server", instance.first},
                         {"group", instance.second.group},
                         {"name", instance.second.name},
                         {"pid", pid}});
    return array;
}

/// A whole number that T can hold.
/// @throws std::out_of_range  for any other value: nlohmann would cut it to size, or convert a fraction.
template <typename T>
T whole_number(const ordered_json& value) {
    const bool beyond =
        value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>());
    if (!value.is_number_integer() || beyond || !std::in_range<T>(value.get<std::int64_t>()))
        throw std::out_of_range("a number is too large, or no whole number");
    return static_cast<T>(value.get<std::int64_t>());
}

Pids pids_of(const ordered_json& array) {
    Pids pids;
    for (const auto& each : array)
        pids[{each.at("server").get<std::string>(),
              {each.at("group").get<std::string>(), each.at("name").get<std::string>()}}] =
            whole_number<int>(each.at("pid"));
    return pids;
}

}  // namespace

std::string to_text(const RollMemory& memory) {
    ordered_json json;
    json["finished"] = memory.finished;
    json["begun"] = ordered_json::object();
    for (const auto& [server, time] : memory.begun)
        json["begun"][server] = time;
    json["before"] = to_json(memory.before);
    json["through"] = to_json(memory.through);
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<RollMemory> parse_roll_memory(std::string_view text) {
    RollMemory memory;
    try {
        const auto json = ordered_json::parse(text);
        json.at("finished").get_to(memory.finished);
        for (const auto& [server, time] : json.at("begun").items())
            memory.begun[server] = whole_number<std::int64_t>(time);
        memory.before = pids_of(json.at("before"));
        memory.through = pids_of(json.at("through"));
    } catch (const std::exception& error) {
        return Error{ErrorKind::malformed, 0, error.what()};
    }
    return memory;
}

std::string roll_memory_name(const std::vector<std::string>& servers,
                             const std::vector<std::string>& patterns) {
    std::uint64_t hash = fnv1a("");
    const auto add = [&hash](std::string_view word) { hash = fnv1a("\xff", fnv1a(word, hash)); };
    for (const auto& server : servers)
        add(server);
    add("");
    for (const auto& pattern : patterns)
        add(pattern);
    return fmt::format("roll-{:016x}.json", hash);
}

}  // namespace keenlance::quickctl
