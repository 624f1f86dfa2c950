#include <keenlance/core/options.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/supervisord_command_line.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace keenlance {

namespace {

constexpr std::string_view ours = "supervisord";

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool names_supervisord(std::string_view word) {
    return file_name(word).find(ours) != npos;
}

bool names_python(std::string_view word) {
    return file_name(word).starts_with("python") || file_name(word).starts_with("pypy");
}

/// What is left of a command line once it is clear what runs.
struct Script {
    std::string name;     // of the file, the module, or all the code
    std::string program;  // sys.argv[0]; empty where it cannot be known
    std::span<const std::string> arguments;
};

/// Steps over the interpreter's own options: `words` is all of `python3 -u -X dev script …`.
std::optional<Script> python_script(std::span<const std::string> words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (!word.starts_with('-')) return Script{std::string(file_name(word)), word, words.subspan(i + 1)};
        if (word.starts_with("--")) {
            if (word == "--check-hash-based-pycs") ++i;
            continue;
        }
        const auto letter =
            word.find_first_of("cmWX", 1);  // those that take a value: the rest of the word or the next
        if (letter == npos) continue;
        const bool in_word = letter + 1 < word.size();
        if (!in_word && ++i == words.size()) return std::nullopt;
        if (word[letter] == 'W' || word[letter] == 'X') continue;
        return Script{in_word ? word.substr(letter + 1) : words[i], word[letter] == 'c' ? "-c" : "",
                      words.subspan(i + 1)};
    }
    return std::nullopt;
}

std::optional<Script> find_script(std::span<const std::string> words) {
    if (words.empty()) return std::nullopt;
    if (names_python(words[0])) return python_script(words);
    const auto found = std::ranges::find_if(words, names_supervisord);
    if (found == words.end()) return std::nullopt;
    return Script{std::string(file_name(*found)), *found,
                  words.subspan(static_cast<std::size_t>(found - words.begin()) + 1)};
}

/// supervisor/options.py ServerOptions.__init__.
CommandLineSpec supervisord_options() {
    CommandLineSpec spec{std::string(ours), "", "", {}, ""};
    const auto add = [&spec](std::vector<std::string> names, const char* argument) {
        spec.options.push_back({std::move(names), argument, ""});
    };
    add({"v"}, "");
    add({"n", "nodaemon"}, "");
    add({"k", "nocleanup"}, "");
    add({"t", "strip_ansi"}, "");
    add({"s", "silent"}, "");
    add({"c", "configuration"}, "FILE");
    add({"u", "user"}, "X");
    add({"m", "umask"}, "X");
    add({"d", "directory"}, "X");
    add({"l", "logfile"}, "X");
    add({"y", "logfile_maxbytes"}, "X");
    add({"z", "logfile_backups"}, "X");
    add({"e", "loglevel"}, "X");
    add({"j", "pidfile"}, "X");
    add({"i", "identifier"}, "X");
    add({"q", "childlogdir"}, "X");
    add({"a", "minfds"}, "X");
    add({"minprocs"}, "X");
    add({"profile_options"}, "X");
    return spec;
}

Error cannot_tell(std::span<const std::string> words, std::string_view why) {
    const std::string line = join({words.begin(), words.end()}, " ");
    return {ErrorKind::invalid, 0,
            fmt::format("cannot tell the configuration file from the command line '{}': {}",
                        printable(line, 100), why)};
}

}  // namespace

Result<SupervisordCommandLine> parse_supervisord_command_line(std::span<const std::string> words) {
    if (words.size() == 1 && words[0].find(' ') != npos) {
        std::vector<std::string> title;
        for (const auto word : split_words(words[0]))
            title.emplace_back(word);
        if (title.size() > 1) return parse_supervisord_command_line(title);
    }
    const auto script = find_script(words);
    if (!script) return cannot_tell(words, "it is not supervisord's");
    const auto options = parse_options(supervisord_options(), script->arguments);
    const bool sound = options && options->arguments().empty();  // supervisord takes no arguments
    auto configuration = sound ? options->last("configuration") : std::nullopt;
    if (!configuration && script->name.find(ours) == npos)
        return cannot_tell(words, "it is not supervisord's");
    if (!options) return cannot_tell(words, options.error().message);
    if (!sound) return cannot_tell(words, "supervisord takes no arguments");
    return SupervisordCommandLine{script->program, std::move(configuration)};
}

std::vector<std::string> config_search_path(std::string_view program) {
    std::vector<std::string> paths;
    if (!program.empty()) {
        const std::string here = python::directory_of(python::directory_of(program));
        paths = {python::join_path(here, "etc/supervisord.conf"),
                 python::join_path(here, "supervisord.conf")};
    }
    for (const char* const path : {"supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf",
                                   "/etc/supervisor/supervisord.conf"})
        paths.emplace_back(path);
    return paths;
}

std::optional<ConfigDialect> config_dialect_of(std::string_view python) {
    constexpr std::string_view three = "python3.";
    const std::string_view name = file_name(python);
    if (!name.starts_with(three)) return std::nullopt;
    const auto digits = name.substr(three.size());
    const auto minor = python::integer(digits.substr(0, digits.find_first_not_of("0123456789")));
    if (!minor) return std::nullopt;
    return *minor < 13 ? ConfigDialect::until_python_3_12 : ConfigDialect::since_python_3_13;
}

}  // namespace keenlance
