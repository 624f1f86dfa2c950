#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/guard_options.hpp>
#include <listeners/httpok/check_text.hpp>
#include <listeners/httpok/options.hpp>

#include <set>
#include <utility>

namespace keenlance::httpok {

namespace {

constexpr std::size_t largest_file = std::size_t{1024} * 1024;

Error wrong(const ParsedOptions::Occurrence& option, const Error& error) {
    return invalid(fmt::format("option '{}': {}", option.spelled, error.message));
}

/// What the command line says of how all checks are tried.
Result<Wishes> read_wishes(const ParsedOptions& options) {
    Wishes wishes;
    for (const auto& option : options.occurrences()) {
        for (const auto* name : {"timeout", "code", "header", "method", "body", "regex", "cacert"})
            if (option.key == name)
                if (const auto status = set(wishes, name, option.value); !status)
                    return wrong(option, status.error());
        if (option.key == "insecure") wishes.verification = Verification::off;
    }
    return wishes;
}

About read_about(const ParsedOptions& options) {
    const auto kind = options.has("any") ? About::Kind::any : About::Kind::named;
    return {kind, options.all("program")};
}

/// What the checks are made with beside their texts.
struct Source {
    const FileReader& read_file;
    About about;
    Wishes wishes;
};

Status read_checks_file(const std::string& path, const Source& source, std::vector<Check>& checks) {
    const auto text = source.read_file(path);
    if (!text) return text.error();
    if (text->size() > largest_file) return invalid(fmt::format("{}: longer than 1 MB", printable(path)));
    const auto in_file = [&](const Error& error) {
        return invalid(fmt::format("{}:{}", printable(path), error.message));
    };
    const auto written = parse_checks(*text);
    if (!written) return in_file(written.error());
    if (written->empty()) return invalid(fmt::format("{}: no check in it", printable(path)));
    for (const auto& each : *written) {
        auto check = make_check(each, source.about, source.wishes);
        if (!check) return in_file(check.error());
        checks.push_back(std::move(*check));
    }
    return Done{};
}

/// A file that is missing would fail each check, and restart what is healthy.
Status look_for_authorities(const std::vector<Check>& checks, const FileReader& read_file) {
    std::set<std::string> files;
    for (const auto& check : checks)
        if (!check.http.authorities.empty()) files.insert(check.http.authorities);
    for (const auto& file : files)
        if (const auto text = read_file(file); !text) return invalid("cacert: " + text.error().message);
    return Done{};
}

Result<std::vector<Check>> read_checks(const ParsedOptions& options, const FileReader& read_file) {
    const auto wishes = read_wishes(options);
    if (!wishes) return wishes.error();
    const Source source{read_file, read_about(options), *wishes};
    const auto& urls = options.arguments();
    std::vector<Check> checks;
    if (urls.size() > 1)
        return invalid(fmt::format("more than one URL: '{}' and '{}'; write each as --check",
                                   printable(without_password(urls[0])),
                                   printable(without_password(urls[1]))));
    if (!urls.empty()) {
        auto check = make_plain_check(urls[0], source.about, source.wishes);
        if (!check) return check.error();
        checks.push_back(std::move(*check));
    }
    for (const auto& option : options.occurrences()) {
        if (option.key == "check") {
            const auto text = parse_check(option.value);
            if (!text) return wrong(option, text.error());
            auto check = make_check(*text, source.about, source.wishes);
            if (!check) return wrong(option, check.error());
            checks.push_back(std::move(*check));
        } else if (option.key == "checks") {
            if (const auto status = read_checks_file(option.value, source, checks); !status)
                return wrong(option, status.error());
        }
    }
    if (checks.empty())
        return invalid(
            "no URL to check: give one as the last argument, like http://127.0.0.1:8080/, or by --check or "
            "--checks");
    if (const auto status = look_for_authorities(checks, read_file); !status) return status.error();
    return checks;
}

}  // namespace

Result<Settings> read_settings(const ParsedOptions& options, const FileReader& read_file) {
    Settings settings;
    auto checks = read_checks(options, read_file);
    if (!checks) return checks.error();
    auto guard = read_guard_options(options);
    if (!guard) return guard.error();
    settings.checks = std::move(*checks);
    settings.guard = std::move(*guard);
    settings.name = options.last("name").value_or("");
    if (const auto gcore = options.last("gcore")) settings.gcore = *gcore;
    settings.core_folder = options.last("coredir");
    if (options.has("start-if-not-running")) settings.fallen = Settings::Fallen::started;
    for (const auto* name : {"serverurl", "configuration"})
        if (options.has(name) && !options.has("once"))
            return invalid(fmt::format("--{} is for --once only", name));
    const auto mail_command = options.last("sendmail_program").value_or("");
    if (options.has("once") && mail_command.find("://") != std::string::npos)
        return invalid(fmt::format("-s is the mail command; where supervisord listens is --serverurl {}",
                                   printable(mail_command)));
    for (const auto& option : options.occurrences()) {
        if (option.key == "eager") settings.eagerness = Settings::Eagerness::eager;
        if (option.key == "not-eager") settings.eagerness = Settings::Eagerness::lazy;
    }
    return settings;
}

}  // namespace keenlance::httpok
