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

/// Octets of the line end at `at`: 2 for CRLF, 1 for a bare LF, 0 for anything else.
std::size_t line_end_at(std::string_view text, std::size_t at) {
    if (text.substr(at).starts_with(kCrlf)) {
        return 2;
    }
    return text[at] == '\n' ? 1 : 0;
}

bool is_wsp(char c) {
    return c == ' ' || c == '\t';
}

/// The text with every line end replaced by CRLF.
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

}  // namespace

std::string HeaderField::value() const {
    const std::string_view raw = raw_value;
    std::string unfolded;
    unfolded.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t line_end = line_end_at(raw, at);
        if (line_end == 0) {
            unfolded += raw[at];
            ++at;
            continue;
        }
        at += line_end;
        // A line end without white space behind it cannot be folding, yet must not glue two words.
        if (at < raw.size() && !is_wsp(raw[at])) {
            unfolded += ' ';
        }
    }
    return std::string(core::trim(unfolded));
}

void HeaderList::add(std::string_view name, std::string_view raw_value) {
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
