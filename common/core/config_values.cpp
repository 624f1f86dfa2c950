#include <keenlance/core/config_values.hpp>
#include <keenlance/core/environment_pairs.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

namespace keenlance {

namespace {

PercentValues environment_values(const ConfigFacts& facts) {
    PercentValues values{{"here", facts.here}};
    for (const auto& [name, value] : facts.environment)
        values["ENV_" + name] = value;
    return values;
}

}  // namespace

Error error_at(const ConfigOption& option, std::string_view section, std::string_view message) {
    return {ErrorKind::invalid, 0,
            fmt::format("{}: [{}] {}: {}", option.at.text(), printable(section, 60),
                        printable(option.name, 60), message)};
}

Error error_at(const ConfigSection& section, std::string_view message) {
    return {ErrorKind::invalid, 0,
            fmt::format("{}: [{}]: {}", section.at().text(), printable(section.name(), 60), message)};
}

Result<std::optional<std::string>> expanded_option(const Config& config, const PercentValues& values,
                                                   std::string_view section, std::string_view option) {
    const auto* const written = config.find(section, option);
    if (!written) return std::optional<std::string>{};
    auto text = expand_percent(written->value, values);
    if (!text) return error_at(*written, section, text.error().message);
    return std::optional(std::move(*text));
}

Result<std::vector<std::string>> include_patterns(const Config& config, const ConfigFacts& facts) {
    std::vector<std::string> patterns;
    const auto* const include = config.find("include");
    if (!include) return patterns;
    PercentValues values = environment_values(facts);
    values["host_node_name"] = facts.host_node_name;
    const auto files = expanded_option(config, values, include->name(), "files");
    if (!files) return files.error();
    if (!*files) return error_at(*include, "there is no files=");
    for (const auto pattern : python::split(**files))
        patterns.push_back(python::join_path(facts.here, pattern));
    return patterns;
}

Result<PercentValues> config_values(const Config& config, const ConfigFacts& facts) {
    const std::string section = "supervisord";
    if (!config.find(section))
        return Error{ErrorKind::invalid, 0, "the configuration has no [supervisord] section"};
    PercentValues values = environment_values(facts);
    const auto* const option = config.find(section, "environment");
    if (!option) return values;
    auto with_host = PercentValues::on_top_of(values);
    with_host["host_node_name"] = facts.host_node_name;
    auto text = expanded_option(config, with_host, section, option->name);
    if (!text) return text.error();
    if (auto again = expand_percent(**text, with_host); again) *text = std::move(*again);
    const auto pairs = parse_environment_pairs(**text);
    if (!pairs) return error_at(*option, section, pairs.error().message);
    for (const auto& [name, value] : *pairs)
        values["ENV_" + name] = value;
    return values;
}

}  // namespace keenlance
