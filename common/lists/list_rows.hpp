// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the rows of a list say, and the rows of our own CSV.

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

/// A row says nothing about a suppression: a subscriber who is welcome, a comment.
struct PassedOver {
    std::string what;  ///< the word for it: "active", "soft bounce", "comment"
};

/// What is wrong with a row, in words.
struct BadRow {
    std::string why;
};

/// The row tells a status in a word that is not known; it is not guessed at.
struct UnknownStatus {
    std::string column;
    std::string word;
};

enum class SoftBounces : std::uint8_t { PassOver, Count };

/// What rows have in common, whatever they say.
struct RowDefaults {
    core::TimePoint now;  ///< when a row tells no time
    /// For rows that tell none, and for those whose word is not known. nullopt: the former are
    /// manual, where the list has no column of status at all, or else passed over; the latter are
    /// not taken.
    std::optional<terms::SuppressionReason> reason = std::nullopt;
    /// Count a soft bounce as a strike, or pass it over.
    SoftBounces soft = SoftBounces::PassOver;
};

using RowOutcome = std::variant<terms::SuppressionEntry, PassedOver, BadRow, UnknownStatus>;

/// Reads the rows of one list.
class RowParser {
public:
    RowParser(ListShape shape, RowDefaults defaults);

    /// The entry of a row; its scope is global, except in our own CSV. Times that do not parse are
    /// trouble, absent ones are `now`.
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
/// A row of it, with its line end.
[[nodiscard]] std::string own_row(const terms::SuppressionEntry& entry);

}  // namespace holdback::lists
