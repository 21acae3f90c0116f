// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_suppression_list.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;
using terms::SubjectForm;
using terms::SubjectKind;
using terms::SuppressionEntry;

/// `list` reads this many entries before it calls the visitor.
constexpr std::size_t kPage = 500;

/// The condition on the key for a subject's kind.
std::string_view condition_on(SubjectKind kind) {
    switch (kind) {
        case SubjectKind::Address:
            return "(domain = '#a' OR (domain >= '/' AND local <> ''))";
        case SubjectKind::Domain:
            return "(domain = '#d' OR (domain >= '/' AND local = ''))";
        case SubjectKind::Suffix:
            return "(domain = '#s' OR (domain >= '.' AND domain < '/'))";
        case SubjectKind::Pattern:
            return "domain = '*'";
    }
    std::unreachable();
}

std::string_view condition_on(terms::ScopeKind kind) {
    switch (kind) {
        case terms::ScopeKind::Global:
            return "scope = ''";
        case terms::ScopeKind::SenderDomain:
            return "(scope <> '' AND instr(scope, '@') = 0)";
        case terms::ScopeKind::Sender:
            return "instr(scope, '@') > 0";
    }
    std::unreachable();
}

std::string page_sql(const ports::SuppressionFilter& filter, bool is_first) {
    std::string sql = fmt::format("SELECT {} FROM suppression WHERE TRUE", entry_columns());
    sql += is_first ? "" : " AND (domain, local, scope) > (?, ?, ?)";
    sql += filter.reason.has_value() ? " AND reason = ?" : "";
    sql += filter.code.has_value() ? " AND code = ?" : "";
    sql += filter.domain.has_value() ? " AND domain IN (?, ?)" : "";
    if (filter.kind.has_value()) {
        sql += fmt::format(" AND {}", condition_on(*filter.kind));
    }
    sql += filter.scope.has_value() ? " AND scope = ?" : "";
    if (filter.scope_kind.has_value()) {
        sql += fmt::format(" AND {}", condition_on(*filter.scope_kind));
    }
    sql += filter.source.has_value() ? " AND source = ?" : "";
    sql += filter.proof.has_value() ? " AND proof = ? AND source = ?" : "";
    sql += filter.seen_before.has_value() ? " AND last_seen < ?" : "";
    sql += filter.seen_since.has_value() ? " AND last_seen >= ?" : "";
    sql += filter.with_inactive ? "" : " AND active = 1 AND (expires IS NULL OR expires > ?)";
    sql += " ORDER BY domain, local, scope LIMIT ?";
    return sql;
}

void bind_filter(Query& query, const ports::SuppressionFilter& filter, core::TimePoint now) {
    if (filter.reason.has_value()) {
        query.bind(static_cast<int>(*filter.reason));
    }
    if (filter.code.has_value()) {
        query.bind(filter.code->number());
    }
    if (filter.domain.has_value()) {
        // Names are stored in lower case, literals as "[IPv6:…]".
        const bool is_literal = filter.domain->starts_with('[');
        const std::string domain = is_literal ? *filter.domain : core::to_lower(*filter.domain);
        query.bind(domain).bind("." + domain);
    }
    if (filter.scope.has_value()) {
        query.bind(filter.scope->stored());
    }
    if (filter.source.has_value()) {
        query.bind(static_cast<int>(*filter.source));
    }
    if (filter.proof.has_value()) {
        query.bind(static_cast<int>(*filter.proof))
            .bind(static_cast<int>(terms::SuppressionSource::Learned));
    }
    if (filter.seen_before.has_value()) {
        query.bind(*filter.seen_before);
    }
    if (filter.seen_since.has_value()) {
        query.bind(*filter.seen_since);
    }
    if (!filter.with_inactive) {
        query.bind(now);
    }
}

std::uint64_t count_of(const Query& query, int column) {
    return static_cast<std::uint64_t>(query.integer(column));
}

/// Counts the entries of each `SuppressionGroup`.
std::vector<SuppressionGroup> read_groups(Connection& connection, core::TimePoint now) {
    Query query = connection.query(
        "SELECT reason, code, source, proof, CASE WHEN active = 0 THEN 1 WHEN expires <= ? THEN 2 "
        "ELSE 0 END AS standing, domain GLOB '#?' AS hashed, count(*) FROM suppression "
        "GROUP BY 1, 2, 3, 4, 5, 6");
    query.bind(now);
    std::vector<SuppressionGroup> groups;
    while (query.step()) {
        constexpr std::array kStandings{Standing::InForce, Standing::Counting, Standing::Expired};
        groups.push_back({.reason = static_cast<terms::SuppressionReason>(query.integer(0)),
                          .code = static_cast<int>(query.integer(1)),
                          .source = static_cast<terms::SuppressionSource>(query.integer(2)),
                          .proof = static_cast<terms::Proof>(query.integer(3)),
                          .standing = kStandings.at(static_cast<std::size_t>(query.integer(4))),
                          .is_hashed = query.integer(5) != 0,
                          .entries = count_of(query, 6)});
    }
    return groups;
}

/// The place of an entry that was read from the list.
struct PageEnd {
    SubjectPlace place;
    std::string scope;
};

PageEnd end_at(const SuppressionEntry& entry) {
    return {.place = place_of(entry.kind, entry.subject), .scope = entry.scope.stored()};
}

/// One page of `list`, after the entry `last`.
std::vector<SuppressionEntry> read_page(Connection& connection,
                                        const ports::SuppressionFilter& filter,
                                        core::TimePoint now,
                                        const std::optional<PageEnd>& last) {
    Query query = connection.query(page_sql(filter, !last.has_value()));
    if (last.has_value()) {
        query.bind(last->place.domain).bind(last->place.local).bind(last->scope);
    }
    bind_filter(query, filter, now);
    query.bind(static_cast<std::int64_t>(kPage));
    std::vector<SuppressionEntry> page;
    while (query.step()) {
        page.push_back(read_entry(query));
    }
    return page;
}

/// Shows a domain's own entries after its mailboxes, which follow them in the table.
class MailboxesFirst {
public:
    using Visitor = std::function<bool(const SuppressionEntry&)>;

    explicit MailboxesFirst(const Visitor& visit) : visit_(visit) {}

    /// Both return false when the visitor wants no more.
    [[nodiscard]] bool next(const SuppressionEntry& entry) {
        if (!of_domain_.empty() && domain_of(entry) != domain_of(of_domain_.front()) && !rest()) {
            return false;
        }
        if (entry.kind == SubjectKind::Domain && entry.form == SubjectForm::Plain) {
            of_domain_.push_back(entry);
            return true;
        }
        return visit_(entry);
    }

    [[nodiscard]] bool rest() { return std::ranges::all_of(std::exchange(of_domain_, {}), visit_); }

private:
    [[nodiscard]] static std::string domain_of(const SuppressionEntry& entry) {
        return place_of(entry.kind, entry.subject).domain;
    }

    const Visitor& visit_;
    std::vector<SuppressionEntry> of_domain_;
};

}  // namespace

std::string_view wire_name(Standing standing) {
    switch (standing) {
        case Standing::InForce:
            return "in-force";
        case Standing::Counting:
            return "counting";
        case Standing::Expired:
            return "expired";
    }
    std::unreachable();
}

Standing standing_of(const SuppressionEntry& entry, core::TimePoint now) {
    if (entry.holds_at(now)) {
        return Standing::InForce;
    }
    return entry.active ? Standing::Expired : Standing::Counting;
}

core::Result<void, StoreError> list_entries(
    Database& database,
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const SuppressionEntry&)>& visit) {
    MailboxesFirst show(visit);
    std::optional<PageEnd> last;
    while (true) {
        const auto page = at_store_boundary([&] {
            return database.read(
                [&](Connection& connection) { return read_page(connection, filter, now, last); });
        });
        if (!page.has_value()) {
            return std::unexpected(page.error());
        }
        for (const SuppressionEntry& entry : *page) {
            if (!show.next(entry)) {
                return {};
            }
        }
        if (page->size() < kPage) {
            static_cast<void>(show.rest());
            return {};
        }
        last = end_at(page->back());
    }
}

core::Result<ports::SuppressionCounts, StoreError> count_entries(Database& database,
                                                                 core::TimePoint now) {
    return at_store_boundary([&] {
        return database.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT count(*), coalesce(sum(active = 1 AND reason <> ? AND (expires IS NULL OR "
                "expires > ?)), 0) FROM suppression");
            query.bind(static_cast<int>(terms::SuppressionReason::Allow)).bind(now);
            query.step();
            return ports::SuppressionCounts{.entries = static_cast<std::size_t>(query.integer(0)),
                                            .in_force = static_cast<std::size_t>(query.integer(1))};
        });
    });
}

core::Result<SuppressionStatistics, StoreError> entry_statistics(Database& database,
                                                                 core::TimePoint now,
                                                                 std::size_t domains) {
    return at_store_boundary([&] {
        return database.read([&](Connection& connection) {
            SuppressionStatistics statistics;
            statistics.groups = read_groups(connection, now);
            Query query = connection.query(
                "SELECT domain, count(*) AS entries FROM suppression WHERE domain >= '/' "
                "GROUP BY domain ORDER BY entries DESC, domain LIMIT ?");
            query.bind(static_cast<std::int64_t>(domains));
            while (query.step()) {
                statistics.domains.push_back(
                    {.domain = query.text(0), .entries = count_of(query, 1)});
            }
            return statistics;
        });
    });
}

}  // namespace holdback::io::sqlite
