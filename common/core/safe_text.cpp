// SPDX-License-Identifier: Apache-2.0
#include "core/safe_text.hpp"

#include "core/text.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned octet(std::string_view character, std::size_t i) {
    return static_cast<unsigned char>(character[i]);
}

bool is_ascii_control(std::string_view character) {
    return character.size() == 1 && (octet(character, 0) < 0x20 || octet(character, 0) == 0x7F);
}

/// True for C1 controls, line separators and what turns the direction of writing: see `one_line`.
bool is_hidden(std::string_view character) {
    if (character.size() == 2) {
        return (octet(character, 0) == 0xC2 && octet(character, 1) < 0xA0) ||
               character == "\xD8\x9C";
    }
    if (character.size() != 3 || octet(character, 0) != 0xE2) {
        return false;
    }
    const unsigned last = octet(character, 2);
    if (octet(character, 1) == 0x80) {
        return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
    }
    return octet(character, 1) == 0x81 && last >= 0xA6 && last <= 0xA9;
}

/// The end of the single quotes in front of a field, when a spreadsheet would take what follows for
/// a formula; npos otherwise.
std::size_t formula_at(std::string_view field) {
    const std::size_t at = field.find_first_not_of('\'');
    return at != std::string_view::npos &&
                   std::string_view("=+-@\t\r").find(field[at]) != std::string_view::npos
               ? at
               : std::string_view::npos;
}

/// True for a number, a telephone number or a date: nothing that a spreadsheet could run.
bool is_number(std::string_view field) {
    return field.find_first_not_of("0123456789 +-.,/()") == std::string_view::npos;
}

std::string safe_field(std::string_view field, LineFeeds line_feeds) {
    if (line_feeds == LineFeeds::Spaces) {
        return one_line(field);
    }
    const std::vector<std::string_view> lines = split(field, '\n');
    std::string safe = one_line(lines.front());
    for (const std::string_view line : std::span(lines).subspan(1)) {
        safe.append("\n").append(one_line(line));
    }
    return safe;
}

void append_field(std::string& row, std::string_view field, char separator) {
    const bool is_padded = trim(field).size() != field.size();
    if (!is_padded && field.find_first_of("\",;\t\r\n") == std::string_view::npos &&
        field.find(separator) == std::string_view::npos) {
        row += field;
        return;
    }
    row += '"';
    for (const char c : field) {
        row += c;
        if (c == '"') {
            row += c;
        }
    }
    row += '"';
}

}  // namespace

std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> all;
    std::size_t begin = 0;
    for (std::size_t i = 1; i <= text.size(); ++i) {
        const bool continues = i < text.size() && (octet(text, i) & 0xC0U) == 0x80U;
        if (!continues) {
            all.push_back(text.substr(begin, i - begin));
            begin = i;
        }
    }
    return all;
}

std::string one_line(std::string_view text) {
    const std::string valid = to_valid_utf8(text);
    std::string line;
    line.reserve(valid.size());
    for (const std::string_view character : characters(valid)) {
        if (is_ascii_control(character)) {
            line += ' ';
        } else {
            line += is_hidden(character) ? kReplacement : character;
        }
    }
    return line;
}

std::string html_safe(std::string_view text) {
    std::string out;
    for (const char c : one_line(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string csv_row(std::span<const std::string> fields, CsvForm form) {
    std::string row;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string& field = fields[i];
        const bool copied = i < form.copied;
        std::string safe = copied ? field : safe_field(field, form.line_feeds);
        if (formula_at(field) != std::string_view::npos && !(copied && is_number(field))) {
            safe.insert(0, 1, '\'');
        }
        if (i > 0) {
            row += form.separator;
        }
        append_field(row, safe, form.separator);
    }
    return row.append(form.line_end);
}

std::string_view without_formula_guard(std::string_view field) {
    const std::size_t at = formula_at(field);
    return at == std::string_view::npos || at == 0 ? field : field.substr(1);
}

}  // namespace holdback::core
