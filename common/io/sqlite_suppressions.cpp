// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite_suppressions.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/hash_key.hpp"
#include "io/sqlite_db.hpp"
#include "io/sqlite_lessons.hpp"
#include "io/sqlite_suppression_rows.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"
#include "ports/suppression_store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io {

namespace {

using mail::SubjectForm;
using mail::SubjectKind;
using mail::SuppressionEntry;
using ports::StoreError;

/// Entries that `list` reads before it calls the visitor.
constexpr std::size_t kPage = 500;
/// Old events forgotten with each new one: more than one, so that their number shrinks.
constexpr int kForgetAtOnce = 4;
/// Names above a domain at which suffixes are looked for: as many as a name in DNS can have labels.
constexpr int kMostParents = 128;

/// True when some entry's domain lies in the half-open range.
bool has_domain_between(Connection& connection, std::string_view first, std::string_view behind) {
    Query query =
        connection.query("SELECT 1 FROM suppression WHERE domain >= ? AND domain < ? LIMIT 1");
    query.bind(first).bind(behind);
    return query.step();
}

bool has_hashes(Connection& connection) {
    return has_domain_between(connection, "#", "$");
}

std::string stored_hash_check(Connection& connection) {
    Query query = connection.query("SELECT hash_check FROM suppression_state");
    return query.step() ? query.text(0) : std::string();
}

/// Tells all processes that what they know of patterns, suffixes and hashes is old.
void begin_generation(Connection& connection) {
    connection.query("UPDATE suppression_state SET generation = generation + 1").run();
}

/// A text that tells one key from another and gives neither away.
std::string check_of(const core::SecretKey& key) {
    return core::to_hex(core::keyed_hash(key, "holdback suppression list"));
}

core::SecretKey key_from(const std::string& path, IfAbsent if_absent) {
    const auto key = load_key(path, if_absent);
    if (!key.has_value()) {
        throw DatabaseError(
            fmt::format("the key of the hashed suppression entries: {}", key.error()));
    }
    return *key;
}

void refuse_more_patterns(Connection& connection) {
    Query query = connection.query("SELECT count(*) FROM suppression WHERE domain = ?");
    query.bind(kPatternDomain);
    if (query.step() && query.integer(0) >= static_cast<std::int64_t>(kMostPatterns)) {
        throw DatabaseError(
            fmt::format("the suppression list has {} patterns: no more than that", kMostPatterns));
    }
}

/// The condition on a subject's kind in terms of the key.
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

std::string_view condition_on(mail::ScopeKind kind) {
    switch (kind) {
        case mail::ScopeKind::Global:
            return "scope = ''";
        case mail::ScopeKind::SenderDomain:
            return "(scope <> '' AND instr(scope, '@') = 0)";
        case mail::ScopeKind::Sender:
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
        // Names are stored in lower case, but literals as "[IPv6:…]".
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
            .bind(static_cast<int>(mail::SuppressionSource::Learned));
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

/// The number of entries that have in common what `SuppressionGroup` tells.
std::vector<SuppressionGroup> read_groups(Connection& connection, core::TimePoint now) {
    Query query = connection.query(
        "SELECT reason, code, source, proof, CASE WHEN active = 0 THEN 1 WHEN expires <= ? THEN 2 "
        "ELSE 0 END AS standing, domain GLOB '#?' AS hashed, count(*) FROM suppression "
        "GROUP BY 1, 2, 3, 4, 5, 6");
    query.bind(now);
    std::vector<SuppressionGroup> groups;
    while (query.step()) {
        constexpr std::array kStandings{Standing::InForce, Standing::Counting, Standing::Expired};
        groups.push_back({.reason = static_cast<mail::SuppressionReason>(query.integer(0)),
                          .code = static_cast<int>(query.integer(1)),
                          .source = static_cast<mail::SuppressionSource>(query.integer(2)),
                          .proof = static_cast<mail::Proof>(query.integer(3)),
                          .standing = kStandings.at(static_cast<std::size_t>(query.integer(4))),
                          .is_hashed = query.integer(5) != 0,
                          .entries = count_of(query, 6)});
    }
    return groups;
}

/// Where an entry lies that was read from the list.
struct PageEnd {
    SubjectPlace place;
    std::string scope;
};

PageEnd end_at(const SuppressionEntry& entry) {
    return {.place = place_of(entry.kind, entry.subject), .scope = entry.scope.stored()};
}

/// One page of `list` behind an entry.
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

}  // namespace

SuppressionOptions suppression_options(const config::StoreSettings& settings) {
    return {.learned_form = settings.hash ? SubjectForm::Hashed : SubjectForm::Plain,
            .hash_key = settings.hash_key};
}

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

/// Looks up addresses on one connection, within a transaction.
class SqliteSuppressions::Seeker {
public:
    Seeker(Connection& connection,
           const Special& special,
           std::optional<core::SecretKey> key,
           const mail::EnvelopeSender& sender,
           core::TimePoint now)
        : connection_(connection), special_(special), key_(key), sender_(sender), now_(now) {}

    [[nodiscard]] ports::SuppressionLookup look_up(const mail::Address& address) {
        ports::SuppressionLookup found;
        const std::string subject = address.key();
        const std::string& domain = address.domain().text();
        // The key is the local part, "@" and the domain.
        const std::string local = subject.substr(0, subject.size() - domain.size() - 1);
        take_named(domain, local, found);
        if (key_.has_value()) {
            take_all(hashed(SubjectKind::Address, subject), found);
            take_all(hashed(SubjectKind::Domain, domain), found);
        }
        if (special_.has_suffixes && !address.domain().is_literal()) {
            take_suffixes(domain, found);
        }
        for (const std::string& pattern : special_.patterns) {
            if (mail::pattern_fits(pattern, subject)) {
                take_all(place_of(SubjectKind::Pattern, pattern), found);
            }
        }
        return found;
    }

private:
    void take(Query& query, ports::SuppressionLookup& found) {
        while (query.step()) {
            ports::take_into(found, read_entry(query), sender_, now_);
        }
    }

    void take_named(const std::string& domain,
                    const std::string& local,
                    ports::SuppressionLookup& found) {
        static const std::string sql = fmt::format(
            "SELECT {} FROM suppression WHERE domain = ? AND local IN ('', ?)", entry_columns());
        Query query = connection_.query(sql);
        query.bind_still(domain).bind_still(local);
        take(query, found);
    }

    void take_all(const SubjectPlace& place, ports::SuppressionLookup& found) {
        for (SuppressionEntry& entry : find_rows(connection_, place)) {
            ports::take_into(found, std::move(entry), sender_, now_);
        }
    }

    /// The domain itself and each name above it.
    void take_suffixes(std::string_view domain, ports::SuppressionLookup& found) {
        for (int parents = 0; parents < kMostParents; ++parents) {
            const std::string suffix = fmt::format(".{}", domain);
            take_all(place_of(SubjectKind::Suffix, suffix), found);
            if (key_.has_value()) {
                take_all(hashed(SubjectKind::Suffix, suffix), found);
            }
            const std::size_t dot = domain.find('.');
            if (dot == std::string_view::npos) {
                return;
            }
            domain.remove_prefix(dot + 1);
        }
    }

    [[nodiscard]] SubjectPlace hashed(SubjectKind kind, std::string_view subject) const {
        // NOLINTNEXTLINE(bugprone-unchecked-optional-access): asked by those who have looked
        return hashed_place(*key_, kind, subject);
    }

    Connection& connection_;
    const Special& special_;
    std::optional<core::SecretKey> key_;
    const mail::EnvelopeSender& sender_;
    core::TimePoint now_;
};

core::Result<std::vector<ports::SuppressionLookup>, StoreError> SqliteSuppressions::look_up(
    std::span<const mail::Address> addresses,
    const mail::EnvelopeSender& sender,
    core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::vector<ports::SuppressionLookup> found;
            found.reserve(addresses.size());
            // One transaction around all saves taking the lock for each, and shows one state.
            connection.query("BEGIN").run();
            const std::shared_ptr<const Special> known = special(connection);
            std::optional<core::SecretKey> key;
            if (known->has_hashes) {
                key = key_with(known->hash_check);
            }
            Seeker seeker(connection, *known, key, sender, now);
            for (const mail::Address& address : addresses) {
                found.push_back(seeker.look_up(address));
            }
            connection.query("COMMIT").run();
            return found;
        });
    });
}

std::shared_ptr<const SqliteSuppressions::Special> SqliteSuppressions::special(
    Connection& connection) {
    Special fresh;
    {
        Query query = connection.query("SELECT generation, hash_check FROM suppression_state");
        if (!query.step()) {
            throw DatabaseError("suppression list: its state is gone");
        }
        fresh.generation = query.integer(0);
        const auto known = special_.with([](const auto& kept) { return kept; });
        if (known != nullptr && known->generation == fresh.generation) {
            return known;
        }
        fresh.hash_check = query.text(1);
    }
    fresh.has_hashes = has_hashes(connection);
    fresh.has_suffixes =
        has_domain_between(connection, ".", "/") || has_domain_between(connection, "#s", "#t");
    Query query = connection.query(
        "SELECT DISTINCT local FROM suppression WHERE domain = ? ORDER BY local LIMIT ?");
    query.bind(kPatternDomain).bind(static_cast<std::int64_t>(kMostPatterns));
    while (query.step()) {
        fresh.patterns.push_back(query.text(0));
    }
    auto known = std::make_shared<const Special>(std::move(fresh));
    special_.with([&](auto& kept) { kept = known; });
    return known;
}

core::SecretKey SqliteSuppressions::key_with(const std::string& hash_check) {
    const auto known = key_.with([](const auto& kept) { return kept; });
    if (known.has_value() && known->hash_check == hash_check) {
        return known->key;
    }
    const core::SecretKey key = key_from(options_.hash_key, IfAbsent::Fail);
    if (check_of(key) != hash_check) {
        throw DatabaseError(fmt::format(
            "{}: not the key with which suppression entries were hashed", options_.hash_key));
    }
    key_.with([&](auto& kept) { kept = KnownKey{.hash_check = hash_check, .key = key}; });
    return key;
}

std::optional<SubjectPlace> SqliteSuppressions::hashed_place_of(Connection& connection,
                                                                SubjectKind kind,
                                                                std::string_view subject) {
    if (kind == SubjectKind::Pattern || is_hash_text(subject) || !has_hashes(connection)) {
        return std::nullopt;
    }
    return hashed_place(key_with(stored_hash_check(connection)), kind, subject);
}

core::SecretKey SqliteSuppressions::key_in(Connection& connection) {
    if (has_hashes(connection)) {
        return key_with(stored_hash_check(connection));
    }
    // For the first of all hashed entries whatever key there is will do.
    const core::SecretKey key = key_from(options_.hash_key, IfAbsent::Make);
    connection.query("UPDATE suppression_state SET hash_check = ?").bind(check_of(key)).run();
    begin_generation(connection);
    return key;
}

bool SqliteSuppressions::has_hashes_in(Connection& connection) {
    return has_hashes(connection);
}

void SqliteSuppressions::announce_in(Connection& connection) {
    begin_generation(connection);
}

std::optional<SuppressionEntry> SqliteSuppressions::find_in(Connection& connection,
                                                            const mail::SuppressionKey& key) {
    auto entry = find_row(connection, place_of(key.kind, key.subject), key.scope);
    if (!entry.has_value()) {
        if (const auto place = hashed_place_of(connection, key.kind, key.subject)) {
            entry = find_row(connection, *place, key.scope);
        }
    }
    return entry;
}

void SqliteSuppressions::put_in(Connection& connection, const SuppressionEntry& entry) {
    const SubjectPlace named = place_of(entry.kind, entry.subject);
    if (entry.kind == SubjectKind::Pattern &&
        !find_row(connection, named, entry.scope).has_value()) {
        refuse_more_patterns(connection);
    }
    if (entry.form == SubjectForm::Hashed && !is_hash_text(entry.subject)) {
        if (entry.kind == SubjectKind::Pattern) {
            throw DatabaseError("suppression list: a pattern can't be hashed");
        }
        const SubjectPlace hashed = hashed_place(key_in(connection), entry.kind, entry.subject);
        remove_row(connection, named, entry.scope);
        put_row(connection, hashed, entry);
    } else {
        if (const auto hashed = hashed_place_of(connection, entry.kind, entry.subject)) {
            remove_row(connection, *hashed, entry.scope);
        }
        put_row(connection, named, entry);
    }
    if (entry.kind == SubjectKind::Suffix || entry.kind == SubjectKind::Pattern) {
        begin_generation(connection);
    }
}

bool SqliteSuppressions::remove_in(Connection& connection, const mail::SuppressionKey& key) {
    bool any = remove_row(connection, place_of(key.kind, key.subject), key.scope);
    if (const auto hashed = hashed_place_of(connection, key.kind, key.subject)) {
        any = remove_row(connection, *hashed, key.scope) || any;
    }
    if (key.kind == SubjectKind::Suffix || key.kind == SubjectKind::Pattern) {
        begin_generation(connection);
    }
    return any;
}

core::Result<std::optional<SuppressionEntry>, StoreError> SqliteSuppressions::find(
    const mail::SuppressionKey& key) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) { return find_in(connection, key); });
    });
}

core::Result<std::vector<SuppressionEntry>, StoreError> SqliteSuppressions::find_all(
    const mail::SuppressionSubject& subject) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            auto found = find_rows(connection, place_of(subject.kind, subject.text));
            if (const auto hashed = hashed_place_of(connection, subject.kind, subject.text)) {
                for (SuppressionEntry& entry : find_rows(connection, *hashed)) {
                    found.push_back(std::move(entry));
                }
            }
            return found;
        });
    });
}

core::Result<void, StoreError> SqliteSuppressions::put(const SuppressionEntry& entry) {
    return at_store_boundary(
        [&] { database_.write([&](Connection& connection) { put_in(connection, entry); }); });
}

namespace {

std::string event_digest(const mail::SuppressionKey& key, std::string_view name) {
    std::vector<std::string_view> pieces{mail::wire_name(key.kind), key.subject, name};
    if (!key.scope.stored().empty()) {
        pieces.emplace_back(key.scope.stored());
    }
    return core::digest_hex(pieces);
}

}  // namespace

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
        .bind(newest - options_.retention.events)
        .bind(now - options_.retention.age)
        .run();
    return true;
}

core::Result<bool, StoreError> SqliteSuppressions::learn(const mail::SuppressionKey& key,
                                                         const ports::LearnEvent& event,
                                                         const Change& change) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            bool is_new = true;
            for (const std::string& name : event.names) {
                is_new = remember(connection, event_digest(key, name), event.at) && is_new;
            }
            if (!is_new) {
                return false;
            }
            const auto existing = find_in(connection, key);
            auto next = change(existing);
            if (!next.has_value()) {
                return false;
            }
            next->kind = key.kind;
            next->subject = key.subject;
            next->scope = key.scope;
            next->form = existing.has_value() ? existing->form : options_.learned_form;
            put_in(connection, *next);
            // A hashed entry is not named in the lesson either.
            const auto written = find_in(connection, key);
            note_lesson(connection,
                        written.has_value() ? written->key() : key,
                        event,
                        next->code,
                        existing);
            return true;
        });
    });
}

core::Result<bool, StoreError> SqliteSuppressions::remove(const mail::SuppressionKey& key) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) { return remove_in(connection, key); });
    });
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): pages and what waits between them
core::Result<void, StoreError> SqliteSuppressions::list(
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const SuppressionEntry&)>& visit) {
    // A domain's own entries lie in front of its mailboxes, and are shown behind them.
    std::vector<SuppressionEntry> of_domain;
    const auto show = [&](const SuppressionEntry* next) {
        if (!of_domain.empty() &&
            (next == nullptr ||
             place_of(next->kind, next->subject).domain !=
                 place_of(SubjectKind::Domain, of_domain.front().subject).domain)) {
            for (const SuppressionEntry& entry : std::exchange(of_domain, {})) {
                if (!visit(entry)) {
                    return false;
                }
            }
        }
        if (next == nullptr) {
            return true;
        }
        if (next->kind == SubjectKind::Domain && next->form == SubjectForm::Plain) {
            of_domain.push_back(*next);
            return true;
        }
        return visit(*next);
    };
    std::optional<PageEnd> last;
    while (true) {
        const auto page = at_store_boundary([&] {
            return database_.read(
                [&](Connection& connection) { return read_page(connection, filter, now, last); });
        });
        if (!page.has_value()) {
            return std::unexpected(page.error());
        }
        for (const SuppressionEntry& entry : *page) {
            if (!show(&entry)) {
                return {};
            }
        }
        if (page->size() < kPage) {
            static_cast<void>(show(nullptr));
            return {};
        }
        last = end_at(page->back());
    }
}

core::Result<ports::SuppressionCounts, StoreError> SqliteSuppressions::counts(core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT count(*), coalesce(sum(active = 1 AND reason <> ? AND (expires IS NULL OR "
                "expires > ?)), 0) FROM suppression");
            query.bind(static_cast<int>(mail::SuppressionReason::Allow)).bind(now);
            query.step();
            return ports::SuppressionCounts{.entries = static_cast<std::size_t>(query.integer(0)),
                                            .in_force = static_cast<std::size_t>(query.integer(1))};
        });
    });
}

core::Result<SuppressionStatistics, StoreError> SqliteSuppressions::statistics(
    core::TimePoint now, std::size_t domains) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
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

}  // namespace holdback::io
