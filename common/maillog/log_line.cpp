// SPDX-License-Identifier: Apache-2.0
#include "maillog/log_line.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "maillog/postfix_log.hpp"
#include "maillog/sendmail_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace holdback::maillog {

namespace {

using Seconds = std::chrono::seconds;

/// Reads a line from its front. `take` and `take_number` leave the rest alone when they find
/// nothing.
class Front {
public:
    explicit Front(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::string_view rest() const { return rest_; }

    bool take(char c) {
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    /// Takes a number of `fewest` to `most` digits.
    std::optional<int> take_number(std::size_t fewest, std::size_t most) {
        std::size_t length = 0;
        int value = 0;
        while (length < most && length < rest_.size() && core::is_ascii_digit(rest_[length])) {
            value = (value * 10) + (rest_[length] - '0');
            ++length;
        }
        if (length < fewest) {
            return std::nullopt;
        }
        rest_.remove_prefix(length);
        return value;
    }

    /// Takes a word and the space behind it.
    std::string_view take_word() {
        const std::size_t end = std::min(rest_.find(' '), rest_.size());
        const std::string_view word = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return word;
    }

private:
    std::string_view rest_;
};

/// Takes a time such as "21:41:20", which may be a leap second.
std::optional<Seconds> take_time_of_day(Front& front) {
    const auto hour = front.take_number(2, 2);
    if (!hour.has_value() || !front.take(':')) {
        return std::nullopt;
    }
    const auto minute = front.take_number(2, 2);
    if (!minute.has_value() || !front.take(':')) {
        return std::nullopt;
    }
    const auto second = front.take_number(2, 2);
    if (!second.has_value() || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + Seconds(*second);
}

std::optional<std::chrono::month> month_of(std::string_view name) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (name.size() != 3) {
        return std::nullopt;
    }
    const std::size_t at = kMonths.find(name);
    if (at == std::string_view::npos || at % 3 != 0) {
        return std::nullopt;
    }
    return std::chrono::month(static_cast<unsigned>(at / 3) + 1);
}

/// The time in the latest year in which it is not more than a day ahead of now.
std::optional<core::TimePoint> in_latest_year(std::chrono::month_day day,
                                              Seconds time_of_day,
                                              const LogClock& clock) {
    const std::chrono::sys_days today =
        std::chrono::floor<std::chrono::days>(clock.now + clock.utc_offset);
    std::chrono::year year = std::chrono::year_month_day(today).year() + std::chrono::years(1);
    // The last 29th of February may be eight years back.
    for (int back = 0; back <= 9; ++back, --year) {
        const std::chrono::year_month_day date(year, day.month(), day.day());
        if (!date.ok()) {
            continue;
        }
        const core::TimePoint at = std::chrono::sys_days(date) + time_of_day - clock.utc_offset;
        if (at <= clock.now + std::chrono::days(1)) {
            return at;
        }
    }
    return std::nullopt;
}

/// Takes "Nov 22 21:41:20 ".
std::optional<core::TimePoint> take_traditional(Front& front, const LogClock& clock) {
    const std::optional<std::chrono::month> month = month_of(front.take_word());
    if (!month.has_value()) {
        return std::nullopt;
    }
    front.take(' ');
    const auto day = front.take_number(1, 2);
    if (!day.has_value() || !front.take(' ')) {
        return std::nullopt;
    }
    const auto time_of_day = take_time_of_day(front);
    if (!time_of_day.has_value() || !front.take(' ')) {
        return std::nullopt;
    }
    return in_latest_year(*month / *day, *time_of_day, clock);
}

/// Takes a fraction such as ".123456", in milliseconds; 0 when there is none.
std::chrono::milliseconds take_fraction(Front& front) {
    if (!front.take('.') && !front.take(',')) {
        return {};
    }
    int value = 0;
    int digits = 0;
    while (const auto digit = front.take_number(1, 1)) {
        if (digits < 3) {
            value = (value * 10) + *digit;
            ++digits;
        }
    }
    for (; digits < 3; ++digits) {
        value *= 10;
    }
    return std::chrono::milliseconds(value);
}

/// Takes "Z", "+01:00" or "+0100"; without any of them it is local time.
std::optional<Seconds> take_zone(Front& front, const LogClock& clock) {
    if (front.take('Z')) {
        return Seconds(0);
    }
    const bool west = front.take('-');
    if (!west && !front.take('+')) {
        return clock.utc_offset;
    }
    const auto hours = front.take_number(2, 2);
    front.take(':');
    const auto minutes = front.take_number(2, 2);
    if (!hours.has_value() || !minutes.has_value() || *hours > 15 || *minutes > 59) {
        return std::nullopt;
    }
    const Seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return west ? -offset : offset;
}

/// Takes "2026-11-22T21:41:20.123456+01:00 ", or the like with a space for the T.
std::optional<core::TimePoint> take_iso(Front& front, const LogClock& clock) {
    const auto year = front.take_number(4, 4);
    if (!year.has_value() || !front.take('-')) {
        return std::nullopt;
    }
    const auto month = front.take_number(2, 2);
    if (!month.has_value() || !front.take('-')) {
        return std::nullopt;
    }
    const auto day = front.take_number(2, 2);
    if (!day.has_value() || (!front.take('T') && !front.take(' '))) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    const auto time_of_day = take_time_of_day(front);
    if (!date.ok() || !time_of_day.has_value()) {
        return std::nullopt;
    }
    const std::chrono::milliseconds fraction = take_fraction(front);
    const auto zone = take_zone(front, clock);
    if (!zone.has_value() || !front.take(' ')) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + *time_of_day + fraction - *zone;
}

/// Takes "program[123]: " or "program: " and returns the name; nullopt for anything else.
std::optional<std::string_view> take_tag(Front& front) {
    Front ahead = front;
    const std::string_view word = ahead.take_word();
    if (word.size() < 2 || !word.ends_with(':')) {
        return std::nullopt;
    }
    const std::string_view tag = word.substr(0, word.size() - 1);
    front = ahead;
    return tag.substr(0, tag.find('['));
}

/// Reads a traditional or ISO 8601 line behind its time.
std::optional<LogLine> named_line(core::TimePoint at, Front front) {
    std::optional<std::string_view> program = take_tag(front);
    if (!program.has_value()) {
        front.take_word();  // the host name
        program = take_tag(front);
    }
    if (!program.has_value()) {
        return std::nullopt;
    }
    return LogLine{.at = at, .program = *program, .message = front.rest()};
}

/// Skips the structured data of RFC 5424 section 6.3: "-" or elements in brackets.
bool skip_structured_data(Front& front) {
    if (front.take('-')) {
        return true;
    }
    bool any = false;
    while (front.take('[')) {
        any = true;
        bool quoted = false;
        bool closed = false;
        while (!closed && !front.rest().empty()) {
            const char c = front.rest().front();
            front.take(c);
            if (c == '\\' && quoted && !front.rest().empty()) {
                front.take(front.rest().front());
            } else if (c == '"') {
                quoted = !quoted;
            } else {
                closed = c == ']' && !quoted;
            }
        }
    }
    return any;
}

/// Reads RFC 5424 section 6 behind the version: time, host, program, process id, message id, data.
std::optional<LogLine> structured_line(Front front, const LogClock& clock) {
    const std::optional<core::TimePoint> at = take_iso(front, clock);
    if (!at.has_value()) {
        return std::nullopt;
    }
    front.take_word();
    const std::string_view program = front.take_word();
    front.take_word();
    front.take_word();
    if (program.empty() || !skip_structured_data(front) || !front.take(' ')) {
        return std::nullopt;
    }
    // The byte order mark says that the text is UTF-8.
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    std::string_view message = front.rest();
    if (message.starts_with(kByteOrderMark)) {
        message.remove_prefix(kByteOrderMark.size());
    }
    return LogLine{.at = *at, .program = program, .message = message};
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view line, const LogClock& clock) {
    Front front(line);
    if (front.take('<') && (!front.take_number(1, 3).has_value() || !front.take('>'))) {
        return std::nullopt;
    }
    if (front.rest().starts_with("1 ")) {
        front.take_word();
        return structured_line(front, clock);
    }
    const bool is_iso = !front.rest().empty() && core::is_ascii_digit(front.rest().front());
    const std::optional<core::TimePoint> at =
        is_iso ? take_iso(front, clock) : take_traditional(front, clock);
    return at.has_value() ? named_line(*at, front) : std::nullopt;
}

LogFacts read_maillog_line(std::string_view line, const LogClock& clock) {
    const std::optional<LogLine> parsed = parse_log_line(line, clock);
    if (!parsed.has_value()) {
        return {};
    }
    const bool is_postfix = parsed->program.find('/') != std::string_view::npos;
    return is_postfix ? read_postfix_line(*parsed) : read_sendmail_line(*parsed);
}

}  // namespace holdback::maillog
