// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_rescue.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held_rows.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

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
    const auto identity = identity_of(message, recipient);
    const auto item = identity.has_value() ? items_.find(*identity) : items_.end();
    return item == items_.end() ? std::nullopt : std::optional(item->second);
}

std::vector<std::int64_t> SqliteRescue::list(ports::NewHold hold,
                                             std::string_view why,
                                             core::TimePoint now) {
    for (terms::HeldRecipient& recipient : hold.recipients) {
        recipient.state = terms::HeldState::Held;
        recipient.in_doubt = true;
        recipient.release_at.reset();
        recipient.recheck_at.reset();
        // What the MTA's log says of the original proves nothing about a release since then.
        recipient.mta_queue_id.clear();
    }
    std::vector<std::int64_t> ids = database_->write([&](Connection& connection) {
        std::vector<std::int64_t> written;
        for (const ports::HoldOutcome& outcome : write_hold(connection, hold)) {
            connection.query("UPDATE held_recipient SET last_answer = ? WHERE id = ?")
                .bind(why)
                .bind(outcome.id)
                .run();
            static_cast<void>(move(
                connection, outcome.id, terms::HeldState::Held, terms::HeldState::Held, why, now));
            written.push_back(outcome.id);
        }
        return written;
    });
    messages_.insert_or_assign(hold.message.spool_id, File::Wanted);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto identity = identity_of(hold.message, hold.recipients[i])) {
            items_.insert_or_assign(*identity, Known{.id = ids[i]});
        }
    }
    return ids;
}

std::size_t SqliteRescue::doubt_all(std::string_view why, core::TimePoint now) {
    return database_->write([&](Connection& connection) {
        connection
            .query(
                "INSERT INTO held_event (recipient_id, at, from_state, to_state, text) "
                "SELECT id, ?, state, 'held', ? FROM held_recipient "
                "WHERE state IN ('held', 'releasing')")
            .bind(now)
            .bind(why)
            .run();
        connection
            .query(
                "UPDATE held_recipient SET state = 'held', changed_at = ?, in_doubt = 1, "
                "last_answer = ?, release_at = NULL, recheck_at = NULL, mta_queue_id = '', "
                "mta_since = NULL, token = NULL WHERE state IN ('held', 'releasing')")
            .bind(now)
            .bind(why)
            .run();
        return static_cast<std::size_t>(connection.changes());
    });
}

}  // namespace holdback::io::sqlite
