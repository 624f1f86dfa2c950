#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>

#include <commands/roll/roll_settings.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace keenlance::quickctl {

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
