#include <keenlance/core/config.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace keenlance {

namespace {

constexpr std::string_view comment_marks = ";#";

bool begins_comment(std::string_view line, std::size_t at) {
    return at == 0 || python::space_before(line, at);
}

std::size_t first_comment(std::string_view line) {
    for (auto at = line.find_first_of(comment_marks); at != npos;
         at = line.find_first_of(comment_marks, at + 1))
        if (begins_comment(line, at)) return at;
    return npos;
}

/// configparser._read through Python 3.12: each turn looks at the next ';' and the next '#', wherever they
/// are.
std::size_t first_comment_in_turns(std::string_view line) {
    std::array<std::size_t, comment_marks.size()> next{};
    std::size_t start = npos;
    for (bool found = true; found && start == npos;) {
        found = false;
        for (std::size_t i = 0; i < next.size(); ++i) {
            if (next[i] == npos) continue;
            const auto at = line.find(comment_marks[i], next[i]);
            next[i] = at == npos ? npos : at + 1;
            if (at == npos) continue;
            found = true;
            if (begins_comment(line, at)) start = std::min(start, at);
        }
    }
    return start;
}

std::size_t indent_of(std::string_view line) {
    const std::string_view rest = python::lstrip(line);
    return python::length(line.substr(0, line.size() - rest.size()));
}

/// Takes the next line off `text`, without its end.
std::string_view take_line(std::string_view& text) {
    const auto is_end = [](char ch) { return ch == '\n' || ch == '\r'; };
    const auto end = static_cast<std::size_t>(std::ranges::find_if(text, is_end) - text.begin());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + (text.substr(end, 2) == "\r\n" ? 2 : 1)));
    return line;
}

/// configparser._read, a line at a time.
class Reader {
  public:
    Reader(const std::string& file, ConfigDialect dialect) : dialect_(dialect), at_{file, 0} {}

    Status read_line(std::string_view line) {
        ++at_.line;
        const std::string_view bare = python::lstrip(line);
        const bool all_comment = !bare.empty() && comment_marks.find(bare.front()) != npos;
        const std::size_t comment = all_comment ? 0 : comment_start(line);
        const std::string_view value = python::strip(line.substr(0, comment));
        if (value.empty()) {
            if (comment == npos && option_) option_->value += '\n';  // an empty line is part of a value
            return Done{};
        }
        const std::size_t indent = indent_of(line);
        if (option_ && indent > indent_) {
            option_->value.append("\n").append(value);
            return Done{};
        }
        indent_ = indent;
        if (const auto close = value.rfind(']'); value.starts_with('[') && close != npos && close > 1) {
            keep_option();
            section_ = std::string(value.substr(1, close - 1));
            config_.section(*section_, at_);
            return Done{};
        }
        return read_option(value);
    }

    Config finish() {
        keep_option();
        return std::move(config_);
    }

  private:
    Status read_option(std::string_view value) {
        if (!section_) return bad_line("stands before the first [section]", value);
        const auto delimiter = value.find_first_of("=:");
        if (delimiter == npos) return bad_line("is no option; write NAME=VALUE", value);
        const std::string_view name = python::rstrip(value.substr(0, delimiter));
        if (name.empty()) return bad_line("has no option name before the '=' or ':'", value);
        keep_option();
        option_ = ConfigOption{to_lower(name), std::string(python::strip(value.substr(delimiter + 1))), at_};
        return Done{};
    }

    void keep_option() {
        if (!option_) return;
        option_->value.resize(python::rstrip(option_->value).size());
        config_.section(*section_, at_).set(std::move(*option_));
        option_.reset();
    }

    [[nodiscard]] std::size_t comment_start(std::string_view line) const {
        return dialect_ == ConfigDialect::until_python_3_12 ? first_comment_in_turns(line)
                                                            : first_comment(line);
    }

    [[nodiscard]] Error bad_line(std::string_view what, std::string_view value) const {
        return {ErrorKind::invalid, 0, fmt::format("{}: '{}' {}", at_.text(), printable(value, 60), what)};
    }

    ConfigDialect dialect_;
    ConfigPlace at_;
    Config config_;
    std::optional<std::string> section_;
    std::optional<ConfigOption> option_;  // the last one of this section, still growing
    std::size_t indent_ = 0;              // of the line that began the option
};

}  // namespace

std::string ConfigPlace::text() const {
    return fmt::format("{} line {}", file, line);
}

const ConfigOption* ConfigSection::find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &options_[found->second];
}

void ConfigSection::set(ConfigOption option) {
    const auto [found, is_new] = index_.try_emplace(option.name, options_.size());
    if (is_new)
        options_.push_back(std::move(option));
    else
        options_[found->second] = std::move(option);
}

const ConfigSection* Config::find(std::string_view section) const {
    const auto found = index_.find(section);
    return found == index_.end() ? nullptr : &sections_[found->second];
}

const ConfigOption* Config::find(std::string_view section, std::string_view option) const {
    const ConfigSection* const own = find(section);
    if (!own) return nullptr;
    const ConfigOption* const value = own->find(option);
    return value ? value : defaults_.find(option);
}

ConfigSection& Config::section(std::string_view name, const ConfigPlace& at) {
    if (name == defaults_.name()) return defaults_;
    const auto [found, is_new] = index_.try_emplace(std::string(name), sections_.size());
    if (is_new) sections_.emplace_back(std::string(name), at);
    return sections_[found->second];
}

void Config::merge(const Config& later) {
    for (const auto& option : later.defaults_.options())
        defaults_.set(option);
    for (const auto& added : later.sections_) {
        ConfigSection& target = section(added.name(), added.at());
        for (const auto& option : added.options())
            target.set(option);
    }
}

void Config::bake_here(std::string_view here) {
    static constexpr std::string_view name = "%(here)s";
    const auto baked = [here](ConfigOption option) {
        std::string out;
        std::string_view rest = option.value;
        for (auto at = rest.find(name); at != npos; at = rest.find(name)) {
            out.append(rest.substr(0, at)).append(here);
            rest.remove_prefix(at + name.size());
        }
        option.value = out.append(rest);
        return option;
    };
    for (auto& section : sections_) {
        for (const auto& option : defaults_.options())
            if (!section.find(option.name) && option.value.find(name) != npos) section.set(baked(option));
        for (std::size_t i = 0; i < section.options().size(); ++i)
            if (section.options()[i].value.find(name) != npos) section.set(baked(section.options()[i]));
    }
}

Result<Config> parse_config(std::string_view text, const std::string& file, ConfigDialect dialect) {
    if (text.starts_with("\xEF\xBB\xBF"))
        return Error{
            ErrorKind::invalid, 0,
            file + " begins with a byte-order mark, which supervisord does not take; save it without one"};
    if (const auto bad = python::first_invalid_utf8(text)) {
        std::string_view head = text.substr(0, *bad);
        ConfigPlace at{file, 1};
        for (; head.find_first_of("\r\n") != npos; ++at.line)
            take_line(head);
        return Error{
            ErrorKind::invalid, 0,
            fmt::format("{}: byte 0x{:02x} is not UTF-8, and supervisord does not take it; save it as UTF-8",
                        at.text(), static_cast<unsigned char>(text[*bad]))};
    }
    Reader reader(file, dialect);
    while (!text.empty())
        if (const Status status = reader.read_line(take_line(text)); !status) return status.error();
    return reader.finish();
}

}  // namespace keenlance
