// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of the table `suppression`: how subjects lie in its key, and reading and writing one entry.

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

/// Where a subject lies: in the clear, or for a text such as "#00ff…", which no subject has, where
/// the hash does.
[[nodiscard]] SubjectPlace place_of(terms::SubjectKind kind, std::string_view subject);
/// Where a hash lies.
[[nodiscard]] SubjectPlace hashed_place(terms::SubjectKind kind, std::string_view hash);
/// Where the hash of a subject lies under a key.
[[nodiscard]] SubjectPlace hashed_place(const core::SecretKey& key,
                                        terms::SubjectKind kind,
                                        std::string_view subject);
/// "#00ff…": the text under which a hashed entry is shown.
[[nodiscard]] bool is_hash_text(std::string_view subject);

/// The domain of all patterns.
inline constexpr std::string_view kPatternDomain = "*";
/// True for the domains of patterns, suffixes and hashed entries.
[[nodiscard]] bool is_special(std::string_view domain);

/// True when the domain of some row lies in the half-open range.
[[nodiscard]] bool has_rows_between(Connection& connection,
                                    std::string_view first,
                                    std::string_view behind);
[[nodiscard]] bool has_hashed_rows(Connection& connection);

/// The columns that `read_entry` takes, in its order.
[[nodiscard]] std::string_view entry_columns();
/// Throws DatabaseError for a row that is none of ours.
[[nodiscard]] terms::SuppressionEntry read_entry(const Query& query);

[[nodiscard]] std::optional<terms::SuppressionEntry> find_row(Connection& connection,
                                                              const SubjectPlace& place,
                                                              const terms::SuppressionScope& scope);
/// Of all scopes, global first.
[[nodiscard]] std::vector<terms::SuppressionEntry> find_rows(Connection& connection,
                                                             const SubjectPlace& place);
/// Writes entries where there is none yet; reuses its statement from entry to entry. Destroyed
/// before the transaction ends.
class RowInserter {
public:
    /// `change` is the number of the import, or 0.
    explicit RowInserter(Connection& connection, std::int64_t change = 0);

    /// False when there is a row at this place.
    bool insert(const SubjectPlace& place, const terms::SuppressionEntry& entry);

private:
    Connection& connection_;
    std::int64_t change_;
    Query query_;
};

/// Writes the entry at a place, over one that is there; with 0 for `change` it stays one of the
/// same import.
void put_row(Connection& connection,
             const SubjectPlace& place,
             const terms::SuppressionEntry& entry,
             std::int64_t change = 0);
/// True when there was one.
bool remove_row(Connection& connection,
                const SubjectPlace& place,
                const terms::SuppressionScope& scope);

}  // namespace holdback::io::sqlite
