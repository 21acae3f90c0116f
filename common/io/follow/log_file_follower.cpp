// SPDX-License-Identifier: Apache-2.0
#include "io/follow/log_file_follower.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "io/follow/line_splitter.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/rest.hpp"
#include "ports/log_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <iterator>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::follow {

namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr std::size_t kFingerprintLength = 32;
constexpr std::string_view kForm = "v1";

/// The group that may read a log file; empty when there is no file, or no group may.
std::string group_of(const std::string& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0 || (status.st_mode & S_IRGRP) == 0) {
        return {};
    }
    group entry{};
    group* found = nullptr;
    std::array<char, 16'384> room{};
    return getgrgid_r(status.st_gid, &entry, room.data(), room.size(), &found) == 0 &&
                   found != nullptr
               ? found->gr_name
               : fmt::format("{}", status.st_gid);
}

std::string error_text(const std::string& path, int error) {
    std::string text = fmt::format("{}: {}", path, std::generic_category().message(error));
    if (error == EACCES) {
        const std::string group = group_of(path);
        text += group.empty()
                    ? "; the daemon's user has to be allowed to read it and its directory, on "
                      "Debian by the group adm"
                    : fmt::format(
                          "; the daemon's user has to be in the group {} that may read it "
                          "(SupplementaryGroups={} in its unit)",
                          group,
                          group);
    }
    return text;
}

std::optional<struct stat> status_of(const system::FileHandle& file) {
    struct stat status{};
    return file.is_open() && fstat(file.get(), &status) == 0 ? std::optional(status) : std::nullopt;
}

system::FileHandle open_file(const std::string& path) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the only way to open
    return system::FileHandle(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

/// The octets before an offset, as many as a fingerprint takes; nullopt when the file is shorter.
std::optional<std::string> octets_before(const system::FileHandle& file, std::uint64_t offset) {
    std::string octets(std::min<std::uint64_t>(offset, kBehindOctets), '\0');
    const auto begin = static_cast<off_t>(offset - octets.size());
    const ssize_t got = pread(file.get(), octets.data(), octets.size(), begin);
    return got == static_cast<ssize_t>(octets.size()) ? std::optional(octets) : std::nullopt;
}

std::string fingerprint_of(std::string_view octets) {
    const std::array<std::string_view, 1> pieces{octets};
    return core::digest_hex(pieces).substr(0, kFingerprintLength);
}

bool has(const system::FileHandle& file, const FilePosition& position) {
    const auto status = status_of(file);
    if (!status.has_value() || !S_ISREG(status->st_mode)) {
        return false;
    }
    const auto octets = octets_before(file, position.offset);
    return octets.has_value() && fingerprint_of(*octets) == position.fingerprint;
}

/// True for a suffix that rotation adds to the name of a log: ".1", "-20260101",
/// ".20260101-120000", ".old". Compressed files and copies that people make have other names.
bool is_rotation_suffix(std::string_view suffix) {
    if (suffix == ".old") {
        return true;
    }
    return suffix.size() >= 2 && (suffix.front() == '.' || suffix.front() == '-') &&
           std::ranges::all_of(suffix, [](char c) {
               return core::is_ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == 'T';
           });
}

}  // namespace

/// A file beside the log whose name begins with the log's: "mail.log.1", "mail.log-20260101".
struct LogFileFollower::Sibling {
    std::string path;
    std::uint64_t device;
    std::uint64_t inode;
    std::int64_t changed;  // modification time in nanoseconds
};

std::optional<FilePosition> FilePosition::parse(std::string_view text) {
    const std::vector<std::string_view> words = core::split(text, ' ');
    if (words.size() != 5 || words[0] != kForm) {
        return std::nullopt;
    }
    const auto device = core::parse_decimal(words[1]);
    const auto inode = core::parse_decimal(words[2]);
    const auto offset = core::parse_decimal(words[3]);
    if (!device.has_value() || !inode.has_value() || !offset.has_value() ||
        *offset > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::nullopt;
    }
    return FilePosition{.device = *device,
                        .inode = *inode,
                        .offset = *offset,
                        .fingerprint = std::string(words[4])};
}

std::string FilePosition::text() const {
    return fmt::format("{} {} {} {} {}", kForm, device, inode, offset, fingerprint);
}

LogFileFollower::LogFileFollower(std::string path, std::chrono::milliseconds poll)
    : path_(std::move(path)), poll_(poll) {}

void LogFileFollower::seek(std::string_view position) {
    file_.close();
    lines_.start({});
    trouble_.clear();
    wanted_ = FilePosition::parse(position);
    from_start_ = false;
    static_cast<void>(open_first());
}

void LogFileFollower::open_at_end() {
    system::FileHandle file = open_file(path_);
    const auto status = status_of(file);
    if (!status.has_value() || !S_ISREG(status->st_mode)) {
        return;
    }
    // Does not begin within a line: goes back to the start of the last one.
    auto end = static_cast<std::uint64_t>(status->st_size);
    std::string tail(std::min<std::uint64_t>(end, kPiece), '\0');
    const ssize_t got =
        pread(file.get(), tail.data(), tail.size(), static_cast<off_t>(end - tail.size()));
    if (got == static_cast<ssize_t>(tail.size())) {
        const std::size_t line_end = tail.rfind('\n');
        end -= line_end == std::string::npos ? tail.size() : tail.size() - line_end - 1;
    }
    take(std::move(file), end);
}

void LogFileFollower::take(system::FileHandle file, std::uint64_t offset) {
    file_ = std::move(file);
    read_to_ = offset;
    lines_.start(octets_before(file_, offset).value_or(""));
    wanted_.reset();
    from_start_ = true;
    trouble_.clear();
}

std::vector<LogFileFollower::Sibling> LogFileFollower::siblings() const {
    const std::filesystem::path path(path_);
    const std::string own = path.filename().string();
    std::vector<Sibling> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), error)) {
        const std::string name = entry.path().filename().string();
        struct stat status{};
        if (!name.starts_with(own) || !is_rotation_suffix(name.substr(own.size())) ||
            stat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
            continue;
        }
        constexpr std::int64_t kNanoseconds = 1'000'000'000;
        found.push_back(
            {.path = entry.path().string(),
             .device = status.st_dev,
             .inode = status.st_ino,
             .changed = (status.st_mtim.tv_sec * kNanoseconds) + status.st_mtim.tv_nsec});
    }
    std::ranges::sort(found, {}, &Sibling::changed);
    return found;
}

LogFileFollower::Reopened LogFileFollower::reopen(const FilePosition& position) {
    std::vector<Sibling> candidates = siblings();
    struct stat current{};
    if (stat(path_.c_str(), &current) == 0) {
        candidates.insert(
            candidates.begin(),
            {.path = path_, .device = current.st_dev, .inode = current.st_ino, .changed = 0});
    } else if (errno != ENOENT) {
        return Reopened::Unreadable;
    }
    // A renamed file is the better match; a copy has only the same octets.
    for (const bool same_inode : {true, false}) {
        for (const Sibling& candidate : candidates) {
            const bool is_same =
                candidate.device == position.device && candidate.inode == position.inode;
            const bool may_be_copy = candidate.path != path_ && position.offset > 0;
            if (is_same != same_inode || (!is_same && !may_be_copy)) {
                continue;
            }
            system::FileHandle file = open_file(candidate.path);
            if (is_same && !file.is_open()) {
                trouble_ = error_text(candidate.path, errno);
                return Reopened::Unreadable;
            }
            if (has(file, position)) {
                take(std::move(file), position.offset);
                return Reopened::Found;
            }
        }
    }
    return Reopened::Gone;
}

bool LogFileFollower::open_first() {
    if (wanted_.has_value()) {
        // When the file is gone or was compressed, the one that is there now came after it.
        from_start_ = true;
        switch (reopen(*wanted_)) {
            case Reopened::Found:
                return true;
            case Reopened::Unreadable:
                return false;
            case Reopened::Gone:
                break;
        }
    }
    struct stat status{};
    if (stat(path_.c_str(), &status) != 0) {
        trouble_ = error_text(path_, errno);
        from_start_ = from_start_ || errno == ENOENT;
        return false;
    }
    if (!from_start_) {
        open_at_end();
    }
    if (!file_.is_open()) {
        open_as_news(path_);
    }
    return file_.is_open();
}

void LogFileFollower::open_as_news(const std::string& path) {
    system::FileHandle file = open_file(path);
    const int error = errno;
    const auto status = status_of(file);
    if (!status.has_value()) {
        trouble_ = error_text(path, error);
        return;
    }
    if (!S_ISREG(status->st_mode)) {
        trouble_ = fmt::format("{}: is not a regular file", path);
        return;
    }
    take(std::move(file), 0);
}

bool LogFileFollower::open_next() {
    const auto own = status_of(file_);
    struct stat current{};
    if (!own.has_value() || stat(path_.c_str(), &current) != 0 ||
        (current.st_dev == own->st_dev && current.st_ino == own->st_ino)) {
        return false;
    }
    // The writer goes on with the old file until it has opened the new one.
    if (current.st_size == 0) {
        return false;
    }
    // Reads what was written after our last look and before the writer left this file.
    if (fill()) {
        return true;
    }
    const std::vector<Sibling> others = siblings();
    const auto at = std::ranges::find_if(others, [&own](const Sibling& sibling) {
        return sibling.device == own->st_dev && sibling.inode == own->st_ino;
    });
    const bool has_later = at != others.end() && std::next(at) != others.end();
    open_as_news(has_later ? std::next(at)->path : path_);
    return trouble_.empty();
}

bool LogFileFollower::is_rewritten() const {
    const auto status = status_of(file_);
    return !status.has_value() || static_cast<std::uint64_t>(status->st_size) < read_to_ ||
           octets_before(file_, read_to_ - lines_.pending()) != lines_.behind();
}

bool LogFileFollower::fill() {
    std::string piece(kPiece, '\0');
    const ssize_t got =
        pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(read_to_));
    if (got <= 0) {
        return false;
    }
    read_to_ += static_cast<std::uint64_t>(got);
    lines_.add(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
    return true;
}

bool LogFileFollower::find_more() {
    trouble_.clear();
    if (!file_.is_open()) {
        return open_first();
    }
    if (is_rewritten()) {
        const FilePosition before{.device = 0,
                                  .inode = 0,
                                  .offset = read_to_ - lines_.pending(),
                                  .fingerprint = fingerprint_of(lines_.behind())};
        // A copy may hold octets that we had not read before the truncation.
        if (reopen(before) != Reopened::Found) {
            open_as_news(path_);
        }
        return trouble_.empty();
    }
    return fill() || open_next();
}

FilePosition LogFileFollower::position() const {
    const auto status = status_of(file_);
    return {.device = status.has_value() ? static_cast<std::uint64_t>(status->st_dev) : 0,
            .inode = status.has_value() ? static_cast<std::uint64_t>(status->st_ino) : 0,
            .offset = read_to_ - lines_.pending(),
            .fingerprint = fingerprint_of(lines_.behind())};
}

ports::LogBatch LogFileFollower::read(std::size_t most,
                                      core::SteadyPoint deadline,
                                      const std::stop_token& stop) {
    ports::LogBatch batch;
    while (batch.lines.size() < most) {
        if (auto line = lines_.next()) {
            batch.lines.push_back(*std::move(line));
            continue;
        }
        if (find_more()) {
            continue;
        }
        if (!batch.lines.empty() || stop.stop_requested() ||
            std::chrono::steady_clock::now() >= deadline) {
            break;
        }
        system::rest_until(std::min(deadline, std::chrono::steady_clock::now() + poll_), stop);
    }
    batch.skipped = lines_.take_skipped();
    batch.trouble = trouble_;
    if (file_.is_open()) {
        const FilePosition here = position();
        batch.position = here.text();
        const auto status = status_of(file_);
        const auto size = status.has_value() ? static_cast<std::uint64_t>(status->st_size) : 0;
        batch.behind = size > here.offset ? size - here.offset : 0;
    }
    return batch;
}

}  // namespace holdback::io::follow
