// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_suppression_rows.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using terms::SubjectForm;
using terms::SubjectKind;
using terms::SuppressionEntry;

constexpr char kHashMark = '#';

std::string_view hashed_domain(SubjectKind kind) {
    switch (kind) {
        case SubjectKind::Address:
            return "#a";
        case SubjectKind::Domain:
            return "#d";
        case SubjectKind::Suffix:
            return "#s";
        case SubjectKind::Pattern:
            return "#p";
    }
    std::unreachable();
}

template <typename T>
T known(std::optional<T> value, const Query& query, int column) {
    if (!value.has_value()) {
        throw DatabaseError(fmt::format("suppression list: unknown value {} in column {}",
                                        core::log_safe(query.text(column)),
                                        column));
    }
    return *value;
}

/// An enumerator that is stored as its number.
template <typename Enum, std::size_t Count>
Enum enumerator(const std::array<Enum, Count>& all, const Query& query, int column) {
    const std::int64_t number = query.integer(column);
    for (const Enum value : all) {
        if (static_cast<std::int64_t>(value) == number) {
            return value;
        }
    }
    return known(std::optional<Enum>(), query, column);
}

/// The number of the change follows these.
constexpr std::string_view kRowValues =
    "suppression (domain, local, scope, reason, code, source, strikes, first_seen, last_seen, "
    "expires, active, proof, rule, diagnostic, message_id, change) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ";

/// The texts must not change until the statement has run.
void bind_row(Query& query,
              const SubjectPlace& place,
              const SuppressionEntry& entry,
              std::int64_t change) {
    static const std::string none;
    const bool is_named = entry.form == SubjectForm::Plain;
    query.bind_still(place.domain)
        .bind_still(place.local)
        .bind_still(entry.scope.stored())
        .bind(static_cast<int>(entry.reason))
        .bind(entry.code.number())
        .bind(static_cast<int>(entry.source))
        .bind(entry.strikes)
        .bind(entry.first_seen)
        .bind(entry.last_seen)
        .bind(entry.expires)
        .bind(entry.active)
        .bind(static_cast<int>(entry.proof))
        .bind_still(entry.rule)
        .bind_still(is_named ? entry.diagnostic : none)
        .bind_still(entry.message_id)
        .bind(change);
}

void set_subject(SuppressionEntry& entry, std::string domain, std::string local) {
    if (domain.starts_with(kHashMark)) {
        entry.form = SubjectForm::Hashed;
        for (const SubjectKind kind : terms::kAllSubjectKinds) {
            if (hashed_domain(kind) == domain) {
                entry.kind = kind;
            }
        }
        entry.subject = kHashMark + std::move(local);
    } else if (domain == kPatternDomain) {
        entry.kind = SubjectKind::Pattern;
        entry.subject = std::move(local);
    } else if (!local.empty()) {
        entry.kind = SubjectKind::Address;
        entry.subject = std::move(local) + "@" + domain;
    } else {
        entry.kind = domain.starts_with('.') ? SubjectKind::Suffix : SubjectKind::Domain;
        entry.subject = std::move(domain);
    }
}

}  // namespace

bool is_hash_text(std::string_view subject) {
    return subject.starts_with(kHashMark) && !subject.contains('@');
}

bool is_special(std::string_view domain) {
    return domain.starts_with(kHashMark) || domain.starts_with('.') || domain == kPatternDomain;
}

SubjectPlace hashed_place(SubjectKind kind, std::string_view hash) {
    return {.domain = std::string(hashed_domain(kind)), .local = std::string(hash)};
}

SubjectPlace hashed_place(const core::SecretKey& key, SubjectKind kind, std::string_view subject) {
    std::string octets(wire_name(kind));
    octets += '\0';
    octets += subject;
    return hashed_place(kind, core::to_hex(core::keyed_hash(key, octets)));
}

SubjectPlace place_of(SubjectKind kind, std::string_view subject) {
    if (is_hash_text(subject)) {
        return hashed_place(kind, subject.substr(1));
    }
    switch (kind) {
        case SubjectKind::Address: {
            const std::size_t at = subject.rfind('@');
            if (at == std::string_view::npos) {
                return {.domain = {}, .local = std::string(subject)};
            }
            return {.domain = std::string(subject.substr(at + 1)),
                    .local = std::string(subject.substr(0, at))};
        }
        case SubjectKind::Domain:
        case SubjectKind::Suffix:
            return {.domain = std::string(subject), .local = {}};
        case SubjectKind::Pattern:
            return {.domain = std::string(kPatternDomain), .local = std::string(subject)};
    }
    std::unreachable();
}

bool has_rows_between(Connection& connection, std::string_view first, std::string_view behind) {
    Query query =
        connection.query("SELECT 1 FROM suppression WHERE domain >= ? AND domain < ? LIMIT 1");
    query.bind(first).bind(behind);
    return query.step();
}

bool has_hashed_rows(Connection& connection) {
    return has_rows_between(connection, "#", "$");
}

std::string_view entry_columns() {
    return "domain, local, scope, reason, code, source, strikes, first_seen, last_seen, expires, "
           "active, proof, rule, diagnostic, message_id";
}

SuppressionEntry read_entry(const Query& query) {
    SuppressionEntry entry;
    set_subject(entry, query.text(0), query.text(1));
    entry.scope = terms::SuppressionScope::from_stored(query.text(2));
    entry.reason = enumerator(terms::kAllSuppressionReasons, query, 3);
    entry.code =
        known(terms::FailureCode::from_number(static_cast<int>(query.integer(4))), query, 4);
    entry.source = enumerator(terms::kAllSuppressionSources, query, 5);
    entry.strikes = static_cast<int>(query.integer(6));
    entry.first_seen = query.time(7);
    entry.last_seen = query.time(8);
    entry.expires = query.optional_time(9);
    entry.active = query.integer(10) != 0;
    entry.proof = enumerator(terms::kAllProofs, query, 11);
    entry.rule = query.text(12);
    entry.diagnostic = query.text(13);
    entry.message_id = query.text(14);
    return entry;
}

std::optional<SuppressionEntry> find_row(Connection& connection,
                                         const SubjectPlace& place,
                                         const terms::SuppressionScope& scope) {
    static const std::string sql = fmt::format(
        "SELECT {} FROM suppression WHERE domain = ? AND local = ? AND scope = ?", entry_columns());
    Query query = connection.query(sql);
    query.bind(place.domain).bind(place.local).bind(scope.stored());
    return query.step() ? std::optional(read_entry(query)) : std::nullopt;
}

std::vector<SuppressionEntry> find_rows(Connection& connection, const SubjectPlace& place) {
    static const std::string sql =
        fmt::format("SELECT {} FROM suppression WHERE domain = ? AND local = ? ORDER BY scope",
                    entry_columns());
    Query query = connection.query(sql);
    query.bind_still(place.domain).bind_still(place.local);
    std::vector<SuppressionEntry> found;
    while (query.step()) {
        found.push_back(read_entry(query));
    }
    return found;
}

RowInserter::RowInserter(Connection& connection, std::int64_t change)
    : connection_(connection),
      change_(change),
      query_(
          connection.query(fmt::format("INSERT INTO {}?16) ON CONFLICT DO NOTHING", kRowValues))) {}

bool RowInserter::insert(const SubjectPlace& place, const SuppressionEntry& entry) {
    bind_row(query_.again(), place, entry, change_);
    query_.run();
    return connection_.changes() > 0;
}

void put_row(Connection& connection,
             const SubjectPlace& place,
             const SuppressionEntry& entry,
             std::int64_t change) {
    static const std::string sql = fmt::format(
        "INSERT OR REPLACE INTO {}coalesce(nullif(?16, 0), (SELECT change FROM suppression WHERE "
        "domain = ?1 AND local = ?2 AND scope = ?3), 0))",
        kRowValues);
    Query query = connection.query(sql);
    bind_row(query, place, entry, change);
    query.run();
}

bool remove_row(Connection& connection,
                const SubjectPlace& place,
                const terms::SuppressionScope& scope) {
    connection.query("DELETE FROM suppression WHERE domain = ? AND local = ? AND scope = ?")
        .bind(place.domain)
        .bind(place.local)
        .bind(scope.stored())
        .run();
    return connection.changes() > 0;
}

}  // namespace holdback::io::sqlite
