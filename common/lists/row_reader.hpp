// SPDX-License-Identifier: Apache-2.0
#pragma once
// Splits a text into rows of fields: CSV, or plain lines.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::lists {

/// Fills the octets from the front and returns how many it filled; 0 at the end.
using Source = std::function<std::size_t(std::span<char>)>;

/// Longest row in octets; a longer row has no fields.
inline constexpr std::size_t kMostRowOctets = std::size_t{1} << 20U;
/// The part of a longer row that is kept unchanged; the rest is thrown away.
inline constexpr std::size_t kMostRawOctets = 2 * kMostRowOctets;

enum class RowTrouble : std::uint8_t {
    TooLong,
    OpenQuote,       ///< the text ends within quotes
    TextAfterQuote,  ///< something stands between a closing quote and the separator
};

[[nodiscard]] std::string_view plain_words(RowTrouble trouble);

/// Reads rows in constant memory. CSV is RFC 4180: fields in double quotes may hold separators,
/// doubled quotes and line ends. Lines end with LF, CRLF or the text, and with CR where the
/// beginning of the text has no LF. A byte order mark in front is dropped. Rows without any text
/// are skipped, but counted as lines.
class RowReader {
public:
    explicit RowReader(Source source) : source_(std::move(source)) {}

    /// The first octets of the text, without a byte order mark, at most `most`: fewer only when the
    /// text is shorter. Call it before the first `next`.
    [[nodiscard]] std::string_view peek(std::size_t most);

    /// nullopt: each line is one field, and quotes mean nothing.
    void separate_by(std::optional<char> separator) { separator_ = separator; }

    /// True when there is a row; false at the end.
    [[nodiscard]] bool next();
    /// The fields of the last row. Quoted ones keep their white space; others lose it at both ends.
    [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
    /// The flaw of the last row.
    [[nodiscard]] std::optional<RowTrouble> trouble() const { return trouble_; }
    /// The last row, unchanged and without its line end; valid until the next row.
    [[nodiscard]] std::string_view raw() const {
        return trouble_ == RowTrouble::TooLong ? std::string_view(long_row_) : row_;
    }
    /// The line on which the last row began, from 1.
    [[nodiscard]] std::size_t line() const { return line_; }
    [[nodiscard]] std::uintmax_t octets_read() const { return octets_; }

private:
    [[nodiscard]] bool fill();
    [[nodiscard]] bool find_row();
    void learn_line_end();
    void keep_of_long_row(std::string_view octets);
    void take_fields(std::string_view row);
    [[nodiscard]] std::size_t take_quoted(std::string_view row, std::size_t at, char separator);

    Source source_;
    std::string buffer_;
    std::size_t begin_ = 0;  // of the next row in the buffer
    bool at_end_ = false;
    bool looked_at_mark_ = false;
    std::uintmax_t octets_ = 0;
    std::optional<char> separator_;
    std::optional<char> line_end_;  // nullopt: not known yet
    std::string_view row_;          // into the buffer, without its line end
    std::string long_row_;          // the part that is kept of a row that is too long
    std::vector<std::string> fields_;
    std::optional<RowTrouble> trouble_;
    std::size_t line_ = 0;
    std::size_t next_line_ = 1;
};

}  // namespace holdback::lists
