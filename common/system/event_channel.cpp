#include <keenlance/core/policy.hpp>
#include <keenlance/system/event_channel.hpp>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace keenlance {

EventChannel::EventChannel(Reactor& reactor, UniqueFd in, UniqueFd out, Handlers handlers)
    : reactor_(reactor), in_(std::move(in)), out_(std::move(out)), handlers_(std::move(handlers)) {}

EventChannel::~EventChannel() {
    close();
}

void EventChannel::open() {
    open_ = true;
    reactor_.watch(in_.get(), POLLIN, [this](short) { on_readable(); });
    write("READY\n");
}

void EventChannel::close() {
    if (!open_) return;
    open_ = false;
    reactor_.cancel(stall_timer_);
    reactor_.unwatch(in_.get());
}

void EventChannel::end() {
    if (!open_) return;
    close();
    handlers_.closed();
}

void EventChannel::on_readable() {
    std::array<char, std::size_t{64} * 1024>
        bytes;  // NOLINT(*-member-init): to zero it cost most of an event
    const auto count = ::read(in_.get(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        if (parser_.in_the_middle()) handlers_.bad_input("input ended: " + parser_.abandon().message);
        return end();
    }
    parser_.push({bytes.data(), static_cast<std::size_t>(count)});
    take_events();
    reactor_.cancel(stall_timer_);
    stall_timer_ = open_ && parser_.in_the_middle() ? reactor_.after(stall_limit, [this] { on_stall(); }) : 0;
}

void EventChannel::take_events() {
    while (open_) {
        auto next = parser_.next();
        if (!next) return;
        std::visit(Overloaded{
                       [this](Event& event) {
                           handlers_.event(std::move(event));
                           acknowledge();
                       },
                       [this](const ProtocolError& error) {
                           handlers_.bad_input(error.message);
                           if (error.answer_due) acknowledge();
                       },
                   },
                   *next);
    }
}

void EventChannel::on_stall() {
    handlers_.bad_input(parser_.abandon().message);
    acknowledge();
}

void EventChannel::acknowledge() {
    // One write: supervisord reads both, and is spared a turn of its loop.
    write(open_ ? "RESULT 2\nOKREADY\n" : "RESULT 2\nOK");
}

void EventChannel::write(std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(out_.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            if (open_) handlers_.bad_input(std::string("cannot answer supervisord: ") + std::strerror(errno));
            return end();
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace keenlance
