// SPDX-License-Identifier: Apache-2.0
#include "io/journal_export.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace holdback::io {

namespace {

constexpr std::size_t kLongestValue = std::size_t{64} * 1024;
constexpr std::size_t kLengthOctets = 8;

bool is_field_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || core::is_ascii_digit(c) || c == '_';
    });
}

/// Little-endian.
std::uint64_t length_in(std::string_view octets) {
    std::uint64_t length = 0;
    for (std::size_t i = kLengthOctets; i > 0; --i) {
        length = (length << 8U) | static_cast<unsigned char>(octets[i - 1]);
    }
    return length;
}

/// A value as one word of a log line.
std::string word(std::string_view value, std::string_view otherwise) {
    std::string text(value.empty() ? otherwise : value);
    std::ranges::replace_if(text, core::is_ascii_space, '_');
    return text;
}

}  // namespace

void JournalExportReader::add(std::string_view octets) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t skipped = std::min<std::uint64_t>(to_skip_, octets.size());
    to_skip_ -= skipped;
    buffer_ += octets.substr(skipped);
}

std::optional<JournalLine> JournalExportReader::next() {
    while (true) {
        switch (read_field()) {
            case Step::Wait:
                return std::nullopt;
            case Step::More:
                break;
            case Step::Entry:
                if (auto entry = finish()) {
                    return entry;
                }
                break;
        }
    }
}

JournalExportReader::Step JournalExportReader::read_field() {
    const std::string_view rest = std::string_view(buffer_).substr(begin_);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
        skips_line_ = skips_line_ || rest.size() > kLongestValue;
        if (skips_line_) {
            begin_ = buffer_.size();
        }
        return Step::Wait;
    }
    if (std::exchange(skips_line_, false)) {
        begin_ += end + 1;
        return Step::More;
    }
    const std::string_view line = rest.substr(0, end);
    if (line.empty()) {
        ++begin_;
        return Step::Entry;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos && is_field_name(line)) {
        return read_binary(line, end + 1);
    }
    if (equals != std::string_view::npos && is_field_name(line.substr(0, equals))) {
        set(line.substr(0, equals), line.substr(equals + 1));
    } else if (complaint_.empty()) {
        complaint_ = line.substr(0, 256);
    }
    begin_ += end + 1;
    return Step::More;
}

JournalExportReader::Step JournalExportReader::read_binary(std::string_view name,
                                                           std::size_t behind_name) {
    const std::string_view rest = std::string_view(buffer_).substr(begin_ + behind_name);
    if (rest.size() < kLengthOctets) {
        return Step::Wait;
    }
    // No length is so large that one more octet would not count.
    const std::uint64_t length = std::min<std::uint64_t>(length_in(rest), UINT64_MAX - 1);
    const std::string_view value = rest.substr(kLengthOctets);
    if (length > kLongestValue) {
        // With the line end behind it.
        const std::uint64_t here = std::min<std::uint64_t>(length, value.size());
        const bool ended = value.size() > length;
        to_skip_ = ended ? 0 : length - here + 1;
        begin_ += behind_name + kLengthOctets + static_cast<std::size_t>(here) + (ended ? 1 : 0);
        return to_skip_ > 0 ? Step::Wait : Step::More;
    }
    if (value.size() < length + 1) {
        return Step::Wait;
    }
    set(name, value.substr(0, length));
    begin_ += behind_name + kLengthOctets + static_cast<std::size_t>(length) + 1;
    return Step::More;
}

void JournalExportReader::set(std::string_view name, std::string_view value) {
    if (name == "__CURSOR") {
        cursor_ = value;
    } else if (name == "__REALTIME_TIMESTAMP") {
        time_ = value;
    } else if (name == "_HOSTNAME") {
        host_ = value;
    } else if (name == "SYSLOG_IDENTIFIER") {
        program_ = value;
    } else if (name == "SYSLOG_PID") {
        process_ = value;
    } else if (name == "MESSAGE") {
        message_ = value;
    }
}

std::optional<JournalLine> JournalExportReader::finish() {
    const auto microseconds = core::parse_decimal(time_);
    JournalLine entry;
    entry.cursor = std::exchange(cursor_, {});
    const std::string host = word(std::exchange(host_, {}), "localhost");
    const std::string program = word(std::exchange(program_, {}), "unknown");
    const std::string process = std::exchange(process_, {});
    std::string message = std::exchange(message_, {});
    time_.clear();
    if (entry.cursor.empty() || !microseconds.has_value() ||
        *microseconds > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::nullopt;
    }
    entry.at = core::TimePoint(std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::microseconds(static_cast<std::int64_t>(*microseconds))));
    if (!message.empty()) {
        std::ranges::replace(message, '\n', ' ');
        entry.line = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z {} {}{}: {}",
                                 fmt::gmtime(std::chrono::duration_cast<std::chrono::seconds>(
                                                 entry.at.time_since_epoch())
                                                 .count()),
                                 entry.at.time_since_epoch().count() % 1000,
                                 host,
                                 program,
                                 process.empty() ? "" : fmt::format("[{}]", process),
                                 message);
    }
    return entry;
}

std::string JournalExportReader::take_complaint() {
    return std::exchange(complaint_, {});
}

}  // namespace holdback::io
