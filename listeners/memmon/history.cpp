#include <keenlance/core/quantity.hpp>

#include <fmt/core.h>
#include <listeners/memmon/history.hpp>

#include <algorithm>
#include <cmath>

namespace keenlance::memmon {

namespace {

constexpr std::size_t least_samples = 3;
constexpr std::size_t most_lines = 10;
constexpr std::size_t bar_columns = 40;
constexpr double seconds_an_hour = 3600;

double seconds_between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration<double>(to - from).count();
}

std::string rate(double bytes_an_hour) {
    // format_size has one digit behind the point, which is a precision that a trend has not.
    auto text = format_size(static_cast<std::uint64_t>(std::abs(bytes_an_hour)));
    const auto point = text.find('.');
    if (point != std::string::npos && (point > 1 || text[point + 1] == '0')) text.erase(point, 2);
    return fmt::format("{}{}/h", bytes_an_hour < 0 ? '-' : '+', text);
}

std::string about(double seconds) {
    constexpr double minute = 60, day = 24 * seconds_an_hour;
    if (seconds >= 2 * day) return fmt::format("{:.0f} d", seconds / day);
    if (seconds >= 1.5 * seconds_an_hour) return fmt::format("{:.0f} h", seconds / seconds_an_hour);
    return fmt::format("{:.0f} min", std::max(1.0, seconds / minute));
}

/// "-59 min", in one unit for all lines of a chart.
std::string age_text(double seconds, double span) {
    if (span >= 3 * 24 * seconds_an_hour) return fmt::format("{:.0f} h", -seconds / seconds_an_hour);
    if (span >= 3 * seconds_an_hour) return fmt::format("{:.1f} h", -seconds / seconds_an_hour);
    if (span >= 180) return fmt::format("{:.0f} min", -seconds / 60);
    return fmt::format("{:.0f} s", -seconds);
}

std::string bar(std::uint64_t bytes, std::uint64_t limit, std::uint64_t whole) {
    const auto columns = [&](std::uint64_t size) {
        const double part = static_cast<double>(size) / static_cast<double>(whole);
        return static_cast<std::size_t>(std::lround(part * static_cast<double>(bar_columns)));
    };
    std::string text(columns(bytes), '#');
    if (limit == 0) return text;
    const auto mark = columns(limit);
    if (text.size() < mark) return text + std::string(mark - text.size(), '.') + "|";
    return text.insert(mark, "|");
}

}  // namespace

std::optional<double> slope(std::span<const Sample> samples) {
    if (samples.size() < least_samples) return std::nullopt;
    // From the first sample on, so that no precision is lost to large numbers.
    const auto& first = samples.front();
    const auto count = static_cast<double>(samples.size());
    double times = 0, sizes = 0, squares = 0, products = 0;
    for (const auto& sample : samples) {
        const double hours = seconds_between(first.when, sample.when) / seconds_an_hour;
        const double size = static_cast<double>(sample.bytes) - static_cast<double>(first.bytes);
        times += hours;
        sizes += size;
        squares += hours * hours;
        products += hours * size;
    }
    const double spread = count * squares - times * times;
    if (spread <= 0) return std::nullopt;
    return (count * products - times * sizes) / spread;
}

std::string trend(std::span<const Sample> samples, std::uint64_t limit) {
    const auto growth = slope(samples);
    if (!growth) return "";
    const auto size = static_cast<double>(samples.back().bytes);
    const double hours = seconds_between(samples.front().when, samples.back().when) / seconds_an_hour;
    if (std::abs(*growth) * hours <= size / 100) return "steady";
    std::string text = rate(*growth);
    const double left = static_cast<double>(limit) - size;
    if (*growth <= 0 || left <= 0) return text;
    const double seconds = left / *growth * seconds_an_hour;
    constexpr double far = 30 * 24 * seconds_an_hour;
    if (seconds <= far) text += fmt::format(", limit in about {}", about(seconds));
    return text;
}

std::string chart(std::span<const Sample> samples, std::uint64_t limit) {
    if (samples.size() < least_samples) return "";
    std::uint64_t whole = std::max<std::uint64_t>(limit, 1);
    for (const auto& sample : samples)
        whole = std::max(whole, sample.bytes);
    const auto now = samples.back().when;
    const double span = seconds_between(samples.front().when, now);
    const auto lines = std::min(samples.size(), most_lines);
    std::string text;
    for (std::size_t line = 0; line < lines; ++line) {
        const auto& sample = samples[line * (samples.size() - 1) / (lines - 1)];
        const bool last = line + 1 == lines;
        text += fmt::format("{:>8} {} {}\n", last ? "now" : age_text(seconds_between(sample.when, now), span),
                            bar(sample.bytes, limit, whole), format_size(sample.bytes));
    }
    return text;
}

void Histories::add(const Namespec& id, const Incarnation& life, Sample sample) {
    auto& known = lives_[id];
    if (known.life != life) known = {life, {}};
    if (known.samples.size() == most_samples) known.samples.erase(known.samples.begin());
    known.samples.push_back(sample);
}

std::span<const Sample> Histories::of(const Namespec& id) const {
    const auto found = lives_.find(id);
    return found == lives_.end() ? std::span<const Sample>() : std::span<const Sample>(found->second.samples);
}

void Histories::keep_only(const std::set<Namespec>& ids) {
    std::erase_if(lives_, [&](const auto& entry) { return !ids.contains(entry.first); });
}

std::size_t Histories::size() const {
    std::size_t count = 0;
    for (const auto& [id, life] : lives_)
        count += life.samples.size();
    return count;
}

}  // namespace keenlance::memmon
