// SPDX-License-Identifier: Apache-2.0
#include "lists/row_reader.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::lists {

namespace {

constexpr std::size_t kBlock = std::size_t{256} * 1024;

/// The place of an octet in a row of CSV. A quote opens only at the start of a field, so that a
/// stray one inside a field does not swallow the lines after it.
enum class Within : std::uint8_t { FieldStart, Plain, Quoted, BehindQuote };

Within step(Within within, char c, char separator) {
    switch (within) {
        case Within::Quoted:
            return c == '"' ? Within::BehindQuote : Within::Quoted;
        case Within::BehindQuote:
            if (c == '"') {
                return Within::Quoted;  // it was doubled
            }
            break;
        case Within::FieldStart:
            if (c == '"') {
                return Within::Quoted;
            }
            if (c == ' ') {
                return Within::FieldStart;
            }
            break;
        case Within::Plain:
            break;
    }
    return c == separator ? Within::FieldStart : Within::Plain;
}

}  // namespace

std::string_view plain_words(RowTrouble trouble) {
    switch (trouble) {
        case RowTrouble::TooLong:
            return "the row is too long";
        case RowTrouble::OpenQuote:
            return "a quote is not closed";
        case RowTrouble::TextAfterQuote:
            return "text stands behind a closing quote";
    }
    std::unreachable();
}

/// Reads one more block to the end of the buffer; false at the end of the text.
bool RowReader::fill() {
    if (at_end_) {
        return false;
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t old = buffer_.size();
    buffer_.resize(old + kBlock);
    const std::size_t got = source_(std::span(buffer_).subspan(old));
    buffer_.resize(old + got);
    octets_ += got;
    at_end_ = got == 0;
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (!looked_at_mark_ && (at_end_ || buffer_.size() >= kByteOrderMark.size())) {
        looked_at_mark_ = true;
        begin_ = buffer_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    }
    return !at_end_;
}

std::string_view RowReader::peek(std::size_t most) {
    while (buffer_.size() - begin_ < most && fill()) {
    }
    return std::string_view(buffer_).substr(begin_, most);
}

/// Old programs end lines with CR alone.
void RowReader::learn_line_end() {
    if (line_end_.has_value()) {
        return;
    }
    const std::string_view text = peek(kBlock);
    const std::size_t cr = text.find('\r');
    const bool is_cr_alone = cr + 1 < text.size() && cr != std::string_view::npos &&
                             text.find('\n') == std::string_view::npos;
    line_end_ = is_cr_alone ? '\r' : '\n';
}

void RowReader::keep_of_long_row(std::string_view octets) {
    long_row_ += octets.substr(0, kMostRawOctets - std::min(kMostRawOctets, long_row_.size()));
}

/// Finds the end of the next row, and sets `row_` to that row.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): one pass over the octets
bool RowReader::find_row() {
    std::size_t at = 0;  // from begin_, as the buffer moves
    Within within = Within::FieldStart;
    bool dropping = false;
    std::size_t lines = 0;
    trouble_.reset();
    long_row_.clear();
    learn_line_end();
    while (true) {
        if (begin_ + at >= buffer_.size()) {
            if (dropping) {
                keep_of_long_row(std::string_view(buffer_).substr(begin_));
                begin_ = buffer_.size();
                at = 0;
            }
            if (fill()) {
                continue;
            }
            if (within == Within::Quoted) {
                trouble_ = RowTrouble::OpenQuote;
            }
            break;
        }
        if (!dropping && at > kMostRowOctets) {
            // The text that seemed to be inside quotes may be the lines after a stray quote.
            dropping = true;
            within = Within::Plain;
        }
        const char c = buffer_[begin_ + at];
        if (c == line_end_) {
            ++lines;
            if (within != Within::Quoted) {
                break;
            }
        } else if (separator_.has_value() && !dropping) {
            within = step(within, c, *separator_);
        }
        ++at;
    }
    if (dropping) {
        trouble_ = RowTrouble::TooLong;
    }
    const bool any = begin_ < buffer_.size();
    row_ = std::string_view(buffer_).substr(begin_, at);
    begin_ = std::min(buffer_.size(), begin_ + at + 1);
    line_ = next_line_;
    next_line_ += lines;
    if (row_.ends_with('\r')) {
        row_.remove_suffix(1);
    }
    if (dropping) {
        keep_of_long_row(row_);
    }
    return any || dropping;
}

bool RowReader::next() {
    while (find_row()) {
        if (trouble_.has_value()) {
            fields_.clear();
            return true;
        }
        if (!core::trim(row_).empty()) {
            take_fields(row_);
            return true;
        }
    }
    return false;
}

/// Takes the quoted field that opens at `at`; returns where the next separator or the row's end is.
std::size_t RowReader::take_quoted(std::string_view row, std::size_t at, char separator) {
    std::string& field = fields_.back();
    ++at;
    while (at < row.size()) {
        const std::size_t quote = std::min(row.find('"', at), row.size());
        field.append(row.substr(at, quote - at));
        at = quote + 1;
        if (at >= row.size() || row[at] != '"') {
            break;
        }
        field += '"';
        ++at;
    }
    const std::size_t behind = std::min(row.find(separator, std::min(at, row.size())), row.size());
    if (at < behind && !core::trim(row.substr(at, behind - at)).empty()) {
        trouble_ = RowTrouble::TextAfterQuote;
    }
    return behind;
}

void RowReader::take_fields(std::string_view row) {
    fields_.clear();
    if (!separator_.has_value()) {
        fields_.emplace_back(core::trim(row));
        return;
    }
    const char separator = *separator_;
    std::size_t at = 0;
    while (true) {
        fields_.emplace_back();
        const std::size_t start = std::min(row.find_first_not_of(' ', at), row.size());
        std::size_t behind = 0;
        if (start < row.size() && row[start] == '"') {
            behind = take_quoted(row, start, separator);
        } else {
            behind = std::min(row.find(separator, at), row.size());
            fields_.back() = core::trim(row.substr(at, behind - at));
        }
        if (behind >= row.size()) {
            return;
        }
        at = behind + 1;
    }
}

}  // namespace holdback::lists
