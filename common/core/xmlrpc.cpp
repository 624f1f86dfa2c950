#include <keenlance/core/text.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>

namespace keenlance::xmlrpc {

namespace {

constexpr std::string_view prolog = "<?xml version='1.0'?>\n";

template <class... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    out += fmt::format(format, std::forward<Args>(args)...);
}

/// XML 1.0 (2.2) Char.
bool fits_xml(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (first < 0x20U) return first == '\t' || first == '\n' || first == '\r';
    return character != "\uFFFE" && character != "\uFFFF";
}

void append_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = valid_utf8_at(text);
        const auto character = text.substr(0, length == 0 ? 1 : length);
        if (length == 0 || !fits_xml(character)) {
            out += '?';
        } else if (character == "&") {
            out += "&amp;";
        } else if (character == "<") {
            out += "&lt;";
        } else if (character == ">") {
            out += "&gt;";
        } else if (character == "\r") {
            out += "&#13;";  // a bare one would arrive as a line feed
        } else {
            out += character;
        }
        text.remove_prefix(character.size());
    }
}

void append_value(std::string& out, const Value& value);

void append_int(std::string& out, std::int64_t number) {
    using Limits = std::numeric_limits<std::int32_t>;
    const bool small = number >= Limits::min() && number <= Limits::max();
    const std::string_view tag = small ? "int" : "i8";
    append(out, "<{0}>{1}</{0}>", tag, number);
}

void append_array(std::string& out, const Array& array) {
    out += "<array><data>";
    for (const auto& element : array)
        append_value(out, element);
    out += "</data></array>";
}

void append_struct(std::string& out, const Struct& members) {
    out += "<struct>";
    for (const auto& [name, value] : members) {
        out += "<member><name>";
        append_text(out, name);
        out += "</name>";
        append_value(out, value);
        out += "</member>";
    }
    out += "</struct>";
}

void append_value(std::string& out, const Value& value) {
    out += "<value>";
    if (const auto* truth = value.as_bool()) {
        append(out, "<boolean>{}</boolean>", *truth ? 1 : 0);
    } else if (const auto* number = value.as_int()) {
        append_int(out, *number);
    } else if (const auto* real = value.as_double()) {
        append(out, "<double>{}</double>", *real);
    } else if (const auto* text = value.as_string()) {
        out += "<string>";
        append_text(out, *text);
        out += "</string>";
    } else if (const auto* array = value.as_array()) {
        append_array(out, *array);
    } else if (const auto* members = value.as_struct()) {
        append_struct(out, *members);
    } else {
        out += "<nil/>";
    }
    out += "</value>";
}

}  // namespace

const Value* Value::member(std::string_view name) const {
    const auto* members = as_struct();
    if (members == nullptr) return nullptr;
    const auto found = std::ranges::find(*members, name, &Member::name);
    return found == members->end() ? nullptr : &found->value;
}

std::optional<std::string_view> named_twice(const Struct& members) {
    std::vector<std::string_view> names(members.size());
    std::ranges::transform(members, names.begin(), &Member::name);
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    return twice == names.end() ? std::nullopt : std::optional(*twice);
}

std::string_view Value::kind() const {
    constexpr std::array<std::string_view, 7> kinds{"nil",    "boolean", "int",   "double",
                                                    "string", "array",   "struct"};
    static_assert(kinds.size() == std::variant_size_v<decltype(data_)>);
    return kinds.at(data_.index());
}

std::string format_call(const MethodCall& call) {
    std::string out(prolog);
    out += "<methodCall><methodName>";
    append_text(out, call.method);
    out += "</methodName><params>";
    for (const auto& param : call.params) {
        out += "<param>";
        append_value(out, param);
        out += "</param>";
    }
    out += "</params></methodCall>\n";
    return out;
}

std::string format_response(const Value& value) {
    std::string out(prolog);
    out += "<methodResponse><params><param>";
    append_value(out, value);
    out += "</param></params></methodResponse>\n";
    return out;
}

std::string format_fault(int code, std::string_view message) {
    std::string out(prolog);
    out += "<methodResponse><fault>";
    append_value(out, Struct{{"faultCode", code}, {"faultString", std::string(message)}});
    out += "</fault></methodResponse>\n";
    return out;
}

MethodCall multicall(const std::vector<MethodCall>& calls) {
    Array list;
    list.reserve(calls.size());
    for (const auto& call : calls)
        list.emplace_back(Struct{{"methodName", call.method}, {"params", call.params}});
    MethodCall all{"system.multicall", {}};
    all.params.emplace_back(std::move(list));  // in braces it could be taken for the params themselves
    return all;
}

}  // namespace keenlance::xmlrpc
