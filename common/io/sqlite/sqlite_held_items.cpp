// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_held_items.hpp"

#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "terms/stream.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io::sqlite {

using terms::HeldState;

namespace {

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

HeldState state_of(const Query& query, int column) {
    const auto state = terms::parse_held_state(query.text(column));
    if (!state.has_value()) {
        throw DatabaseError(
            fmt::format("held mail: unknown state {}", core::log_safe(query.text(column))));
    }
    return *state;
}

ports::HeldItem read_item(const Query& query) {
    ports::HeldItem item;
    terms::HeldRecipient& recipient = item.recipient;
    recipient.id = query.integer(0);
    recipient.spool_id = query.text(1);
    recipient.address = query.text(2);
    recipient.arguments = split_lines(query.text(3));
    recipient.state = state_of(query, 4);
    recipient.finding = terms::HeldFinding::parse(query.text(5));
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
    // A stream that only a newer version knows is judged as strictly as possible.
    message.stream = terms::parse_stream(query.text(25)).value_or(terms::Stream::Bulk);
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
    message.daemon = query.text(37);
    return item;
}

std::string item_sql(std::string_view rest) {
    return fmt::format(
        "SELECT r.id, r.spool_id, r.address, r.arguments, r.state, r.finding, r.code, r.reason, "
        "r.release_at, r.expires_at, r.changed_at, r.attempts, r.last_answer, m.kind, m.sender, "
        "m.arguments, m.user, m.client, m.queue_id, m.campaign, m.message_id, m.subject, "
        "m.fingerprint, m.octets, m.held_at, m.stream, r.in_doubt, r.recheck_at, r.advice, "
        "r.suggestion, r.tell, m.issue, r.mta_queue_id, r.mta_since, m.digest, "
        "m.damage, m.vouched, m.daemon "
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
    // Due items lie in order of time in an index of their own, and a walk through it costs what is
    // due, not what is held. A "+" keeps SQLite from using the index by id or by state.
    const std::string_view due = due_column(filter);
    std::string sql = due.empty() ? item_sql(" AND r.id > ?")
                                  : item_sql(fmt::format(" AND ({}, r.id) > (?, ?)", due));
    const auto when = [&sql](bool wanted, std::string_view piece) {
        if (wanted) {
            sql += piece;
        }
    };
    when(!filter.ids.empty(), " AND r.id IN (SELECT value FROM json_each(?))");
    // For one state, the index has the rows in the wanted order, so that nothing has to be sorted.
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
    when(filter.copy_id.has_value(), " AND r.mta_queue_id = ?");
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
        query.bind(filter.finding->word());
    }
    if (filter.campaign.has_value()) {
        query.bind(*filter.campaign);
    }
    for (const auto& text :
         {filter.recipient, filter.queue_id, filter.copy_id, filter.message_id}) {
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
