// SPDX-License-Identifier: Apache-2.0
#include "mail/enhanced_status.hpp"

#include "core/result.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::mail {

namespace {

constexpr std::size_t kMostDigits = 3;

bool is_alphanumeric(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c);
}

/// Takes a sub-code off the start of `text`: one to three digits without a leading zero (RFC 3463
/// section 2).
std::optional<std::uint16_t> take_subcode(std::string_view& text) {
    const auto* const end = std::ranges::find_if_not(text, core::is_ascii_digit);
    const auto digits = static_cast<std::size_t>(end - text.begin());
    if (digits == 0 || digits > kMostDigits || (digits > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    std::uint16_t number = 0;
    for (const char c : text.substr(0, digits)) {
        number = static_cast<std::uint16_t>((number * 10) + (c - '0'));
    }
    text.remove_prefix(digits);
    return number;
}

bool take_dot(std::string_view& text) {
    if (!text.starts_with('.')) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// True when the text ends with a reply code and one separator: "550 ", "550-".
bool ends_with_reply_code(std::string_view before) {
    if (before.size() < 4 || (before.back() != ' ' && before.back() != '-')) {
        return false;
    }
    const std::string_view code = before.substr(before.size() - 4, 3);
    const bool begins = before.size() == 4 || !is_alphanumeric(before[before.size() - 5]);
    return begins && (code[0] == '2' || code[0] == '4' || code[0] == '5') &&
           std::ranges::all_of(code, core::is_ascii_digit);
}

/// True when the last word announces a version number.
bool announces_version(std::string_view before) {
    constexpr std::array<std::string_view, 6> kWords{
        "v", "ver", "version", "release", "rev", "build"};
    while (!before.empty() && !is_alphanumeric(before.back())) {
        before.remove_suffix(1);
    }
    std::size_t start = before.size();
    while (start > 0 && is_alphanumeric(before[start - 1])) {
        --start;
    }
    const std::string_view word = before.substr(start);
    return std::ranges::any_of(
        kWords, [word](std::string_view each) { return core::equals_ignoring_case(each, word); });
}

/// True when a code may begin after `before`, which does not end with a reply code.
bool may_begin_after(std::string_view before) {
    if (before.empty()) {
        return true;
    }
    constexpr std::string_view kGlue = "._-+@/~$%&*\\";
    const char last = before.back();
    return !is_alphanumeric(last) && !kGlue.contains(last) && !announces_version(before);
}

/// True unless `after` makes a longer number of the code: "5.1.1.2", "5.1.1/24".
bool may_end_before(std::string_view after) {
    if (after.empty()) {
        return true;
    }
    const char next = after.front();
    if (is_alphanumeric(next) || next == '_' || next == '@') {
        return false;
    }
    const bool joins = next == '.' || next == '-' || next == '/';
    return !joins || after.size() == 1 || !is_alphanumeric(after[1]);
}

/// The same after a reply code, where sloppy servers leave out the space: "550 5.1.1User unknown".
bool may_end_after_reply_code(std::string_view after) {
    if (after.empty()) {
        return true;
    }
    const char next = after.front();
    const bool joins = next == '.' || next == '/';
    const bool digit_follows = after.size() > 1 && core::is_ascii_digit(after[1]);
    return !core::is_ascii_digit(next) && (!joins || !digit_follows);
}

}  // namespace

struct EnhancedStatus::Prefix {
    core::Result<EnhancedStatus, StatusError> status;
    std::string_view rest;
};

core::Result<EnhancedStatus, StatusError> EnhancedStatus::parse(std::string_view text) {
    const auto [status, rest] = parse_prefix(text);
    if (status.has_value() && !rest.empty()) {
        return std::unexpected(StatusError::TrailingText);
    }
    return status;
}

EnhancedStatus::Prefix EnhancedStatus::parse_prefix(std::string_view text) {
    if (text.empty()) {
        return {std::unexpected(StatusError::Empty), text};
    }
    const char status_class = text.front();
    std::string_view rest = text.substr(1);
    if ((status_class != '2' && status_class != '4' && status_class != '5') || !take_dot(rest)) {
        return {std::unexpected(StatusError::BadClass), text};
    }
    const std::optional<std::uint16_t> subject = take_subcode(rest);
    if (!subject.has_value() || !take_dot(rest)) {
        return {std::unexpected(StatusError::BadSubject), text};
    }
    const std::optional<std::uint16_t> detail = take_subcode(rest);
    if (!detail.has_value()) {
        return {std::unexpected(StatusError::BadDetail), text};
    }
    return {EnhancedStatus(static_cast<std::uint8_t>(status_class - '0'), *subject, *detail), rest};
}

std::optional<EnhancedStatus> EnhancedStatus::find_in(std::string_view text) {
    for (std::size_t at = text.find('.'); at != std::string_view::npos;
         at = text.find('.', at + 1)) {
        if (at == 0) {
            continue;
        }
        const std::string_view before = text.substr(0, at - 1);
        const auto [status, after] = parse_prefix(text.substr(at - 1));
        if (!status.has_value()) {
            continue;
        }
        const bool stands_alone = ends_with_reply_code(before)
                                      ? may_end_after_reply_code(after)
                                      : may_begin_after(before) && may_end_before(after);
        if (stands_alone) {
            return *status;
        }
    }
    return std::nullopt;
}

std::string EnhancedStatus::text() const {
    return fmt::format("{}.{}.{}", class_, subject_, detail_);
}

}  // namespace holdback::mail
