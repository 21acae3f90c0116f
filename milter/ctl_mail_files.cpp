// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_mail_files.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <istream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace holdback::milter {

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

/// "Name: …", or a quoted mailbox line as some programs put it first.
bool is_header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(">From ")) {
        return true;
    }
    return colon != std::string_view::npos && colon > 0 &&
           std::ranges::all_of(line.substr(0, colon), [](char c) { return c > ' ' && c < '\x7F'; });
}

/// Lines with their ends, one look ahead.
class Lines {
public:
    explicit Lines(std::istream& in) : in_(in) { advance(); }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;
    Lines(Lines&&) = delete;
    Lines& operator=(Lines&&) = delete;
    ~Lines() = default;

    [[nodiscard]] const std::optional<std::string>& ahead() const { return ahead_; }

    [[nodiscard]] std::optional<std::string> take() {
        auto line = std::move(ahead_);
        advance();
        return line;
    }

private:
    void advance() {
        std::string line;
        if (!std::getline(in_, line)) {
            ahead_ = std::nullopt;
            return;
        }
        if (!in_.eof()) {
            line += '\n';
        }
        ahead_ = std::move(line);
    }

    std::istream& in_;
    std::optional<std::string> ahead_;
};

}  // namespace

void read_mail(std::istream& in,
               std::size_t most_octets,
               const std::function<void(const MailText&)>& take) {
    Lines lines(in);
    const std::optional<std::string>& first = lines.ahead();
    const bool is_mailbox = first.has_value() && first->starts_with("From ");
    MailText message{.octets = {}, .number = 1, .alone = true};
    bool after_blank = false;
    while (auto line = lines.take()) {
        const std::optional<std::string>& after = lines.ahead();
        const bool begins_next = is_mailbox && after_blank && is_separator(*line) &&
                                 after.has_value() && is_header_line(*after);
        if (begins_next) {
            message.alone = false;
            take(message);
            message.octets.clear();
            ++message.number;
        }
        if (message.octets.size() < most_octets) {
            message.octets.append(*line, 0, most_octets - message.octets.size());
        }
        after_blank = is_blank(*line);
    }
    take(message);
}

std::vector<std::string> expand_paths(const std::vector<std::string>& paths,
                                      std::vector<std::string>& unreadable) {
    namespace fs = std::filesystem;
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (path == "-" || !fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> found;
        fs::recursive_directory_iterator entry(path, error);
        while (!error && entry != fs::recursive_directory_iterator()) {
            std::error_code no_type;
            if (entry->is_regular_file(no_type)) {
                found.push_back(entry->path().string());
            }
            entry.increment(error);
        }
        if (error) {
            unreadable.push_back(path);
        }
        std::ranges::sort(found);
        std::ranges::move(found, std::back_inserter(files));
    }
    return files;
}

}  // namespace holdback::milter
