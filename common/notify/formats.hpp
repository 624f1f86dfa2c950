#pragma once
/// A letter in the forms that machines take: JSON, Slack, Alertmanager, variables of a command, a template.
/// Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/mail_message.hpp>
#include <keenlance/notify/letter.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keenlance {

/// {"version": 1, "id", "time", "listener", "host", "supervisor", "status": "event|firing|resolved",
/// "severity", "alert", "process": {"group", "name"} or null, "subject", "body", "count", "details": {…}}
KEENLANCE_API std::string format_json(const Letter& letter);
/// {"text": …}: the subject in bold, the body as it is. `<`, `>` and `&` are escaped as Slack wants it; at
/// most 3,900 characters of the body, since Slack cuts at 4,000.
KEENLANCE_API std::string format_slack(const Letter& letter);
/// The body of POST /api/v2/alerts: one alert with the labels alertname, instance, group, process, target
/// (of a check), severity and listener. Alertmanager tells alerts apart by all of them: `resolved` has to
/// come with what `firing` came with, its severity too. It ends when it was resolved; a thing that is over
/// ends 5 minutes after it came, one that holds after a day, should nobody resolve it.
KEENLANCE_API std::string format_alertmanager(const Letter& letter, WallTime now);
/// KEENLANCE_SUBJECT, _BODY, _ALERT, _STATUS, _SEVERITY, _PROCESS ("group:name"), _GROUP, _NAME, _LISTENER,
/// _HOST, _SUPERVISOR, _ID, _TIME, _COUNT, and one of each detail in upper case. Bodies are cut at 32 KB.
KEENLANCE_API std::vector<std::pair<std::string, std::string>> format_environment(const Letter& letter);

enum class Escaping { none, json };
/// Every ${name} of the template by what it stands for: the names of format_environment in lower case without
/// "keenlance_"; one that is unknown by nothing, "$$" by "$". With Escaping::json as the inside of a JSON
/// string.
KEENLANCE_API std::string fill_template(std::string_view text, const Letter& letter, Escaping escaping);

/// The message as a mail (core/mail_message.hpp). A `text` that is not empty is filled as a template: the
/// body, and the subject where it begins with a line "Subject: …".
KEENLANCE_API std::string format_mail(const Letter& letter, const MailAddresses& addresses,
                                      std::string_view text);

}  // namespace keenlance
