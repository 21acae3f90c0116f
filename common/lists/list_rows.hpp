// SPDX-License-Identifier: Apache-2.0
#pragma once
// The meaning of the rows of a list, and the rows of our own CSV.

#include "core/clock.hpp"
#include "lists/list_format.hpp"
#include "lists/list_shape.hpp"
#include "lists/row_meaning.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::lists {

/// The row is no suppression: a subscriber who is welcome, or a comment.
struct PassedOver {
    std::string what;  ///< a word for it: "active", "soft bounce", "comment"
};

/// The flaw of a row, in words.
struct BadRow {
    std::string why;
};

/// The row has an unknown word as its status; nobody guesses what it means.
struct UnknownStatus {
    std::string column;
    std::string word;
};

enum class SoftBounces : std::uint8_t { PassOver, Count };

/// The defaults of all rows of a list.
struct RowDefaults {
    core::TimePoint now;  ///< the time of rows that have none
    /// For rows without a status, and for unknown ones. nullopt: rows without a status are manual
    /// if the list has no status column, else skipped; those with an unknown status are not taken.
    std::optional<terms::SuppressionReason> reason = std::nullopt;
    /// Whether a soft bounce counts as a strike or is skipped.
    SoftBounces soft = SoftBounces::PassOver;
};

using RowOutcome = std::variant<terms::SuppressionEntry, PassedOver, BadRow, UnknownStatus>;

/// Reads the rows of one list.
class RowParser {
public:
    RowParser(ListShape shape, RowDefaults defaults);

    /// The entry of a row. Its scope is global, except in our own CSV. An absent time is `now`; a
    /// time that does not parse makes a bad row.
    [[nodiscard]] RowOutcome parse(std::span<const std::string> fields) const;

private:
    [[nodiscard]] RowOutcome parse_plain(std::string_view line) const;
    [[nodiscard]] RowOutcome parse_own(std::span<const std::string> fields) const;
    [[nodiscard]] RowOutcome parse_service(std::span<const std::string> fields) const;

    [[nodiscard]] RowMeaning meaning_of(std::span<const std::string> fields) const;
    [[nodiscard]] std::optional<RowMeaning> meaning_of_reply(
        std::span<const std::string> fields) const;
    [[nodiscard]] RowOutcome entry_of(std::span<const std::string> fields,
                                      terms::SuppressionReason reason) const;

    ListShape shape_;
    RowDefaults defaults_;
    StatusColumns status_;
    int reason_ = -1;
    int code_ = -1;
    int time_ = -1;
    int text_ = -1;
    std::vector<int> own_;  // columns of our own CSV, in the order of `own_columns`
};

/// The columns of our own CSV.
[[nodiscard]] std::span<const std::string_view> own_columns();
/// A row of our own CSV, with its line end.
[[nodiscard]] std::string own_row(const terms::SuppressionEntry& entry);

}  // namespace holdback::lists
