#include <keenlance/core/text.hpp>
#include <keenlance/notify/formats.hpp>
#include <keenlance/notify/words_internal.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace keenlance {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_slack_text = 3'900;
constexpr std::size_t most_variable = std::size_t{32} * 1024;  // an exec fails beyond 128 KB in one of them

std::string dump(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

const char* status_of(const Letter& letter) {
    return word_of(condition_words, letter.notification.condition);
}

const char* severity_of(const Letter& letter) {
    return word_of(severity_words, letter.notification.severity);
}

std::string subject_of(const Letter& letter) {
    return std::string(trim(letter.notification.subject));
}

/// Cut between characters.
std::string cut_off(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
        --most;
    return std::string(text.substr(0, most)) + "\n[...]";
}

std::string escape_for_slack(std::string_view text) {
    std::string out;
    for (const char ch : text) {
        if (ch == '&')
            out += "&amp;";
        else if (ch == '<')
            out += "&lt;";
        else if (ch == '>')
            out += "&gt;";
        else
            out += ch;
    }
    return out;
}

/// What a template and a command may ask for.
std::vector<std::pair<std::string, std::string>> variables(const Letter& letter) {
    const auto& told = letter.notification;
    std::vector<std::pair<std::string, std::string>> pairs{
        {"subject", subject_of(letter)},
        {"body", told.body},
        {"alert", told.alert},
        {"status", status_of(letter)},
        {"severity", severity_of(letter)},
        {"process", told.process ? told.process->full() : ""},
        {"group", told.process ? told.process->group : ""},
        {"name", told.process ? told.process->name : ""},
        {"listener", letter.listener},
        {"host", letter.host},
        {"supervisor", letter.supervisor},
        {"id", letter.id},
        {"time", format_utc(letter.created)},
        {"count", std::to_string(letter.count)},
    };
    for (const auto& detail : told.details)
        if (std::ranges::find(pairs, detail.first, [](const auto& pair) { return pair.first; }) ==
            pairs.end())
            pairs.push_back(detail);
    return pairs;
}

}  // namespace

std::string format_json(const Letter& letter) {
    const auto& told = letter.notification;
    ordered_json json;
    json["version"] = 1;
    json["id"] = letter.id;
    json["time"] = format_utc(letter.created);
    json["listener"] = letter.listener;
    json["host"] = letter.host;
    json["supervisor"] = letter.supervisor;
    json["status"] = status_of(letter);
    json["severity"] = severity_of(letter);
    json["alert"] = told.alert;
    json["process"] = nullptr;
    if (told.process) json["process"] = {{"group", told.process->group}, {"name", told.process->name}};
    json["subject"] = subject_of(letter);
    json["body"] = told.body;
    json["count"] = letter.count;
    json["details"] = ordered_json::object();
    for (const auto& [name, value] : told.details)
        json["details"][name] = value;
    return dump(json) + "\n";
}

std::string format_slack(const Letter& letter) {
    std::string subject = escape_for_slack(subject_of(letter));
    std::ranges::replace(subject, '*', ' ');
    const std::string body = escape_for_slack(cut_off(trim(letter.notification.body), most_slack_text));
    ordered_json json;
    json["text"] = (subject.empty() ? "" : "*" + subject + "*\n") + body;
    return dump(json) + "\n";
}

std::string format_alertmanager(const Letter& letter, WallTime now) {
    constexpr auto after_an_event = std::chrono::minutes(5);
    constexpr auto unresolved = std::chrono::hours(24);
    const auto& told = letter.notification;
    ordered_json labels;
    labels["alertname"] = told.alert.empty() ? "KeenlanceNotification" : told.alert;
    labels["instance"] = letter.host;
    if (!letter.supervisor.empty()) labels["supervisor"] = letter.supervisor;
    if (told.process) {
        labels["group"] = told.process->group;
        labels["process"] = told.process->full();
    }
    const auto target =
        std::ranges::find(told.details, "target", [](const auto& detail) { return detail.first; });
    if (target != told.details.end()) labels["target"] = target->second;  // two checks, two alerts
    labels["severity"] = severity_of(letter);
    labels["listener"] = letter.listener;
    WallTime ends = letter.created;
    if (told.condition == Condition::event) ends = std::max(now, letter.created) + after_an_event;
    if (told.condition == Condition::firing) ends = std::max(now, letter.created) + unresolved;
    ordered_json alert;
    alert["labels"] = std::move(labels);
    alert["annotations"] = {{"summary", subject_of(letter)}, {"description", told.body}};
    if (told.condition != Condition::resolved) alert["startsAt"] = format_utc(letter.created);
    alert["endsAt"] = format_utc(ends);
    return dump(ordered_json::array({std::move(alert)})) + "\n";
}

std::vector<std::pair<std::string, std::string>> format_environment(const Letter& letter) {
    auto pairs = variables(letter);
    for (auto& [name, value] : pairs) {
        name = "KEENLANCE_" + to_upper(name);
        value = cut_off(value, most_variable);
        std::erase(value, '\0');
    }
    return pairs;
}

std::string fill_template(std::string_view text, const Letter& letter, Escaping escaping) {
    const auto pairs = variables(letter);
    std::string out;
    while (!text.empty()) {
        const auto dollar = std::min(text.find('$'), text.size());
        out += text.substr(0, dollar);
        text.remove_prefix(dollar);
        const auto end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
        if (end != std::string_view::npos) {
            const auto name = to_lower(text.substr(2, end - 2));
            const auto found = std::ranges::find(pairs, name, [](const auto& pair) { return pair.first; });
            const std::string value = found == pairs.end() ? "" : found->second;
            const std::string json = escaping == Escaping::json ? dump(ordered_json(value)) : "";
            out += escaping == Escaping::json ? json.substr(1, json.size() - 2) : value;
            text.remove_prefix(end + 1);
        } else if (!text.empty()) {
            out += '$';
            text.remove_prefix(text.starts_with("$$") ? 2 : 1);
        }
    }
    return out;
}

std::string format_mail(const Letter& letter, const MailAddresses& addresses, std::string_view text) {
    const MessageIdentity identity{letter.date, letter.id};
    if (text.empty()) return format_mail(letter.notification, addresses, identity);
    Notification told = letter.notification;
    constexpr std::string_view subject = "subject:";
    const auto end = text.find('\n');
    if (to_lower(text.substr(0, subject.size())) == subject) {
        const auto line =
            text.substr(subject.size(), end == std::string_view::npos ? end : end - subject.size());
        told.subject = trim(fill_template(line, letter, Escaping::none));
        text = end == std::string_view::npos ? "" : text.substr(end + 1);
        if (text.starts_with('\n')) text.remove_prefix(1);
    }
    told.body = fill_template(text, letter, Escaping::none);
    return format_mail(told, addresses, identity);
}

}  // namespace keenlance
