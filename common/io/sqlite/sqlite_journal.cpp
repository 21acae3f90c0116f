// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_journal.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"
#include "reading/text_scan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

constexpr std::size_t kMostText = 500;
// Forgets more than comes in, so that a smaller limit is reached in time.
constexpr std::int64_t kForgottenAtLeast = 100;

// The order in which `read_entry` takes them.
constexpr std::string_view kColumns =
    "id, at, queue_id, sender, recipient, recipient_key, original, provider, result, accepted, "
    "status, reply, relay, address, port, mailer, text, together";

ports::JournalEntry read_entry(const Query& query) {
    ports::JournalEntry entry;
    entry.id = query.integer(0);
    entry.key = query.text(5);
    entry.provider = query.text(7);
    entry.accepted = query.integer(9) != 0;
    mail::MtaOutcome& outcome = entry.outcome;
    outcome.at = query.time(1);
    outcome.queue_id = query.text(2);
    if (!query.is_null(3)) {
        outcome.sender = query.text(3);
    }
    outcome.recipient = query.text(4);
    if (outcome.recipient.empty()) {
        outcome.recipient = entry.key;
    }
    outcome.original_recipient = query.text(6);
    outcome.result =
        mail::parse_delivery_result(query.text(8)).value_or(mail::DeliveryResult::Deferred);
    if (const auto status = mail::EnhancedStatus::parse(query.text(10))) {
        outcome.status = *status;
    }
    const std::string reply = query.text(11);
    outcome.reply = reply.empty() ? std::nullopt : mail::SmtpReply::parse(reply);
    outcome.relay = query.text(12);
    outcome.relay_address = query.text(13);
    outcome.relay_port = static_cast<int>(query.integer(14));
    outcome.mailer = query.text(15);
    outcome.text = query.text(16);
    if (outcome.text.empty()) {
        outcome.text = reply;
    }
    outcome.named_together = query.integer(17) != 0;
    return entry;
}

void insert(Connection& connection, const ports::JournalEntry& entry) {
    const mail::MtaOutcome& outcome = entry.outcome;
    const std::string line = outcome.reply.has_value() ? outcome.reply->line() : "";
    const std::string_view reply = reading::utf8_prefix(line, kMostText);
    const std::string_view text = reading::utf8_prefix(outcome.text, kMostText);
    Query query = connection.query(
        "INSERT INTO outcome (at, queue_id, sender, recipient, recipient_key, domain, original, "
        "provider, result, accepted, status, reply, relay, address, port, mailer, text, together) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(outcome.at).bind(outcome.queue_id);
    if (outcome.sender.has_value()) {
        query.bind(*outcome.sender);
    } else {
        query.bind(std::nullopt);
    }
    query.bind(outcome.recipient == entry.key ? std::string_view{} : outcome.recipient)
        .bind(entry.key)
        .bind(mail::recipient_domain(entry.key))
        .bind(outcome.original_recipient)
        .bind(entry.provider)
        .bind(wire_name(outcome.result))
        .bind(entry.accepted)
        .bind(outcome.status.has_value() ? outcome.status->text() : "")
        .bind(reply)
        .bind(outcome.relay)
        .bind(outcome.relay_address)
        .bind(outcome.relay_port)
        .bind(outcome.mailer)
        .bind(text == reply ? std::string_view{} : text)
        .bind(outcome.named_together)
        .run();
}

void remember_acceptance(Connection& connection, const ports::JournalEntry& entry) {
    connection
        .query(
            "INSERT INTO accepted (recipient_key, first, last, provider) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (recipient_key) DO UPDATE SET first = min(first, excluded.first), "
            "last = max(last, excluded.last), provider = excluded.provider")
        .bind(entry.key)
        .bind(entry.outcome.at)
        .bind(entry.outcome.at)
        .bind(entry.provider)
        .run();
    connection
        .query(
            "INSERT INTO accepted_domain (domain, last) VALUES (?, ?) "
            "ON CONFLICT (domain) DO UPDATE SET last = excluded.last WHERE excluded.last > last")
        .bind(mail::recipient_domain(entry.key))
        .bind(entry.outcome.at)
        .run();
}

void remember_position(Connection& connection,
                       std::string_view source,
                       std::string_view position,
                       core::TimePoint now) {
    connection
        .query(
            "INSERT INTO maillog_position (source, position, at) VALUES (?, ?, ?) "
            "ON CONFLICT (source) DO UPDATE SET position = excluded.position, at = excluded.at")
        .bind(source)
        .bind(position)
        .bind(now)
        .run();
}

/// Forgets at most `most` rows of each table for their age, and as many outcomes for their number.
void forget(Connection& connection,
            const ports::JournalLimits& limits,
            core::TimePoint now,
            std::int64_t most) {
    connection
        .query(
            "DELETE FROM outcome WHERE id IN (SELECT id FROM outcome WHERE at < ? "
            "AND id <= (SELECT told FROM outcome_told) ORDER BY at LIMIT ?)")
        .bind(now - limits.keep)
        .bind(most)
        .run();
    connection
        .query(
            "DELETE FROM outcome WHERE id IN (SELECT id FROM outcome WHERE id <= "
            "min((SELECT told FROM outcome_told), (SELECT max(id) FROM outcome) - ?) "
            "ORDER BY id LIMIT ?)")
        .bind(limits.entries)
        .bind(most)
        .run();
    connection
        .query(
            "DELETE FROM accepted WHERE recipient_key IN (SELECT recipient_key FROM accepted "
            "WHERE last < ? ORDER BY last LIMIT ?)")
        .bind(now - limits.known_good)
        .bind(most)
        .run();
    connection
        .query(
            "DELETE FROM accepted_domain WHERE domain IN (SELECT domain FROM accepted_domain "
            "WHERE last < ? ORDER BY last LIMIT ?)")
        .bind(now - limits.known_good)
        .bind(most)
        .run();
}

std::vector<ports::JournalEntry> read_entries(Query& query) {
    std::vector<ports::JournalEntry> entries;
    while (query.step()) {
        entries.push_back(read_entry(query));
    }
    return entries;
}

/// The grouping column: our own name, never a value.
std::string_view column_of(ports::OutcomeGrouping by) {
    switch (by) {
        case ports::OutcomeGrouping::Provider:
            return "provider";
        case ports::OutcomeGrouping::Domain:
            return "domain";
    }
    std::unreachable();
}

constexpr std::string_view kSums =
    "count(*) FILTER (WHERE result = 'sent'), count(*) FILTER (WHERE result = 'deferred'), "
    "count(*) FILTER (WHERE result = 'bounced')";

}  // namespace

core::Result<void, ports::StoreError> SqliteJournal::record(
    std::span<const ports::JournalEntry> entries,
    std::string_view source,
    std::string_view position,
    const ports::JournalLimits& limits,
    core::TimePoint now) {
    return at_store_boundary([&] {
        database_->write([&](Connection& connection) {
            for (const ports::JournalEntry& entry : entries) {
                insert(connection, entry);
                if (entry.accepted) {
                    remember_acceptance(connection, entry);
                }
            }
            remember_position(connection, source, position, now);
            const auto came = static_cast<std::int64_t>(entries.size());
            forget(connection, limits, now, (2 * came) + kForgottenAtLeast);
        });
    });
}

core::Result<std::optional<std::string>, ports::StoreError> SqliteJournal::position(
    std::string_view source) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            Query query =
                connection.query("SELECT position FROM maillog_position WHERE source = ?");
            query.bind(source);
            return query.step() ? std::optional(query.text(0)) : std::nullopt;
        });
    });
}

core::Result<std::vector<ports::JournalEntry>, ports::StoreError> SqliteJournal::untold(
    std::size_t most) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            static const std::string sql = fmt::format(
                "SELECT {} FROM outcome WHERE id > (SELECT told FROM outcome_told) "
                "ORDER BY id LIMIT ?",
                kColumns);
            Query query = connection.query(sql);
            query.bind(static_cast<std::int64_t>(most));
            return read_entries(query);
        });
    });
}

core::Result<void, ports::StoreError> SqliteJournal::told(std::int64_t id) {
    return at_store_boundary([&] {
        database_->write([&](Connection& connection) {
            connection.query("UPDATE outcome_told SET told = max(told, ?)").bind(id).run();
        });
    });
}

core::Result<std::vector<ports::JournalEntry>, ports::StoreError> SqliteJournal::outcomes_of(
    std::string_view queue_id) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            static const std::string sql =
                fmt::format("SELECT {} FROM outcome WHERE queue_id = ? ORDER BY id", kColumns);
            Query query = connection.query(sql);
            query.bind(queue_id);
            return read_entries(query);
        });
    });
}

core::Result<std::vector<ports::JournalEntry>, ports::StoreError> SqliteJournal::history_of(
    std::string_view key, std::size_t most) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            static const std::string sql = fmt::format(
                "SELECT {} FROM outcome WHERE recipient_key = ? ORDER BY id DESC LIMIT ?",
                kColumns);
            Query query = connection.query(sql);
            query.bind(key).bind(static_cast<std::int64_t>(most));
            return read_entries(query);
        });
    });
}

core::Result<std::optional<ports::Acceptance>, ports::StoreError> SqliteJournal::accepted(
    std::string_view key) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) -> std::optional<ports::Acceptance> {
            Query query = connection.query(
                "SELECT first, last, provider FROM accepted WHERE recipient_key = ?");
            query.bind(key);
            if (!query.step()) {
                return std::nullopt;
            }
            return ports::Acceptance{
                .first = query.time(0), .last = query.time(1), .provider = query.text(2)};
        });
    });
}

core::Result<void, ports::StoreError> SqliteJournal::refute(std::string_view key) {
    return at_store_boundary([&] {
        database_->write([&](Connection& connection) {
            Query query = connection.query("DELETE FROM accepted WHERE recipient_key = ?");
            query.bind(key);
            query.run();
        });
    });
}

core::Result<std::optional<core::TimePoint>, ports::StoreError> SqliteJournal::accepted_in(
    std::string_view domain) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) -> std::optional<core::TimePoint> {
            Query query = connection.query("SELECT last FROM accepted_domain WHERE domain = ?");
            query.bind(domain);
            return query.step() ? std::optional(query.time(0)) : std::nullopt;
        });
    });
}

core::Result<ports::OutcomeCounts, ports::StoreError> SqliteJournal::counts(
    core::TimePoint since) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            static const std::string sql =
                fmt::format("SELECT {} FROM outcome WHERE at >= ?", kSums);
            Query query = connection.query(sql);
            query.bind(since);
            query.step();
            return ports::OutcomeCounts{.sent = query.integer(0),
                                        .deferred = query.integer(1),
                                        .bounced = query.integer(2)};
        });
    });
}

core::Result<std::vector<ports::OutcomeGroup>, ports::StoreError> SqliteJournal::groups(
    ports::OutcomeGrouping by, core::TimePoint since, std::size_t most) const {
    return at_store_boundary([&] {
        return database_->read([&](Connection& connection) {
            const std::string sql = fmt::format(
                "SELECT {}, {} FROM outcome WHERE at >= ? GROUP BY 1 ORDER BY count(*) DESC, 1 "
                "LIMIT ?",
                column_of(by),
                kSums);
            Query query = connection.query(sql);
            query.bind(since).bind(static_cast<std::int64_t>(most));
            std::vector<ports::OutcomeGroup> groups;
            while (query.step()) {
                groups.push_back({.name = query.text(0),
                                  .counts = {.sent = query.integer(1),
                                             .deferred = query.integer(2),
                                             .bounced = query.integer(3)}});
            }
            return groups;
        });
    });
}

}  // namespace holdback::io::sqlite
