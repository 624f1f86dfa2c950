#pragma once
/// The listener's end of the protocol: reads events from one descriptor, answers on another, and never waits
/// for work.
///
/// The only writer of the protocol. An event is handed over, then acknowledged at once: supervisord discards
/// events while a listener is busy, and what a handler has taken over is its own to finish.

#include <keenlance/core/event.hpp>
#include <keenlance/core/export.hpp>
#include <keenlance/system/reactor.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <functional>
#include <string_view>

namespace keenlance {

class KEENLANCE_API EventChannel {
  public:
    /// Half an event that does not go on for this long is given up: supervisord writes an event in one go.
    static constexpr Duration stall_limit{5'000};

    struct Handlers {
        std::function<void(Event)> event;                 ///< must return at once
        std::function<void(std::string_view)> bad_input;  ///< one line: what came instead of an event
        std::function<void()> closed;                     ///< once: no more events will come
    };

    EventChannel(Reactor& reactor, UniqueFd in, UniqueFd out, Handlers handlers);
    ~EventChannel();
    EventChannel(const EventChannel&) = delete;
    EventChannel& operator=(const EventChannel&) = delete;
    EventChannel(EventChannel&&) = delete;
    EventChannel& operator=(EventChannel&&) = delete;

    /// Says READY for the first time.
    void open();
    /// Takes no further event; one that was received is acknowledged. Does not call Handlers::closed.
    void close();

  private:
    void on_readable();
    void take_events();
    void on_stall();
    void acknowledge();
    void write(std::string_view text);
    void end();

    Reactor& reactor_;
    UniqueFd in_;
    UniqueFd out_;
    Handlers handlers_;
    EventParser parser_;
    Reactor::TimerId stall_timer_ = 0;
    bool open_ = false;
};

}  // namespace keenlance
