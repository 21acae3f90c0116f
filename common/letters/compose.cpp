// SPDX-License-Identifier: Apache-2.0
#include "letters/compose.hpp"

#include "core/clock.hpp"
#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "terms/own_marks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::letters {

namespace {

constexpr std::size_t kLine = 78;
constexpr std::size_t kEncodedLine = 76;

/// The place to cut, at most `most`, without splitting a character.
std::size_t cut_at(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return text.size();
    }
    while (most > 0 && core::is_continuation(text[most])) {
        --most;
    }
    return most;
}

std::string base64(std::string_view octets) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        const std::string_view group = octets.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = (bits << 8U) | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            const std::size_t digit = (bits >> (18U - (6U * i))) & 0x3FU;
            out += i <= group.size() ? kAlphabet[digit] : '=';
        }
    }
    return out;
}

/// The words of a header value. All from the first to the last word that needs it become encoded
/// words of at most 75 characters (RFC 2047 section 2), which readers join again.
std::vector<std::string> header_words(std::string_view value, std::size_t longest) {
    constexpr std::size_t kMostEncodedOctets = 42;
    const std::vector<std::string_view> words = core::split(value, ' ');
    std::size_t first = words.size();
    std::size_t last = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        // A word that looks like an encoded word would be read as one.
        if (core::has_non_ascii(words[i]) || words[i].starts_with("=?") ||
            words[i].size() > longest) {
            first = std::min(first, i);
            last = i;
        }
    }
    std::vector<std::string> out;
    std::string to_encode;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i < first || i > last) {
            out.emplace_back(words[i]);
            continue;
        }
        to_encode += to_encode.empty() ? "" : " ";
        to_encode += words[i];
        if (i < last) {
            continue;
        }
        for (std::string_view left = to_encode; !left.empty();) {
            const std::size_t octets = cut_at(left, kMostEncodedOctets);
            out.push_back(fmt::format("=?utf-8?B?{}?=", base64(left.substr(0, octets))));
            left.remove_prefix(octets);
        }
    }
    return out;
}

void append_escaped(std::string& line, char c) {
    line += fmt::format("={:02X}", static_cast<unsigned char>(c));
}

/// Appends a line of text in quoted-printable, with soft line breaks.
void append_quoted(std::string& out, std::string_view text) {
    std::string line;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool at_end = i + 1 == text.size();
        const bool plain =
            (c >= '!' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !at_end);
        std::string next;
        // Mail systems stumble over a dot or "From " at the start of a line.
        const bool trips = line.empty() && (c == '.' || c == 'F');
        if (plain && !trips) {
            next = c;
        } else {
            append_escaped(next, c);
        }
        if (line.size() + next.size() > kEncodedLine - 1) {
            out += line + "=\r\n";
            line.clear();
        }
        line += next;
    }
    out += line + "\r\n";
}

}  // namespace

std::string rfc5322_date(core::TimePoint time) {
    constexpr std::array<std::string_view, 7> kDays{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    const unsigned weekday = std::chrono::weekday(day).c_encoding();
    const unsigned month = static_cast<unsigned>(date.month()) - 1;
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000",
                       kDays.at(weekday),
                       static_cast<unsigned>(date.day()),
                       kMonths.at(month),
                       static_cast<int>(date.year()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count());
}

std::string plain_duration(std::chrono::seconds duration) {
    struct Unit {
        std::string_view name;
        std::chrono::seconds length;
    };
    constexpr std::array<Unit, 4> kUnits{{{"day", std::chrono::days(1)},
                                          {"hour", std::chrono::hours(1)},
                                          {"minute", std::chrono::minutes(1)},
                                          {"second", std::chrono::seconds(1)}}};
    const auto* const unit = std::ranges::find_if(kUnits, [&](const Unit& each) {
        return duration.count() > 0 && duration % each.length == std::chrono::seconds(0);
    });
    const Unit& shown = unit == kUnits.end() ? kUnits.back() : *unit;
    const auto count = duration / shown.length;
    return fmt::format("{} {}{}", count, shown.name, count == 1 ? "" : "s");
}

std::string shortened(std::string_view text, std::size_t most) {
    const std::size_t octets = cut_at(text, most);
    std::string out(text.substr(0, octets));
    if (octets < text.size()) {
        out += "\xE2\x80\xA6";
    }
    return out;
}

std::string header_field(std::string_view name, std::string_view value) {
    std::string out = fmt::format("{}:", name);
    std::size_t column = out.size();
    // The first word is on the line of the name.
    const std::size_t longest = kLine - std::min(kLine, column + 1);
    for (const std::string& word : header_words(core::one_line(value), longest)) {
        if (column + 1 + word.size() > kLine && column > name.size() + 1) {
            out += "\r\n";
            column = 0;
        }
        out += ' ';
        out += word;
        column += 1 + word.size();
    }
    out += "\r\n";
    return out;
}

std::string address_field(std::string_view name,
                          std::string_view display_name,
                          std::string_view address) {
    const std::string safe = core::one_line(address);
    return display_name.empty() ? fmt::format("{}: <{}>\r\n", name, safe)
                                : fmt::format("{}: {} <{}>\r\n", name, display_name, safe);
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        append_quoted(out, line);
    }
    return out;
}

std::string html_page(std::string_view inner, std::string_view language) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"supported-color-schemes\" content=\"light dark\"></head>\n"
        "<body style=\"font-family: sans-serif; font-size: 15px; line-height: 1.45; "
        "max-width: 42em; overflow-wrap: anywhere; word-break: break-word\">\n{}</body></html>\n",
        core::html_safe(language),
        inner);
}

std::string own_header(const OwnHeader& header) {
    std::string text = fmt::format("Date: {}\r\n", rfc5322_date(header.now));
    text += address_field("From", header.from_name, header.from);
    std::string to;
    for (const std::string& address : header.to) {
        to += fmt::format("{}<{}>", to.empty() ? "" : ",\r\n\t", core::one_line(address));
    }
    text += fmt::format("To: {}\r\n", to);
    text += header_field("Subject", header.subject);
    text += fmt::format("Message-ID: <{}>\r\n", core::one_line(header.message_id));
    if (!header.in_reply_to.empty() && !core::has_non_ascii(header.in_reply_to)) {
        text += fmt::format("In-Reply-To: {0}\r\nReferences: {0}\r\n",
                            core::one_line(header.in_reply_to));
    }
    text += fmt::format(
        "Auto-Submitted: {}\r\nX-Auto-Response-Suppress: All\r\n{}: {}\r\nMIME-Version: 1.0\r\n",
        header.auto_submitted,
        terms::kCodeField,
        terms::kInformational.number());
    return text;
}

std::string text_part(std::string_view type, std::string_view text) {
    return fmt::format(
        "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        type,
        quoted_printable(text));
}

std::string attachment(std::string_view type, std::string_view file, std::string_view text) {
    return fmt::format(
        "Content-Disposition: attachment; filename=\"{}\"\r\n{}", file, text_part(type, text));
}

std::string multipart(std::string_view subtype,
                      std::string_view boundary,
                      std::span<const std::string> parts) {
    std::string text =
        fmt::format("Content-Type: multipart/{};\r\n\tboundary=\"{}\"\r\n\r\n", subtype, boundary);
    for (const std::string& part : parts) {
        text += fmt::format("--{}\r\n{}\r\n", boundary, part);
    }
    text += fmt::format("--{}--\r\n", boundary);
    return text;
}

std::string wrapped(std::string_view text, std::string_view indent) {
    constexpr std::size_t kTextLine = 72;
    std::string out;
    std::size_t column = indent.size();
    const std::string safe = core::one_line(text);
    for (const std::string_view word : core::split(safe, ' ')) {
        if (word.empty()) {
            continue;
        }
        if (!out.empty()) {
            const bool fits = column + 1 + word.size() <= kTextLine;
            out += fits ? " " : fmt::format("\n{}", indent);
            column = fits ? column + 1 : indent.size();
        }
        out += word;
        column += word.size();
    }
    return out;
}

}  // namespace holdback::letters
