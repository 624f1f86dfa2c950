#include <keenlance/core/text.hpp>
#include <keenlance/core/whole_number.hpp>
#include <keenlance/system/folder_internal.hpp>
#include <keenlance/system/read_file.hpp>
#include <keenlance/system/spool.hpp>
#include <keenlance/system/write_all.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

namespace keenlance {

namespace {

constexpr std::string_view suffix = ".letter";
constexpr std::string_view unfinished = ".new";  // behind the suffix, as long as it is being written

/// The number of "000000000042.letter", and what follows it.
std::optional<std::pair<LetterNumber, std::string>> read_name(std::string_view name) {
    const auto dot = name.find(suffix);
    if (dot == std::string_view::npos) return std::nullopt;
    const auto number = whole_number<LetterNumber>(name.substr(0, dot));
    if (!number) return std::nullopt;
    return std::pair{*number, std::string(name.substr(dot + suffix.size()))};
}

}  // namespace

std::string Spool::path_of(LetterNumber number) const {
    return fmt::format("{}/{:016}{}", folder_, number, suffix);
}

Error Spool::failed(const char* what, const std::string& path) const {
    const int code = errno;
    const char* mend = code == ENOSPC || code == EDQUOT    ? "; make room there"
                       : code == EACCES || code == EPERM   ? "; let this user write there"
                       : code == EROFS                     ? "; choose a folder that can be written to"
                       : code == ENOENT || code == ENOTDIR ? "; make its parent folder"
                                                           : "";
    return {ErrorKind::system, code,
            fmt::format("cannot {} {}: {}{}", what, path, std::strerror(code), mend)};
}

Status Spool::open() {
    if (is_open()) return Done{};
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return failed("make the spool", folder_);
    UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return failed("open the spool", folder_);
    const std::string path = folder_ + "/lock";
    UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return failed("open", path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failed("lock", path);
        std::array<char, 64> owner{};
        const auto count = ::pread(lock.get(), owner.data(), owner.size() - 1, 0);
        return Error{
            ErrorKind::system, EWOULDBLOCK,
            fmt::format("the spool {} is in use by process {}: give each listener a folder of its own",
                        folder_, count > 0 ? printable(trim(owner.data())) : "?")};
    }
    const std::string owner = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), owner.data(), owner.size(), 0) < 0) {
        // Only the next one's message would be the poorer for it: the lock is what counts.
    }
    lock_ = std::move(lock);
    folder_fd_ = std::move(folder);
    return Done{};
}

std::vector<SpooledLetter> Spool::load(std::vector<std::string>& complaints) {
    std::map<LetterNumber, std::set<std::string>> marks;
    std::set<LetterNumber> numbers;
    const Folder folder(::opendir(folder_.c_str()));
    if (!folder) {
        complaints.push_back(failed("read the spool", folder_).message);
        return {};
    }
    while (const dirent* file = ::readdir(folder.get())) {
        const auto name = read_name(file->d_name);
        if (!name || name->second == ".bad") continue;
        if (name->second == unfinished) {
            ::unlink((path_of(name->first) + name->second).c_str());
        } else if (name->second.empty()) {
            numbers.insert(name->first);
        } else {
            marks[name->first].insert(name->second.substr(1));
        }
    }
    std::vector<SpooledLetter> letters;
    for (const auto number : numbers) {
        auto letter = read(number);
        if (letter) {
            letters.push_back({number, std::move(*letter), marks[number]});
            continue;
        }
        if (letter.error().kind == ErrorKind::system) {  // which says nothing of the letter
            complaints.push_back(letter.error().message + "; it stays there until the next start");
            continue;
        }
        const std::string path = path_of(number);
        set_aside(number);
        complaints.push_back(fmt::format("{} is no whole letter, set aside as {}.bad: {}", path, path,
                                         letter.error().message));
    }
    for (const auto& [number, keys] : marks)
        if (!numbers.contains(number)) remove(number, keys);
    return letters;
}

Status Spool::store(LetterNumber number, const Letter& letter) {
    const std::string path = path_of(number);
    const std::string fresh = path + std::string(unfinished);
    const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) return failed("create", path);
    if (write_all(file.get(), to_text(letter)) && ::fsync(file.get()) == 0 &&
        ::rename(fresh.c_str(), path.c_str()) == 0 && ::fsync(folder_fd_.get()) == 0)
        return Done{};
    auto error = failed("write", path);
    ::unlink(fresh.c_str());
    return error;
}

Result<Letter> Spool::read(LetterNumber number) const {
    const auto text = read_whole(path_of(number));
    if (!text) return text.error();
    return parse_letter(*text);
}

Status Spool::mark(LetterNumber number, const std::string& channel_key) {
    const std::string path = path_of(number) + "." + channel_key;
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return failed("create", path);
    return Done{};
}

void Spool::set_aside(LetterNumber number) {
    const std::string path = path_of(number);
    std::rename(path.c_str(), (path + ".bad").c_str());
}

void Spool::remove(LetterNumber number, const std::set<std::string>& marks) {
    const std::string path = path_of(number);
    ::unlink(path.c_str());
    for (const auto& key : marks)
        ::unlink(fmt::format("{}.{}", path, key).c_str());
}

}  // namespace keenlance
