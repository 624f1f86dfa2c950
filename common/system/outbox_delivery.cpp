#include <keenlance/core/quantity.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/outbox.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace keenlance {

namespace {

constexpr Duration kept_in_spool = std::chrono::hours(72);
/// Long enough for a mail server to be restarted, short enough not to repeat a mail for days that a command
/// with a wrong exit status did send.
constexpr Duration kept_in_memory = std::chrono::hours(1);

/// "to ops@example.com" behind "mailed "x"", "to https://…" behind "sent "x"".
struct Words {
    const char* did;
    const char* could_not;
    const char* gave_up;
    std::string whereto;
};

Words words_for(const Channel& channel) {
    const auto to = [](const std::vector<std::string>& addresses) {
        return addresses.empty() ? "" : " to " + join(addresses, ", ");
    };
    if (const auto* mail = std::get_if<SendmailChannel>(&channel.target))
        return {"mailed", "could not mail", "gave up mailing", to(mail->addresses.to)};
    if (const auto* smtp = std::get_if<SmtpChannel>(&channel.target))
        return {"mailed", "could not mail", "gave up mailing", to(smtp->addresses.to)};
    return {"sent", "could not send", "gave up sending", " to " + channel.shown};
}

}  // namespace

void Outbox::say(const std::string& text) {
    log_.write(settings_.secrets.scrub(text));
}

void Outbox::wake() {
    reactor_.cancel(gate_timer_);
    gate_timer_ = 0;
    if (const auto due = gate_.deadline()) gate_timer_ = reactor_.at(*due, [this] { fold_due(); });
    for (auto& line : lines_)
        wake(line);
}

void Outbox::wake(Line& line) {
    reactor_.cancel(line.timer);
    line.timer = 0;
    const auto index = static_cast<std::size_t>(&line - lines_.data());
    if (const auto due = line.queue.deadline())
        line.timer = reactor_.at(*due, [this, index] { try_next(index); });
}

/// What is older than it is to be kept, and was tried or waited behind what was tried: a machine that was off
/// for longer, and whose network is not up yet, is no reason.
void Outbox::give_up_old(Line& line, SteadyTime until) {
    constexpr int least_tries = 5;  // two and a half minutes
    const auto index = static_cast<std::size_t>(&line - lines_.data());
    const auto most = settings_.keep.value_or(spool_ ? kept_in_spool : kept_in_memory);
    const auto now = clock_.now();
    const auto words = words_for(line.channel);
    line.has_old = true;
    for (auto next = kept_.begin(); next != kept_.end() && now.wall - next->second.created > most;) {
        const auto& [number, kept] = *next++;
        const int tries = std::max(line.queue.tries(number), line.queue.failures());
        if (tries < least_tries || kept.ready > now.steady || !kept.lacking.contains(index) ||
            line.queue.is_under_way(number))
            continue;
        say(fmt::format("{} \"{}\"{} after {} tries: it is older than {}", words.gave_up, kept.subject,
                        words.whereto, tries, format_duration(most)));
        took(index, number);
        if (Reactor::now() >= until) return do_chores_soon();
    }
    line.has_old = false;
}

void Outbox::try_next(std::size_t index) {
    auto& line = lines_[index];
    line.timer = 0;
    give_up_old(line, Reactor::now() + at_once);
    const auto number = line.queue.take(clock_.now().steady);
    if (!number) return wake(line);
    const auto letter = read(*number);
    if (!letter) {
        line.queue.answered(Delivery::unavailable, clock_.now().steady);
        return wake(line);
    }
    line.transport->deliver(
        *letter, [this, index, number = *number](const Answer& answer) { on_answer(index, number, answer); });
}

void Outbox::on_answer(std::size_t index, LetterNumber number, const Answer& answer) {
    auto& line = lines_[index];
    const auto words = words_for(line.channel);
    const auto found = kept_.find(number);
    const std::string subject = found == kept_.end() ? "(dropped meanwhile)" : found->second.subject;
    const int tries = line.queue.tries(number) + 1;
    const auto delay = line.queue.answered(answer.delivery, clock_.now().steady, answer.least_wait);
    if (answer.delivery == Delivery::taken) {
        say(fmt::format("{} \"{}\"{}{}{}", words.did, subject, words.whereto,
                        answer.words.empty() ? "" : "; ", answer.words));
        took(index, number);
    } else if (hurried_ && spool_ && spool_->is_open()) {
        say(fmt::format("{} \"{}\"{}: {}; it stays in {}", words.could_not, subject, words.whereto,
                        answer.words, spool_->folder()));
    } else if (hurried_) {
        say(fmt::format("{} \"{}\"{} after {} tries: {}", words.gave_up, subject, words.whereto, tries,
                        answer.words));
    } else {
        say(fmt::format("{} \"{}\"{}: {}; trying again in {}", words.could_not, subject, words.whereto,
                        answer.words, format_duration(delay)));
    }
    wake(line);
}

void Outbox::took(std::size_t index, LetterNumber number) {
    auto& line = lines_[index];
    line.queue.drop(number);
    const auto found = kept_.find(number);
    if (found == kept_.end()) return;
    auto& kept = found->second;
    kept.lacking.erase(index);
    if (kept.lacking.empty()) return forget(number);
    if (kept.letter || !spool_) return;
    kept.marks.insert(line.channel.key);
    if (const auto marked = spool_->mark(number, line.channel.key); !marked)
        complain_of_spool(marked.error().message);
}

}  // namespace keenlance
