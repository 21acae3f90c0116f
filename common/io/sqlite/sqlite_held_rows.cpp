// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_held_rows.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io::sqlite {

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

std::vector<std::string> split_lines(std::string_view joined) {
    std::vector<std::string> lines;
    if (!joined.empty()) {
        for (const std::string_view line : core::split(joined, '\n')) {
            lines.emplace_back(line);
        }
    }
    return lines;
}

}  // namespace

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

HeldState state_of(const Query& query, int column) {
    const auto state = terms::parse_held_state(query.text(column));
    if (!state.has_value()) {
        throw DatabaseError(
            fmt::format("held mail: unknown state {}", core::log_safe(query.text(column))));
    }
    return *state;
}

bool move(Connection& connection,
          std::int64_t id,
          HeldState from,
          HeldState to,
          std::string_view text,
          core::TimePoint now) {
    connection
        .query("UPDATE held_recipient SET state = ?, changed_at = ? WHERE id = ? AND state = ?")
        .bind(wire_name(to))
        .bind(now)
        .bind(id)
        .bind(wire_name(from))
        .run();
    if (connection.changes() == 0) {
        return false;
    }
    write_event(connection, id, from, to, text, now);
    return true;
}

void has_no_copy(Connection& connection, std::int64_t id) {
    connection.query("UPDATE held_recipient SET mta_queue_id = '', mta_since = NULL WHERE id = ?")
        .bind(id)
        .run();
}

bool put_back(Connection& connection,
              std::int64_t id,
              std::string_view answer,
              std::optional<core::TimePoint> retry_at,
              Doubt doubt,
              core::TimePoint now) {
    if (!move(connection, id, HeldState::Releasing, HeldState::Held, answer, now)) {
        return false;
    }
    connection
        .query(
            "UPDATE held_recipient SET last_answer = ?, release_at = ?, in_doubt = ?, "
            "token = NULL WHERE id = ?")
        .bind(answer)
        .bind(retry_at)
        .bind(doubt == Doubt::Yes)
        .bind(id)
        .run();
    if (doubt == Doubt::No) {
        has_no_copy(connection, id);
    }
    return true;
}

void write_message(Connection& connection, const terms::HeldMessage& message) {
    connection
        .query(
            "INSERT INTO held_message (spool_id, kind, sender, arguments, user, client, "
            "queue_id, campaign, message_id, subject, fingerprint, octets, held_at, stream, issue, "
            "digest, damage, vouched) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
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
        .bind(message.stream)
        .bind(message.issue)
        .bind(message.digest)
        .bind(message.damage)
        .bind(static_cast<std::int64_t>(message.vouched))
        .run();
}

std::int64_t write_recipient(Connection& connection,
                             const terms::HeldMessage& message,
                             const terms::HeldRecipient& recipient,
                             const std::optional<std::string>& identity) {
    Query query = connection.query(
        "INSERT INTO held_recipient (spool_id, address, domain, arguments, state, finding, code, "
        "reason, release_at, expires_at, changed_at, attempts, last_answer, in_doubt, recheck_at, "
        "advice, suggestion, tell, identity, mta_queue_id, mta_since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(message.spool_id)
        .bind(recipient.address)
        .bind(domain_of(recipient.address))
        .bind(join_lines(recipient.arguments))
        .bind(wire_name(HeldState::Held))
        .bind(recipient.finding)
        .bind(recipient.code.number())
        .bind(recipient.reason)
        .bind(recipient.release_at)
        .bind(recipient.expires_at)
        .bind(message.held_at)
        .bind(recipient.in_doubt)
        .bind(recipient.recheck_at)
        .bind(recipient.advice)
        .bind(recipient.suggestion)
        .bind(recipient.tell);
    if (identity.has_value()) {
        query.bind(*identity);
    } else {
        query.bind(std::nullopt);
    }
    query.bind(recipient.mta_queue_id)
        .bind(recipient.mta_queue_id.empty() ? std::nullopt : std::optional(message.held_at))
        .run();
    const std::int64_t id = connection.last_insert_id();
    write_event(connection, id, std::nullopt, HeldState::Held, recipient.reason, message.held_at);
    return id;
}

std::optional<std::int64_t> find_active(Connection& connection, const std::string& identity) {
    Query query = connection.query(
        "SELECT id FROM held_recipient WHERE identity = ? AND state IN ('held', 'releasing')");
    query.bind(identity);
    return query.step() ? std::optional(query.integer(0)) : std::nullopt;
}

namespace {

/// The item that was returned with this identity when the MTA's client was told to try again.
std::optional<std::int64_t> find_returned_in_doubt(Connection& connection,
                                                   const std::string& identity) {
    Query query = connection.query(
        "SELECT id FROM held_recipient WHERE in_doubt = 1 AND state = 'returned' AND identity = ?");
    query.bind(identity);
    return query.step() ? std::optional(query.integer(0)) : std::nullopt;
}

/// The message has come again, and until the MTA has its answer it may let it pass.
void doubt_again(Connection& connection,
                 std::int64_t id,
                 const terms::HeldRecipient& recipient,
                 core::TimePoint now) {
    connection
        .query(
            "UPDATE held_recipient SET in_doubt = 1, mta_queue_id = ?, mta_since = ? "
            "WHERE id = ? AND state = 'held' AND in_doubt = 0")
        .bind(recipient.mta_queue_id)
        .bind(now)
        .bind(id)
        .run();
}

}  // namespace

std::optional<std::string> identity_of(const terms::HeldMessage& message,
                                       const terms::HeldRecipient& recipient) {
    if (message.fingerprint.empty()) {
        return std::nullopt;
    }
    return core::digest_hex(
        std::array<std::string_view, 3>{message.fingerprint, message.sender, recipient.address});
}

std::vector<ports::HoldOutcome> write_hold(Connection& connection, const ports::NewHold& hold) {
    const terms::HeldMessage& message = hold.message;
    std::vector<ports::HoldOutcome> outcomes;
    outcomes.reserve(hold.recipients.size());
    bool has_message = false;
    for (const terms::HeldRecipient& recipient : hold.recipients) {
        const std::optional<std::string> identity = identity_of(message, recipient);
        std::optional<std::int64_t> older;
        if (identity.has_value()) {
            // The transaction is the only one that writes, and `held_once` stands guard.
            older = find_active(connection, *identity);
            if (!older.has_value() && recipient.state == HeldState::Returned) {
                older = find_returned_in_doubt(connection, *identity);
            }
        }
        if (!older.has_value() && !std::exchange(has_message, true)) {
            write_message(connection, message);
        }
        const std::int64_t id =
            older.has_value() ? *older : write_recipient(connection, message, recipient, identity);
        if (older.has_value() && recipient.in_doubt) {
            doubt_again(connection, id, recipient, message.held_at);
        }
        if (recipient.state == HeldState::Returned) {
            static_cast<void>(move(connection,
                                   id,
                                   HeldState::Held,
                                   HeldState::Returned,
                                   "refused and returned to the sender",
                                   message.held_at));
        }
        outcomes.push_back({.id = id, .already_held = older.has_value()});
    }
    return outcomes;
}

ports::HeldItem read_item(const Query& query) {
    ports::HeldItem item;
    terms::HeldRecipient& recipient = item.recipient;
    recipient.id = query.integer(0);
    recipient.spool_id = query.text(1);
    recipient.address = query.text(2);
    recipient.arguments = split_lines(query.text(3));
    recipient.state = state_of(query, 4);
    recipient.finding = query.text(5);
    recipient.code = terms::FailureCode::from_number(static_cast<int>(query.integer(6)))
                         .value_or(terms::kUnknownFailure);
    recipient.reason = query.text(7);
    recipient.release_at = query.optional_time(8);
    recipient.expires_at = query.optional_time(9);
    recipient.changed_at = query.time(10);
    recipient.attempts = static_cast<int>(query.integer(11));
    recipient.last_answer = query.text(12);
    terms::HeldMessage& message = item.message;
    message.spool_id = recipient.spool_id;
    message.kind = terms::parse_held_kind(query.text(13)).value_or(terms::HeldKind::Mail);
    message.sender = query.text(14);
    message.sender_arguments = split_lines(query.text(15));
    message.user = query.text(16);
    message.client = query.text(17);
    message.queue_id = query.text(18);
    message.campaign = query.text(19);
    message.message_id = query.text(20);
    message.subject = query.text(21);
    message.fingerprint = query.text(22);
    message.octets = static_cast<std::uint64_t>(query.integer(23));
    message.held_at = query.time(24);
    message.stream = query.text(25);
    recipient.in_doubt = query.integer(26) != 0;
    recipient.recheck_at = query.optional_time(27);
    recipient.advice = query.text(28);
    recipient.suggestion = query.text(29);
    recipient.tell = query.integer(30) != 0;
    message.issue = query.text(31);
    recipient.mta_queue_id = query.text(32);
    recipient.mta_since = query.optional_time(33);
    message.digest = query.text(34);
    message.damage = query.text(35);
    message.vouched = query.integer(36) != 0;
    return item;
}

std::string item_sql(std::string_view rest) {
    return fmt::format(
        "SELECT r.id, r.spool_id, r.address, r.arguments, r.state, r.finding, r.code, r.reason, "
        "r.release_at, r.expires_at, r.changed_at, r.attempts, r.last_answer, m.kind, m.sender, "
        "m.arguments, m.user, m.client, m.queue_id, m.campaign, m.message_id, m.subject, "
        "m.fingerprint, m.octets, m.held_at, m.stream, r.in_doubt, r.recheck_at, r.advice, "
        "r.suggestion, r.tell, m.issue, r.mta_queue_id, r.mta_since, m.digest, "
        "m.damage, m.vouched "
        "FROM held_recipient r JOIN held_message m ON m.spool_id = r.spool_id WHERE 1 {}",
        rest);
}

std::string_view due_column(const ports::HeldFilter& filter) {
    if (filter.release_due.has_value()) {
        return "r.release_at";
    }
    if (filter.expired.has_value()) {
        return "r.expires_at";
    }
    return filter.recheck_due.has_value() ? "r.recheck_at" : "";
}

std::string list_sql(const ports::HeldFilter& filter) {
    // What is due lies in the order of its time in an index of its own, and the way through it
    // costs what is due, not what is held. A "+" keeps SQLite from the index by id or by state.
    const std::string_view due = due_column(filter);
    std::string sql = due.empty() ? item_sql(" AND r.id > ?")
                                  : item_sql(fmt::format(" AND ({}, r.id) > (?, ?)", due));
    const auto when = [&sql](bool wanted, std::string_view piece) {
        if (wanted) {
            sql += piece;
        }
    };
    when(!filter.ids.empty(), " AND r.id IN (SELECT value FROM json_each(?))");
    // One state is a row of the index, in the order that is wanted: nothing has to be sorted.
    const bool by_doubt = filter.in_doubt == true;
    when(filter.states.size() == 1, by_doubt ? " AND +r.state = ?" : " AND r.state = ?");
    when(filter.states.size() > 1 && by_doubt, " AND +r.state IN (SELECT value FROM json_each(?))");
    when(filter.states.size() > 1 && !by_doubt, " AND r.state IN (SELECT value FROM json_each(?))");
    when(filter.kind.has_value(), " AND m.kind = ?");
    when(filter.sender.has_value(), " AND m.sender = ? COLLATE NOCASE");
    when(filter.domain.has_value(), " AND r.domain = ?");
    when(filter.finding.has_value(), " AND r.finding = ?");
    when(filter.campaign.has_value(), " AND m.campaign = ?");
    when(filter.recipient.has_value(), " AND r.address = ? COLLATE NOCASE");
    when(filter.queue_id.has_value(), " AND ? IN (m.queue_id, r.mta_queue_id)");
    when(filter.message_id.has_value(), " AND trim(m.message_id, '<> ') = ?");
    when(filter.held_before.has_value(), " AND m.held_at < ?");
    when(filter.release_due.has_value(), " AND r.release_at <= ?");
    when(filter.expired.has_value(), " AND r.expires_at <= ?");
    when(filter.recheck_due.has_value(), " AND r.recheck_at <= ?");
    when(filter.in_doubt == true, " AND r.in_doubt = 1");
    when(filter.in_doubt == false, " AND r.in_doubt = 0");
    sql += due.empty() ? " ORDER BY r.id LIMIT ?" : fmt::format(" ORDER BY {}, r.id LIMIT ?", due);
    return sql;
}

void bind_filter(Query& query, const ports::HeldFilter& filter) {
    if (!filter.ids.empty()) {
        query.bind(fmt::format("[{}]", fmt::join(filter.ids, ",")));
    }
    if (filter.states.size() == 1) {
        query.bind(wire_name(filter.states.front()));
    } else if (!filter.states.empty()) {
        std::vector<std::string_view> names;
        names.reserve(filter.states.size());
        for (const HeldState state : filter.states) {
            names.push_back(wire_name(state));
        }
        query.bind(fmt::format("[\"{}\"]", fmt::join(names, "\",\"")));
    }
    if (filter.kind.has_value()) {
        query.bind(wire_name(*filter.kind));
    }
    if (filter.sender.has_value()) {
        query.bind(*filter.sender);
    }
    if (filter.domain.has_value()) {
        query.bind(core::to_lower(*filter.domain));
    }
    if (filter.finding.has_value()) {
        query.bind(*filter.finding);
    }
    if (filter.campaign.has_value()) {
        query.bind(*filter.campaign);
    }
    for (const auto& text : {filter.recipient, filter.queue_id, filter.message_id}) {
        if (text.has_value()) {
            query.bind(*text);
        }
    }
    for (const auto& time :
         {filter.held_before, filter.release_due, filter.expired, filter.recheck_due}) {
        if (time.has_value()) {
            query.bind(*time);
        }
    }
}

}  // namespace holdback::io::sqlite
