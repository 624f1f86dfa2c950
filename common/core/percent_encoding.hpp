#pragma once
/// What stands for other characters in a URL (RFC 3986, 2.1). Pure.

#include <string>
#include <string_view>

namespace keenlance {

/// Every %20 and the like by its byte; a % that begins none stays.
std::string percent_decoded(std::string_view text);

}  // namespace keenlance
