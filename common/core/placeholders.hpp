#pragma once
/// {name}, {num} and their like in what an operator says once for many processes. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/process.hpp>

#include <string>
#include <string_view>

namespace keenlance {

/// What {name}, {group}, {num}, {host} and {pid} stand for.
struct KEENLANCE_API Instance {
    Namespec id;
    std::string host;
    int pid = 0;

    /// The digits at the end of the process's name, as written ("03"); empty where it has none.
    [[nodiscard]] std::string number() const;
};

/// As one word for sh, quoted if it has to be.
KEENLANCE_API std::string quoted_for_shell(const std::string& value);

enum class Filling {
    plain,      ///< a URL, an address
    for_shell,  ///< a command line: values that sh would not take as one word are quoted
};

/// Other braces are left alone.
KEENLANCE_API std::string fill_in(std::string_view pattern, const Instance& instance, Filling filling);

}  // namespace keenlance
