// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_held_rows.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held_items.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"
#include "terms/held_rules.hpp"
#include "terms/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

using terms::HeldRow;
using terms::HeldState;

namespace {

std::string join_lines(std::span<const std::string> lines) {
    std::string joined;
    for (const std::string& line : lines) {
        joined += joined.empty() ? "" : "\n";
        joined += line;
    }
    return joined;
}

/// The domain of an address as stored in the rows.
std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? "" : core::to_lower(address.substr(at + 1));
}

void write_event(Connection& connection,
                 std::int64_t id,
                 std::optional<HeldState> from,
                 HeldState to,
                 std::string_view text,
                 core::TimePoint now) {
    Query query = connection.query(
        "INSERT INTO held_event (recipient_id, at, from_state, to_state, text) "
        "VALUES (?, ?, ?, ?, ?)");
    query.bind(id).bind(now);
    if (from.has_value()) {
        query.bind(wire_name(*from));
    } else {
        query.bind(std::nullopt);
    }
    query.bind(wire_name(to)).bind(text).run();
}

/// Reads the row of a query made by `Selected`.
HeldRow read_row(const Query& query) {
    HeldRow row;
    row.id = query.integer(0);
    row.spool_id = query.text(1);
    row.kind = terms::parse_held_kind(query.text(2)).value_or(terms::HeldKind::Mail);
    row.sender = query.text(3);
    row.address = query.text(4);
    row.state = state_of(query, 5);
    row.changed_at = query.time(6);
    row.attempts = static_cast<int>(query.integer(7));
    row.last_answer = query.text(8);
    row.in_doubt = query.integer(9) != 0;
    row.mta_queue_id = query.text(10);
    row.mta_since = query.optional_time(11);
    row.release_at = query.optional_time(12);
    row.expires_at = query.optional_time(13);
    row.recheck_at = query.optional_time(14);
    row.token = query.is_null(15) ? "" : query.text(15);
    return row;
}

/// The query for each selection; each uses one index. A "+" keeps SQLite from using that by state.
struct Selected {
    Connection& connection;

    [[nodiscard]] Query rows(std::string_view which, std::string_view end = "") const {
        return connection.query(fmt::format(
            "SELECT r.id, r.spool_id, m.kind, m.sender, r.address, r.state, r.changed_at, "
            "r.attempts, r.last_answer, r.in_doubt, r.mta_queue_id, r.mta_since, r.release_at, "
            "r.expires_at, r.recheck_at, r.token FROM held_recipient r "
            "CROSS JOIN held_message m ON m.spool_id = r.spool_id WHERE {} ORDER BY r.id{}",
            which,
            end));
    }
    [[nodiscard]] Query rows_with(std::string_view which, std::string_view value) const {
        Query query = rows(which);
        query.bind(value);
        return query;
    }

    Query operator()(const ports::ById& by) const {
        Query query = rows("r.id = ?");
        query.bind(by.id);
        return query;
    }
    Query operator()(const ports::UnderToken& under) const {
        return rows_with("r.token = ?", under.hash);
    }
    Query operator()(const ports::InDoubtUnder& under) const {
        return rows_with("r.in_doubt = 1 AND r.mta_queue_id = ?", under.queue_id);
    }
    Query operator()(const ports::HeldOf& of) const {
        return rows_with("r.spool_id = ? AND r.state = 'held'", of.spool_id);
    }
    Query operator()(const ports::AddressedTo& to) const {
        Query query = rows("r.spool_id = ? AND lower(r.address) = lower(?)");
        query.bind(to.spool_id).bind(to.address);
        return query;
    }
    Query operator()(const ports::ActiveTwin& twin) const {
        return rows_with("r.identity = ? AND r.state IN ('held', 'releasing')", twin.identity);
    }
    Query operator()(const ports::ReturnedTwin& twin) const {
        return rows_with("r.in_doubt = 1 AND +r.state = 'returned' AND r.identity = ?",
                         twin.identity);
    }
    Query operator()(const ports::Releasing& /*all*/) const {
        return rows("r.state = 'releasing'");
    }
    Query operator()(const ports::UnsaidDoubt& /*all*/) const {
        return rows("r.in_doubt = 1 AND +r.state = 'held' AND r.last_answer = ''");
    }
    Query operator()(const ports::ActiveAfter& after) const {
        Query query = rows("r.id > ? AND +r.state IN ('held', 'releasing')", " LIMIT ?");
        query.bind(after.id).bind(static_cast<std::int64_t>(after.most));
        return query;
    }
};

/// Calls `visit` with the column and the value of each field in which `after` differs.
template <typename Visit>
void visit_changes(const HeldRow& before, const HeldRow& after, const Visit& visit) {
    const auto field = [&](std::string_view column, const auto& old, const auto& now) {
        if (old != now) {
            visit(column, now);
        }
    };
    field("address", before.address, after.address);
    field("domain", domain_of(before.address), domain_of(after.address));
    field("state", wire_name(before.state), wire_name(after.state));
    field("changed_at", before.changed_at, after.changed_at);
    field("attempts", before.attempts, after.attempts);
    field("last_answer", before.last_answer, after.last_answer);
    field("in_doubt", before.in_doubt, after.in_doubt);
    field("mta_queue_id", before.mta_queue_id, after.mta_queue_id);
    field("mta_since", before.mta_since, after.mta_since);
    field("release_at", before.release_at, after.release_at);
    field("expires_at", before.expires_at, after.expires_at);
    field("recheck_at", before.recheck_at, after.recheck_at);
    field("token", before.token, after.token);
}

}  // namespace

void write_message(Connection& connection, const terms::HeldMessage& message) {
    connection
        .query(
            "INSERT INTO held_message (spool_id, kind, sender, arguments, user, client, "
            "queue_id, campaign, message_id, subject, fingerprint, octets, held_at, stream, issue, "
            "digest, damage, vouched, daemon) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(message.spool_id)
        .bind(wire_name(message.kind))
        .bind(message.sender)
        .bind(join_lines(message.sender_arguments))
        .bind(message.user)
        .bind(message.client)
        .bind(message.queue_id)
        .bind(message.campaign)
        .bind(message.message_id)
        .bind(message.subject)
        .bind(message.fingerprint)
        .bind(static_cast<std::int64_t>(message.octets))
        .bind(message.held_at)
        .bind(wire_name(message.stream))
        .bind(message.issue)
        .bind(message.digest)
        .bind(message.damage)
        .bind(static_cast<std::int64_t>(message.vouched))
        .bind(message.daemon)
        .run();
}

std::int64_t write_recipient(Connection& connection,
                             const terms::HeldMessage& message,
                             const terms::HeldRecipient& recipient,
                             const std::optional<std::string>& identity) {
    const terms::HeldRecipient item = terms::new_item(message, recipient);
    Query query = connection.query(
        "INSERT INTO held_recipient (spool_id, address, domain, arguments, state, finding, code, "
        "reason, release_at, expires_at, changed_at, attempts, last_answer, in_doubt, recheck_at, "
        "advice, suggestion, tell, identity, mta_queue_id, mta_since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(item.spool_id)
        .bind(item.address)
        .bind(domain_of(item.address))
        .bind(join_lines(item.arguments))
        .bind(wire_name(item.state))
        .bind(item.finding.word())
        .bind(item.code.number())
        .bind(item.reason)
        .bind(item.release_at)
        .bind(item.expires_at)
        .bind(item.changed_at)
        .bind(item.attempts)
        .bind(item.last_answer)
        .bind(item.in_doubt)
        .bind(item.recheck_at)
        .bind(item.advice)
        .bind(item.suggestion)
        .bind(item.tell);
    if (identity.has_value()) {
        query.bind(*identity);
    } else {
        query.bind(std::nullopt);
    }
    query.bind(item.mta_queue_id).bind(item.mta_since).run();
    const std::int64_t id = connection.last_insert_id();
    write_event(connection, id, std::nullopt, item.state, item.reason, item.changed_at);
    return id;
}

std::vector<HeldRow> SqliteHeldRows::select(const ports::RowSelection& which) {
    Query query = std::visit(Selected{*connection_}, which);
    std::vector<HeldRow> rows;
    while (query.step()) {
        rows.push_back(read_row(query));
    }
    return rows;
}

void SqliteHeldRows::write(const HeldRow& before,
                           const terms::HeldChange& change,
                           core::TimePoint now) {
    const HeldRow& row = change.row;
    // Names only the columns that change: SQLite would rewrite the indexes of the others as well.
    std::string columns;
    visit_changes(before, row, [&columns](std::string_view column, const auto& /*value*/) {
        columns += fmt::format("{}{} = ?", columns.empty() ? "" : ", ", column);
    });
    if (!columns.empty()) {
        Query query =
            connection_->query(fmt::format("UPDATE held_recipient SET {} WHERE id = ?", columns));
        visit_changes(before, row, [&](std::string_view column, const auto& value) {
            if (column == "token" && row.token.empty()) {
                query.bind(std::nullopt);
            } else {
                query.bind(value);
            }
        });
        query.bind(row.id).run();
    }
    if (change.line.has_value()) {
        write_event(*connection_, row.id, before.state, row.state, *change.line, now);
    }
}

void SqliteHeldRows::add(const terms::HeldMessage& message) {
    write_message(*connection_, message);
}

std::int64_t SqliteHeldRows::add(const terms::HeldMessage& message,
                                 const terms::HeldRecipient& recipient,
                                 const std::optional<std::string>& identity) {
    return write_recipient(*connection_, message, recipient, identity);
}

std::optional<terms::ReleaseToken> SqliteHeldRows::token(std::string_view hash) {
    Query query =
        connection_->query("SELECT spool_id, sent_at, used_at FROM release_token WHERE hash = ?");
    query.bind(hash);
    if (!query.step()) {
        return std::nullopt;
    }
    return terms::ReleaseToken{.hash = std::string(hash),
                               .spool_id = query.text(0),
                               .sent = !query.is_null(1),
                               .used = !query.is_null(2)};
}

void SqliteHeldRows::write(const terms::ReleaseToken& token, core::TimePoint now) {
    connection_
        ->query(
            "INSERT INTO release_token (hash, spool_id, created_at) VALUES (?, ?, ?) "
            "ON CONFLICT (hash) DO NOTHING")
        .bind(token.hash)
        .bind(token.spool_id)
        .bind(now)
        .run();
    connection_
        ->query(
            "UPDATE release_token SET sent_at = CASE WHEN ? THEN coalesce(sent_at, ?) END, "
            "used_at = CASE WHEN ? THEN coalesce(used_at, ?) END WHERE hash = ?")
        .bind(token.sent)
        .bind(now)
        .bind(token.used)
        .bind(now)
        .bind(token.hash)
        .run();
}

void SqliteHeldRows::note_copy(std::string_view spool_id, const ports::CopyCheck& check) {
    connection_
        ->query(
            "UPDATE held_message SET damage = ?, "
            "digest = CASE digest WHEN '' THEN ? ELSE digest END WHERE spool_id = ?")
        .bind(check.damage)
        .bind(check.digest)
        .bind(spool_id)
        .run();
}

}  // namespace holdback::io::sqlite
