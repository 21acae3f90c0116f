// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of held mail within a transaction. All functions may throw DatabaseError.

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"
#include "terms/held_rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

void write_message(Connection& connection, const terms::HeldMessage& message);

/// Writes an item in state `held` with its first event and gives its id. `identity` is equal for
/// two submissions of one message to one recipient; nullopt equals no other.
[[nodiscard]] std::int64_t write_recipient(Connection& connection,
                                           const terms::HeldMessage& message,
                                           const terms::HeldRecipient& recipient,
                                           const std::optional<std::string>& identity);

/// `HeldRows` within a transaction of a connection. Must not outlive the transaction.
class SqliteHeldRows final : public ports::HeldRows {
public:
    explicit SqliteHeldRows(Connection& connection) : connection_(&connection) {}

    [[nodiscard]] std::vector<terms::HeldRow> select(const ports::RowSelection& which) override;
    void write(const terms::HeldRow& before,
               const terms::HeldChange& change,
               core::TimePoint now) override;
    void add(const terms::HeldMessage& message) override;
    std::int64_t add(const terms::HeldMessage& message,
                     const terms::HeldRecipient& recipient,
                     const std::optional<std::string>& identity) override;
    [[nodiscard]] std::optional<terms::ReleaseToken> token(std::string_view hash) override;
    void write(const terms::ReleaseToken& token, core::TimePoint now) override;
    void note_copy(std::string_view spool_id, const ports::CopyCheck& check) override;

private:
    Connection* connection_;
};

}  // namespace holdback::io::sqlite
