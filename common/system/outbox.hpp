#pragma once
/// The Notifier of every listener: keeps notifications, on disk where there is a spool, until each channel
/// has taken them.
///
/// A notification becomes a Letter with a number. The FloodGate lets it pass or holds it back until several
/// are folded into one; what passed stands in the DeliveryQueue of each channel. A letter ends when no
/// channel lacks it, or when it has become too old.

#include <keenlance/core/export.hpp>
#include <keenlance/notify/channel.hpp>
#include <keenlance/notify/delivery_queue.hpp>
#include <keenlance/notify/flood_gate.hpp>
#include <keenlance/ports/clock.hpp>
#include <keenlance/ports/notifier.hpp>
#include <keenlance/system/log.hpp>
#include <keenlance/system/reactor.hpp>
#include <keenlance/system/spool.hpp>
#include <keenlance/system/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keenlance {

struct OutboxSettings {
    std::string program;  ///< whose notifications these are: "crashmail"
    std::vector<Channel> channels;
    std::string spool;  ///< a folder; empty: notifications live in memory, and end with the program
    std::optional<Duration> keep;  ///< how long it is tried; default: 3 days with a spool, an hour without
    FloodSettings flood;
    Secrets secrets;  ///< which are kept out of the log
};

/// Logs what becomes of each notification. `clock`'s steady time must move on by itself: timers wait on the
/// Reactor's, and look at this one when they fire.
class KEENLANCE_API Outbox : public Notifier {
  public:
    /// Bounds of what lives in memory; beyond them the oldest is dropped, which is counted and logged.
    static constexpr std::size_t most_in_memory = 1000;
    static constexpr std::size_t most_bytes_in_memory = std::size_t{16} * 1024 * 1024;

    /// One transport a channel, in their order. What a spool still holds is taken up at once.
    Outbox(Reactor& reactor, Clock& clock, LogSink& log, OutboxSettings settings,
           std::vector<std::unique_ptr<Transport>> transports);
    ~Outbox() override;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    Outbox(Outbox&&) = delete;
    Outbox& operator=(Outbox&&) = delete;

    void caused_by(const Event* event) override;
    void send(const Notify& notify) override;
    void leave_word(const LeaveWord& word) override;
    void take_back(const TakeBackWord& word) override;
    void release(const ReleaseNotifications& release) override;
    void hurry() override;
    [[nodiscard]] bool idle() const override;

  private:
    struct Kept {
        std::unique_ptr<Letter> letter;  // nothing: it is in the spool
        std::size_t bytes = 0;           // in memory
        WallTime created;
        std::string id, subject;  // the latter for the log
        std::string draft;
        bool is_line = false;    // of a draft whose letters become one, line by line
        bool is_folded = false;  // is several of them
        SteadyTime ready;
        std::set<std::size_t> lacking;  // the lines that have not taken it yet
        std::set<std::string> marks;    // of those that have
    };
    /// Letters that are becoming one.
    struct Merge {
        std::vector<LetterNumber> numbers;
        std::size_t read = 0;
        std::vector<Letter> letters{};
        std::vector<LetterNumber> found{};   // those of `numbers` that are still there
        std::vector<LetterNumber> folded{};  // what they have become, and what can't be read now
    };
    struct Line {
        Channel channel;
        std::unique_ptr<Transport> transport;
        DeliveryQueue queue;
        Reactor::TimerId timer = 0;
        bool has_old = false;  // perhaps: letters to be given up
    };

    /// Of what nobody waits for, so much is done in one turn: events that come meanwhile are acknowledged
    /// meanwhile. To remove a file may take a millisecond (a file system mounted with "discard").
    static constexpr Duration at_once{5};

    // outbox.cpp: what comes in
    [[nodiscard]] Letter write_letter(const Notify& notify);
    [[nodiscard]] std::string next_id();
    [[nodiscard]] LetterNumber next_number();
    [[nodiscard]] Kept keep_for(const Letter& letter) const;
    void admit(LetterNumber number, const Notification& notification);
    void enqueue(LetterNumber number);
    std::vector<LetterNumber> fold_together(const std::vector<LetterNumber>& numbers);
    void keep(LetterNumber number, Kept kept);
    void add_line(LetterNumber number, const std::string& draft);
    bool fold_on(Merge& merge, SteadyTime until);
    void fold_due();
    void do_chores();
    void do_chores_soon();
    [[nodiscard]] bool has_chores() const;

    // outbox_store.cpp: where letters are
    bool open_spool();
    void load();
    bool store(LetterNumber number, Letter letter);
    void store_what_is_in_memory();
    void drop_the_oldest();
    [[nodiscard]] std::optional<Letter> read(LetterNumber number);
    void forget(LetterNumber number);
    void remove_forgotten(SteadyTime until);
    void complain_of_spool(const std::string& message);

    // outbox_delivery.cpp: what goes out
    void wake();
    void wake(Line& line);
    void try_next(std::size_t index);
    void give_up_old(Line& line, SteadyTime until);
    void on_answer(std::size_t index, LetterNumber number, const Answer& answer);
    void took(std::size_t index, LetterNumber number);
    void say(const std::string& text);

    Reactor& reactor_;
    Clock& clock_;
    LogSink& log_;
    OutboxSettings settings_;
    std::vector<Line> lines_;
    FloodGate gate_;
    Reactor::TimerId gate_timer_ = 0;
    std::deque<Merge> merges_;
    /// What is still to be removed from the spool, in this order: what replaces others is removed after them,
    /// so that they are not told once more by the next one.
    std::deque<std::pair<LetterNumber, std::set<std::string>>> forgotten_;
    Reactor::TimerId chores_timer_ = 0;
    std::optional<Spool> spool_;
    std::optional<SteadyTime> next_open_;  // of a spool that could not be opened
    std::string last_complaint_;
    std::map<LetterNumber, Kept> kept_;
    std::set<std::string_view> ids_;  // of those kept: theirs
    std::map<std::string, std::vector<LetterNumber>> drafts_;
    /// Letters in the spool that no queue knows of: the next one to load it takes them for any others.
    std::map<std::string, LetterNumber> words_;
    LetterNumber last_number_ = 0;
    std::size_t in_memory_ = 0, bytes_in_memory_ = 0;
    std::uint64_t dropped_ = 0;
    std::string host_, life_, supervisor_;
    const Event* cause_ = nullptr;  // of what is told now
    std::uint64_t told_ = 0;        // of this cause
    std::uint64_t uncaused_ = 0;
    bool hurried_ = false;
};

}  // namespace keenlance
