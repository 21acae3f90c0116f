// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/bounces/mail_files.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <ios>
#include <istream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace holdback::milter::ctl {

namespace {

constexpr std::array<std::string_view, 7> kWeekdays{
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

bool is_blank(std::string_view line) {
    return core::trim(line).empty();
}

/// "12:30:59" or "12:30".
bool is_time(std::string_view word) {
    return (word.size() == 8 || word.size() == 5) && core::is_ascii_digit(word[0]) &&
           core::is_ascii_digit(word[1]) && word[2] == ':' && core::is_ascii_digit(word[3]);
}

bool is_year(std::string_view word) {
    return word.size() == 4 && std::ranges::all_of(word, core::is_ascii_digit);
}

/// "From SENDER Mon Jan  1 00:00:00 2024", with or without a time zone.
bool is_separator(std::string_view line) {
    if (!line.starts_with("From ")) {
        return false;
    }
    bool weekday = false;
    bool time = false;
    bool year = false;
    for (const std::string_view word : core::split(core::trim(line), ' ')) {
        weekday = weekday || std::ranges::find(kWeekdays, word) != kWeekdays.end();
        time = time || (weekday && is_time(word));
        year = year || (time && is_year(word));
    }
    return year;
}

/// "Name: …", or a quoted mailbox line, which some programs put first.
bool is_header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(">From ")) {
        return true;
    }
    return colon != std::string_view::npos && colon > 0 &&
           std::ranges::all_of(line.substr(0, colon), [](char c) { return c > ' ' && c < '\x7F'; });
}

void list_directory(const std::string& directory,
                    std::vector<std::string>& directories,
                    std::vector<std::string>& files,
                    std::vector<UnreadablePath>& unreadable) {
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error);
    while (!error && entry != std::filesystem::directory_iterator()) {
        std::error_code no_type;
        if (entry->is_directory(no_type) && !entry->is_symlink(no_type)) {
            directories.push_back(entry->path().string());
        } else if (entry->is_regular_file(no_type)) {
            files.push_back(entry->path().string());
        }
        entry.increment(error);
    }
    if (error) {
        unreadable.push_back({directory, error});
    }
}

}  // namespace

MailStream::MailStream(std::istream& in, std::size_t most_octets)
    : in_(in), most_octets_(most_octets) {
    constexpr std::size_t kBuffer = std::size_t{64} * 1024;
    buffer_.resize(kBuffer);
}

std::string_view MailStream::buffered() const {
    return std::string_view(buffer_).substr(at_, end_ - at_);
}

/// Fills the buffer after the octets that it still holds. False at the end or when there is no
/// room.
bool MailStream::read_more() {
    const std::size_t held = end_ - at_;
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), held, buffer_.begin());
    at_ = 0;
    end_ = held;
    if (end_ < buffer_.size()) {
        in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
        end_ += static_cast<std::size_t>(in_.gcount());
    }
    octets_read_ += end_ - held;
    return end_ > held;
}

std::optional<MailStream::Piece> MailStream::next_piece() {
    std::size_t line_end = buffered().find('\n');
    if (line_end == std::string_view::npos && read_more()) {
        line_end = buffered().find('\n');
    }
    const std::string_view left = buffered();
    if (left.empty()) {
        return std::nullopt;
    }
    const bool has_end = line_end != std::string_view::npos;
    const Piece piece{left.substr(0, has_end ? line_end + 1 : left.size()),
                      std::exchange(at_line_, has_end)};
    at_ += piece.text.size();
    return piece;
}

void MailStream::keep(std::string& octets, std::string_view text) const {
    octets += text.substr(0, most_octets_ - std::min(most_octets_, octets.size()));
}

std::optional<MailText> MailStream::next() {
    if (ended_) {
        return std::nullopt;
    }
    MailText message{.octets = std::exchange(begun_, {}), .number = ++count_, .alone = false};
    for (auto piece = next_piece(); piece.has_value(); piece = next_piece()) {
        if (std::exchange(is_first_, false)) {
            is_mailbox_ = piece->text.starts_with("From ");
        }
        if (is_mailbox_ && after_blank_ && piece->begins_line && is_separator(piece->text)) {
            const std::string separator(piece->text);
            after_blank_ = false;
            piece = next_piece();
            if (piece.has_value() && is_header_line(piece->text)) {
                keep(begun_, separator);
                keep(begun_, piece->text);
                return message;
            }
            keep(message.octets, separator);
            if (!piece.has_value()) {
                break;
            }
        }
        keep(message.octets, piece->text);
        after_blank_ = piece->begins_line && is_blank(piece->text);
    }
    ended_ = true;
    message.alone = count_ == 1;
    return message;
}

// No recursion: directories may be nested as deep as the disk allows.
std::vector<std::string> expand_paths(const std::vector<std::string>& paths,
                                      std::vector<UnreadablePath>& unreadable) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (path == "-" || !std::filesystem::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> directories{path};
        std::vector<std::string> found;
        while (!directories.empty()) {
            const std::string directory = std::move(directories.back());
            directories.pop_back();
            list_directory(directory, directories, found, unreadable);
        }
        std::ranges::sort(found);
        std::ranges::move(found, std::back_inserter(files));
    }
    return files;
}

}  // namespace holdback::milter::ctl
