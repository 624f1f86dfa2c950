#include <keenlance/core/mail_address_internal.hpp>
#include <keenlance/core/text.hpp>

#include <cstddef>
#include <utility>

namespace keenlance {

namespace {

/// Follows the quotes, comments and angles of an address list (RFC 5322), one character after the other.
class Nesting {
  public:
    enum class Place { outside, quoted, comment, angle, bracket };

    /// Where `ch` stands; quotes and parentheses are in what they enclose, "<" and ">" are brackets.
    Place step(char ch) {
        const Place before = place();
        if (escaped_) {
            escaped_ = false;
        } else if (ch == '\\' && (quoted_ || comments_ > 0)) {
            escaped_ = true;
        } else if (comments_ > 0) {
            if (ch == '(') ++comments_;
            if (ch == ')') --comments_;
        } else if (ch == '"') {
            quoted_ = !quoted_;
        } else if (!quoted_) {
            if (ch == '(') ++comments_;
            if (ch == '<' || ch == '>') {
                angle_ = ch == '<';
                return Place::bracket;
            }
        }
        return before == Place::outside ? place() : before;
    }

  private:
    [[nodiscard]] Place place() const {
        if (comments_ > 0) return Place::comment;
        if (angle_) return Place::angle;
        return quoted_ ? Place::quoted : Place::outside;
    }

    std::size_t comments_ = 0;
    bool angle_ = false;
    bool quoted_ = false;
    bool escaped_ = false;
};

Mailbox parse_mailbox(std::string_view text) {
    Mailbox mailbox;
    std::string around;
    Nesting nesting;
    for (const char ch : text) {
        const auto place = nesting.step(ch);
        if (place == Nesting::Place::angle) mailbox.angle += ch;
        if (place != Nesting::Place::outside && place != Nesting::Place::quoted) continue;
        around += ch;
        if (place == Nesting::Place::outside || (ch != '"' && ch != '\\')) mailbox.phrase += ch;
    }
    // A folded line of blanks alone would end the header for some readers.
    for (const auto word : split_words(text))
        mailbox.text.append(mailbox.text.empty() ? "" : " ").append(word);
    mailbox.angle = trim(mailbox.angle);
    mailbox.phrase = trim(mailbox.phrase);
    mailbox.address = mailbox.angle.empty() ? trim(around) : mailbox.angle;
    return mailbox;
}

}  // namespace

std::vector<Mailbox> mailboxes_in(std::string_view text) {
    std::vector<Mailbox> mailboxes;
    const auto add = [&](std::string_view piece) {
        auto mailbox = parse_mailbox(piece);
        if (!mailbox.address.empty()) mailboxes.push_back(std::move(mailbox));
    };
    Nesting nesting;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (nesting.step(text[at]) != Nesting::Place::outside || (text[at] != ',' && text[at] != ';'))
            continue;
        add(text.substr(begin, at - begin));
        begin = at + 1;
    }
    add(text.substr(begin));
    return mailboxes;
}

}  // namespace keenlance
