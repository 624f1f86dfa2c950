#pragma once
/// What the two readers of XML-RPC share: the one of everything (xmlrpc_parse.cpp, on tinyxml2), and the one
/// of what supervisord itself writes (xmlrpc_plain.cpp), which builds no document. Pure.

#include <keenlance/core/xmlrpc.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keenlance::xmlrpc {

inline Error malformed(std::string message) {
    return {ErrorKind::malformed, 0, std::move(message)};
}

/// The value of `text` as that type: "int", "string", "ex:i8". `malformed` where it is none, or there is no
/// such type.
Result<Value> read_scalar(std::string_view type, std::string_view text);

/// A name that stands in `members` more than once, a view into them; or nothing.
std::optional<std::string_view> named_twice(const Struct& members);

/// The value of a <methodResponse> in the words of Python's xmlrpc.client, which supervisord answers with: no
/// attributes, comments or CDATA, nothing left out. Nothing where the text is of any other kind, or wrong:
/// then the other reader says what it is. An answer of 10,000 processes (11 MB) is a million nodes of a
/// document, half a second and 126 MB.
std::optional<Value> read_plain_response(std::string_view text);

/// parse_response() without that short cut.
Result<Value> parse_any_response(std::string_view text);

}  // namespace keenlance::xmlrpc
