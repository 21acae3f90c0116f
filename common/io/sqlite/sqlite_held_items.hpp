// SPDX-License-Identifier: Apache-2.0
#pragma once
// Held items with their messages, as queries give them. All functions may throw DatabaseError.

#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <string>
#include <string_view>

namespace holdback::io::sqlite {

/// The state in a column.
[[nodiscard]] terms::HeldState state_of(const Query& query, int column);

/// The statement that gives the items for which `rest` holds, a text of ours that begins with
/// " AND"; rows as `read_item` reads them.
[[nodiscard]] std::string item_sql(std::string_view rest);

/// The column with the time by which a filter asks what is due; empty: it does not.
[[nodiscard]] std::string_view due_column(const ports::HeldFilter& filter);

/// The statement for a filter: fixed pieces of text, one for each criterion that is there. Its
/// first parameters are the time, where there is a `due_column`, and the id behind which to begin;
/// then come those of `bind_filter`, then the number of rows.
[[nodiscard]] std::string list_sql(const ports::HeldFilter& filter);
void bind_filter(Query& query, const ports::HeldFilter& filter);

/// The row of a query made by `list_sql` or `item_sql`.
[[nodiscard]] ports::HeldItem read_item(const Query& query);

}  // namespace holdback::io::sqlite
