#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roll/roll_settings.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace keenlance::quickctl {

std::string quoted_for_shell(const std::string& value) {
    constexpr std::string_view safe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/@%+=";
    if (!value.empty() && value.find_first_not_of(safe) == std::string::npos) return value;
    std::string quoted = "'";
    for (const char letter : value)
        quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return quoted + "'";
}

std::size_t BatchSize::of(std::size_t instances) const {
    if (unit == Unit::instances) return number;
    return std::max<std::size_t>(1, instances * number / 100);
}

Result<BatchSize> parse_batch_size(std::string_view text) {
    text = trim(text);
    BatchSize size;
    std::int64_t most = 1'000'000;
    if (text.ends_with('%')) {
        size.unit = BatchSize::Unit::percent;
        text.remove_suffix(1);
        most = 100;
    }
    const auto number = parse_integer(text, 1, most);
    if (!number) return number.error();
    size.number = static_cast<std::size_t>(*number);
    return size;
}

std::string Instance::number() const {
    const auto last_other = id.name.find_last_not_of("0123456789");
    return last_other == std::string::npos ? id.name : id.name.substr(last_other + 1);
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

Result<ReadyCheck> HealthCheck::check_for(const Instance& instance) const {
    switch (kind) {
        case ReadyKind::command:
            return parse_ready_check("exec:" + fill_in(pattern, instance, Filling::for_shell));
        case ReadyKind::tcp:
            return parse_ready_check("tcp://" + fill_in(pattern, instance, Filling::plain));
        default: {
            auto check = parse_ready_check(fill_in(pattern, instance, Filling::plain));
            if (check && check->kind != ReadyKind::http)
                return Error{ErrorKind::invalid, 0,
                             fmt::format("'{}' is no http or https URL", printable(pattern))};
            return check;
        }
    }
}

}  // namespace keenlance::quickctl
