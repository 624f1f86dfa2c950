#pragma once
/// Looks for bytes in a stream that comes in pieces, keeping no more of it than it must. Pure.

#include <string>
#include <string_view>

namespace keenlance {

class ByteFinder {
  public:
    explicit ByteFinder(std::string needle) : needle_(std::move(needle)), found_(needle_.empty()) {}

    void push(std::string_view bytes) {
        if (found_) return;
        tail_ += bytes;
        found_ = tail_.find(needle_) != std::string::npos;
        if (tail_.size() >= needle_.size()) tail_.erase(0, tail_.size() - needle_.size() + 1);
    }
    [[nodiscard]] bool found() const { return found_; }

  private:
    std::string needle_;
    std::string tail_;  // what a match may begin in
    bool found_;
};

}  // namespace keenlance
