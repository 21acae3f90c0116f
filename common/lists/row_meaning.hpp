// SPDX-License-Identifier: Apache-2.0
#pragma once
// The meaning of a row for its address: words of status and columns of yes and no, as mail services
// and list programs export them.

#include "terms/suppression.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::lists {

/// Mail to the address is to be held back.
struct Suppressed {
    terms::SuppressionReason reason;
};
/// The word is about the address and has nothing against it: "active", "delivered", "pending".
struct Welcome {
    std::string what;
};
/// The address bounced for a time.
struct SoftBounced {};
/// The word is not known.
struct UnknownWord {
    std::string column;
    std::string word;
};
/// The row says nothing.
struct Untold {};

using RowMeaning = std::variant<Untold, UnknownWord, Welcome, SoftBounced, Suppressed>;

/// The ASCII letters of a text, in lower case: words of status are compared in this form.
[[nodiscard]] std::string letters_of(std::string_view text);

/// The meaning of a reply or status code that begins a cell: "550 5.1.1 unknown", "4.2.2"; nullopt
/// for other cells.
[[nodiscard]] std::optional<RowMeaning> meaning_of_code(std::string_view cell);

/// The meaning of a cell of a status column: "HardBounce", "soft bounce", "Unsubscribed", "active",
/// "DeliveryStatus.by_bounces", or a reply or status code (`550`, `4.2.2`). A negation ("not
/// bounced") says nothing against the address, or is an unknown word.
[[nodiscard]] RowMeaning meaning_of_word(std::string_view cell);

/// The columns of a list that tell a status.
class StatusColumns {
public:
    /// `names` are the names of the columns in the form of `column_name`.
    explicit StatusColumns(const std::vector<std::string>& names);

    /// True when the list has such columns: a row that says nothing there is then no suppression.
    [[nodiscard]] bool any() const { return any_; }
    /// The strongest meaning of all columns. A wish or a ban comes before a bounce, a soft bounce
    /// before a bounce whose kind it tells, and a word against an address before one for it.
    [[nodiscard]] RowMeaning meaning_of(std::span<const std::string> fields) const;

private:
    enum class Kind : std::uint8_t {
        Word,   ///< a word of status
        Aside,  ///< may be one: only known words count
        Flag,   ///< yes, a time or a text: the meaning of the column's name; but no count, no link
        OneKind,  ///< yes: a wish about one kind of mail only
        Sign,     ///< yes: nothing against the address
        Numbers,  ///< Mautic: 1 unsubscribed, 2 bounced, 3 manual; or words
        OnHold,   ///< CiviCRM: 1 bounced, 2 opted out; or words
    };
    struct Column {
        std::size_t index;
        Kind kind;
        terms::SuppressionReason reason;  ///< of a flag
        std::string name;
    };

    [[nodiscard]] static RowMeaning cell_meaning(const Column& column, std::string_view cell);

    std::vector<Column> columns_;
    bool any_ = false;
};

}  // namespace holdback::lists
