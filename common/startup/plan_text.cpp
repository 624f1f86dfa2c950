#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/startup/plan_text.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace keenlance::startup {

namespace {

using Json = nlohmann::ordered_json;

std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char ch) { return (static_cast<unsigned char>(ch) & 0xC0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(width, length_of(text)), ' ');
}

std::string_view starter_word(Starter starter) {
    switch (starter) {
        case Starter::plan:
            return "plan";
        case Starter::supervisord:
            return "supervisord";
        case Starter::nobody:
            break;
    }
    return "nobody";
}

/// "db:running and cache:running, ready by tcp://…".
std::string describe(const Program& program) {
    std::vector<std::string> awaited;
    for (const auto& dependency : program.waits_for)
        awaited.push_back(dependency.text());
    std::string text = awaited.empty() ? "at once" : "after " + join(awaited, " and ");
    if (program.processes.size() > 1) text += fmt::format("; {} processes", program.processes.size());
    if (program.priority != 999) text += fmt::format("; priority {}", program.priority);
    if (program.ready.front()) text += "; ready by " + to_string(*program.ready.front());
    if (program.start_timeout) text += fmt::format("; at most {}", format_duration(*program.start_timeout));
    if (program.on_failure) text += fmt::format("; on failure {}", to_string(*program.on_failure));
    return printable(text, 400);
}

Json dependency_json(const Plan& plan, const Dependency& dependency) {
    Json goals = Json::array(), programs = Json::array(), processes = Json::array();
    for (const auto& goal : dependency.goals)
        goals.push_back(to_string(goal));
    for (const auto on : dependency.programs)
        programs.push_back(plan.programs[on].name);
    for (const auto& process : dependency.processes)
        processes.push_back(process.full());
    return {{"target", dependency.target},
            {"states", goals},
            {"programs", programs},
            {"processes", processes},
            {"chain", dependency.chain}};
}

Json seconds(std::optional<Duration> duration) {
    return duration ? Json(std::chrono::duration<double>(*duration).count()) : Json(nullptr);
}

Json program_json(const Plan& plan, const Program& program) {
    Json json{{"name", program.name},
              {"section", program.section},
              {"file", program.at.file},
              {"line", program.at.line},
              {"started_by", starter_word(program.starter)},
              {"priority", program.priority}};
    json["wave"] = program.starter == Starter::plan ? Json(program.wave + 1) : Json(nullptr);
    json["processes"] = Json::array();
    for (const auto& process : program.processes)
        json["processes"].push_back(process.full());
    json["waits_for"] = Json::array();
    for (const auto& dependency : program.waits_for)
        json["waits_for"].push_back(dependency_json(plan, dependency));
    json["ready"] = program.ready.front() ? Json(to_string(*program.ready.front())) : Json(nullptr);
    json["start_timeout"] = seconds(program.start_timeout);
    json["on_failure"] = program.on_failure ? Json(to_string(*program.on_failure)) : Json(nullptr);
    return json;
}

std::string dot_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char ch : text) {
        if (ch == '"' || ch == '\\') out += '\\';
        out += ch;
    }
    return out + "\"";
}

}  // namespace

std::string plan_text(const Plan& plan, const std::string& config_file) {
    std::size_t width = 0;
    for (const auto& program : plan.programs)
        width = std::max(width, std::min<std::size_t>(length_of(program.name), 40));
    const auto waves = plan.waves();
    std::size_t started = 0;
    for (const auto& wave : waves)
        started += wave.size();
    std::string text =
        fmt::format("{}: {} {} in {} {}\n", config_file, started, started == 1 ? "program" : "programs",
                    waves.size(), waves.size() == 1 ? "wave" : "waves");
    for (std::size_t i = 0; i < waves.size(); ++i) {
        text += fmt::format("wave {}\n", i + 1);
        for (const auto index : waves[i]) {
            const auto& program = plan.programs[index];
            text += fmt::format("  {}  {}\n", padded(printable(program.name), width), describe(program));
        }
    }
    bool headed = false;
    for (const auto& program : plan.programs) {
        if (program.starter == Starter::plan) continue;
        if (!headed) text += "waited for, not started by this plan\n";
        headed = true;
        text += fmt::format("  {}  {}\n", padded(printable(program.name), width),
                            program.starter == Starter::supervisord ? "supervisord starts it (autostart)"
                                                                    : "nobody starts it");
    }
    return text;
}

std::string plan_json(const Plan& plan, const std::string& config_file) {
    Json json{{"config", config_file}, {"sound", plan.problems.empty()}};
    json["problems"] = plan.problems;
    json["warnings"] = plan.warnings;
    json["waves"] = Json::array();
    for (const auto& wave : plan.waves()) {
        Json names = Json::array();
        for (const auto index : wave)
            names.push_back(plan.programs[index].name);
        json["waves"].push_back(std::move(names));
    }
    json["programs"] = Json::array();
    for (const auto& program : plan.programs)
        json["programs"].push_back(program_json(plan, program));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string plan_dot(const Plan& plan) {
    std::string text = "digraph startup {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
    for (const auto& program : plan.programs) {
        std::string attributes;
        if (program.starter != Starter::plan) attributes = " [style=dashed]";
        text += fmt::format("  {}{};\n", dot_quoted(program.name), attributes);
    }
    for (const auto& wave : plan.waves()) {
        if (wave.size() < 2) continue;
        text += "  { rank=same;";
        for (const auto index : wave)
            text += " " + dot_quoted(plan.programs[index].name) + ";";
        text += " }\n";
    }
    for (const auto& program : plan.programs) {
        for (const auto& dependency : program.waits_for)
            for (const auto on : dependency.programs)
                text += fmt::format("  {} -> {} [label={}];\n", dot_quoted(plan.programs[on].name),
                                    dot_quoted(program.name), dot_quoted(to_string(dependency.goals)));
    }
    return text + "}\n";
}

}  // namespace keenlance::startup
