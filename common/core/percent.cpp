#include <keenlance/core/percent.hpp>
#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace keenlance {

namespace {

constexpr std::size_t widest = 1000;

/// One `%(key)-05.2d`, taken apart.
struct Conversion {
    std::string_view key;
    bool left = false;
    bool plus = false;
    bool blank = false;
    bool alternate = false;
    bool zero = false;
    std::size_t width = 0;
    std::optional<std::size_t> precision;
    char type = 0;
    std::size_t end = 0;  // where the text goes on
};

/// A converted value before it is padded: Python pads between these for numbers.
struct Pieces {
    std::string sign;
    std::string prefix;  // 0x
    std::string body;
    bool number = false;
};

/// Reads one conversion; `at` is just behind the '%'. Mirrors unicode_format_arg_parse in CPython's
/// unicodeobject.c.
class ConversionReader {
  public:
    ConversionReader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    Result<Conversion> read() {
        if (peek() != '(')
            return invalid(fmt::format("'%{}' has no (name); write %% for a percent sign",
                                       printable(python::first_characters(text_.substr(at_), 1))));
        if (!read_key()) return invalid("a '%(' is never closed; write %% for a percent sign");
        read_flags();
        const bool sound = read_number(conversion_.width) && read_precision();
        if (!sound)
            return invalid(
                fmt::format("%({}) wants a width above {}", printable(conversion_.key, 60), widest));
        if (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
        if (at_ >= text_.size())
            return invalid(fmt::format("%({0}) stops short; write %({0})s", printable(conversion_.key, 60)));
        conversion_.type = text_[at_++];
        conversion_.end = at_;
        return conversion_;
    }

  private:
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool read_key() {
        const std::size_t begin = ++at_;
        for (int depth = 1; at_ < text_.size(); ++at_) {
            if (text_[at_] == '(') ++depth;
            if (text_[at_] == ')' && --depth == 0) {
                conversion_.key = text_.substr(begin, at_++ - begin);
                return true;
            }
        }
        return false;
    }

    void read_flags() {
        for (;; ++at_) {
            switch (peek()) {
                case '-':
                    conversion_.left = true;
                    break;
                case '+':
                    conversion_.plus = true;
                    break;
                case ' ':
                    conversion_.blank = true;
                    break;
                case '#':
                    conversion_.alternate = true;
                    break;
                case '0':
                    conversion_.zero = true;
                    break;
                default:
                    return;
            }
        }
    }

    bool read_number(std::size_t& number) {
        number = 0;
        for (; peek() >= '0' && peek() <= '9' && number <= widest; ++at_)
            number = number * 10 + static_cast<std::size_t>(peek() - '0');
        return number <= widest;
    }

    bool read_precision() {
        if (peek() != '.') return true;
        ++at_;
        return read_number(conversion_.precision.emplace(0));
    }

    std::string_view text_;
    std::size_t at_;
    Conversion conversion_;
};

Pieces integer_number(const Conversion& how, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    const std::uint64_t size = value < 0 ? 0 - bits : bits;
    Pieces pieces{value < 0 ? "-" : "", "", "", true};
    if (how.type == 'o')
        pieces.body = fmt::format("{:o}", size);
    else if (how.type == 'x')
        pieces.body = fmt::format("{:x}", size);
    else if (how.type == 'X')
        pieces.body = fmt::format("{:X}", size);
    else
        pieces.body = std::to_string(size);
    const std::size_t digits = how.precision.value_or(0);
    if (pieces.body.size() < digits) pieces.body.insert(0, digits - pieces.body.size(), '0');
    if (how.alternate && (how.type == 'o' || how.type == 'x' || how.type == 'X'))
        pieces.prefix = std::string("0") + how.type;
    return pieces;
}

Pieces floating_number(const Conversion& how, std::int64_t value) {
    const std::string spec = fmt::format("{{:.{}{}}}", how.precision.value_or(6), how.type);
    const auto number = static_cast<double>(value);
    return {value < 0 ? "-" : "", "", fmt::format(fmt::runtime(spec), value < 0 ? -number : number), true};
}

Result<Pieces> convert_number(const Conversion& how, std::int64_t value) {
    constexpr std::string_view whole = "diuoxX";
    constexpr std::string_view floating = "eEfFgG";
    if (whole.find(how.type) != npos) return integer_number(how, value);
    if (floating.find(how.type) != npos && !how.alternate) return floating_number(how, value);
    if (floating.find(how.type) != npos)
        return invalid(fmt::format("%({})#{} is not known here", how.key, how.type));
    if (how.type == 'c') {
        auto character = python::character(value);
        if (!character) return invalid(fmt::format("%({})c: {} is no character", how.key, value));
        return Pieces{"", "", std::move(*character), false};
    }
    return Pieces{"", "", std::to_string(value), false};
}

Result<Pieces> convert(const Conversion& how, const PercentValue& value) {
    constexpr std::string_view known = "diuoxXeEfFgGcsra";
    if (known.find(how.type) == npos)
        return invalid(fmt::format("%({0}){1} is no conversion; write %({0})s", printable(how.key, 60),
                                   printable(std::string_view(&how.type, 1))));
    if (const auto* const number = std::get_if<std::int64_t>(&value)) return convert_number(how, *number);
    const auto& text = std::get<std::string>(value);
    if (how.type == 's' || (how.type == 'c' && python::length(text) == 1)) return Pieces{"", "", text, false};
    return invalid(fmt::format("%({0}){1} is text; write %({0})s", printable(how.key, 60), how.type));
}

/// unicode_format_arg_output: '0' fills only numbers, and between the sign and the digits.
std::string pad(const Conversion& how, Pieces pieces) {
    if (how.precision && (how.type == 's' || how.type == 'r' || how.type == 'a'))
        pieces.body = std::string(python::first_characters(pieces.body, *how.precision));
    if (pieces.number && pieces.sign.empty() && how.plus) pieces.sign = "+";
    if (pieces.number && pieces.sign.empty() && how.blank) pieces.sign = " ";
    const std::size_t taken = pieces.sign.size() + pieces.prefix.size() + python::length(pieces.body);
    const std::size_t missing = how.width > taken ? how.width - taken : 0;
    const std::string head = pieces.sign + pieces.prefix;
    if (how.left) return head + pieces.body + std::string(missing, ' ');
    if (how.zero && pieces.number) return head + std::string(missing, '0') + pieces.body;
    return std::string(missing, ' ') + head + pieces.body;
}

Error unknown_name(std::string_view key) {
    const std::string name = printable(key, 60);
    if (key.starts_with("ENV_"))
        return invalid(
            fmt::format("%({})s: supervisord has no environment variable {}", name, name.substr(4)));
    return invalid(fmt::format("%({})s: there is nothing of that name here", name));
}

}  // namespace

PercentValues PercentValues::on_top_of(const PercentValues& others) {
    PercentValues values;
    values.others_ = &others;
    return values;
}

const PercentValue* PercentValues::find(std::string_view name) const {
    const auto found = own_.find(name);
    if (found != own_.end()) return &found->second;
    return others_ == nullptr ? nullptr : others_->find(name);
}

Result<std::string> expand_percent(std::string_view text, const PercentValues& values) {
    std::string out;
    for (std::size_t at = 0;;) {
        const auto percent = text.find('%', at);
        out += text.substr(at, percent == npos ? npos : percent - at);
        if (percent == npos) return out;
        if (text.substr(percent + 1).starts_with('%')) {
            out += '%';
            at = percent + 2;
            continue;
        }
        const auto conversion = ConversionReader(text, percent + 1).read();
        if (!conversion) return conversion.error();
        const auto* const value = values.find(conversion->key);
        if (value == nullptr) return unknown_name(conversion->key);
        auto pieces = convert(*conversion, *value);
        if (!pieces) return pieces.error();
        out += pad(*conversion, std::move(*pieces));
        at = conversion->end;
    }
}

}  // namespace keenlance
