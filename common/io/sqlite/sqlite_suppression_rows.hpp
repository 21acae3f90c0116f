// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of the table `suppression`: the key of a subject, and how to read and write one entry.

#include "core/digest.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// The first two columns of the key; see the schema.
struct SubjectPlace {
    std::string domain;
    std::string local;

    auto operator<=>(const SubjectPlace&) const = default;
};

/// The place of a subject in the clear. A text such as "#00ff…", which is no subject, stands for a
/// hashed entry and gives the place of its hash.
[[nodiscard]] SubjectPlace place_of(terms::SubjectKind kind, std::string_view subject);
/// The place of a hash.
[[nodiscard]] SubjectPlace hashed_place(terms::SubjectKind kind, std::string_view hash);
/// The place of a subject's hash under a key.
[[nodiscard]] SubjectPlace hashed_place(const core::SecretKey& key,
                                        terms::SubjectKind kind,
                                        std::string_view subject);
/// True for a text such as "#00ff…", under which a hashed entry is shown.
[[nodiscard]] bool is_hash_text(std::string_view subject);

/// The domain of all patterns.
inline constexpr std::string_view kPatternDomain = "*";
/// True for the domains of patterns, suffixes and hashed entries.
[[nodiscard]] bool is_special(std::string_view domain);

/// True when some row has a domain in the half-open range.
[[nodiscard]] bool has_rows_between(Connection& connection,
                                    std::string_view first,
                                    std::string_view behind);
[[nodiscard]] bool has_hashed_rows(Connection& connection);

/// The columns that `read_entry` reads, in its order.
[[nodiscard]] std::string_view entry_columns();
/// Throws DatabaseError for a row with an unknown value.
[[nodiscard]] terms::SuppressionEntry read_entry(const Query& query);

[[nodiscard]] std::optional<terms::SuppressionEntry> find_row(Connection& connection,
                                                              const SubjectPlace& place,
                                                              const terms::SuppressionScope& scope);
/// The entries of all scopes, global first.
[[nodiscard]] std::vector<terms::SuppressionEntry> find_rows(Connection& connection,
                                                             const SubjectPlace& place);
/// Writes entries where there is none yet, and reuses its statement for all. Destroy it before the
/// transaction ends.
class RowInserter {
public:
    /// `change` is the number of the import, or 0.
    explicit RowInserter(Connection& connection, std::int64_t change = 0);

    /// False when the place has a row already.
    bool insert(const SubjectPlace& place, const terms::SuppressionEntry& entry);

private:
    Connection& connection_;
    std::int64_t change_;
    Query query_;
};

/// Writes the entry at a place, over the one there, if any. With 0 for `change`, a row keeps the
/// number of its import.
void put_row(Connection& connection,
             const SubjectPlace& place,
             const terms::SuppressionEntry& entry,
             std::int64_t change = 0);
/// True when there was one.
bool remove_row(Connection& connection,
                const SubjectPlace& place,
                const terms::SuppressionScope& scope);

}  // namespace holdback::io::sqlite
