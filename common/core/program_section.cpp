#include <keenlance/core/environment_pairs.hpp>
#include <keenlance/core/program_section_internal.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

namespace keenlance {

namespace {

constexpr std::int64_t furthest_start = 1'000'000'000;

}  // namespace

std::string_view name_of(std::string_view section) {
    return section.substr(std::min(section.find(':'), section.size() - 1) + 1);
}

std::optional<std::string> sound_name(std::string_view name) {
    name = python::strip(name);
    if (name.find_first_of(" :/") != npos) return std::nullopt;
    return std::string(name);
}

std::string describe_bad_name(std::string_view name) {
    return fmt::format("'{}' is no name; blanks, ':' and '/' are not allowed", printable(name, 60));
}

void OptionReader::fail(std::string_view option, const std::string& message) {
    if (error_) return;
    if (const auto* const written = config_.find(section_, option))
        error_ = error_at(*written, section_, message);
    else
        error_ = error_at(*config_.find(section_),
                          option.empty() ? message : fmt::format("{} {}", option, message));
}

std::string OptionReader::raw(std::string_view option, std::string_view otherwise) const {
    const auto* const written = config_.find(section_, option);
    return written ? written->value : std::string(otherwise);
}

std::string OptionReader::text(std::string_view option, std::string_view otherwise) {
    auto expanded = expanded_option(config_, values_, section_, option);
    if (!expanded && !error_) error_ = expanded.error();
    return expanded && *expanded ? std::move(**expanded) : std::string(otherwise);
}

std::int64_t OptionReader::number(std::string_view option, std::int64_t otherwise) {
    const std::string written = text(option, std::to_string(otherwise));
    const auto value = python::integer(written);
    if (!value) fail(option, fmt::format("'{}' is no whole number", printable(written, 60)));
    return value.value_or(otherwise);
}

bool OptionReader::flag(std::string_view option, std::string_view otherwise) {
    const std::string word = to_lower(text(option, otherwise));
    if (word == "yes" || word == "true" || word == "on" || word == "1") return true;
    if (word != "no" && word != "false" && word != "off" && word != "0")
        fail(option, fmt::format("'{}' is neither true nor false", printable(word, 60)));
    return false;
}

ProgramSection::ProgramSection(const Config& config, const PercentValues& shared, const std::string& section,
                               const std::string& group, const std::string& host_node_name)
    : shared_(shared),
      section_(section),
      group_(group),
      values_(PercentValues::on_top_of(shared)),
      options_(config, section, values_) {
    const auto name = sound_name(name_of(section));
    if (!name) options_.fail({}, describe_bad_name(name_of(section)));
    values_["program_name"] = name.value_or("");
    values_["group_name"] = group;
    values_["host_node_name"] = host_node_name;
}

const PercentValues& ProgramSection::values_for(std::int64_t number, std::int64_t count) {
    values_["process_num"] = number;
    values_["numprocs"] = count;
    for (const auto& name : own_environment_)
        if (shared_.find(name) != nullptr) values_.erase(name);
    own_environment_.clear();
    const auto pairs = parse_environment_pairs(options_.text("environment", ""));
    if (!pairs) {
        options_.fail("environment", pairs.error().message);
        return values_;
    }
    for (const auto& [name, value] : *pairs)
        values_[own_environment_.emplace_back("ENV_" + name)] = value;
    return values_;
}

std::vector<ConfiguredProcess> ProgramSection::processes(ProgramKind kind) {
    ConfiguredProcess like = read_common(kind);
    const std::int64_t first = options_.number("numprocs_start", 0);
    if (first > furthest_start || first < -furthest_start) options_.fail("numprocs_start", "is out of range");
    const std::string pattern(python::strip(options_.raw("process_name", "%(program_name)s")));
    if (!sound_name(pattern)) options_.fail("process_name", describe_bad_name(pattern));
    if (like.siblings > 1 && pattern.find("%(process_num)") == npos)
        options_.fail("process_name", "has to hold %(process_num)s where numprocs is more than 1");
    std::vector<ConfiguredProcess> all;
    for (std::int64_t i = 0; i < like.siblings && !options_.error(); ++i) {
        like.number = first + i;
        auto name = expand_percent(pattern, values_for(like.number, like.siblings));
        if (name)
            like.id.name = std::move(*name);
        else
            options_.fail("process_name", name.error().message);
        all.push_back(like);
    }
    std::ranges::stable_sort(all, {}, [](const auto& each) { return std::tie(each.priority, each.id.name); });
    return all;
}

ConfiguredProcess ProgramSection::read_common(ProgramKind kind) {
    ConfiguredProcess like{{group_, ""}, section_, kind};
    like.priority = options_.number("priority", default_priority);
    like.autostart = options_.flag("autostart", "true");
    like.siblings = options_.number("numprocs", 1);
    if (like.siblings > most_processes)
        options_.fail("numprocs", fmt::format("more than {} processes", most_processes));
    return like;
}

}  // namespace keenlance
