#include <keenlance/core/xml_source_internal.hpp>
#include <keenlance/core/xmlrpc_internal.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace keenlance::xmlrpc {

namespace {

/// Each function takes what it is about from the front of the text; false: it is not there.
class PlainReader {
  public:
    explicit PlainReader(std::string_view text) : rest_(text) {}

    bool response(Value& value) {
        if (here("<?xml ")) {
            rest_.remove_prefix(std::min(rest_.find_first_of("<>?"), rest_.size()));
            if (!here("?>")) return false;
        }
        return tag("<methodResponse>") && tag("<params>") && tag("<param>") && tag("<value>") &&
               value_behind_tag(value, 1) && tag("</param>") && tag("</params>") &&
               tag("</methodResponse>") && is_at_end();
    }

  private:
    void skip_blanks() {
        std::size_t blanks = 0;
        while (blanks < rest_.size() && is_blank(rest_[blanks]))
            ++blanks;
        rest_.remove_prefix(blanks);
    }

    static bool is_blank(char ch) { return ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r'; }

    bool is_at_end() {
        skip_blanks();
        return rest_.empty();
    }

    bool here(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    bool tag(std::string_view word) {
        skip_blanks();
        return here(word);
    }

    /// All that stands before the next markup.
    bool raw_text(std::string_view& text) {
        const auto end = rest_.find('<');
        if (end == std::string_view::npos) return false;
        text = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return true;
    }

    static bool decoded(std::string_view raw, std::string& text) {
        if (xml::is_plain(raw) && raw.find('&') == std::string_view::npos) {
            text = raw;
            return true;
        }
        auto read = xml::decode_references(xml::mend(raw));
        if (read) text = std::move(*read);
        return read.ok();
    }

    bool value_behind_tag(Value& value, std::size_t depth) {
        std::string_view text;
        if (depth > max_depth || !raw_text(text)) return false;
        if (here("</value>")) return string(text, value);  // untyped
        if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
        if (here("<string>"))
            return raw_text(text) && string(text, value) && here("</string>") && tag("</value>");
        if (here("<struct>")) return structure(value, depth) && tag("</value>");
        if (here("<array>")) return array(value, depth) && tag("</value>");
        if (here("<nil/>")) return tag("</value>");
        return scalar(value) && tag("</value>");
    }

    static bool string(std::string_view raw, Value& value) {
        std::string text;
        if (!decoded(raw, text)) return false;
        value = std::move(text);
        return true;
    }

    bool scalar(Value& value) {
        std::string_view type;
        std::string_view text;
        if (!here("<")) return false;
        const auto end = rest_.find('>');
        if (end == std::string_view::npos) return false;
        type = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        std::string plain;
        if (!raw_text(text) || !decoded(text, plain) || !here("</") || !here(type) || !here(">"))
            return false;
        auto read = read_scalar(type, plain);
        if (read) value = std::move(*read);
        return read.ok();
    }

    bool array(Value& value, std::size_t depth) {
        if (!tag("<data>")) return false;
        Array elements;
        while (tag("<value>")) {
            elements.emplace_back();
            if (!value_behind_tag(elements.back(), depth + 1)) return false;
        }
        if (!tag("</data>") || !tag("</array>")) return false;
        value = std::move(elements);
        return true;
    }

    bool structure(Value& value, std::size_t depth) {
        Struct members;
        members.reserve(names_before_.size());
        while (tag("<member>")) {
            std::string_view raw;
            auto& member = members.emplace_back();
            if (!tag("<name>") || !raw_text(raw) || !decoded(raw, member.name) || !here("</name>") ||
                !tag("<value>") || !value_behind_tag(member.value, depth + 1) || !tag("</member>"))
                return false;
        }
        if (!tag("</struct>") || !are_names_single(members)) return false;
        value = std::move(members);
        return true;
    }

    /// The structs of a list are alike: whether a name is there twice is looked for in the first of them.
    bool are_names_single(const Struct& members) {
        if (std::ranges::equal(members, names_before_, {}, &Member::name)) return true;
        if (named_twice(members)) return false;
        names_before_.resize(members.size());
        std::ranges::transform(members, names_before_.begin(), &Member::name);
        return true;
    }

    std::string_view rest_;
    std::vector<std::string> names_before_;  // of the last struct
};

}  // namespace

std::optional<Value> read_plain_response(std::string_view text) {
    Value value;
    return PlainReader(text).response(value) ? std::optional<Value>(std::move(value)) : std::nullopt;
}

}  // namespace keenlance::xmlrpc
