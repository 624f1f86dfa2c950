#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/supervisord_command_line.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/config_files.hpp>

#include <fmt/core.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

namespace keenlance {

namespace {

Error refused(int code, std::string_view what) {
    return {ErrorKind::system, code, fmt::format("{}: {}", what, std::generic_category().message(code))};
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

struct FreeMatches {
    void operator()(glob_t* found) const { ::globfree(found); }
};

Result<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
    const int why_closed = errno;
    if (!file) return refused(why_closed, "cannot open " + printable(path));
    std::string text;
    std::array<char, std::size_t{16} * 1024> piece{};
    for (;;) {
        const std::size_t count = std::fread(piece.data(), 1, piece.size(), file.get());
        const int why_ended = errno;
        text.append(piece.data(), count);
        if (count == piece.size()) continue;
        if (std::ferror(file.get())) return refused(why_ended, "cannot read " + printable(path));
        return text;
    }
}

Result<std::string> read_link(const std::string& path) {
    std::error_code code;
    const auto target = std::filesystem::read_symlink(path, code);
    if (code) return refused(code.value(), "cannot read " + path);
    return target.string();
}

/// A file that may not even be looked at counts: reading it says so, where the next of the search path would
/// mislead.
bool exists(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 || errno == EACCES;
}

/// Python's parser passes over files that do not open. These are failures that supervisord must have met too.
bool supervisord_passed_over(int code) {
    constexpr std::array same_for_all{ENOENT, EISDIR, ENOTDIR, ELOOP, ENXIO, ENODEV, ENAMETOOLONG};
    return std::ranges::find(same_for_all, code) != same_for_all.end();
}

/// Sorted; empty if nothing matches.
Result<std::vector<std::string>> files_matching(const std::string& pattern) {
    glob_t found{};
    const std::unique_ptr<glob_t, FreeMatches> owner(&found);
    const auto stop_where_forbidden = [](const char*, int code) { return code == EACCES ? 1 : 0; };
    const int outcome = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_NOESCAPE, stop_where_forbidden, &found);
    if (outcome == GLOB_ABORTED)
        return refused(EACCES,
                       fmt::format("cannot look for {}, which supervisord includes", printable(pattern)));
    if (outcome == GLOB_NOSPACE) return refused(ENOMEM, "cannot look for " + printable(pattern));
    std::vector<std::string> files;
    for (std::size_t i = 0; outcome == 0 && i < found.gl_pathc; ++i)
        files.emplace_back(found.gl_pathv[i]);
    std::ranges::sort(files);
    return files;
}

std::string host_node_name() {
    struct utsname names {};
    return ::uname(&names) == 0 ? names.nodename : "";
}

std::string working_directory() {
    std::error_code code;
    const auto path = std::filesystem::current_path(code);
    return code ? "/" : path.string();
}

/// supervisor/options.py read_config, from the first file on.
class FileReader {
  public:
    FileReader(Environment environment, ConfigDialect dialect) : dialect_(dialect) {
        read_.facts.host_node_name = host_node_name();
        read_.facts.environment = std::move(environment);
    }

    Result<ConfigFiles> run(const std::string& main_file) {
        const auto text = read_file(main_file);
        if (!text) return text.error();
        if (const Status added = add(main_file, *text); !added) return added.error();
        read_.facts.here = python::directory_of(python::absolute_path(main_file, working_directory()));
        if (read_.config.find("include")) read_.config.bake_here(read_.facts.here);
        const auto patterns = include_patterns(read_.config, read_.facts);
        if (!patterns) return patterns.error();
        for (const auto& pattern : *patterns)
            if (const Status included = include(pattern); !included) return included.error();
        return std::move(read_);
    }

  private:
    Status add(const std::string& file, std::string_view text) {
        const auto config = parse_config(text, file, dialect_);
        if (!config) return config.error();
        read_.config.merge(*config);
        read_.files.push_back(file);
        return Done{};
    }

    Status include(const std::string& pattern) {
        const auto files = files_matching(pattern);
        if (!files) return files.error();
        if (files->empty()) read_.warnings.push_back("no file matches via include " + printable(pattern));
        for (const auto& file : *files) {
            const auto text = read_file(file);
            if (!text && !supervisord_passed_over(text.error().code))
                return Error{text.error().kind, text.error().code,
                             text.error().message + "; supervisord includes it, so let this user read it"};
            if (!text) read_.warnings.push_back("passed over as supervisord does: " + text.error().message);
            if (text)
                if (const Status added = add(file, *text); !added) return added.error();
            read_.config.bake_here(python::absolute_path(python::directory_of(file), "/"));
        }
        return Done{};
    }

    ConfigDialect dialect_;
    ConfigFiles read_;
};

std::vector<std::string> split_at_nul(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find('\0'), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// As os.environ: what has no '=' is left out, the first of equal names counts.
void add_entry(Environment& environment, std::string_view entry) {
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) return;
    environment.try_emplace(std::string(entry.substr(0, equals)), entry.substr(equals + 1));
}

std::string proc(pid_t pid, std::string_view name) {
    return fmt::format("/proc/{}/{}", pid, name);
}

Result<Environment> environment_of(pid_t pid) {
    const auto text = read_file(proc(pid, "environ"));
    if (!text) return text.error();
    Environment environment;
    for (const auto& entry : split_at_nul(*text))
        add_entry(environment, entry);
    return environment;
}

/// Of a process that may have rewritten its title: what is left of the old words are empty ones at the end.
Result<std::vector<std::string>> command_line_of(pid_t pid) {
    const auto text = read_file(proc(pid, "cmdline"));
    if (!text)
        return Error{ErrorKind::system, text.error().code,
                     fmt::format("there is no process {} to ask for its configuration file ({})", pid,
                                 text.error().message)};
    auto words = split_at_nul(*text);
    while (words.size() > 1 && words.back().empty())
        words.pop_back();
    return words;
}

ConfigDialect dialect_of(pid_t pid) {
    if (const auto program = read_link(proc(pid, "exe")))
        if (const auto dialect = config_dialect_of(*program)) return *dialect;
    const auto words = command_line_of(pid);
    const auto named = words && !words->empty() ? config_dialect_of(words->front()) : std::nullopt;
    return named.value_or(ConfigDialect::since_python_3_13);
}

Error not_found(pid_t pid, std::string_view what) {
    return {ErrorKind::invalid, 0,
            fmt::format("cannot find the configuration file of supervisord (process {}): {}", pid, what)};
}

/// `path` as the process sees it; an Error only if it is relative and the working directory cannot be read.
Result<std::string> resolve(pid_t pid, std::string_view path) {
    if (path.starts_with('/')) return python::absolute_path(path, "/");
    const auto cwd = read_link(proc(pid, "cwd"));
    if (!cwd)
        return not_found(
            pid, fmt::format("{}, and '{}' is relative to it; start supervisord with -c and an absolute "
                             "path, or run this program as the same user",
                             cwd.error().message, printable(path, 60)));
    return python::absolute_path(path, *cwd);
}

Result<std::string> find_named_file(pid_t pid, const std::string& name) {
    auto path = resolve(pid, name);
    if (!path || exists(*path) || name.starts_with('/')) return path;
    if (const auto environment = environment_of(pid)) {
        const auto start = environment->find("PWD");
        if (start != environment->end() && start->second.starts_with('/'))
            if (auto other = python::absolute_path(name, start->second); exists(other)) return other;
    }
    return not_found(pid,
                     fmt::format("it was started with -c {} and is not where it was then, there is no {}; "
                                 "start it with an absolute path",
                                 printable(name, 60), printable(*path)));
}

}  // namespace

Environment own_environment() {
    Environment environment;
    for (char** entry = ::environ; entry && *entry; ++entry)
        add_entry(environment, *entry);
    return environment;
}

Result<ConfigFiles> read_config_files(const std::string& main_file, Environment environment,
                                      ConfigDialect dialect) {
    return FileReader(std::move(environment), dialect).run(main_file);
}

Result<std::string> find_config_of(pid_t supervisord) {
    const auto words = command_line_of(supervisord);
    if (!words) return words.error();
    const auto command_line = parse_supervisord_command_line(*words);
    if (!command_line) return not_found(supervisord, command_line.error().message);
    if (command_line->configuration) return find_named_file(supervisord, *command_line->configuration);
    const auto paths = config_search_path(command_line->program);
    for (const auto& path : paths) {
        auto resolved = resolve(supervisord, path);
        if (!resolved || exists(*resolved)) return resolved;
    }
    return not_found(supervisord,
                     fmt::format("it was started without -c, and there is none of {}; start it with -c "
                                 "and an absolute path",
                                 join(paths, ", ")));
}

Result<ConfigFiles> read_config_of(pid_t supervisord) {
    const auto main_file = find_config_of(supervisord);
    if (!main_file) return main_file.error();
    return read_config_as(supervisord, *main_file);
}

Result<ConfigFiles> read_config_as(pid_t supervisord, const std::string& main_file) {
    auto environment = environment_of(supervisord);
    auto files =
        read_config_files(main_file, environment ? *environment : own_environment(), dialect_of(supervisord));
    if (files && !environment)
        files->warnings.push_back(environment.error().message +
                                  "; %(ENV_x)s are filled in from this process's own");
    return files;
}

}  // namespace keenlance
