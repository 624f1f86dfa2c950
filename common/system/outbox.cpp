#include <keenlance/core/fnv.hpp>
#include <keenlance/core/text.hpp>
#include <keenlance/system/host.hpp>
#include <keenlance/system/outbox.hpp>

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
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
    reactor_.cancel(chores_timer_);
    remove_forgotten(SteadyTime::max());
    for (const auto& line : lines_)
        reactor_.cancel(line.timer);
}

void Outbox::caused_by(const Event* event) {
    told_ = 0;
    cause_ = event;
    if (event != nullptr) supervisor_ = event->server;
}

std::string Outbox::next_id() {
    if (cause_ == nullptr)
        return fmt::format("keenlance.{:x}.{}.{}@{}", clock_.now().wall.time_since_epoch().count(),
                           ::getpid(), ++uncaused_, host_);
    // An event that comes again, because we were killed before we acknowledged it, has its old serials.
    const auto cause =
        fmt::format("{} {} {} {} {} {} {} {}", life_, settings_.program, cause_->server, cause_->pool,
                    cause_->serial, cause_->pool_serial, cause_->name, cause_->payload);
    return fmt::format("keenlance.{}.{}@{}", hash_of(cause), ++told_, host_);
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
    kept.is_line = !letter.draft.empty() && letter.notification.folding == Folding::lines;
    for (std::size_t line = 0; line < lines_.size(); ++line)
        if (wants(lines_[line].channel, letter.notification)) kept.lacking.insert(line);
    return kept;
}

void Outbox::send(const Notify& notify) {
    Letter letter = write_letter(notify);
    auto kept = keep_for(letter);
    if (kept.lacking.empty() || ids_.contains(letter.id)) return take_back({notify.instead_of});
    if (const auto word = words_.find(notify.instead_of); word != words_.end())
        letter.replaces.push_back(word->second);
    kept.ready = clock_.now().steady + (notify.draft.empty() ? Duration{0} : notify.most);
    const auto number = next_number();
    const bool is_line = kept.is_line;
    keep(number, std::move(kept));
    const Notification notification = letter.notification;
    store(number, std::move(letter));
    take_back({notify.instead_of});
    if (is_line) {
        add_line(number, notify.draft);
    } else {
        admit(number, notification);
    }
    wake();
}

void Outbox::keep(LetterNumber number, Kept kept) {
    const auto placed = kept_.emplace(number, std::move(kept)).first;
    ids_.insert(placed->second.id);
    if (!placed->second.draft.empty()) drafts_[placed->second.draft].push_back(number);
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

/// What is told is the batch, not the line: the gate has nothing to do with it, and some lines at a time
/// become one letter before theirs.
void Outbox::add_line(LetterNumber number, const std::string& draft) {
    constexpr std::ptrdiff_t most_apart = 25;  // to read them takes as long as 25 events
    enqueue(number);
    const auto& letters = drafts_.at(draft);
    const auto apart =
        std::ranges::partition_point(letters, [this](LetterNumber each) { return kept_.at(each).is_folded; });
    if (letters.end() - apart < most_apart) return;
    const auto ready = kept_.at(number).ready;
    for (const auto folded : fold_together({apart, letters.end()})) {
        const auto found = kept_.find(folded);
        if (found == kept_.end()) continue;
        auto& kept = found->second;
        kept.ready = ready;
        if (kept.draft.empty()) drafts_[draft].push_back(folded);
        kept.draft = draft;
        kept.is_line = kept.is_folded = true;
        for (const auto line : kept.lacking) {
            lines_[line].queue.drop(folded);
            lines_[line].queue.add(folded, ready);
        }
    }
}

void Outbox::release(const ReleaseNotifications& release) {
    const auto now = clock_.now().steady;
    const auto drafts = drafts_.extract(release.draft);
    if (drafts.empty()) return;
    std::vector<LetterNumber> as_lines;
    const bool changes = release.body || !release.details.empty();
    for (const auto number : drafts.mapped()) {
        auto letter = changes ? read(number) : std::nullopt;
        const auto found = kept_.find(number);
        if (found == kept_.end()) continue;
        auto& kept = found->second;
        kept.draft.clear();
        kept.ready = std::min(kept.ready, now);
        if (kept.is_line) as_lines.push_back(number);
        for (const auto line : kept.lacking)
            lines_[line].queue.release(number, now);
        if (!letter) continue;
        letter->draft.clear();
        if (release.body) letter->notification.body = *release.body;
        auto& details = letter->notification.details;
        details.insert(details.end(), release.details.begin(), release.details.end());
        store(number, std::move(*letter));
    }
    if (as_lines.size() > 1) {
        for (const auto number : as_lines)
            for (const auto line : kept_.at(number).lacking)
                lines_[line].queue.drop(number);  // until they are one
        merges_.push_back({std::move(as_lines)});
        do_chores_soon();
    }
    wake();
}

std::vector<LetterNumber> Outbox::fold_together(const std::vector<LetterNumber>& numbers) {
    Merge merge{numbers};
    fold_on(merge, SteadyTime::max());
    return merge.folded;
}

/// Reads letters until then, and folds them when it has them all; says whether that is so. Whatever ends us
/// in between leaves a letter that says which ones it replaces.
bool Outbox::fold_on(Merge& merge, SteadyTime until) {
    for (; merge.read < merge.numbers.size(); ++merge.read) {
        const auto number = merge.numbers[merge.read];
        if (auto letter = read(number)) {
            merge.letters.push_back(std::move(*letter));
            merge.found.push_back(number);
        } else if (kept_.contains(number)) {
            merge.folded.push_back(number);
        }
        if (Reactor::now() < until) continue;
        ++merge.read;
        return false;
    }
    if (merge.found.size() < 2) {
        merge.folded.insert(merge.folded.end(), merge.found.begin(), merge.found.end());
    } else {
        for (auto& letter : fold(std::exchange(merge.letters, {}), merge.found)) {
            auto kept = keep_for(letter);
            kept.ready = clock_.now().steady;
            const auto number = next_number();
            keep(number, std::move(kept));
            store(number, std::move(letter));
            merge.folded.push_back(number);
        }
        for (const auto number : merge.found)
            forget(number);
    }
    for (const auto number : merge.folded)
        enqueue(number);
    return true;
}

void Outbox::fold_due() {
    for (auto& numbers : gate_.due(clock_.now().steady))
        merges_.push_back({std::move(numbers)});
    do_chores_soon();
    wake();
}

void Outbox::do_chores() {
    const auto until = Reactor::now() + at_once;
    if (!merges_.empty() && fold_on(merges_.front(), until)) {
        merges_.pop_front();
        wake();
    }
    for (auto& line : lines_)
        if (line.has_old) give_up_old(line, until);
    remove_forgotten(until);
    do_chores_soon();
}

bool Outbox::has_chores() const {
    return !merges_.empty() || !forgotten_.empty() || std::ranges::any_of(lines_, &Line::has_old);
}

void Outbox::do_chores_soon() {
    if (chores_timer_ != 0 || !has_chores()) return;
    chores_timer_ = reactor_.at(Reactor::now(), [this] {
        chores_timer_ = 0;
        do_chores();
    });
}

void Outbox::hurry() {
    for (auto& line : lines_)
        line.queue.hurry(clock_.now().steady);
    hurried_ = true;
    for (auto& merge : std::exchange(merges_, {}))
        fold_on(merge, SteadyTime::max());
    for (const auto& numbers : gate_.all())
        fold_together(numbers);
    if (dropped_ > 0) say(fmt::format("{} notifications were dropped in all", dropped_));
    wake();
}

bool Outbox::idle() const {
    if (has_chores()) return false;
    if (!hurried_) return kept_.empty();
    return std::ranges::all_of(lines_, [](const Line& line) { return line.queue.idle(); });
}

}  // namespace keenlance
