// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_rescue.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_held_items.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"
#include "terms/held_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::io::sqlite {

namespace {

template <typename Value>
Value or_throw(core::Result<Value, ports::StoreError> result) {
    if (!result.has_value()) {
        throw DatabaseError(result.error().what);
    }
    return *std::move(result);
}

}  // namespace

SqliteRescue::SqliteRescue(Database& database) : database_(&database) {
    database.read([this](Connection& connection) {
        Query messages = connection.query("SELECT spool_id, spool_removed FROM held_message");
        while (messages.step()) {
            messages_.insert_or_assign(messages.text(0),
                                       messages.integer(1) == 0 ? File::Wanted : File::Removed);
        }
        Query items = connection.query(
            "SELECT identity, id, state FROM held_recipient WHERE identity IS NOT NULL ORDER BY "
            "id");
        while (items.step()) {
            items_.insert_or_assign(items.text(0),
                                    Known{.id = items.integer(1), .state = state_of(items, 2)});
        }
    });
}

SqliteRescue::File SqliteRescue::file_of(const std::string& spool_id) const {
    const auto message = messages_.find(spool_id);
    return message == messages_.end() ? File::Unknown : message->second;
}

std::optional<SqliteRescue::Known> SqliteRescue::find(const terms::HeldMessage& message,
                                                      const terms::HeldRecipient& recipient) const {
    const auto identity = terms::identity_of(message, recipient);
    const auto item = identity.has_value() ? items_.find(*identity) : items_.end();
    return item == items_.end() ? std::nullopt : std::optional(item->second);
}

std::vector<std::int64_t> SqliteRescue::list(const ports::NewHold& hold,
                                             std::string_view why,
                                             core::TimePoint now) {
    SqliteHeld held(*database_);
    std::vector<std::int64_t> ids = or_throw(ports::rescue(held, hold, why, now));
    messages_.insert_or_assign(hold.message.spool_id, File::Wanted);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto identity = terms::identity_of(hold.message, hold.recipients[i])) {
            items_.insert_or_assign(*identity, Known{.id = ids[i]});
        }
    }
    return ids;
}

std::size_t SqliteRescue::doubt_all(std::string_view why, core::TimePoint now) {
    SqliteHeld held(*database_);
    return or_throw(ports::doubt_all(held, why, now));
}

}  // namespace holdback::io::sqlite
