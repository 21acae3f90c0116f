// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite_suppressions.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite_db.hpp"
#include "mail/address.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "ports/suppression_store.hpp"

#include <array>
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

#include <fmt/format.h>

namespace holdback::io {

namespace {

using mail::SuppressionEntry;
using ports::StoreError;

/// Entries that `list` reads before it calls the visitor.
constexpr std::size_t kPage = 500;
/// Old events forgotten with each new one: more than one, so that their number shrinks.
constexpr int kForgetAtOnce = 4;

// The order in which `read_entry` and `put_entry` take them.
constexpr std::string_view kColumns =
    "subject, kind, reason, code, source, strikes, first_seen, last_seen, expires, active, proof, "
    "rule, diagnostic, message_id";

template <typename T>
T known(std::optional<T> value, const Query& query, int column) {
    if (!value.has_value()) {
        throw DatabaseError(fmt::format("suppression list: unknown value {} in column {}",
                                        core::log_safe(query.text(column)),
                                        column));
    }
    return *value;
}

SuppressionEntry read_entry(const Query& query) {
    SuppressionEntry entry;
    entry.subject = query.text(0);
    entry.kind = known(mail::parse_subject_kind(query.text(1)), query, 1);
    entry.reason = known(mail::parse_suppression_reason(query.text(2)), query, 2);
    entry.code =
        known(mail::FailureCode::from_number(static_cast<int>(query.integer(3))), query, 3);
    entry.source = known(mail::parse_suppression_source(query.text(4)), query, 4);
    entry.strikes = static_cast<int>(query.integer(5));
    entry.first_seen = query.time(6);
    entry.last_seen = query.time(7);
    entry.expires = query.optional_time(8);
    entry.active = query.integer(9) != 0;
    entry.proof = known(mail::parse_proof(query.text(10)), query, 10);
    entry.rule = query.text(11);
    entry.diagnostic = query.text(12);
    entry.message_id = query.text(13);
    return entry;
}

std::string domain_of(mail::SubjectKind kind, std::string_view subject) {
    if (kind == mail::SubjectKind::Domain) {
        return core::to_lower(subject);
    }
    const std::size_t at = subject.rfind('@');
    return at == std::string_view::npos ? "" : core::to_lower(subject.substr(at + 1));
}

void put_entry(Connection& connection, const SuppressionEntry& entry) {
    Query query = connection.query(
        "INSERT OR REPLACE INTO suppression (subject, kind, reason, code, source, strikes, "
        "first_seen, last_seen, expires, active, proof, rule, diagnostic, message_id, domain) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(entry.subject)
        .bind(mail::wire_name(entry.kind))
        .bind(mail::wire_name(entry.reason))
        .bind(entry.code.number())
        .bind(mail::wire_name(entry.source))
        .bind(entry.strikes)
        .bind(entry.first_seen)
        .bind(entry.last_seen)
        .bind(entry.expires)
        .bind(entry.active)
        .bind(mail::wire_name(entry.proof))
        .bind(entry.rule)
        .bind(entry.diagnostic)
        .bind(entry.message_id)
        .bind(domain_of(entry.kind, entry.subject))
        .run();
}

std::optional<SuppressionEntry> find_entry(Connection& connection,
                                           mail::SubjectKind kind,
                                           std::string_view subject) {
    static const std::string sql =
        fmt::format("SELECT {} FROM suppression WHERE subject = ? AND kind = ?", kColumns);
    Query query = connection.query(sql);
    query.bind(subject).bind(mail::wire_name(kind));
    return query.step() ? std::optional(read_entry(query)) : std::nullopt;
}

ports::SuppressionLookup look_up_one(Connection& connection,
                                     const mail::Address& address,
                                     core::TimePoint now) {
    static const std::string sql =
        fmt::format("SELECT {} FROM suppression WHERE subject IN (?, ?)", kColumns);
    ports::SuppressionLookup found;
    Query query = connection.query(sql);
    query.bind(address.key()).bind(address.domain().text());
    while (query.step()) {
        SuppressionEntry entry = read_entry(query);
        if (!entry.holds_at(now)) {
            continue;
        }
        const bool is_address = entry.kind == mail::SubjectKind::Address;
        if (entry.reason != mail::SuppressionReason::Allow) {
            (is_address ? found.address : found.domain) = std::move(entry);
        } else if (is_address || !found.allow.has_value()) {
            found.allow = std::move(entry);
        }
    }
    return found;
}

/// One page of `list` behind an entry.
std::vector<SuppressionEntry> read_page(Connection& connection,
                                        const ports::SuppressionFilter& filter,
                                        core::TimePoint now,
                                        const std::optional<SuppressionEntry>& last) {
    std::string sql = fmt::format("SELECT {} FROM suppression WHERE TRUE", kColumns);
    sql += last.has_value() ? " AND (subject, kind) > (?, ?)" : "";
    sql += filter.reason.has_value() ? " AND reason = ?" : "";
    sql += filter.code.has_value() ? " AND code = ?" : "";
    sql += filter.domain.has_value() ? " AND domain = ?" : "";
    sql += filter.with_inactive ? "" : " AND active = 1 AND (expires IS NULL OR expires > ?)";
    sql += " ORDER BY subject, kind LIMIT ?";
    Query query = connection.query(sql);
    if (last.has_value()) {
        query.bind(last->subject).bind(mail::wire_name(last->kind));
    }
    if (filter.reason.has_value()) {
        query.bind(mail::wire_name(*filter.reason));
    }
    if (filter.code.has_value()) {
        query.bind(filter.code->number());
    }
    if (filter.domain.has_value()) {
        query.bind(core::to_lower(*filter.domain));
    }
    if (!filter.with_inactive) {
        query.bind(now);
    }
    query.bind(static_cast<std::int64_t>(kPage));
    std::vector<SuppressionEntry> page;
    while (query.step()) {
        page.push_back(read_entry(query));
    }
    return page;
}

}  // namespace

core::Result<std::vector<ports::SuppressionLookup>, StoreError> SqliteSuppressions::look_up(
    std::span<const mail::Address> addresses, core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::vector<ports::SuppressionLookup> found;
            found.reserve(addresses.size());
            // One transaction around many look-ups saves taking the lock for each.
            const bool many = addresses.size() > 1;
            if (many) {
                connection.query("BEGIN").run();
            }
            for (const mail::Address& address : addresses) {
                found.push_back(look_up_one(connection, address, now));
            }
            if (many) {
                connection.query("COMMIT").run();
            }
            return found;
        });
    });
}

core::Result<std::optional<SuppressionEntry>, StoreError> SqliteSuppressions::find(
    mail::SubjectKind kind, std::string_view subject) {
    return at_store_boundary([&] {
        return database_.read(
            [&](Connection& connection) { return find_entry(connection, kind, subject); });
    });
}

core::Result<void, StoreError> SqliteSuppressions::put(const SuppressionEntry& entry) {
    return at_store_boundary(
        [&] { database_.write([&](Connection& connection) { put_entry(connection, entry); }); });
}

bool SqliteSuppressions::remember(Connection& connection,
                                  std::string_view digest,
                                  core::TimePoint now) const {
    connection.query("INSERT OR IGNORE INTO learned_event (digest, at) VALUES (?, ?)")
        .bind(digest)
        .bind(now)
        .run();
    if (connection.changes() == 0) {
        return false;
    }
    const std::int64_t newest = connection.last_insert_id();
    connection
        .query(
            "DELETE FROM learned_event WHERE id IN "
            "(SELECT id FROM learned_event ORDER BY id LIMIT ?) AND (id <= ? OR at < ?)")
        .bind(kForgetAtOnce)
        .bind(newest - retention_.events)
        .bind(now - retention_.age)
        .run();
    return true;
}

core::Result<bool, StoreError> SqliteSuppressions::learn(mail::SubjectKind kind,
                                                         std::string_view subject,
                                                         std::string_view event,
                                                         core::TimePoint now,
                                                         const Change& change) {
    return at_store_boundary([&] {
        const std::array pieces{mail::wire_name(kind), subject, event};
        const std::string digest = core::digest_hex(pieces);
        return database_.write([&](Connection& connection) {
            if (!remember(connection, digest, now)) {
                return false;
            }
            auto next = change(find_entry(connection, kind, subject));
            if (!next.has_value()) {
                return false;
            }
            next->kind = kind;
            next->subject = subject;
            put_entry(connection, *next);
            return true;
        });
    });
}

core::Result<bool, StoreError> SqliteSuppressions::remove(mail::SubjectKind kind,
                                                          std::string_view subject) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            connection.query("DELETE FROM suppression WHERE subject = ? AND kind = ?")
                .bind(subject)
                .bind(mail::wire_name(kind))
                .run();
            return connection.changes() > 0;
        });
    });
}

core::Result<void, StoreError> SqliteSuppressions::list(
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const SuppressionEntry&)>& visit) {
    std::optional<SuppressionEntry> last;
    while (true) {
        const auto page = at_store_boundary([&] {
            return database_.read(
                [&](Connection& connection) { return read_page(connection, filter, now, last); });
        });
        if (!page.has_value()) {
            return std::unexpected(page.error());
        }
        for (const SuppressionEntry& entry : *page) {
            if (!visit(entry)) {
                return {};
            }
        }
        if (page->size() < kPage) {
            return {};
        }
        last = page->back();
    }
}

core::Result<ports::SuppressionCounts, StoreError> SqliteSuppressions::counts(core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT count(*), coalesce(sum(active = 1 AND reason <> ? AND (expires IS NULL OR "
                "expires > ?)), 0) FROM suppression");
            query.bind(mail::wire_name(mail::SuppressionReason::Allow)).bind(now);
            query.step();
            return ports::SuppressionCounts{.entries = static_cast<std::size_t>(query.integer(0)),
                                            .in_force = static_cast<std::size_t>(query.integer(1))};
        });
    });
}

}  // namespace holdback::io
