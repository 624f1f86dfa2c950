#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/host.hpp>
#include <keenlance/system/notify_options.hpp>
#include <keenlance/system/program.hpp>
#include <keenlance/system/read_file.hpp>
#include <keenlance/system/system_clock.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace keenlance {

namespace {

using Occurrence = ParsedOptions::Occurrence;

Error wrong(const Occurrence& option, const Error& error) {
    return {error.kind, error.code, fmt::format("option '{}': {}", option.spelled, error.message)};
}

Error invalid(const Occurrence& option, const std::string& message) {
    return wrong(option, {ErrorKind::invalid, 0, message});
}

std::optional<std::string> from_environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<std::map<std::string, std::string>> read_secrets(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return Error{ErrorKind::system, errno, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return Error{ErrorKind::system, 0,
                     fmt::format("others can read {} (mode {:04o}): chmod 600 {}", path,
                                 static_cast<unsigned>(info.st_mode & 07777U), path)};
    }
    if (info.st_uid != ::geteuid() && info.st_uid != 0)
        return Error{ErrorKind::system, 0, fmt::format("{} is neither this user's nor root's", path)};
    const auto text = read_whole(path);
    if (!text) return text.error();
    auto pairs = parse_secrets(*text);
    if (!pairs) return Error{ErrorKind::invalid, 0, fmt::format("{}: {}", path, pairs.error().message)};
    return pairs;
}

/// A format's name, or a file whose text is the format.
Status read_format(const Occurrence& option, ChannelDefaults& defaults) {
    using Format = WebhookChannel::Format;
    constexpr std::array<std::pair<const char*, Format>, 3> known{
        {{"json", Format::json}, {"slack", Format::slack}, {"alertmanager", Format::alertmanager}}};
    const auto* const found =
        std::ranges::find(known, option.value, [](const auto& each) { return std::string(each.first); });
    defaults.text.clear();
    if (found != known.end()) {
        defaults.format = found->second;
        return Done{};
    }
    if (option.value.find('/') == std::string::npos && option.value.find('.') == std::string::npos) {
        return invalid(option, fmt::format("'{}' is none of json, slack, alertmanager, nor a file (./{})",
                                           printable(option.value), printable(option.value)));
    }
    auto text = read_whole(option.value);
    if (!text) return wrong(option, text.error());
    if (trim(*text).empty()) return invalid(option, option.value + " is empty");
    defaults.format = Format::text;
    defaults.text = std::move(*text);
    defaults.text_is_json = option.value.ends_with(".json");
    return Done{};
}

Result<Rate> parse_rate(const std::string& text) {
    const auto slash = text.find('/');
    if (slash == std::string::npos)
        return Error{ErrorKind::invalid, 0,
                     fmt::format("'{}' is no NUMBER/TIME: write 10/1h", printable(text))};
    const auto count = parse_integer(text.substr(0, slash), 1, 1'000'000);
    if (!count) return count.error();
    const auto period = parse_seconds(text.substr(slash + 1));
    if (!period) return period.error();
    if (period->count() == 0) return Error{ErrorKind::invalid, 0, "the time must be more than 0 seconds"};
    return Rate{static_cast<int>(*count), *period};
}

Status read_limits(const ParsedOptions& options, OutboxSettings& settings) {
    for (const auto& option : options.occurrences()) {
        if (option.key == "spool") {
            if (option.value.empty()) return invalid(option, "a folder is missing");
            settings.spool = option.value;
        }
        if (option.key == "keep" || option.key == "digest") {
            const auto time = parse_seconds(option.value);
            if (!time) return wrong(option, time.error());
            if (option.key == "keep")
                settings.keep = *time;
            else
                settings.flood.digest = *time;
        }
        if (option.key == "max-notifications") {
            const auto rate = parse_rate(option.value);
            if (!rate) return wrong(option, rate.error());
            settings.flood.most = *rate;
        }
    }
    return Done{};
}

bool is_format(const Occurrence* option) {
    return option->key == "notify-format";
}

/// A webhook's path may be a secret and is not shown: of those that look alike, the log tells which it is.
void tell_apart(std::vector<Channel>& channels) {
    std::map<std::string, int> times;
    for (const auto& channel : channels)
        ++times[channel.shown];
    for (std::size_t i = 0; i < channels.size(); ++i)
        if (times[channels[i].shown] > 1) channels[i].shown += fmt::format(" (--notify {})", i + 1);
}

/// People write each format before its URLs, or behind them: what they began with says which.
Status read_channels(const ParsedOptions& options, ChannelDefaults defaults, OutboxSettings& settings) {
    std::vector<const Occurrence*> said;
    for (const auto& option : options.occurrences())
        if (option.key == "notify" || is_format(&option)) said.push_back(&option);
    const bool backwards = !said.empty() && !is_format(said.front());
    if (backwards) std::ranges::reverse(said);

    const auto first = std::ranges::find_if(said, is_format);
    const Occurrence* format = first == said.end() ? nullptr : *first;
    std::vector<const Occurrence*> used;
    std::vector<Channel> channels;
    for (const auto* option : said) {
        if (is_format(option)) {
            format = option;
            continue;
        }
        if (format != nullptr)
            if (const auto read = read_format(*format, defaults); !read) return read.error();
        auto channel = parse_channel(option->value, defaults, settings.secrets);
        if (!channel) return wrong(*option, channel.error());
        if (std::holds_alternative<WebhookChannel>(channel->target)) used.push_back(format);
        channels.push_back(std::move(*channel));
    }
    for (const auto* option : said)
        if (is_format(option) && std::ranges::find(used, option) == used.end())
            return invalid(*option, "there is no --notify http(s)://... it could be the format of");
    if (backwards) std::ranges::reverse(channels);
    tell_apart(channels);
    std::ranges::move(channels, std::back_inserter(settings.channels));
    return Done{};
}

Letter sample(const std::string& program) {
    SystemClock clock;
    const Moment now = clock.now();
    Letter letter;
    letter.host = host_name();
    letter.listener = program;
    letter.notification.subject = fmt::format("{}: test notification", program);
    letter.notification.body =
        fmt::format("{} on {} was asked by --test to send this. It arrived: nothing else is to be done.\n",
                    program, letter.host);
    letter.notification.alert = "Test";
    letter.notification.severity = Severity::info;
    letter.id = fmt::format("keenlance.{:x}.{}.test@{}", now.wall.time_since_epoch().count(), ::getpid(),
                            letter.host);
    letter.created = now.wall;
    letter.date = format_mail_date(now);
    letter.when = format_local_time(now);
    letter.newest = letter.when;
    return letter;
}

}  // namespace

std::vector<OptionSpec> notify_options() {
    std::vector<OptionSpec> options{
        {{"notify"},
         "URL",
         "tell URL too: mailto:ADDRESS, smtp://HOST/?to=ADDRESS, smtps://..., a webhook's https://..., "
         "exec:COMMAND; ${NAME} in it is a secret; repeatable"},
        {{"notify-format"},
         "FORMAT",
         "what webhooks get: json, slack, alertmanager, or a file with ${subject}, ${body} ...; default: "
         "json"},
        {{"secrets"}, "FILE", "read secrets (NAME=value) from FILE, which nobody else may read"},
        {{"spool"},
         "FOLDER",
         "keep notifications in FOLDER until they are delivered, whatever ends meanwhile"},
        {{"keep"}, "TIME", "try to deliver for TIME; default: 3d with a spool, 1h without"},
        {{"digest"}, "TIME", "fold identical notifications within TIME into one; the first goes at once"},
        {{"max-notifications"},
         "NUMBER/TIME",
         "at most so many of one process (10/1h); what is beyond waits and goes as one"},
        {{"test"}, "", "send one sample through every channel, say what came of it, and end"},
    };
    for (auto& option : options)
        option.abbreviation = Abbreviation::yields;
    return options;
}

Status read_notify_options(const ParsedOptions& options, OutboxSettings& settings,
                           const std::string& mail_command) {
    std::map<std::string, std::string> pairs;
    for (const auto& option : options.occurrences()) {
        if (option.key != "secrets") continue;
        auto read = read_secrets(option.value);
        if (!read) return wrong(option, read.error());
        pairs.merge(*read);
    }
    settings.secrets = Secrets(std::move(pairs), &from_environment);
    if (const auto read = read_limits(options, settings); !read) return read.error();
    ChannelDefaults defaults;
    defaults.mail_command = mail_command;
    defaults.host = host_name();
    return read_channels(options, std::move(defaults), settings);
}

int test_channels(OutboxSettings settings) {
    if (settings.channels.empty())
        return complain(settings.program, "there is nothing to test: no -m, -s or --notify says whom to tell",
                        exit_code::usage);
    Reactor reactor;
    reactor.handle_signals();
    bool interrupted = false;
    reactor.on_terminate([&interrupted] { interrupted = true; });
    SystemClock clock;
    CommandRunner commands(reactor);
    SmtpClient smtp(reactor);
    HttpClient http(reactor);
    const Letter letter = sample(settings.program);
    std::size_t waiting = settings.channels.size();
    bool all_took_it = true;
    bool printed = true;
    std::vector<std::unique_ptr<Transport>> transports;
    for (const auto& channel : settings.channels) {
        transports.push_back(make_transport(channel.target, {commands, smtp, http, clock}));
        transports.back()->deliver(letter, [&, shown = channel.shown](const Answer& answer) {
            --waiting;
            const bool taken = answer.delivery == Delivery::taken;
            all_took_it = all_took_it && taken;
            const std::string words = settings.secrets.scrub(printable(answer.words, 1000));
            const std::string line =
                taken ? fmt::format("{}: accepted{}{}\n", shown, words.empty() ? "" : "; ", words)
                      : fmt::format("{}: NOT accepted: {}\n", shown, words);
            printed = print(line) == exit_code::done && printed;
        });
    }
    reactor.run_until([&] { return waiting == 0 || interrupted; });
    if (interrupted)
        return complain(settings.program,
                        fmt::format("interrupted: {} of {} channels have not answered", waiting,
                                    settings.channels.size()),
                        exit_code::not_reached);
    return all_took_it && printed ? exit_code::done : exit_code::not_reached;
}

}  // namespace keenlance
