// SPDX-License-Identifier: Apache-2.0
#include "dsn/human_text.hpp"

#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "mail/header.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::size_t kMostOctets = 64UL * 1024;
constexpr std::size_t kLongestMarkerLine = 160;
constexpr std::size_t kMostHeaderFields = 500;

/// Lines that announce the returned message, in lower case, without rulers at either end. A marker
/// matches at the start of a line.
constexpr auto kReturnMarkers = std::to_array<std::string_view>({
    "this is a copy of the message",
    "this is a copy of your message",
    "here is a copy of",
    "below this line is",
    "below is a copy of",
    "included below is",
    "included is a copy of",
    "a copy of the original message",
    "a copy of your message",
    "the body of the message is",
    "original message follows",
    "original message headers",
    "original message header",
    "original message as received",
    "original message",
    "original mail",
    "header of the original message",
    "headers of the original message",
    "the header of the original message",
    "the headers of the original message",
    "message header follow",
    "message headers follow",
    "message headers:",
    "message header:",
    "message text follows",
    "message contents follow",
    "message header",
    "mail header",
    "the message headers follow",
    "the text of your message follows",
    "the first part of the message",
    "the message that caused this",
    "the original message was attached",
    "text of undelivered message follows",
    "undelivered message follows",
    "unsent message follows",
    "unsent message below",
    "unsent message is",
    "unmodified original message",
    "unaltered message",
    "returned mail follows",
    "returned message follows",
    "returned message",
    "returned content",
    "return message",
    "start of returned message",
    "start of original message",
    "your message follows",
    "your message reads",
    "your original message",
    "original e-mail",
    "begin original message",
    "end of returned",
    "rfc 822 headers",
    "ursprüngliche nachricht",
    "ursprungliche nachricht",
    "message d'origine",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "исходное сообщение",
    "元のメッセージ",
});

/// Fields of a message header that no report writes into its own text.
constexpr auto kTransportFields = std::to_array<std::string_view>({"received",
                                                                   "return-path",
                                                                   "message-id",
                                                                   "mime-version",
                                                                   "dkim-signature",
                                                                   "delivered-to",
                                                                   "x-mailer",
                                                                   "content-type",
                                                                   "date"});

bool is_blank(std::string_view text) {
    return core::trim(text).empty();
}

bool is_field_name(std::string_view name) {
    return !name.empty() && name.size() <= 76 && std::ranges::all_of(name, [](char c) {
        return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '-' || c == '_';
    });
}

/// The field name of a header line, or empty.
std::string_view field_name(std::string_view line) {
    const std::size_t colon = line.substr(0, 80).find(':');
    if (colon == std::string_view::npos) {
        return {};
    }
    const std::string_view name = line.substr(0, colon);
    return is_field_name(name) ? name : std::string_view{};
}

std::string_view unquoted(std::string_view line) {
    if (line.starts_with("> ")) {
        return line.substr(2);
    }
    return line.starts_with('>') ? line.substr(1) : line;
}

std::string_view without_rulers(std::string_view line) {
    constexpr std::string_view kRulers = " \t-=*_|#+~:.<>[]";
    const std::size_t begin = line.find_first_not_of(kRulers);
    if (begin == std::string_view::npos) {
        return {};
    }
    return line.substr(begin, line.find_last_not_of(" \t-=*_|#+~") - begin + 1);
}

/// Most lines fail at their first letter.
bool may_begin_marker(std::string_view text) {
    static constexpr auto kFirst = [] {
        std::array<bool, 256> first{};
        for (const std::string_view marker : kReturnMarkers) {
            first.at(static_cast<unsigned char>(marker.front())) = true;
        }
        return first;
    }();
    return !text.empty() && kFirst.at(static_cast<unsigned char>(core::ascii_lower(text.front())));
}

bool is_return_marker(std::string_view line) {
    const std::string_view words = without_rulers(line);
    if (line.size() > kLongestMarkerLine || !may_begin_marker(words)) {
        return false;
    }
    const std::string plain = core::to_lower(words);
    const bool ruled = core::trim(line).starts_with("--") || core::trim(line).starts_with("==");
    return std::ranges::any_of(kReturnMarkers, [&](std::string_view marker) {
        if (!plain.starts_with(marker)) {
            return false;
        }
        // A sentence that only begins so ("Original message could not be delivered") is no marker.
        const std::size_t rest = plain.size() - marker.size();
        return ruled || rest <= 50;
    });
}

bool is_sentence_about_failure(std::string_view line) {
    return core::contains_ignoring_case(line, "received at") ||
           core::contains_ignoring_case(line, "was received") ||
           core::contains_ignoring_case(line, "not be delivered") ||
           core::contains_ignoring_case(line, "cannot be delivered") ||
           core::contains_ignoring_case(line, "not delivered") ||
           core::contains_ignoring_case(line, "undeliver");
}

/// True when the lines up to the next empty one begin with fields of a message header.
bool is_header_block(std::span<const std::string_view> lines) {
    std::size_t fields = 0;
    std::size_t transport = 0;
    for (const std::string_view raw : lines.first(std::min<std::size_t>(lines.size(), 40))) {
        const std::string_view line = unquoted(raw);
        if (core::trim(line).empty()) {
            break;
        }
        if (core::is_ascii_space(line.front()) && fields > 0) {
            continue;
        }
        const std::string_view name = field_name(line);
        if (name.empty()) {
            break;
        }
        ++fields;
        const std::string lower = core::to_lower(name);
        if (std::ranges::find(kTransportFields, lower) != kTransportFields.end()) {
            ++transport;
        }
    }
    return fields >= 3 && transport >= 1;
}

bool starts_header(std::string_view line) {
    static constexpr auto kFirst = std::to_array<std::string_view>({"received",
                                                                    "return-path",
                                                                    "message-id",
                                                                    "date",
                                                                    "from",
                                                                    "to",
                                                                    "subject",
                                                                    "mime-version",
                                                                    "dkim-signature",
                                                                    "delivered-to",
                                                                    "x-",
                                                                    "sender",
                                                                    "reply-to",
                                                                    "domainkey-signature",
                                                                    "content-type",
                                                                    "authentication-results",
                                                                    "envelope-to",
                                                                    "user-agent",
                                                                    "path",
                                                                    "cc"});
    const std::string_view name = field_name(unquoted(line));
    return !name.empty() && std::ranges::any_of(kFirst, [name](std::string_view first) {
        return core::starts_with_ignoring_case(name, first);
    });
}

/// True for a MIME part that nobody took apart, because the header named no boundary.
bool is_bare_part(std::span<const std::string_view> lines) {
    return lines.size() > 1 && lines[0].starts_with("--") &&
           core::starts_with_ignoring_case(lines[1], "content-") && !field_name(lines[1]).empty();
}

bool is_returned_part(std::span<const std::string_view> lines) {
    if (!is_bare_part(lines)) {
        return false;
    }
    for (const std::string_view line :
         lines.subspan(1, std::min<std::size_t>(lines.size() - 1, 6))) {
        const std::string lower = core::to_lower(line.substr(0, 80));
        if (lower.starts_with("content-type:")) {
            return lower.find("message/rfc822") != std::string::npos ||
                   lower.find("rfc822-headers") != std::string::npos;
        }
    }
    return false;
}

/// The index of the line where the returned message begins, or the number of lines.
std::size_t returned_begin(const std::vector<std::string_view>& lines) {
    const std::span<const std::string_view> all(lines);
    for (std::size_t index = 0; index < lines.size(); ++index) {
        const std::string_view line = lines[index];
        if (line.empty()) {
            continue;
        }
        if (is_returned_part(all.subspan(index))) {
            return index;
        }
        if (is_return_marker(line) && !is_sentence_about_failure(line)) {
            return index;
        }
        if (starts_header(line) && is_header_block(all.subspan(index))) {
            return index;
        }
    }
    return lines.size();
}

bool is_attachment(const MessagePart& part) {
    const auto disposition = part.headers.first("Content-Disposition");
    return disposition.has_value() && core::starts_with_ignoring_case(*disposition, "attachment");
}

void append_part(HumanText& all, const HumanText& part) {
    if (!is_blank(part.report) && all.report.size() < kMostOctets) {
        if (!all.report.empty()) {
            all.report += "\n\n";
        }
        all.report += reading::utf8_prefix(part.report,
                                           kMostOctets - std::min(all.report.size(), kMostOctets));
    }
    if (all.returned.empty()) {
        all.returned = part.returned;
    }
}

HumanText texts_of(const MessageView& message, int embedded, bool html) {
    HumanText all;
    for (const MessagePart& part : message.parts) {
        const bool is_text = part.media_type.starts_with("text/") &&
                             part.media_type != "text/rfc822-headers" && part.was_html == html;
        if (part.embedded == embedded && is_text && !is_attachment(part)) {
            append_part(all, split_returned(part.text));
        }
    }
    return all;
}

HumanText readable_text(const MessageView& message, int embedded) {
    HumanText all = texts_of(message, embedded, false);
    if (is_blank(all.report)) {
        HumanText html = texts_of(message, embedded, true);
        if (html.returned.empty()) {
            html.returned = std::move(all.returned);
        }
        return html;
    }
    return all;
}

}  // namespace

HumanText split_returned(std::string_view text) {
    const std::vector<std::string_view> lines = reading::lines_of(text);
    const std::size_t begin = returned_begin(lines);
    HumanText halves;
    if (begin == lines.size()) {
        halves.report = std::string(reading::utf8_prefix(text, kMostOctets));
        return halves;
    }
    const auto offset = static_cast<std::size_t>(lines[begin].data() - text.data());
    halves.report = std::string(reading::utf8_prefix(text.substr(0, offset), kMostOctets));
    std::size_t first = begin;
    if (is_bare_part(std::span(lines).subspan(begin))) {
        while (first < lines.size() && !is_blank(lines[first])) {
            ++first;
        }
    }
    while (first < lines.size() && field_name(unquoted(lines[first])).empty()) {
        ++first;
    }
    if (first < lines.size()) {
        const auto rest = static_cast<std::size_t>(lines[first].data() - text.data());
        halves.returned = std::string(reading::utf8_prefix(text.substr(rest), kMostOctets));
    }
    return halves;
}

HumanText human_text(const MessageView& message) {
    return readable_text(message, 0);
}

HumanText embedded_text(const MessageView& message) {
    return readable_text(message, 1);
}

mail::HeaderList parse_headers(std::string_view text) {
    mail::HeaderList headers;
    std::string_view name;
    std::string value;
    const auto flush = [&] {
        if (!name.empty()) {
            headers.add(name, value);
        }
        name = {};
        value.clear();
    };
    std::size_t count = 0;
    for (const std::string_view raw : reading::lines_of(text)) {
        const std::string_view line = unquoted(raw);
        if (is_blank(line) || count > kMostHeaderFields) {
            break;
        }
        if (core::is_ascii_space(line.front())) {
            value += '\n';
            value += line;
            continue;
        }
        flush();
        name = field_name(line);
        value = name.empty() ? std::string{} : std::string(line.substr(name.size() + 1));
        ++count;
    }
    flush();
    return headers;
}

}  // namespace holdback::dsn
