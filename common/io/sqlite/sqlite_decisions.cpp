// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_decisions.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "mail/outcome.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "ports/decision_log.hpp"
#include "ports/suppression_store.hpp"
#include "replay/recorded.hpp"
#include "terms/failure_code.hpp"
#include "terms/policy_action.hpp"
#include "terms/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::io::sqlite {

namespace {

using replay::RecordedMessage;
using replay::RecordedRecipient;

/// `visit` reads this many heads of messages at once.
constexpr std::int64_t kPage = 200;
// Forgets more than comes in, so that a smaller limit is reached in time.
constexpr std::int64_t kForgottenAtLeast = 200;

/// A message without its recipients, and where their rows are.
struct Head {
    RecordedMessage message;
    std::int64_t first = 0;
    std::int64_t count = 0;
};

void bind_code(Query& query, const std::optional<terms::FailureCode>& code) {
    if (code.has_value()) {
        query.bind(code->number());
    } else {
        query.bind(std::nullopt);
    }
}

void bind_number(Query& query, const std::optional<std::int64_t>& number) {
    if (number.has_value()) {
        query.bind(*number);
    } else {
        query.bind(std::nullopt);
    }
}

std::int64_t next_recipient_id(Connection& connection) {
    Query query = connection.query(
        "SELECT coalesce((SELECT first + recipients FROM decision_message ORDER BY id DESC "
        "LIMIT 1), 1)");
    query.step();
    return query.integer(0);
}

void insert_recipient(Connection& connection, std::int64_t id, const RecordedRecipient& recipient) {
    Query query = connection.query(
        "INSERT INTO decision_recipient (id, address, domain, verdict, reason, code, held, facts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    const std::string key = mail::recipient_key(recipient.address);
    query.bind(id)
        .bind(recipient.address)
        .bind(mail::recipient_domain(key))
        .bind(wire_name(recipient.action))
        .bind(recipient.reason);
    bind_code(query, recipient.code);
    bind_number(query, recipient.held_id);
    query.bind(recipient_facts(recipient)).run();
}

void insert_message(Connection& connection, const RecordedMessage& message, std::int64_t first) {
    connection
        .query(
            "INSERT INTO decision_message (at, queue_id, sender, mode, stream, campaign, first, "
            "recipients, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(message.at)
        .bind(message.queue_id)
        .bind(message.sender_text())
        .bind(wire_name(message.mode))
        .bind(wire_name(message.stream.stream))
        .bind(message.campaign)
        .bind(first)
        .bind(static_cast<std::int64_t>(message.recipients.size()))
        .bind(message_facts(message))
        .run();
}

/// The last message to forget (0: none), and the first recipient to keep.
struct Forgotten {
    std::int64_t message = 0;
    std::int64_t recipient = 0;
};

/// The oldest messages that are over the limits: as many as have `most` recipients in total, or a
/// single one with more.
Forgotten over_limits(Connection& connection,
                      const ports::DecisionLimits& limits,
                      core::TimePoint now,
                      std::int64_t most) {
    Forgotten forgotten;
    const std::int64_t end = next_recipient_id(connection);
    Query query = connection.query(
        "SELECT id, at, first, recipients FROM decision_message ORDER BY id LIMIT ?");
    query.bind(most);
    std::int64_t came = 0;
    while (query.step()) {
        const std::int64_t behind = query.integer(2) + query.integer(3);
        came += query.integer(3);
        const bool too_old = query.time(1) < now - limits.keep || limits.keep.count() == 0;
        const bool too_many = end - behind >= limits.entries;
        if ((!too_old && !too_many) || (came > most && forgotten.message != 0)) {
            break;
        }
        forgotten = {.message = query.integer(0), .recipient = behind};
    }
    return forgotten;
}

void forget(Connection& connection,
            const ports::DecisionLimits& limits,
            core::TimePoint now,
            std::int64_t most) {
    const Forgotten forgotten = over_limits(connection, limits, now, most);
    if (forgotten.message == 0) {
        return;
    }
    connection.query("DELETE FROM decision_recipient WHERE id < ?").bind(forgotten.recipient).run();
    connection.query("DELETE FROM decision_message WHERE id <= ?").bind(forgotten.message).run();
}

Head read_head(const Query& query) {
    Head head;
    RecordedMessage& message = head.message;
    message.id = query.integer(0);
    message.at = query.time(1);
    message.queue_id = query.text(2);
    message.sender = replay::recorded_sender(query.text(3));
    message.mode = query.text(4) == wire_name(config::Mode::Enforce) ? config::Mode::Enforce
                                                                     : config::Mode::Shadow;
    message.stream.stream = query.text(5) == wire_name(outbound::Stream::Bulk)
                                ? outbound::Stream::Bulk
                                : outbound::Stream::Direct;
    message.campaign = query.text(6);
    head.first = query.integer(7);
    head.count = query.integer(8);
    read_message_facts(query.text(9), message);
    return head;
}

void bind_filter(Query& query, const ports::DecisionFilter& filter) {
    query.bind(filter.since);
    if (filter.sender.has_value()) {
        query.bind(*filter.sender);
    } else {
        query.bind(std::nullopt);
    }
}

std::vector<Head> read_heads(Connection& connection,
                             const ports::DecisionFilter& filter,
                             std::int64_t behind) {
    // `+at`: the rows come in order of the key, so that no page has to be sorted.
    Query query = connection.query(
        "SELECT id, at, queue_id, sender, mode, stream, campaign, first, recipients, facts "
        "FROM decision_message WHERE +at >= ?1 AND (?2 IS NULL OR sender = ?2 COLLATE NOCASE) "
        "AND id > ?3 ORDER BY id LIMIT ?4");
    bind_filter(query, filter);
    query.bind(behind).bind(kPage);
    std::vector<Head> heads;
    while (query.step()) {
        heads.push_back(read_head(query));
    }
    return heads;
}

void read_recipients(Connection& connection, Head& head) {
    Query query = connection.query(
        "SELECT address, verdict, reason, code, held, facts FROM decision_recipient "
        "WHERE id >= ? AND id < ? ORDER BY id");
    query.bind(head.first).bind(head.first + head.count);
    while (query.step()) {
        RecordedRecipient recipient{.facts = {.syntax = std::unexpected(mail::SyntaxError::Empty)}};
        recipient.address = query.text(0);
        recipient.action =
            terms::parse_policy_action(query.text(1)).value_or(config::PolicyAction::Pass);
        recipient.reason = query.text(2);
        if (!query.is_null(3)) {
            recipient.code = terms::FailureCode::from_number(static_cast<int>(query.integer(3)));
        }
        if (!query.is_null(4)) {
            recipient.held_id = query.integer(4);
        }
        read_recipient_facts(query.text(5), head.message.utf8, recipient);
        head.message.recipients.push_back(std::move(recipient));
    }
}

}  // namespace

core::Result<void, ports::StoreError> SqliteDecisions::append(
    std::span<const RecordedMessage> messages,
    const ports::DecisionLimits& limits,
    core::TimePoint now) {
    return at_store_boundary([&] {
        database_->write_soon([&](Connection& connection) {
            std::int64_t next = messages.empty() ? 0 : next_recipient_id(connection);
            std::int64_t came = 0;
            for (const RecordedMessage& message : messages) {
                insert_message(connection, message, next);
                for (const RecordedRecipient& recipient : message.recipients) {
                    insert_recipient(connection, next, recipient);
                    ++next;
                    ++came;
                }
            }
            forget(connection, limits, now, (2 * came) + kForgottenAtLeast);
        });
    });
}

core::Result<std::int64_t, ports::StoreError> SqliteDecisions::count(
    const ports::DecisionFilter& filter) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT coalesce(sum(recipients), 0) FROM decision_message WHERE at >= ?1 AND "
                "(?2 IS NULL OR sender = ?2 COLLATE NOCASE)");
            bind_filter(query, filter);
            query.step();
            return query.integer(0);
        });
    });
}

core::Result<void, ports::StoreError> SqliteDecisions::visit(
    const ports::DecisionFilter& filter,
    const std::function<bool(const RecordedMessage&)>& visit) const {
    std::int64_t behind = 0;
    while (true) {
        auto page = at_store_boundary([&] {
            return database_->read(
                [&](Connection& connection) { return read_heads(connection, filter, behind); });
        });
        if (!page.has_value()) {
            return std::unexpected(std::move(page.error()));
        }
        for (Head& head : *page) {
            behind = head.message.id;
            auto read = at_store_boundary([&] {
                database_->read([&](Connection& connection) { read_recipients(connection, head); });
            });
            if (!read.has_value()) {
                return std::unexpected(std::move(read.error()));
            }
            // Some were forgotten since the head was read.
            if (std::cmp_less(head.message.recipients.size(), head.count)) {
                continue;
            }
            if (!visit(head.message)) {
                return {};
            }
            head.message.recipients = {};
        }
        if (std::cmp_less(page->size(), kPage)) {
            return {};
        }
    }
}

core::Result<std::vector<RecordedMessage>, ports::StoreError> SqliteDecisions::of_queue_id(
    std::string_view queue_id, std::size_t most) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            std::vector<Head> heads;
            {
                Query query = connection.query(
                    "SELECT id, at, queue_id, sender, mode, stream, campaign, first, recipients, "
                    "facts FROM decision_message WHERE queue_id = ? ORDER BY id DESC LIMIT ?");
                query.bind(queue_id).bind(static_cast<std::int64_t>(most));
                while (query.step()) {
                    heads.push_back(read_head(query));
                }
            }
            std::vector<RecordedMessage> messages;
            for (Head& head : heads) {
                read_recipients(connection, head);
                messages.push_back(std::move(head.message));
            }
            return messages;
        });
    });
}

core::Result<std::vector<std::string>, ports::StoreError> SqliteDecisions::recipients_of(
    std::string_view sender, core::TimePoint from, core::TimePoint until, std::size_t most) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT r.address FROM decision_message m JOIN decision_recipient r "
                "ON r.id >= m.first AND r.id < m.first + m.recipients "
                "WHERE m.at BETWEEN ?1 AND ?2 AND m.sender = ?3 COLLATE NOCASE "
                "ORDER BY m.at DESC LIMIT ?4");
            query.bind(from).bind(until).bind(sender).bind(static_cast<std::int64_t>(most));
            std::vector<std::string> addresses;
            while (query.step()) {
                addresses.emplace_back(query.text(0));
            }
            return addresses;
        });
    });
}

}  // namespace holdback::io::sqlite
