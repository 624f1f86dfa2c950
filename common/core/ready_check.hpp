#pragma once
/// How a program shows that others can build on it: a probe that succeeds. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/moment.hpp>
#include <keenlance/core/result.hpp>

#include <string>
#include <string_view>

namespace keenlance {

enum class ReadyKind {
    tcp,          ///< a connection to host:port is accepted
    http,         ///< a GET is answered with a status of 200 to 399; https is verified
    unix_socket,  ///< a connection to the socket is accepted
    file,         ///< the path is there, whatever it is
    command,      ///< /bin/sh ends the command with status 0
};

/// One probe, bounded as a whole by `timeout`.
struct ReadyCheck {
    ReadyKind kind = ReadyKind::tcp;
    std::string target;  ///< "host:port" ("[::1]:80"), the URL, an absolute path, or the command line
    Duration timeout{5'000};

    friend bool operator==(const ReadyCheck&, const ReadyCheck&) = default;
};

/// Reads `tcp://host:port`, `http://…`, `https://…`, `unix:///path`, `file:///path`, `exec:command`; the
/// scheme in any case, blanks around it all left out, paths taken as they are (no %20). Error `invalid` that
/// quotes the text and says what is wrong: no known scheme, no port or one out of 1-65535, a relative path,
/// an empty command.
KEENLANCE_API Result<ReadyCheck> parse_ready_check(std::string_view text);

/// As it was written, for messages: one line, the password of an http or https URL left out.
KEENLANCE_API std::string to_string(const ReadyCheck& check);

}  // namespace keenlance
