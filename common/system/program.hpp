#pragma once
/// What every program does alike: exit codes, complaints, --help, --version, and the one place that catches.

#include <keenlance/core/export.hpp>
#include <keenlance/core/options.hpp>
#include <keenlance/core/result.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keenlance {

/// The same in every program and every man page.
namespace exit_code {
inline constexpr int done = 0;
inline constexpr int not_reached = 1;  ///< the target was not reached
inline constexpr int usage = 2;        ///< an option is wrong
inline constexpr int environment =
    3;  ///< no supervisord, not run as a listener, the machine is out of something
}  // namespace exit_code

/// "memmon: message" on stderr, one line; returns `code`, so that a main can end with it.
KEENLANCE_API int complain(std::string_view program, std::string_view message, int code);

/// Writes all of `text` to stdout; returns exit_code::done, or not_reached where stdout does not take it.
KEENLANCE_API int print(std::string_view text);

/// main() of every program: opens missing standard descriptors (on /dev/null), handles --help, --version and
/// wrong options, and turns an exception into one line on stderr and exit_code::environment.
KEENLANCE_API int run_main(int argc, char** argv, const CommandLineSpec& spec,
                           const std::function<int(const ParsedOptions&)>& body);

/// How a listener introduces itself to someone who runs it by hand.
struct ListenerIntroduction {
    std::string does;     ///< "restarts processes that use too much memory"
    std::string example;  ///< its arguments: "-a 200MB"
    std::string events;   ///< "TICK_60"
};

/// Understands a command line and touches nothing: what is to be run, or an Error `invalid` for the operator.
using Prepare = std::function<Result<std::function<int()>>(const ParsedOptions&)>;

/// What a listener can also be asked for from a shell; nothing: the command line does not ask for it.
using ByHand = std::function<std::optional<int>(const ParsedOptions&)>;

/// run_main for an event listener. What `prepare` refuses is a usage error, as is a wrong option. Run by hand
/// (stdin is a terminal, or supervisord did not start us), with a sound command line or an empty one, it says
/// in two lines on stderr what it is and how to put it into supervisord.conf, and exits
/// exit_code::environment; --test is run wherever it is given.
KEENLANCE_API int run_listener_main(int argc, char** argv, const CommandLineSpec& spec,
                                    const ListenerIntroduction& introduction, const Prepare& prepare,
                                    const ByHand& by_hand = {});

}  // namespace keenlance
