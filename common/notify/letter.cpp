#include <keenlance/core/text.hpp>
#include <keenlance/notify/letter.hpp>
#include <keenlance/notify/words_internal.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>

namespace keenlance {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_listed = 50;

template <typename E, std::size_t size>
E value_of(const std::array<const char*, size>& words, const std::string& word) {
    const auto found = std::ranges::find(words, word);
    if (found == words.end()) throw std::invalid_argument("'" + printable(word) + "' is unknown");
    return static_cast<E>(found - words.begin());
}

std::int64_t integer(const ordered_json& json) {
    const bool beyond = json.is_number_unsigned() && !std::in_range<std::int64_t>(json.get<std::uint64_t>());
    if (!json.is_number_integer() || beyond) throw std::invalid_argument("a number is none");
    return json.get<std::int64_t>();
}

/// Times before 1970 and after the year 200,000 are no times of ours.
WallTime time_of(const ordered_json& json) {
    constexpr std::int64_t latest = 6'000'000'000'000'000;
    return WallTime{Duration{std::clamp<std::int64_t>(integer(json), 0, latest)}};
}

Letter folded(std::span<const Letter> letters) {
    Letter letter = letters.back();
    const Letter& first = letters.front();
    letter.id = first.id;
    letter.created = first.created;
    letter.date = first.date;
    letter.when = first.when;
    letter.draft.clear();
    letter.count = 0;
    for (const auto& each : letters)
        letter.count += each.count;
    auto& told = letter.notification;
    if (told.folding == Folding::lines) {
        told.subject = first.notification.subject;
        told.body.clear();
        for (const auto& each : letters)
            told.body += each.notification.body;
        return letter;
    }
    if (letter.count == 1) return letter;
    const bool alike = std::ranges::all_of(letters, [&](const Letter& each) {
        return topic_of(each.notification) == topic_of(first.notification);
    });
    std::string newest_subject(trim(told.subject));
    // One that was folded before, and was not told in between, has its own count there.
    if (letters.back().count > 1)
        newest_subject.resize(std::min(newest_subject.rfind(" ("), newest_subject.size()));
    told.subject = fmt::format("{} ({} {})", newest_subject, letter.count, alike ? "times" : "notifications");
    std::string body = fmt::format("{} between {} and {}, told together. The newest:\n\n{}",
                                   alike ? fmt::format("It happened {} times", letter.count)
                                         : fmt::format("{} notifications", letter.count),
                                   first.when, letter.newest, told.body);
    if (!body.ends_with('\n')) body += '\n';
    body += "\nAll of them:\n";
    const std::size_t left_out = letters.size() > most_listed ? letters.size() - most_listed : 0;
    if (left_out > 0) body += fmt::format("  ({} earlier ones)\n", left_out);
    for (const auto& each : letters.subspan(left_out))
        body += fmt::format("  {}  {}\n", each.when, printable(trim(each.notification.subject)));
    told.body = std::move(body);
    return letter;
}

}  // namespace

std::string topic_of(const Notification& notification) {
    if (!notification.topic.empty()) return notification.topic;
    if (notification.alert.empty()) return notification.subject;
    return notification.alert + " " + (notification.process ? notification.process->full() : "");
}

std::vector<Letter> fold(std::span<const Letter> letters, std::span<const LetterNumber> numbers) {
    // What says that it is over must not stand for what it ends: mail leaves it out.
    const bool over = letters.size() > 1 && letters.back().notification.condition == Condition::resolved;
    std::vector<Letter> loud;
    for (const auto& each : letters)
        if (each.notification.condition != Condition::resolved) loud.push_back(each);
    std::vector<Letter> out;
    if (loud.empty() || !over) {
        out.push_back(folded(loud.empty() ? letters : std::span<const Letter>(loud)));
    } else {
        out.push_back(folded(loud));
        out.push_back(letters.back());
        out.back().draft.clear();
    }
    if (letters.size() > 1) {
        auto& letter = out.front();
        if (const auto before = fmt::format(".{}", letters.front().count);
            letters.front().count > 1 && letter.id.ends_with(before))
            letter.id.resize(letter.id.size() - before.size());
        letter.id += fmt::format(".{}", letter.count);
    }
    out.front().replaces.assign(numbers.begin(), numbers.end());
    if (out.size() > 1) out.back().replaces = {numbers.back()};
    return out;
}

std::string to_text(const Letter& letter) {
    const auto& told = letter.notification;
    ordered_json json;
    json["id"] = letter.id;
    json["subject"] = told.subject;
    json["body"] = told.body;
    json["alert"] = told.alert;
    if (told.process) {
        json["group"] = told.process->group;
        json["process"] = told.process->name;
    }
    json["condition"] = word_of(condition_words, told.condition);
    json["severity"] = word_of(severity_words, told.severity);
    json["topic"] = told.topic;
    json["folding"] = word_of(folding_words, told.folding);
    json["details"] = ordered_json::array();
    for (const auto& [name, value] : told.details)
        json["details"].push_back({name, value});
    json["listener"] = letter.listener;
    json["host"] = letter.host;
    json["supervisor"] = letter.supervisor;
    json["created_ms"] = letter.created.time_since_epoch().count();
    json["date"] = letter.date;
    json["when"] = letter.when;
    json["newest"] = letter.newest;
    json["count"] = letter.count;
    json["draft"] = letter.draft;
    json["ready_ms"] = letter.ready.time_since_epoch().count();
    json["replaces"] = letter.replaces;
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<Letter> parse_letter(std::string_view text) {
    try {
        const auto json = ordered_json::parse(text);
        const auto word = [&json](const char* name) { return json.at(name).get<std::string>(); };
        Letter letter;
        auto& told = letter.notification;
        letter.id = word("id");
        told.subject = word("subject");
        told.body = word("body");
        told.alert = word("alert");
        if (json.contains("process")) told.process = Namespec{word("group"), word("process")};
        told.condition = value_of<Condition>(condition_words, word("condition"));
        told.severity = value_of<Severity>(severity_words, word("severity"));
        told.topic = word("topic");
        told.folding = value_of<Folding>(folding_words, word("folding"));
        for (const auto& pair : json.at("details"))
            told.details.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
        letter.listener = word("listener");
        letter.host = word("host");
        letter.supervisor = word("supervisor");
        letter.created = time_of(json.at("created_ms"));
        letter.date = word("date");
        letter.when = word("when");
        letter.newest = word("newest");
        letter.count = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
            integer(json.at("count")), 1, std::numeric_limits<std::uint32_t>::max()));
        letter.draft = word("draft");
        letter.ready = time_of(json.at("ready_ms"));
        for (const auto& number : json.at("replaces"))
            letter.replaces.push_back(static_cast<LetterNumber>(std::max<std::int64_t>(integer(number), 0)));
        return letter;
    } catch (const std::exception& error) {
        return Error{ErrorKind::malformed, 0, printable(error.what())};
    }
}

std::string format_utc(WallTime time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(time - days);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

}  // namespace keenlance
