// SPDX-License-Identifier: Apache-2.0
#include "lists/time_text.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::lists {

namespace {

using std::chrono::milliseconds;

/// Reads a text from the front.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    /// A number of `least` to `most` digits.
    [[nodiscard]] std::optional<int> number(std::size_t least, std::size_t most) {
        std::size_t count = 0;
        int value = 0;
        while (count < most && count < rest_.size() && core::is_ascii_digit(rest_[count])) {
            value = value * 10 + (rest_[count] - '0');
            ++count;
        }
        if (count < least) {
            return std::nullopt;
        }
        rest_.remove_prefix(count);
        return value;
    }
    [[nodiscard]] bool take(char c) {
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    [[nodiscard]] bool take_one_of(std::string_view any) {
        if (rest_.empty() || !any.contains(rest_.front())) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    [[nodiscard]] std::string_view word() {
        std::size_t count = 0;
        while (count < rest_.size() && core::is_ascii_alpha(rest_[count])) {
            ++count;
        }
        const std::string_view found = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return found;
    }
    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::optional<milliseconds> day(int year, int month, int day_of_month) {
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day_of_month))};
    if (!date.ok()) {
        return std::nullopt;
    }
    return milliseconds(std::chrono::sys_days(date).time_since_epoch());
}

/// "12:00", "12:00:05", "12:00:05.123"
std::optional<milliseconds> time_of_day(Scanner& in) {
    const auto hours = in.number(1, 2);
    if (!hours.has_value() || !in.take(':')) {
        return std::nullopt;
    }
    const auto minutes = in.number(2, 2);
    std::optional<int> seconds = 0;
    if (in.take(':')) {
        seconds = in.number(2, 2);
    }
    if (!minutes.has_value() || !seconds.has_value() || *hours > 23 || *minutes > 59 ||
        *seconds > 60) {
        return std::nullopt;
    }
    milliseconds time = std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
                        std::chrono::seconds(*seconds);
    if (in.take_one_of(".,")) {
        // Digits after the third are thrown away.
        int weight = 100;
        bool any = false;
        while (const auto digit = in.number(1, 1)) {
            time += milliseconds(*digit * weight);
            weight /= 10;
            any = true;
        }
        if (!any) {
            return std::nullopt;
        }
    }
    return time;
}

/// The offset to subtract from a local time: "Z", "UTC", "GMT", "+02:00", "-0500"; none means UTC.
std::optional<milliseconds> offset(Scanner& in) {
    in.skip_space();
    if (const std::string_view zone = in.word(); !zone.empty()) {
        constexpr std::array<std::string_view, 4> kUtc{"z", "utc", "gmt", "ut"};
        const bool is_utc = std::ranges::any_of(
            kUtc, [&](auto name) { return core::equals_ignoring_case(zone, name); });
        return is_utc ? std::optional(milliseconds(0)) : std::nullopt;
    }
    const bool is_west = in.take('-');
    if (!is_west && !in.take('+')) {
        return milliseconds(0);
    }
    const auto hours = in.number(2, 2);
    static_cast<void>(in.take(':'));
    const auto minutes = in.number(2, 2);
    if (!hours.has_value() || !minutes.has_value()) {
        // PostgreSQL writes "+00".
        return hours.has_value() && in.at_end()
                   ? std::optional(milliseconds(std::chrono::hours(is_west ? -*hours : *hours)))
                   : std::nullopt;
    }
    const milliseconds ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    // Go writes "+0000 UTC".
    in.skip_space();
    static_cast<void>(in.word());
    return is_west ? -ahead : ahead;
}

std::optional<core::TimePoint> with_time(milliseconds date, Scanner& in) {
    const auto time = time_of_day(in);
    const auto ahead = time.has_value() ? offset(in) : std::nullopt;
    in.skip_space();
    if (!ahead.has_value() || !in.at_end()) {
        return std::nullopt;
    }
    return core::TimePoint(date + *time - *ahead);
}

/// "2024-03-01", with or without a time.
std::optional<core::TimePoint> parse_iso(std::string_view text) {
    Scanner in(text);
    const auto year = in.number(4, 4);
    const bool slashes = year.has_value() && in.take('/');
    if (!year.has_value() || (!slashes && !in.take('-'))) {
        return std::nullopt;
    }
    const auto month = in.number(2, 2);
    if (!month.has_value() || !in.take(slashes ? '/' : '-')) {
        return std::nullopt;
    }
    const auto day_of_month = in.number(2, 2);
    const auto date = day_of_month.has_value() ? day(*year, *month, *day_of_month) : std::nullopt;
    if (!date.has_value() || in.at_end()) {
        return date.has_value() ? std::optional(core::TimePoint(*date)) : std::nullopt;
    }
    return in.take_one_of("T ") ? with_time(*date, in) : std::nullopt;
}

/// "Fri, 01 Mar 2024 12:00:05 GMT", with or without the weekday.
std::optional<core::TimePoint> parse_mail_date(std::string_view text) {
    if (const std::size_t comma = text.find(','); comma <= 9) {
        text = core::trim(text.substr(comma + 1));
    }
    constexpr std::array<std::string_view, 12> kMonths{
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    Scanner in(text);
    const auto day_of_month = in.number(1, 2);
    in.skip_space();
    const std::string name = core::to_lower(in.word()).substr(0, 3);
    const auto* const month = std::ranges::find(kMonths, name);
    in.skip_space();
    const auto year = in.number(4, 4);
    in.skip_space();
    if (!day_of_month.has_value() || month == kMonths.end() || !year.has_value()) {
        return std::nullopt;
    }
    const auto date = day(*year, static_cast<int>(month - kMonths.begin()) + 1, *day_of_month);
    return date.has_value() ? with_time(*date, in) : std::nullopt;
}

/// Seconds since the epoch, with or without a fraction, or milliseconds.
std::optional<core::TimePoint> parse_epoch(std::string_view text) {
    constexpr std::uint64_t kFirstMilliseconds = 100'000'000'000;
    constexpr std::uint64_t kMost = 253'402'300'800'000;  // the year 10000
    const std::size_t dot = std::min(text.find('.'), text.size());
    const auto number = core::parse_decimal(text.substr(0, dot));
    if (!number.has_value() || *number >= kMost) {
        return std::nullopt;
    }
    if (*number >= kFirstMilliseconds) {
        return core::TimePoint(milliseconds(static_cast<std::int64_t>(*number)));
    }
    milliseconds fraction{0};
    if (dot < text.size()) {
        int weight = 100;
        for (const char c : text.substr(dot + 1)) {
            if (!core::is_ascii_digit(c)) {
                return std::nullopt;
            }
            fraction += milliseconds((c - '0') * weight);
            weight /= 10;
        }
    }
    return core::TimePoint(std::chrono::seconds(static_cast<std::int64_t>(*number)) + fraction);
}

}  // namespace

std::optional<core::TimePoint> parse_time(std::string_view text) {
    text = core::trim(text);
    if (text.size() > 64) {
        return std::nullopt;
    }
    if (const auto time = parse_epoch(text)) {
        return time;
    }
    if (const auto time = parse_iso(text)) {
        return time;
    }
    return parse_mail_date(text);
}

}  // namespace holdback::lists
