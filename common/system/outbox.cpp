#include <keenlance/core/fnv.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/host.hpp>
#include <keenlance/system/outbox.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace keenlance {

namespace {

/// 128 bits, by two beginnings.
std::string hash_of(std::string_view text) {
    return fmt::format("{:016x}{:016x}", fnv1a(text), fnv1a(text, 0x9E3779B97F4A7C15ULL));
}

}  // namespace

Outbox::Outbox(Reactor& reactor, Clock& clock, LogSink& log, OutboxSettings settings,
               std::vector<std::unique_ptr<Transport>> transports)
    : reactor_(reactor),
      clock_(clock),
      log_(log),
      settings_(std::move(settings)),
      gate_(settings_.flood),
      host_(host_name()),
      life_(parent_life()) {
    for (std::size_t i = 0; i < settings_.channels.size(); ++i)
        lines_.push_back({settings_.channels[i], std::move(transports.at(i)), {}, 0});
    if (settings_.spool.empty()) return;
    spool_.emplace(settings_.spool);
    open_spool();
    wake();
}

Outbox::~Outbox() {
    reactor_.cancel(gate_timer_);
    reactor_.cancel(fold_timer_);
    for (const auto& line : lines_)
        reactor_.cancel(line.timer);
}

void Outbox::caused_by(const Event* event) {
    told_ = 0;
    cause_.clear();
    if (event == nullptr) return;
    supervisor_ = event->server;
    // An event that comes again, because we were killed before we acknowledged it, has its old serials.
    cause_ = fmt::format("{} {} {} {} {} {} {} {}", life_, settings_.program, event->server, event->pool,
                         event->serial, event->pool_serial, event->name, event->payload);
}

std::string Outbox::next_id() {
    if (!cause_.empty()) return fmt::format("keenlance.{}.{}@{}", hash_of(cause_), ++told_, host_);
    return fmt::format("keenlance.{:x}.{}.{}@{}", clock_.now().wall.time_since_epoch().count(), ::getpid(),
                       ++uncaused_, host_);
}

LetterNumber Outbox::next_number() {
    // By time, so that it is behind all that was ever spooled here; the pid keeps two owners that take turns
    // apart.
    const auto now = static_cast<LetterNumber>(clock_.now().wall.time_since_epoch().count()) * 1000 +
                     static_cast<LetterNumber>(::getpid() % 1000);
    last_number_ = std::max(last_number_ + 1, now);
    return last_number_;
}

Letter Outbox::write_letter(const Notify& notify) {
    const Moment now = clock_.now();
    Letter letter;
    letter.notification = notify.notification;
    letter.id = next_id();
    letter.listener = settings_.program;
    letter.host = host_;
    letter.supervisor = supervisor_;
    letter.created = now.wall;
    letter.date = format_mail_date(now);
    letter.when = format_local_time(now);
    letter.newest = letter.when;
    letter.draft = notify.draft;
    letter.ready = notify.draft.empty() ? now.wall : now.wall + notify.most;
    return letter;
}

Outbox::Kept Outbox::keep_for(const Letter& letter) const {
    Kept kept;
    kept.created = letter.created;
    kept.id = letter.id;
    const auto subject = trim(letter.notification.subject);
    kept.subject = subject.empty() ? "(no subject)" : std::string(subject);
    kept.draft = letter.draft;
    for (std::size_t line = 0; line < lines_.size(); ++line)
        if (wants(lines_[line].channel, letter.notification)) kept.lacking.insert(line);
    return kept;
}

void Outbox::send(const Notify& notify) {
    Letter letter = write_letter(notify);
    auto kept = keep_for(letter);
    if (kept.lacking.empty() || ids_.contains(letter.id)) return;
    kept.ready = clock_.now().steady + (notify.draft.empty() ? Duration{0} : notify.most);
    const auto number = next_number();
    kept_.emplace(number, std::move(kept));
    ids_.insert(letter.id);
    const Notification notification = letter.notification;
    store(number, std::move(letter));
    if (notification.folding == Folding::lines && !notify.draft.empty()) {
        add_line(number, notify);
    } else {
        admit(number, notification);
    }
    wake();
}

void Outbox::admit(LetterNumber number, const Notification& notification) {
    if (gate_.admit(number, notification, clock_.now().steady) == FloodGate::Verdict::pass) enqueue(number);
}

void Outbox::enqueue(LetterNumber number) {
    const auto found = kept_.find(number);
    if (found == kept_.end()) return;
    for (const auto line : found->second.lacking)
        lines_[line].queue.add(number, found->second.ready);
}

/// What is told is the batch, not the line: the gate has nothing to do with it, and many lines become one
/// letter before their time.
void Outbox::add_line(LetterNumber number, const Notify& notify) {
    constexpr std::size_t most_apart = 100;
    enqueue(number);
    auto& lines = lines_of_[notify.draft];
    lines.push_back(number);
    if (lines.size() < most_apart) return;
    const auto ready = kept_.at(number).ready;
    lines = fold_together(std::exchange(lines, {}));
    for (const auto folded : lines) {
        const auto found = kept_.find(folded);
        if (found == kept_.end()) continue;
        found->second.draft = notify.draft;
        found->second.ready = ready;
        for (const auto line : found->second.lacking) {
            lines_[line].queue.drop(folded);
            lines_[line].queue.add(folded, ready);
        }
    }
}

void Outbox::release(const ReleaseNotifications& release) {
    const auto now = clock_.now().steady;
    std::vector<LetterNumber> drafts;
    const auto as_lines = std::exchange(lines_of_[release.draft], {});
    for (const auto& [number, kept] : kept_)
        if (kept.draft == release.draft) drafts.push_back(number);
    for (const auto number : drafts) {
        const auto found = kept_.find(number);
        if (found == kept_.end()) continue;
        auto& kept = found->second;
        kept.draft.clear();
        kept.ready = std::min(kept.ready, now);
        auto letter = read(number);
        if (!letter) continue;
        for (const auto line : kept.lacking)
            lines_[line].queue.release(number, now);
        if (!release.body && release.details.empty()) continue;
        letter->draft.clear();
        if (release.body) letter->notification.body = *release.body;
        auto& details = letter->notification.details;
        details.insert(details.end(), release.details.begin(), release.details.end());
        store(number, std::move(*letter));
    }
    if (as_lines.size() > 1) fold_together(as_lines);
    wake();
}

std::vector<LetterNumber> Outbox::fold_together(const std::vector<LetterNumber>& numbers) {
    Merge merge{numbers};
    fold_on(merge, std::numeric_limits<std::size_t>::max());
    return merge.folded;
}

/// At most so many letters are read or removed; says whether all is done. Whatever ends us in between leaves
/// a letter that says which ones it replaces.
bool Outbox::fold_on(Merge& merge, std::size_t most) {
    for (; merge.read < merge.numbers.size(); ++merge.read) {
        if (most-- == 0) return false;
        const auto number = merge.numbers[merge.read];
        if (auto letter = read(number)) {
            merge.letters.push_back(std::move(*letter));
            merge.found.push_back(number);
        } else {
            forget(number);
        }
    }
    if (merge.found.size() < 2) {
        merge.folded = merge.found;
        for (const auto number : merge.folded)
            enqueue(number);
        return true;
    }
    if (merge.folded.empty()) {
        for (auto& letter : fold(std::exchange(merge.letters, {}), merge.found)) {
            auto kept = keep_for(letter);
            kept.ready = clock_.now().steady;
            const auto number = next_number();
            kept_.emplace(number, std::move(kept));
            ids_.insert(letter.id);
            store(number, std::move(letter));
            merge.folded.push_back(number);
        }
    }
    for (; merge.forgotten < merge.found.size(); ++merge.forgotten) {
        if (most-- == 0) return false;
        forget(merge.found[merge.forgotten]);
    }
    for (const auto number : merge.folded)
        enqueue(number);
    return true;
}

void Outbox::fold_due() {
    for (auto& numbers : gate_.due(clock_.now().steady))
        merges_.push_back({std::move(numbers)});
    fold_a_little();
    wake();
}

/// Events that come meanwhile are acknowledged meanwhile, however much there is to fold.
void Outbox::fold_a_little() {
    constexpr std::size_t at_once = 50;
    reactor_.cancel(fold_timer_);
    fold_timer_ = 0;
    if (merges_.empty()) return;
    if (fold_on(merges_.front(), at_once)) {
        merges_.pop_front();
        wake();
    }
    if (!merges_.empty()) fold_timer_ = reactor_.after(Duration{1}, [this] { fold_a_little(); });
}

void Outbox::hurry() {
    for (auto& line : lines_)
        line.queue.hurry(clock_.now().steady);
    hurried_ = true;
    for (auto& merge : std::exchange(merges_, {}))
        fold_on(merge, std::numeric_limits<std::size_t>::max());
    for (const auto& numbers : gate_.all())
        fold_together(numbers);
    if (dropped_ > 0) say(fmt::format("{} notifications were dropped in all", dropped_));
    wake();
}

bool Outbox::idle() const {
    if (!hurried_) return kept_.empty();
    return std::ranges::all_of(lines_, [](const Line& line) { return line.queue.idle(); });
}

}  // namespace keenlance
