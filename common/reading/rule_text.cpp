// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_text.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

namespace {

/// Characters that end an address on its left side in running text.
constexpr std::string_view kAddressStops = " <>()[]{}\"',;:|";

bool is_domain_char(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '.' || c == '-' || c == '_' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
constexpr std::string_view kLeftQuote = "\xE2\x80\x98";  // single quotation marks
constexpr std::string_view kRightQuote = "\xE2\x80\x99";

/// Valid UTF-8 with spaces and apostrophes made plain.
std::string plain_spaces(std::string_view text) {
    std::string repaired;
    if (core::has_non_ascii(text)) {
        repaired = core::to_valid_utf8(text);
        text = repaired;
    }
    std::string out(text.size(), '\0');
    std::size_t end = 0;
    bool gap = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '\xC2' || c == '\xE2') {
            const std::string_view rest = text.substr(at);
            if (rest.starts_with(kNoBreakSpace)) {
                c = ' ';
                at += kNoBreakSpace.size() - 1;
            } else if (rest.starts_with(kLeftQuote) || rest.starts_with(kRightQuote)) {
                c = '\'';
                at += kLeftQuote.size() - 1;
            }
        }
        if (core::is_ascii_space(c) || c == '\0') {
            gap = true;
            continue;
        }
        if (gap && end > 0) {
            out[end++] = ' ';
        }
        gap = false;
        out[end++] = c;
    }
    out.resize(end);
    return out;
}

/// Replaces every "local@domain" by "@".
std::string without_addresses(std::string text) {
    if (text.find('@') == std::string::npos) {
        return text;
    }
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c != '@') {
            out += c;
            continue;
        }
        while (!out.empty() && !kAddressStops.contains(out.back()) && out.back() != '@') {
            out.pop_back();
        }
        std::size_t end = at + 1;
        while (end < text.size() && is_domain_char(text[end])) {
            ++end;
        }
        // A full stop that ends the sentence is no part of the domain.
        while (end > at + 1 && text[end - 1] == '.') {
            --end;
        }
        out += '@';
        at = end - 1;
    }
    return out;
}

bool is_reply_code_at(std::string_view text, std::size_t at) {
    if (at + 3 > text.size() || (text[at] != '4' && text[at] != '5')) {
        return false;
    }
    const bool digits =
        text[at + 1] >= '0' && text[at + 1] <= '5' && core::is_ascii_digit(text[at + 2]);
    const bool ends = at + 3 == text.size() || text[at + 3] == ' ' || text[at + 3] == '-';
    constexpr std::string_view kBefore = " <('\":;>";
    return digits && ends && (at == 0 || kBefore.contains(text[at - 1]));
}

/// The end of the enhanced status that begins at `at`; `at` when there is none.
std::size_t status_end(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && (core::is_ascii_digit(text[end]) || text[end] == '.')) {
        ++end;
    }
    return mail::EnhancedStatus::parse(text.substr(at, end - at)).has_value() ? end : at;
}

/// The position behind the code, the separator and the status that begin a reply line.
std::size_t line_prefix_end(std::string_view text, std::size_t at) {
    std::size_t end = at + 3;
    if (end < text.size()) {
        ++end;
    }
    const std::size_t after = status_end(text, end);
    if (after == end) {
        return end;
    }
    return after < text.size() && text[after] == ' ' ? after + 1 : after;
}

/// A multi-line reply on one line, without the codes that began its further lines.
std::string without_line_codes(std::string text) {
    std::size_t first = 0;
    while (first < text.size() && !is_reply_code_at(text, first)) {
        ++first;
    }
    // "550-" says that further lines follow. Other texts may well mention 550 things.
    if (first + 3 >= text.size() || text[first + 3] != '-') {
        return text;
    }
    const std::string_view lines = text;
    const std::string_view code = lines.substr(first, 3);
    const std::size_t start = line_prefix_end(text, first);
    std::string out(lines.substr(0, start));
    for (std::size_t at = start; at < text.size();) {
        const bool repeats = lines.substr(at).starts_with(code) && is_reply_code_at(text, at);
        if (repeats) {
            at = line_prefix_end(text, at);
        } else {
            out += text[at];
            ++at;
        }
    }
    return out;
}

std::optional<mail::EnhancedStatus> status_at(std::string_view text, std::size_t at) {
    const auto status = mail::EnhancedStatus::parse(text.substr(at, status_end(text, at) - at));
    return status.has_value() ? std::optional(*status) : std::nullopt;
}

/// Skips marks, so that "#5.1.1" and "'5.1.1" read like "5.1.1".
std::size_t skip_marks(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == '#' || text[at] == '\'' || text[at] == ' ')) {
        ++at;
    }
    return at;
}

/// A reply code in a text, with the status behind it.
struct FoundReply {
    std::size_t at;
    std::optional<mail::EnhancedStatus> status;
};

/// The first reply code with a status behind it, which is certainly a reply; otherwise the first
/// one.
std::optional<FoundReply> find_reply(std::string_view text) {
    std::optional<FoundReply> first;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!is_reply_code_at(text, at)) {
            continue;
        }
        const auto status = status_at(text, skip_marks(text, std::min(at + 4, text.size())));
        if (status.has_value()) {
            return FoundReply{at, status};
        }
        if (!first.has_value()) {
            first = FoundReply{at, {}};
        }
    }
    return first;
}

}  // namespace

std::string rule_text(std::string_view text) {
    return without_addresses(without_line_codes(plain_spaces(text.substr(0, kRuleTextOctets))));
}

QuotedCodes quoted_codes(std::string_view text) {
    const std::string plain = plain_spaces(text.substr(0, kRuleTextOctets));
    QuotedCodes codes;
    if (const auto reply = find_reply(plain)) {
        const auto code = core::parse_decimal(std::string_view(plain).substr(reply->at, 3));
        codes.reply_code = static_cast<int>(code.value_or(0));
        codes.status = reply->status;
    }
    if (!codes.status.has_value()) {
        codes.status = mail::EnhancedStatus::find_in(plain);
    }
    return codes;
}

std::string quoted_reply(std::string_view text) {
    const std::string plain = plain_spaces(text.substr(0, kRuleTextOctets));
    const auto reply = find_reply(plain);
    return reply.has_value() && reply->at > 0 ? plain.substr(reply->at) : std::string{};
}

std::size_t reply_begin(std::string_view text) {
    std::string plain(text.substr(0, kRuleTextOctets));
    std::ranges::replace_if(plain, core::is_ascii_space, ' ');
    const auto reply = find_reply(plain);
    return reply.has_value() ? reply->at : std::string_view::npos;
}

}  // namespace holdback::reading
