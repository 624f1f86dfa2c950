#pragma once
/// What a command shows: lines that stay, on stdout and stderr, and on a terminal lines below them that
/// change.

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/system/log.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

struct Login {
    std::string user;
    std::string password;
};

/// The one writer of a command's stdout and stderr, so that the changing lines are never written into.
class KEENLANCE_API Console : public LogSink {
  public:
    explicit Console(std::string program) : program_(std::move(program)) {}
    ~Console() override { display({}); }
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    Console(Console&&) = delete;
    Console& operator=(Console&&) = delete;

    /// Whether stdout is a terminal that can move its cursor.
    [[nodiscard]] static bool is_live();

    /// Onto stdout. What it does not take is lost, and lost_output() says so from then on.
    void print(std::string_view text);
    /// "quickctl: text" on stderr.
    void write(std::string_view text) override;
    /// These lines stand below all others until the next display(); what does not fit the terminal's width or
    /// height is cut. Nothing where stdout is no terminal.
    void display(const std::vector<std::string>& lines);

    [[nodiscard]] bool lost_output() const { return lost_output_; }

    /// Asks the person at the terminal; the password is not shown. Error where stdin is none, or where
    /// nothing was typed (Ctrl-C, Ctrl-D). Blocks, for as long as the person takes.
    Result<Login> ask_login(std::string_view server);

  private:
    void hide();
    void show();

    std::string program_;
    std::vector<std::string> lines_;
    std::size_t shown_ = 0;  // lines of the terminal that are ours
    bool lost_output_ = false;
};

}  // namespace keenlance
