#include <keenlance/core/text.hpp>
#include <keenlance/system/outbox.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace keenlance {

namespace {

constexpr Duration between_openings{15'000};
constexpr Duration longest_draft{3'600'000};  // of one that a clock set back would keep for years

}  // namespace

void Outbox::complain_of_spool(const std::string& message) {
    if (message != last_complaint_)
        log_.write(message + "; until then notifications are kept in memory only");
    last_complaint_ = message;
}

bool Outbox::open_spool() {
    if (!spool_) return false;
    if (spool_->is_open()) return true;
    const auto now = clock_.now().steady;
    if (next_open_ && now < *next_open_) return false;
    next_open_ = now + between_openings;
    if (const auto opened = spool_->open(); !opened) {
        complain_of_spool(opened.error().message);
        return false;
    }
    if (!last_complaint_.empty()) log_.write(fmt::format("the spool {} can be used now", spool_->folder()));
    last_complaint_.clear();
    load();
    return true;
}

void Outbox::load() {
    std::vector<std::string> complaints;
    auto letters = spool_->load(complaints);
    for (const auto& complaint : complaints)
        log_.write(complaint);
    std::set<LetterNumber> replaced;
    LetterNumber highest = 0;
    for (const auto& each : letters) {
        replaced.insert(each.letter.replaces.begin(), each.letter.replaces.end());
        highest = std::max(highest, each.number);
    }
    const auto now = clock_.now();
    std::size_t waiting = 0;
    std::map<std::string, std::vector<LetterNumber>> lines;  // of batches that were not yet complete
    for (auto& each : letters) {
        if (kept_.contains(each.number)) continue;
        auto kept = keep_for(each.letter);
        std::erase_if(kept.lacking,
                      [&](std::size_t line) { return each.taken_by.contains(lines_[line].channel.key); });
        if (kept.lacking.empty() || replaced.contains(each.number)) {
            forgotten_.emplace_back(each.number, each.taken_by);
            continue;
        }
        kept.marks = each.taken_by;
        kept.ready = now.steady;
        if (!kept.draft.empty())
            kept.ready += std::clamp(each.letter.ready - now.wall, Duration{0}, longest_draft);
        const bool is_line = kept.is_line;
        keep(each.number, std::move(kept));
        ++waiting;
        if (is_line) {
            lines[each.letter.draft].push_back(each.number);
        } else {
            admit(each.number, each.letter.notification);
        }
    }
    if (waiting > 0) {
        log_.write(fmt::format("{} notification{} from before wait{} in {}", waiting, waiting == 1 ? "" : "s",
                               waiting == 1 ? "s" : "", spool_->folder()));
    }
    last_number_ = std::max(last_number_, highest);
    for (const auto& [draft, numbers] : lines)
        fold_together(numbers);
    store_what_is_in_memory();
    do_chores_soon();
}

bool Outbox::store(LetterNumber number, Letter letter) {
    auto& kept = kept_.at(number);
    if (open_spool()) {
        const auto stored = spool_->store(number, letter);
        if (stored) {
            if (std::exchange(kept.letter, nullptr)) {
                --in_memory_;
                bytes_in_memory_ -= std::exchange(kept.bytes, 0);
            }
            if (!last_complaint_.empty()) {
                log_.write(fmt::format("the spool {} takes notifications again", spool_->folder()));
                last_complaint_.clear();
                store_what_is_in_memory();
            }
            return true;
        }
        complain_of_spool(stored.error().message);
    }
    if (kept.letter)
        bytes_in_memory_ -= kept.bytes;
    else
        ++in_memory_;
    kept.bytes = letter.notification.body.size() + letter.notification.subject.size();
    bytes_in_memory_ += kept.bytes;
    kept.letter = std::make_unique<Letter>(std::move(letter));
    drop_the_oldest();
    return false;
}

void Outbox::store_what_is_in_memory() {
    if (in_memory_ == 0 || !spool_ || !spool_->is_open()) return;
    for (auto& [number, kept] : kept_) {
        if (!kept.letter) continue;
        if (!spool_->store(number, *kept.letter)) return;
        kept.letter.reset();
        --in_memory_;
        bytes_in_memory_ -= std::exchange(kept.bytes, 0);
    }
}

void Outbox::drop_the_oldest() {
    while (in_memory_ > most_in_memory || (bytes_in_memory_ > most_bytes_in_memory && in_memory_ > 1)) {
        // One that is under way may yet be taken: it would be told and counted as dropped.
        const auto is_under_way = [this](LetterNumber number) {
            return std::ranges::any_of(
                lines_, [number](const Line& line) { return line.queue.is_under_way(number); });
        };
        const auto oldest = std::ranges::find_if(
            kept_, [&](const auto& each) { return each.second.letter && !is_under_way(each.first); });
        if (oldest == kept_.end()) return;
        const auto before = dropped_;
        dropped_ += oldest->second.letter->count;
        if (before == 0 || dropped_ / 100 > before / 100) {
            say(fmt::format(
                "more than {} notifications are waiting; dropped the oldest, \"{}\" ({} dropped so "
                "far)",
                in_memory_ - 1, oldest->second.subject, dropped_));
        }
        forget(oldest->first);
    }
}

/// Nothing: it is gone, which is said here; or, where it is still kept, it can't be read now.
std::optional<Letter> Outbox::read(LetterNumber number) {
    const auto found = kept_.find(number);
    if (found == kept_.end()) return std::nullopt;
    if (found->second.letter) return *found->second.letter;
    auto letter = spool_->read(number);
    if (letter) return std::move(*letter);
    const auto& error = letter.error();
    if (error.kind == ErrorKind::system && error.code != ENOENT) {
        log_.write(error.message + "; trying again later");
        return std::nullopt;
    }
    say(fmt::format("\"{}\" is lost, {}: {}", found->second.subject,
                    error.kind == ErrorKind::system ? "somebody took it out of the spool"
                                                    : "somebody wrote into it; it is set aside",
                    error.message));
    if (error.kind != ErrorKind::system) spool_->set_aside(number);
    forget(number);
    return std::nullopt;
}

void Outbox::forget(LetterNumber number) {
    const auto found = kept_.find(number);
    if (found == kept_.end()) return;
    auto& kept = found->second;
    for (const auto line : kept.lacking)
        lines_[line].queue.drop(number);
    if (kept.letter) {
        --in_memory_;
        bytes_in_memory_ -= kept.bytes;
    } else {
        forgotten_.emplace_back(number, std::move(kept.marks));
        do_chores_soon();
    }
    if (const auto drafts = drafts_.find(kept.draft); drafts != drafts_.end()) {
        std::erase(drafts->second, number);
        if (drafts->second.empty()) drafts_.erase(drafts);
    }
    std::erase_if(words_, [number](const auto& word) { return word.second == number; });
    ids_.erase(kept.id);
    kept_.erase(found);
}

void Outbox::leave_word(const LeaveWord& word) {
    take_back({word.name});
    if (!spool_) return;
    // Not by its event's: when that comes again, what it leads to then is left to be told, too.
    const auto* const cause = std::exchange(cause_, nullptr);
    Letter letter = write_letter({word.notification});
    cause_ = cause;
    auto kept = keep_for(letter);
    if (kept.lacking.empty()) return;
    const auto number = next_number();
    keep(number, std::move(kept));
    words_[word.name] = number;
    store(number, std::move(letter));
}

void Outbox::take_back(const TakeBackWord& word) {
    if (const auto found = words_.find(word.name); found != words_.end()) forget(found->second);
}

void Outbox::remove_forgotten(SteadyTime until) {
    while (!forgotten_.empty()) {
        spool_->remove(forgotten_.front().first, forgotten_.front().second);
        forgotten_.pop_front();
        if (Reactor::now() >= until) return;
    }
}

}  // namespace keenlance
