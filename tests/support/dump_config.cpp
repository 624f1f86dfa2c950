// What keenlance reads of a configuration, as JSON, for tests that hold it against supervisor's own reading.
//   dump_config raw until-3.12|since-3.13      file names on stdin, a JSON line for each
//   dump_config percent                        formats on stdin, each ended by NUL; a JSON line for each
//   dump_config environment                    the same for values of environment=
//   dump_config processes until-3.12|since-3.13 FILE...   what supervisord would run by each main file, a
//   JSON line for each dump_config find PID                       the main file of a running supervisord
//   dump_config running PID                    what it runs

#include <keenlance/core/environment_pairs.hpp>
#include <keenlance/core/percent.hpp>
#include <keenlance/core/process_list.hpp>
#include <keenlance/system/config_files.hpp>

#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace keenlance;

namespace {

std::string json(std::string_view text) {
    std::string out = "\"";
    for (const char ch : text) {
        if (ch == '"' || ch == '\\')
            out.append(1, '\\').append(1, ch);
        else if (static_cast<unsigned char>(ch) < 0x20U)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(ch));
        else
            out += ch;
    }
    return out + '"';
}

template <class Range, class Format>
std::string json_list(const Range& range, Format format) {
    std::string out;
    for (const auto& each : range)
        out += (out.empty() ? "" : ",") + format(each);
    return "[" + out + "]";
}

std::string json(const Error& error) {
    return fmt::format(R"({{"error":{},"kind":{},"code":{}}})", json(error.message),
                       static_cast<int>(error.kind), error.code);
}

std::string json(const ConfigSection& section) {
    const auto option = [](const ConfigOption& each) {
        return fmt::format("[{},{},{}]", json(each.name), json(each.value), each.at.line);
    };
    return fmt::format("[{},{}]", json(section.name()), json_list(section.options(), option));
}

std::string json(const Config& config) {
    return fmt::format(R"({{"defaults":{},"sections":{}}})", json(config.defaults()),
                       json_list(config.sections(), [](const auto& each) { return json(each); }));
}

std::string json(const ConfiguredProcess& process) {
    return fmt::format(R"({{"group":{},"name":{},"section":{},"priority":{},"autostart":{}}})",
                       json(process.id.group), json(process.id.name), json(process.section), process.priority,
                       process.autostart);
}

std::string json(const ConfiguredGroup& group) {
    return fmt::format(R"({{"name":{},"priority":{},"event_listener":{},"processes":{}}})", json(group.name),
                       group.priority, group.event_listener,
                       json_list(group.processes, [](const auto& each) { return json(each); }));
}

std::string json(const Result<ConfigFiles>& files) {
    if (!files) return json(files.error());
    const auto list = list_processes(files->config, files->facts);
    if (!list) return json(list.error());
    const auto text = [](const std::string& each) { return json(each); };
    return fmt::format(R"({{"files":{},"warnings":{},"listeners":{},"config":{},"groups":{}}})",
                       json_list(files->files, text), json_list(files->warnings, text),
                       json_list(list->event_listener_groups(), text), json(files->config),
                       json_list(list->groups(), [](const auto& each) { return json(each); }));
}

std::string json_raw(const std::string& file, ConfigDialect dialect) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const auto config = parse_config(text.str(), file, dialect);
    return config ? json(*config) : json(config.error());
}

std::string json_percent(const std::string& format) {
    const PercentValues values{{"here", "/a b"},
                               {"name", "h\xC3\xA9llo"},
                               {"ENV_X", "x%y"},
                               {"one", "\xE2\x82\xAC"},
                               {"a(b)", "nested"},
                               {"process_num", std::int64_t{7}},
                               {"negative", std::int64_t{-42}},
                               {"numprocs", std::int64_t{1234567}}};
    const auto text = expand_percent(format, values);
    return text ? json(*text) : json(text.error());
}

std::string json_environment(const std::string& text) {
    const auto pairs = parse_environment_pairs(text);
    if (!pairs) return json(pairs.error());
    return json_list(
        *pairs, [](const auto& pair) { return fmt::format("[{},{}]", json(pair.first), json(pair.second)); });
}

template <class Format>
void each_of_stdin(char end, Format format) {
    for (std::string each; std::getline(std::cin, each, end);)
        std::cout << format(each) << '\n';
}

int run(const std::vector<std::string>& arguments) {
    const std::string mode = arguments.empty() ? "" : arguments[0];
    const auto dialect = arguments.size() > 1 && arguments[1] == "until-3.12"
                             ? ConfigDialect::until_python_3_12
                             : ConfigDialect::since_python_3_13;
    if (mode == "raw" && arguments.size() == 2) {
        each_of_stdin('\n', [&](const auto& file) { return json_raw(file, dialect); });
    } else if (mode == "percent") {
        each_of_stdin('\0', json_percent);
    } else if (mode == "environment") {
        each_of_stdin('\0', json_environment);
    } else if (mode == "processes") {
        for (std::size_t i = 2; i < arguments.size(); ++i)
            std::cout << json(read_config_files(arguments[i], own_environment(), dialect)) << '\n';
    } else if (mode == "find" && arguments.size() == 2) {
        const auto file = find_config_of(std::stoi(arguments[1]));
        std::cout << (file ? json(*file) : json(file.error())) << '\n';
    } else if (mode == "running" && arguments.size() == 2) {
        std::cout << json(read_config_of(std::stoi(arguments[1]))) << '\n';
    } else {
        std::cerr << "see the head of dump_config.cpp\n";
        return 2;
    }
    return 0;
}

}  // namespace

int main(int count, char** words) {
    return run({words + 1, words + count});
}
