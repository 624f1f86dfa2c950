#pragma once
/// Letters on disk, so that neither kill -9 nor a power failure loses one.
///
/// A folder with a file a letter, "1795229270123042.letter" (the time in microseconds), written and synced
/// before it counts; which channels have taken it stands in the names of empty files beside it,
/// "1795229270123042.letter.KEY". A folder has one owner, who holds the lock of its file "lock".

#include <keenlance/core/export.hpp>
#include <keenlance/core/result.hpp>
#include <keenlance/notify/letter.hpp>
#include <keenlance/system/unique_fd.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace keenlance {

/// What was found in a spool: a letter, and the channels that have it.
struct SpooledLetter {
    LetterNumber number = 0;
    Letter letter;
    std::set<std::string> taken_by;
};

/// Error `system` names folder or file, the reason, and what to do.
class KEENLANCE_API Spool {
  public:
    explicit Spool(std::string folder) : folder_(std::move(folder)) {}

    /// Makes the folder (0700) if it is not there, and takes its lock; nothing is done where this has
    /// succeeded before. An Error, and the folder not touched, while another process has it.
    Status open();
    [[nodiscard]] bool is_open() const { return static_cast<bool>(lock_); }
    [[nodiscard]] const std::string& folder() const { return folder_; }

    /// All letters, in their order. What is no letter is set aside as "….bad" and named in `complaints`, as
    /// is what can't be read now, which stays.
    std::vector<SpooledLetter> load(std::vector<std::string>& complaints);
    /// On disk when it returns: the file, and its name in the folder. On an Error, or where this process is
    /// killed, what was stored under this number before is still there.
    Status store(LetterNumber number, const Letter& letter);
    [[nodiscard]] Result<Letter> read(LetterNumber number) const;
    /// Remembers that this channel has it. Lost by a power failure, it is delivered once more.
    Status mark(LetterNumber number, const std::string& channel_key);
    /// As "….bad", which is never read again: what is no letter.
    void set_aside(LetterNumber number);
    /// The letter and its marks.
    void remove(LetterNumber number, const std::set<std::string>& marks);

  private:
    [[nodiscard]] std::string path_of(LetterNumber number) const;
    [[nodiscard]] Error failed(const char* what, const std::string& path) const;

    std::string folder_;
    UniqueFd lock_;
    UniqueFd folder_fd_;
};

}  // namespace keenlance
