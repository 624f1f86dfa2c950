// The reading half of xmlrpc.hpp, and the only place that knows tinyxml2.

#include <keenlance/core/text.hpp>
#include <keenlance/core/xml_source_internal.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

#include <fmt/core.h>
#include <tinyxml2.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace keenlance::xmlrpc {

namespace {

using tinyxml2::XMLDocument;
using tinyxml2::XMLElement;
using tinyxml2::XMLNode;

// A level costs three elements (value, struct, member), beside those around the first and the innermost
// <name>; tinyxml2 counts the document as well. So max_depth is what refuses values, and the other bounds
// what is none.
static_assert(3 * max_depth + 4 <= xml::deepest_element);
static_assert(xml::deepest_element + 1 < TINYXML2_MAX_ELEMENT_DEPTH);

/// What stands in an element, comments aside: its text put together, and its child elements in their order.
struct Content {
    std::string text;
    std::vector<const XMLElement*> elements;
};

std::string_view tag(const XMLElement& element) {
    return element.Name();
}

Result<std::string> text_of(const tinyxml2::XMLText& text) {
    if (text.CData()) return std::string(text.Value());
    return xml::decode_references(text.Value());
}

Result<Content> content_of(const XMLNode& parent) {
    Content content;
    for (const auto* node = parent.FirstChild(); node != nullptr; node = node->NextSibling()) {
        if (const auto* element = node->ToElement()) {
            content.elements.push_back(element);
        } else if (const auto* node_text = node->ToText()) {
            auto text = text_of(*node_text);
            if (!text) return std::move(text).error();
            content.text += *text;
        } else if (node->ToComment() == nullptr && parent.ToDocument() == nullptr) {
            return malformed("a declaration in the middle of the document");
        }
    }
    return content;
}

Result<std::vector<const XMLElement*>> elements_in(const XMLNode& parent) {
    auto content = content_of(parent);
    if (!content) return std::move(content).error();
    if (!trim(content->text).empty())
        return malformed(fmt::format("text outside of a value: '{}'", printable(content->text, 40)));
    return std::move(content->elements);
}

/// The element of that name which `parent` must consist of.
Result<const XMLElement*> only_element_in(const XMLNode& parent, std::string_view name) {
    auto elements = elements_in(parent);
    if (!elements) return std::move(elements).error();
    if (elements->size() != 1 || tag(*elements->front()) != name)
        return malformed(
            fmt::format("{} where one <{}> belongs",
                        elements->empty() ? "nothing" : fmt::format("<{}>", tag(*elements->back())), name));
    return elements->front();
}

Result<Value> read_value(const XMLElement& value, std::size_t depth);

Result<Value> read_array(const XMLElement& element, std::size_t depth) {
    const auto data = only_element_in(element, "data");
    if (!data) return data.error();
    const auto values = elements_in(**data);
    if (!values) return values.error();
    Array array;
    array.reserve(values->size());
    for (const auto* value : *values) {
        if (tag(*value) != "value") return malformed(fmt::format("<{}> in an array", tag(*value)));
        auto read = read_value(*value, depth + 1);
        if (!read) return read;
        array.push_back(std::move(*read));
    }
    return Value(std::move(array));
}

Result<std::string> read_name(const XMLElement& name) {
    auto content = content_of(name);
    if (!content) return std::move(content).error();
    if (!content->elements.empty())
        return malformed(fmt::format("<{}> in a name", tag(*content->elements[0])));
    return std::move(content->text);
}

/// Puts one <member> into `members`; what is wrong with it, or nothing.
std::optional<Error> read_member(const XMLElement& member, std::size_t depth, Struct& members) {
    const auto parts = elements_in(member);
    if (!parts) return parts.error();
    if (tag(member) != "member" || parts->size() != 2 || tag(*parts->front()) != "name" ||
        tag(*parts->back()) != "value")
        return malformed("a struct with something else than members of one name and one value");
    auto name = read_name(*parts->front());
    if (!name) return std::move(name).error();
    auto value = read_value(*parts->back(), depth + 1);
    if (!value) return std::move(value).error();
    members.push_back({std::move(*name), std::move(*value)});
    return std::nullopt;
}

Result<Value> read_struct(const XMLElement& element, std::size_t depth) {
    const auto list = elements_in(element);
    if (!list) return list.error();
    Struct members;
    for (const auto* member : *list)
        if (auto error = read_member(*member, depth, members)) return std::move(*error);
    if (const auto name = named_twice(members))
        return malformed(fmt::format("a struct with '{}' twice", *name));
    return Value(std::move(members));
}

Result<Value> read_typed(const XMLElement& element) {
    const auto content = content_of(element);
    if (!content) return content.error();
    if (!content->elements.empty())
        return malformed(fmt::format("<{}> in <{}>", tag(*content->elements[0]), tag(element)));
    return read_scalar(tag(element), content->text);
}

Result<Value> read_value(const XMLElement& value, std::size_t depth) {
    if (depth > max_depth)
        return Error{ErrorKind::too_large, 0, fmt::format("values nested deeper than {}", max_depth)};
    auto content = content_of(value);
    if (!content) return std::move(content).error();
    if (content->elements.empty()) return Value(std::move(content->text));  // untyped is a string
    if (content->elements.size() > 1 || !trim(content->text).empty())
        return malformed("a value with more in it than one type");
    const auto& typed = *content->elements.front();
    if (tag(typed) == "array") return read_array(typed, depth);
    if (tag(typed) == "struct") return read_struct(typed, depth);
    return read_typed(typed);
}

/// A struct of faultCode and faultString as the Error it tells of; nothing for any other value.
std::optional<Error> fault_in(const Value& value) {
    const auto* code = value.member("faultCode");
    const auto* text = value.member("faultString");
    if (code == nullptr || text == nullptr) return std::nullopt;
    const auto* number = code->as_int();
    const auto* message = text->as_string();
    using Limits = std::numeric_limits<int>;
    if (number == nullptr || message == nullptr || *number < Limits::min() || *number > Limits::max())
        return std::nullopt;
    return Error{ErrorKind::fault, static_cast<int>(*number), printable(*message, 1000)};
}

Result<Value> read_param(const XMLElement& param) {
    const auto value = only_element_in(param, "value");
    return value ? read_value(**value, 1) : Result<Value>(value.error());
}

Result<Value> read_response(const XMLElement& root) {
    const auto parts = elements_in(root);
    if (!parts) return parts.error();
    if (parts->size() == 1 && tag(*parts->front()) == "fault") {
        auto value = read_param(*parts->front());
        if (!value) return value;
        if (auto fault = fault_in(*value)) return std::move(*fault);
        return malformed("a fault without faultCode and faultString");
    }
    const auto params = only_element_in(root, "params");
    if (!params) return params.error();
    const auto param = only_element_in(**params, "param");
    return param ? read_param(**param) : Result<Value>(param.error());
}

Result<MethodCall> read_call(const XMLElement& root) {
    const auto parts = elements_in(root);
    if (!parts) return parts.error();
    const bool has_params = parts->size() == 2 && tag(*parts->back()) == "params";
    if (parts->empty() || tag(*parts->front()) != "methodName" || parts->size() > (has_params ? 2U : 1U))
        return malformed("a call is one methodName and at most one params");
    auto method = read_name(*parts->front());
    if (!method) return std::move(method).error();
    if (method->empty()) return malformed("a call without a method");
    MethodCall call{std::move(*method), {}};
    if (!has_params) return call;
    const auto params = elements_in(*parts->back());
    if (!params) return params.error();
    for (const auto* param : *params) {
        if (tag(*param) != "param") return malformed(fmt::format("<{}> among the params", tag(*param)));
        auto value = read_param(*param);
        if (!value) return std::move(value).error();
        call.params.push_back(std::move(*value));
    }
    return call;
}

/// Parses into `document`, which owns the root element that is handed back.
Result<const XMLElement*> load(XMLDocument& document, std::string_view text, std::string_view root) {
    if (trim(text).empty()) return malformed("an empty text");
    const auto source = xml::prepare(text);
    if (!source) return source.error();
    document.Parse(source->data(), source->size());
    if (document.Error())
        return malformed(
            fmt::format("no XML ({} in line {})", document.ErrorName(), document.ErrorLineNum()));
    return only_element_in(document, root);
}

template <class T>
Result<T> parse(std::string_view text, std::string_view root, Result<T> (*read)(const XMLElement&)) {
    XMLDocument document(false);  // false: references are left to xml::decode_references
    const auto element = load(document, text, root);
    auto result = element ? read(**element) : Result<T>(element.error());
    if (result || result.error().kind == ErrorKind::fault) return result;
    auto error = std::move(result).error();
    error.message =
        fmt::format("not XML-RPC: {}; it begins '{}'", printable(error.message), printable(trim(text), 120));
    return error;
}

}  // namespace

Result<Value> parse_any_response(std::string_view text) {
    return parse(text, "methodResponse", read_response);
}

Result<Value> parse_response(std::string_view text) {
    if (auto value = read_plain_response(text)) return std::move(*value);
    return parse_any_response(text);
}

Result<MethodCall> parse_call(std::string_view text) {
    return parse(text, "methodCall", read_call);
}

Result<std::vector<Result<Value>>> parse_multicall(const Value& answer, std::size_t calls) {
    const auto* list = answer.as_array();
    if (list == nullptr)
        return malformed(fmt::format("system.multicall answered with {}, not an array", answer.kind()));
    if (list->size() != calls)
        return malformed(
            fmt::format("system.multicall answered {} calls with {} results", calls, list->size()));
    std::vector<Result<Value>> results;
    results.reserve(calls);
    for (const auto& value : *list) {
        auto fault = fault_in(value);
        results.push_back(fault ? Result<Value>(std::move(*fault)) : Result<Value>(value));
    }
    return results;
}

}  // namespace keenlance::xmlrpc
