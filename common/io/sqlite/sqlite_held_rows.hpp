// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of held mail one at a time: how values become columns and back, and how an item changes
// its state. All functions may throw DatabaseError.

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

void write_message(Connection& connection, const terms::HeldMessage& message);

/// Writes an item in `held` with its first event and gives its id. `identity` is equal for two
/// submissions of one message to one recipient; nullopt equals no other.
[[nodiscard]] std::int64_t write_recipient(Connection& connection,
                                           const terms::HeldMessage& message,
                                           const terms::HeldRecipient& recipient,
                                           const std::optional<std::string>& identity);

/// Equal for two submissions of one message to one recipient; nullopt when that can't be told.
[[nodiscard]] std::optional<std::string> identity_of(const terms::HeldMessage& message,
                                                     const terms::HeldRecipient& recipient);

/// The rows of one message; see `HeldStore::hold_together`.
[[nodiscard]] std::vector<ports::HoldOutcome> write_hold(Connection& connection,
                                                         const ports::NewHold& hold);

/// The item in `held` or `releasing` with this identity.
[[nodiscard]] std::optional<std::int64_t> find_active(Connection& connection,
                                                      const std::string& identity);

/// The domain of an address as the rows have it.
[[nodiscard]] std::string domain_of(std::string_view address);

/// Adds a line to an item's history.
void write_event(Connection& connection,
                 std::int64_t id,
                 std::optional<terms::HeldState> from,
                 terms::HeldState to,
                 std::string_view text,
                 core::TimePoint now);

/// Moves an item from one state to another, with an event; false when it was not there.
[[nodiscard]] bool move(Connection& connection,
                        std::int64_t id,
                        terms::HeldState from,
                        terms::HeldState to,
                        std::string_view text,
                        core::TimePoint now);

/// Whether the MTA may have a copy all the same.
enum class Doubt : std::uint8_t { No, Yes };

/// Puts an item of which the release failed back to `held`; false when it was not in `releasing`.
[[nodiscard]] bool put_back(Connection& connection,
                            std::int64_t id,
                            std::string_view answer,
                            std::optional<core::TimePoint> retry_at,
                            Doubt doubt,
                            core::TimePoint now);

/// The MTA has no copy of it, under no queue id.
void has_no_copy(Connection& connection, std::int64_t id);

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
