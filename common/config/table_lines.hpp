// SPDX-License-Identifier: Apache-2.0
#pragma once
// The lines of Postfix's files (postmap(1), postconf(5)).

#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

/// A line with all that continues it.
struct TableLine {
    int line = 0;      ///< the number of its first line, from 1 on
    std::string text;  ///< without white space at both ends; never empty

    bool operator==(const TableLine&) const = default;
};

/// A line that begins with white space continues the one before it. Empty lines and lines whose
/// first character that is not white space is `#` are skipped.
[[nodiscard]] std::vector<TableLine> table_lines(std::string_view text);

}  // namespace holdback::config
