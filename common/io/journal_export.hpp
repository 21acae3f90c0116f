// SPDX-License-Identifier: Apache-2.0
#pragma once
// The export format of the system's journal, as entries.

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::io {

/// An entry of the journal: its place, and the line of log that it stands for, in ISO 8601 form.
struct JournalLine {
    std::string cursor;
    core::TimePoint at;
    std::string line;  ///< empty: the message was too long
};

/// Reads the export format (fields as "NAME=value" lines or with a binary length, an empty line
/// behind each entry) out of octets that come in pieces. Holds one entry at most, and no values
/// over 64 KiB.
class JournalExportReader {
public:
    void add(std::string_view octets);
    /// The next entry, while there is one. Those without a cursor or a time are read over.
    [[nodiscard]] std::optional<JournalLine> next();
    /// Lines that are no part of the format since the last call, which is how journalctl(1) shows
    /// its errors: the first of them, empty when there were none.
    [[nodiscard]] std::string take_complaint();

private:
    enum class Step : std::uint8_t { More, Entry, Wait };

    [[nodiscard]] Step read_field();
    [[nodiscard]] Step read_binary(std::string_view name, std::size_t behind_name);
    void set(std::string_view name, std::string_view value);
    [[nodiscard]] std::optional<JournalLine> finish();

    std::string buffer_;
    std::size_t begin_ = 0;
    std::uint64_t to_skip_ = 0;  // octets of a value that is too long
    bool skips_line_ = false;    // the rest of a line that is too long
    std::string complaint_;
    std::string cursor_;
    std::string time_;
    std::string host_;
    std::string program_;
    std::string process_;
    std::string message_;
};

}  // namespace holdback::io
