#include <keenlance/core/text.hpp>

#include <fmt/core.h>
#include <listeners/choice.hpp>
#include <listeners/crashmail/crashmail.hpp>

#include <algorithm>

namespace keenlance::crashmail {

namespace {

constexpr Duration longest_look{8'000};  // after which the mail goes without what has not come
constexpr std::size_t most_cases =
    32;  // looked into at a time; in a storm the rest is told by its event alone
constexpr std::size_t most_counted = 1000;  // crashes of one process in an hour
constexpr int log_bytes = 16 * 1024;
constexpr int bytes_a_line = 200;
constexpr int most_tail_bytes = 64 * 1024;
constexpr int most_tries = 4;  // a UTF-8 character has at most four bytes

}  // namespace

std::optional<std::string> describe_crash(const ProcessStateChange& change) {
    if (change.to == ProcessState::fatal) {
        return fmt::format(
            "Process {} in group {} could not be started, tried too often, and is FATAL (from state {})",
            change.id.name, change.id.group, to_string(change.from));
    }
    if (change.to != ProcessState::exited || change.expected.value_or(false)) return std::nullopt;
    return fmt::format("Process {} in group {} exited unexpectedly (pid {}) from state {}", change.id.name,
                       change.id.group, change.pid.value_or(0), to_string(change.from));
}

Actions Crashmail::step(const Fact& fact, const Moment& now) {
    Actions actions = std::visit(
        Overloaded{
            [&](const Started&) { return on_started(now); },
            [&](const EventReceived& received) { return on_event(received.event, now); },
            [&](const EventsLost& lost) {
                return settings_.rpc == Settings::Rpc::there ? lost_.lost(lost.count, now) : Actions{};
            },
            [this](const ProcessesInspected& inspected) { return on_inspected(inspected); },
            [this](const LogRead& read) { return on_log(read); },
            [this](const Closing&) {
                cases_.clear();  // what is to be sent is sent now
                return Actions{};
            },
            [](const auto&) { return Actions{}; },
        },
        fact);
    const auto lost = lost_.on_answer(fact, now, actions);
    append(actions, tell_lost(lost, now));
    append(actions, lost_.step(now));
    return actions;
}

Actions Crashmail::on_started(const Moment& now) {
    lost_.begin(now);
    return {Log{settings_.programs.empty() ? "mailing the crashes of all processes"
                                           : "mailing the crashes of " + join(settings_.programs, ", ")}};
}

Actions Crashmail::on_event(const Event& event, const Moment& now) {
    if (settings_.rpc == Settings::Rpc::there) lost_.heard(event, now);
    const auto change = parse_process_state_change(event);
    if (!change) {
        if (!event.name.starts_with("PROCESS_STATE_")) return {};
        return {Log{fmt::format("bad input, ignored: {} with payload \"{}\"", event.name,
                                printable(event.payload, 120))}};
    }
    lost_.saw(*change, now);
    if (!is_chosen(change->id)) return {};
    if (change->to == ProcessState::running && fatal_.erase(change->id) > 0) return on_well(change->id, now);
    if (!settings_.states.contains(change->to)) return {};
    if (const auto message = describe_crash(*change)) return on_crash(*change, *message, now);
    if (change->to == ProcessState::exited) return {};
    const auto message =
        fmt::format("Process {} in group {} entered state {} (from state {})", change->id.name,
                    change->id.group, to_string(change->to), to_string(change->from));
    auto told = notification(change->id, fmt::format("entered {}", to_string(change->to)), now);
    told.body = message;
    told.alert = "ProcessState";
    told.topic = fmt::format("ProcessState {} {}", change->id.full(), to_string(change->to));
    told.severity = Severity::info;
    return {Log{message}, Notify{std::move(told)}};
}

Actions Crashmail::on_well(const Namespec& id, const Moment& now) {
    auto told = notification(id, "is RUNNING again", now);
    told.alert = "ProcessFatal";
    told.body = fmt::format("Process {} in group {} is RUNNING again", id.name, id.group);
    told.condition = Condition::resolved;
    return {Notify{std::move(told)}};
}

Notification Crashmail::notification(const Namespec& id, const std::string& what, const Moment& now) const {
    // superlance's subject without -o begins with a blank; mail filters were written to that.
    const std::string prefix = settings_.prefix.empty() ? "" : settings_.prefix + ":";
    Notification told;
    told.subject = fmt::format("{} {} {} at {}", prefix, id.name, what, format_local_time(now));
    told.process = id;
    return told;
}

std::size_t Crashmail::count_crash(const Namespec& id, const Moment& now) {
    const auto hour_ago = now.steady - std::chrono::hours(1);
    std::erase_if(crashes_, [hour_ago](const auto& each) { return each.second.back() < hour_ago; });
    auto& times = crashes_[id];
    times.push_back(now.steady);
    while (times.front() < hour_ago || times.size() > most_counted)
        times.pop_front();
    return times.size();
}

Actions Crashmail::on_crash(const ProcessStateChange& change, const std::string& message, const Moment& now) {
    const bool is_fatal = change.to == ProcessState::fatal;
    auto told = notification(change.id, "crashed", now);
    told.body = message;
    told.alert = is_fatal ? "ProcessFatal" : "ProcessCrashed";
    told.condition = is_fatal ? Condition::firing : Condition::event;
    told.details = {{"state", std::string(to_string(change.to))},
                    {"from_state", std::string(to_string(change.from))}};
    if (change.pid) told.details.emplace_back("pid", std::to_string(*change.pid));
    if (is_fatal) fatal_.insert(change.id);
    const auto crashes = count_crash(change.id, now);
    if (settings_.rpc == Settings::Rpc::missing || cases_.size() >= most_cases)
        return {Log{message}, Notify{std::move(told)}};
    Case crash;
    // One that a spool still has from before must not be taken for it.
    crash.draft = fmt::format("crash {}.{}", now.wall.time_since_epoch().count(), ++told_);
    crash.id = change.id;
    crash.pid = change.pid;
    crash.story.first_line = message;
    crash.story.crashes_in_the_last_hour = crashes;
    Actions actions{Log{message}, Notify{std::move(told), crash.draft, longest_look}};
    append(actions, look_into(crash));
    cases_.push_back(std::move(crash));
    return actions;
}

ReadLogTail Crashmail::tail_of(const Namespec& id, LogStream stream, int tries) const {
    const int bytes = std::min(settings_.tail_lines * bytes_a_line, most_tail_bytes);
    return {id, (stream == LogStream::supervisord ? log_bytes : bytes) + tries, stream};
}

Actions Crashmail::look_into(Case& crash) {
    Actions actions{InspectProcesses{{crash.id}}, tail_of(crash.id, LogStream::supervisord, 0)};
    if (settings_.tail_lines == 0) return actions;
    for (const auto stream : {LogStream::out, LogStream::err}) {
        crash.tails[stream] = 0;
        actions.emplace_back(tail_of(crash.id, stream, 0));
    }
    return actions;
}

Actions Crashmail::on_inspected(const ProcessesInspected& inspected) {
    if (inspected.ids.empty()) return {};
    const auto crash = std::ranges::find_if(
        cases_, [&](const Case& each) { return each.waits_for_info && each.id == inspected.ids.front(); });
    if (crash == cases_.end()) return {};
    crash->waits_for_info = false;
    if (inspected.processes && !inspected.processes->empty() && inspected.processes->front()) {
        const auto& info = *inspected.processes->front();
        auto& story = crash->story;
        // supervisord forgets the status with the next spawn; its log, where there is one, knows better.
        const bool is_down = info.pid == 0 && info.state == ProcessState::exited;
        if (is_down && !story.ending && info.exit_status >= 0)
            story.ending = Ending{fmt::format("exit status {}", info.exit_status), info.exit_status, {}};
        if (info.state == ProcessState::fatal) story.spawn_error = info.spawn_error;
        crash->files = {{LogStream::out, info.stdout_logfile}, {LogStream::err, info.stderr_logfile}};
    }
    return settle(*crash);
}

Actions Crashmail::on_log(const LogRead& read) {
    const bool own = read.stream == LogStream::supervisord;
    const auto crash = std::ranges::find_if(cases_, [&](const Case& each) {
        return each.id == read.id && (own ? each.waits_for_log : each.tails.contains(read.stream));
    });
    if (crash == cases_.end()) return {};
    int& tries = crash->tails[read.stream];
    // HTTP 500: the piece begins within a character. A byte earlier or later it does not.
    const bool cut = !read.text && read.text.error().kind == ErrorKind::http_status;
    if (cut && ++tries < most_tries) return {tail_of(read.id, read.stream, tries)};
    crash->tails.erase(read.stream);
    if (own) {
        crash->waits_for_log = false;
        if (read.text)
            if (auto ending = find_ending(*read.text, crash->id.name, crash->pid))
                crash->story.ending = std::move(ending);
        return settle(*crash);
    }
    Story::Tail tail;
    tail.name = read.stream == LogStream::out ? "stdout" : "stderr";
    if (read.text) {
        tail.lines = last_lines(*read.text, static_cast<std::size_t>(settings_.tail_lines));
    } else {
        const bool none =
            read.text.error().kind == ErrorKind::fault && read.text.error().code == fault::no_file;
        tail.trouble = none ? "there is no log of it" : read.text.error().message;
    }
    crash->story.tails.push_back(std::move(tail));
    return settle(*crash);
}

Actions Crashmail::settle(Case& crash) {
    if (crash.waits_for_info || crash.waits_for_log || !crash.tails.empty()) return {};
    for (auto& tail : crash.story.tails)
        tail.file = crash.files[tail.name == "stdout" ? LogStream::out : LogStream::err];
    std::ranges::sort(crash.story.tails, {}, &Story::Tail::name);
    ReleaseNotifications release{crash.draft, tell(crash.story), details_of(crash.story)};
    std::erase_if(cases_, [&release](const Case& each) { return each.draft == release.draft; });
    return {std::move(release)};
}

Actions Crashmail::tell_lost(const std::optional<std::vector<LostCrash>>& crashes, const Moment& now) {
    Actions actions;
    if (!crashes) return actions;
    std::size_t found = 0;
    for (const auto& crash : *crashes) {
        const auto state = crash.kind == LostCrash::Kind::fatal ? ProcessState::fatal : ProcessState::exited;
        if (!is_chosen(crash.info.id) || !settings_.states.contains(state)) continue;
        ++found;
        const auto message = describe(crash);
        auto told = notification(crash.info.id, "crashed", now);
        told.body = message;
        told.alert = crash.kind == LostCrash::Kind::fatal ? "ProcessFatal" : "ProcessCrashed";
        told.details = {{"state", std::string(to_string(crash.info.state))}, {"event", "lost"}};
        actions.emplace_back(Log{message});
        actions.emplace_back(Notify{std::move(told)});
    }
    actions.emplace_back(
        Log{fmt::format("{} of the lost events {} of a crash", found, found == 1 ? "was" : "were")});
    return actions;
}

bool Crashmail::is_chosen(const Namespec& id) const {
    return settings_.programs.empty() || is_named(id, settings_.programs);
}

}  // namespace keenlance::crashmail
