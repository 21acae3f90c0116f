// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a row of a list says of its address: words of status and columns of yes and no, as mail
// services and list programs export them.

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
/// The word speaks of the address, and says nothing against it: "active", "delivered", "pending".
struct Welcome {
    std::string what;
};
/// It bounced for a time.
struct SoftBounced {};
/// The word is not known.
struct UnknownWord {
    std::string column;
    std::string word;
};
/// Nothing is said.
struct Untold {};

using RowMeaning = std::variant<Untold, UnknownWord, Welcome, SoftBounced, Suppressed>;

/// The ASCII letters of a text alone, in lower case: as words of status are compared.
[[nodiscard]] std::string letters_of(std::string_view text);

/// Of a reply or status code that a cell begins with: "550 5.1.1 unknown", "4.2.2"; nullopt for all
/// else.
[[nodiscard]] std::optional<RowMeaning> meaning_of_code(std::string_view cell);

/// Of a cell of a column of status: "HardBounce", "soft bounce", "Unsubscribed", "active",
/// "DeliveryStatus.by_bounces"; a reply or status code (`550`, `4.2.2`). A word that negates
/// another ("not bounced") says nothing against the address, or is not known.
[[nodiscard]] RowMeaning meaning_of_word(std::string_view cell);

/// The columns of a list that tell a status.
class StatusColumns {
public:
    /// `names` are those of the columns as `column_name` gives them.
    explicit StatusColumns(const std::vector<std::string>& names);

    /// True when the list has any: a row that tells nothing there is then no suppression.
    [[nodiscard]] bool any() const { return any_; }
    /// The strongest that a column says: a wish or a ban before a bounce; a soft bounce beside a
    /// bounce is its kind; what is said against an address before what is said for it.
    [[nodiscard]] RowMeaning meaning_of(std::span<const std::string> fields) const;

private:
    enum class Kind : std::uint8_t {
        Word,     ///< a word of status
        Aside,    ///< may be one: only known words count
        Flag,     ///< yes, a time or a text: what the column's name says; but no count, no link
        OneKind,  ///< yes: a wish that is about one kind of mail, and not about all
        Sign,     ///< yes: nothing is said against the address
        Numbers,  ///< Mautic: 1 unsubscribed, 2 bounced, 3 manual; words as well
        OnHold,   ///< CiviCRM: 1 bounced, 2 opted out; words as well
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
