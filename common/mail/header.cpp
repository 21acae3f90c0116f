// SPDX-License-Identifier: Apache-2.0
#include "mail/header.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::mail {

namespace {

constexpr std::size_t kLineOctets = 78;  // RFC 5322 section 2.1.1
constexpr std::string_view kCrlf = "\r\n";

/// The octets of the line end at `at`: 2 for CRLF, 1 for a bare LF, 0 where there is none.
std::size_t line_end_at(std::string_view text, std::size_t at) {
    if (text.substr(at).starts_with(kCrlf)) {
        return 2;
    }
    return text[at] == '\n' ? 1 : 0;
}

bool is_wsp(char c) {
    return c == ' ' || c == '\t';
}

/// Appends the text with every line end replaced by CRLF.
void append_with_crlf(std::string& out, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t line_end = line_end_at(text, at);
        if (line_end == 0) {
            out += text[at];
            ++at;
        } else {
            out += kCrlf;
            at += line_end;
        }
    }
}

/// The octets of the field name that begins the line at `at`; 0 when the line is not a field. White
/// space before the colon is obsolete (RFC 5322 section 4.5), yet allowed.
std::size_t name_octets(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && text[end] > ' ' && text[end] < '\x7f' && text[end] != ':') {
        ++end;
    }
    std::size_t colon = end;
    while (colon < text.size() && is_wsp(text[colon])) {
        ++colon;
    }
    return colon < text.size() && text[colon] == ':' ? end - at : 0;
}

/// The end of the field that begins at `at`: the first line end that no folding follows.
std::size_t field_end(std::string_view text, std::size_t at) {
    std::size_t end = text.find('\n', at);
    while (end != std::string_view::npos && end + 1 < text.size() && is_wsp(text[end + 1])) {
        end = text.find('\n', end + 1);
    }
    return std::min(end, text.size());
}

/// The start of the next field within the few lines after the line end at `end`; nullopt when the
/// header ends before.
std::optional<std::size_t> next_field(std::string_view text, std::size_t end) {
    constexpr int kMostLines = 10;
    for (int line = 0; line < kMostLines; ++line) {
        const std::size_t at = end + 1;
        if (at >= text.size() || text[at] == '\n') {
            return std::nullopt;
        }
        if (name_octets(text, at) != 0) {
            return at;
        }
        end = std::min(text.find('\n', at), text.size());
    }
    return std::nullopt;
}

}  // namespace

ParsedHeader parse_header(std::string_view text, std::size_t most_octets) {
    ParsedHeader header;
    std::size_t at = 0;
    while (at < text.size() && text[at] != '\n') {
        const std::size_t name = name_octets(text, at);
        const std::size_t end = field_end(text, at);
        if (name == 0) {
            const std::optional<std::size_t> next = next_field(text, end);
            if (!next.has_value()) {
                header.body = at;
                return header;
            }
            at = *next;
            continue;
        }
        const std::size_t value = text.find(':', at + name) + 1;
        const std::size_t octets = name + (end - value);
        header.is_complete = header.is_complete && octets <= most_octets - header.octets;
        if (header.is_complete) {
            header.fields.add(text.substr(at, name), text.substr(value, end - value));
            header.octets += octets;
        }
        at = std::min(end + 1, text.size());
    }
    header.body = std::min(at + 1, text.size());
    return header;
}

std::string HeaderField::value() const {
    const std::string_view raw = raw_value;
    if (raw.find('\n') == std::string_view::npos) {
        return std::string(core::trim(raw));
    }
    std::string unfolded;
    unfolded.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t line_feed = std::min(raw.find('\n', at), raw.size());
        const bool crlf = line_feed > at && line_feed < raw.size() && raw[line_feed - 1] == '\r';
        unfolded += raw.substr(at, line_feed - at - (crlf ? 1 : 0));
        at = line_feed + 1;
        // A line end without white space after it is not folding, yet must not glue two words.
        if (at < raw.size() && !is_wsp(raw[at])) {
            unfolded += ' ';
        }
    }
    return std::string(core::trim(unfolded));
}

void HeaderList::add(std::string_view name, std::string_view raw_value) {
    if (fields_.empty()) {
        fields_.reserve(16);
    }
    fields_.push_back({.name = std::string(name), .raw_value = std::string(raw_value)});
}

std::optional<std::string> HeaderList::first(std::string_view name) const {
    for (const HeaderField& field : fields_) {
        if (core::equals_ignoring_case(field.name, name)) {
            return field.value();
        }
    }
    return std::nullopt;
}

std::vector<std::string> HeaderList::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const HeaderField& field : fields_) {
        if (core::equals_ignoring_case(field.name, name)) {
            values.push_back(field.value());
        }
    }
    return values;
}

bool HeaderList::has(std::string_view name) const {
    return count(name) != 0;
}

std::size_t HeaderList::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields_,
        [name](const HeaderField& field) { return core::equals_ignoring_case(field.name, name); }));
}

std::string HeaderList::text() const {
    std::string block;
    for (const HeaderField& field : fields_) {
        block += field.name;
        block += ':';
        append_with_crlf(block, field.raw_value);
        block += kCrlf;
    }
    return block;
}

std::string fold(std::string_view value, std::size_t name_octets) {
    std::string folded;
    std::size_t column = name_octets;
    bool first = true;
    std::string_view rest = core::trim(value);
    while (!rest.empty()) {
        const auto* const gap_end = std::ranges::find_if_not(rest, core::is_ascii_space);
        const auto* const word_end = std::find_if(gap_end, rest.end(), core::is_ascii_space);
        const std::string_view gap(rest.begin(), gap_end);
        const std::string_view word(gap_end, word_end);
        rest = std::string_view(word_end, rest.end());

        const bool fits = column + gap.size() + word.size() <= kLineOctets;
        if (first || (fits && std::ranges::all_of(gap, is_wsp))) {
            folded += gap;
            column += gap.size() + word.size();
        } else {
            folded += "\n\t";
            column = 1 + word.size();
        }
        folded += word;
        first = false;
    }
    return folded;
}

}  // namespace holdback::mail
