// SPDX-License-Identifier: Apache-2.0
#pragma once
// Held items with their messages, as queries give them. All functions may throw DatabaseError.

#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <string>
#include <string_view>

namespace holdback::io::sqlite {

[[nodiscard]] terms::HeldState state_of(const Query& query, int column);

/// The statement for the items that fulfil `rest`, our own text that begins with " AND";
/// `read_item` reads its rows.
[[nodiscard]] std::string item_sql(std::string_view rest);

/// The column with the due time that the filter asks about; empty: it asks about none.
[[nodiscard]] std::string_view due_column(const ports::HeldFilter& filter);

/// The statement for a filter: fixed pieces of text, one for each criterion that is set. Its
/// parameters in order: the last time, where there is a `due_column`; the last id; those of
/// `bind_filter`; the number of rows.
[[nodiscard]] std::string list_sql(const ports::HeldFilter& filter);
void bind_filter(Query& query, const ports::HeldFilter& filter);

/// Reads the row of a query made by `list_sql` or `item_sql`.
[[nodiscard]] ports::HeldItem read_item(const Query& query);

}  // namespace holdback::io::sqlite
