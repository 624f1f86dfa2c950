#pragma once
/// `%(here)s` and its like: Python's `text % values`, the way supervisord fills in the values of its
/// configuration. Pure.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace keenlance {

/// What a name stands for. supervisord's are text, but for process_num and numprocs.
using PercentValue = std::variant<std::string, std::int64_t>;

/// What all names stand for.
class KEENLANCE_API PercentValues {
  public:
    PercentValues() = default;
    PercentValues(std::initializer_list<std::pair<const std::string, PercentValue>> values) : own_(values) {}
    /// Where it has no value of a name, that of `others` counts, which must outlive it and its copies: all
    /// programs share an environment.
    [[nodiscard]] static PercentValues on_top_of(const PercentValues& others);

    PercentValue& operator[](const std::string& name) { return own_[name]; }
    void erase(const std::string& name) { own_.erase(name); }
    /// nullptr where there is none.
    [[nodiscard]] const PercentValue* find(std::string_view name) const;

  private:
    std::map<std::string, PercentValue, std::less<>> own_;
    const PercentValues* others_ = nullptr;
};

/// Fills in `%(name)s`, `%(name)d`, `%(name)02d` and every other conversion that Python has for text and
/// whole numbers;
/// `%%` is a percent sign. Error `invalid`, without a place, for a name that `values` lacks (the message has
/// it), a conversion that Python refuses (%d of text, a lone %, …), a width or precision over 1000, and what
/// Python takes but no configuration means: a conversion without a name ("date +%s" puts all of supervisord's
/// environment there), %r and %a of text, and '#' with %e, %f, %g.
KEENLANCE_API Result<std::string> expand_percent(std::string_view text, const PercentValues& values);

}  // namespace keenlance
