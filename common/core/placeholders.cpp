#include <keenlance/core/placeholders.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace keenlance {

std::string Instance::number() const {
    const auto last_other = id.name.find_last_not_of("0123456789");
    return last_other == std::string::npos ? id.name : id.name.substr(last_other + 1);
}

std::string quoted_for_shell(const std::string& value) {
    constexpr std::string_view safe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/@%+=";
    if (!value.empty() && value.find_first_not_of(safe) == std::string::npos) return value;
    std::string quoted = "'";
    for (const char letter : value)
        quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return quoted + "'";
}

std::string fill_in(std::string_view pattern, const Instance& instance, Filling filling) {
    const std::vector<std::pair<std::string_view, std::string>> values{
        {"{name}", instance.id.name},
        {"{group}", instance.id.group},
        {"{num}", instance.number()},
        {"{host}", instance.host},
        {"{pid}", std::to_string(instance.pid)}};
    std::string out;
    while (!pattern.empty()) {
        const auto value =
            std::ranges::find_if(values, [&](const auto& each) { return pattern.starts_with(each.first); });
        if (value == values.end()) {
            out += pattern.front();
            pattern.remove_prefix(1);
        } else {
            out += filling == Filling::for_shell ? quoted_for_shell(value->second) : value->second;
            pattern.remove_prefix(value->first.size());
        }
    }
    return out;
}

}  // namespace keenlance
