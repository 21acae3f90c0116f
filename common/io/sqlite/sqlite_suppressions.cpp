// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_suppressions.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_lessons.hpp"
#include "io/sqlite/sqlite_suppression_lookup.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "io/system/hash_key.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <cstdint>
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

/// Each new event forgets this many old ones: more than one, so that their number shrinks.
constexpr int kForgetAtOnce = 4;

std::string stored_hash_check(Connection& connection) {
    Query query = connection.query("SELECT hash_check FROM suppression_state");
    return query.step() ? query.text(0) : std::string();
}

/// Tells all processes that what they know of patterns, suffixes and hashes is out of date.
void begin_generation(Connection& connection) {
    connection.query("UPDATE suppression_state SET generation = generation + 1").run();
}

/// A text that tells one key from another and gives neither away.
std::string check_of(const core::SecretKey& key) {
    return core::to_hex(core::keyed_hash(key, "holdback suppression list"));
}

core::SecretKey key_from(const std::string& path, system::IfAbsent if_absent) {
    const auto key = system::load_key(path, if_absent);
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
        throw DatabaseError(fmt::format("the suppression list has {} patterns, and can't take more",
                                        kMostPatterns));
    }
}

}  // namespace

SuppressionOptions suppression_options(const config::StoreSettings& settings) {
    return {.learned_form = settings.hash ? SubjectForm::Hashed : SubjectForm::Plain,
            .hash_key = settings.hash_key};
}

core::SecretKey SqliteSuppressions::key_with(const std::string& hash_check) {
    const auto known = key_.with([](const auto& kept) { return kept; });
    if (known.has_value() && known->hash_check == hash_check) {
        return known->key;
    }
    const core::SecretKey key = key_from(options_.hash_key, system::IfAbsent::Fail);
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
    if (kind == SubjectKind::Pattern || is_hash_text(subject) || !has_hashed_rows(connection)) {
        return std::nullopt;
    }
    return hashed_place(key_with(stored_hash_check(connection)), kind, subject);
}

core::SecretKey SqliteSuppressions::key_in(Connection& connection) {
    if (has_hashed_rows(connection)) {
        return key_with(stored_hash_check(connection));
    }
    // Any key that exists will do for the first hashed entry.
    const core::SecretKey key = key_from(options_.hash_key, system::IfAbsent::Make);
    connection.query("UPDATE suppression_state SET hash_check = ?").bind(check_of(key)).run();
    begin_generation(connection);
    return key;
}

bool SqliteSuppressions::has_hashes_in(Connection& connection) {
    return has_hashed_rows(connection);
}

void SqliteSuppressions::announce_in(Connection& connection) {
    begin_generation(connection);
}

std::optional<SuppressionEntry> SqliteSuppressions::find_in(Connection& connection,
                                                            const terms::SuppressionKey& key) {
    auto entry = find_row(connection, place_of(key.kind, key.subject), key.scope);
    if (!entry.has_value()) {
        if (const auto place = hashed_place_of(connection, key.kind, key.subject)) {
            entry = find_row(connection, *place, key.scope);
        }
    }
    return entry;
}

void SqliteSuppressions::put_in(Connection& connection,
                                const SuppressionEntry& entry,
                                std::int64_t change) {
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
        put_row(connection, hashed, entry, change);
    } else {
        if (const auto hashed = hashed_place_of(connection, entry.kind, entry.subject)) {
            remove_row(connection, *hashed, entry.scope);
        }
        put_row(connection, named, entry, change);
    }
    if (entry.kind == SubjectKind::Suffix || entry.kind == SubjectKind::Pattern) {
        begin_generation(connection);
    }
}

bool SqliteSuppressions::remove_in(Connection& connection, const terms::SuppressionKey& key) {
    bool any = remove_row(connection, place_of(key.kind, key.subject), key.scope);
    if (const auto hashed = hashed_place_of(connection, key.kind, key.subject)) {
        any = remove_row(connection, *hashed, key.scope) || any;
    }
    if (key.kind == SubjectKind::Suffix || key.kind == SubjectKind::Pattern) {
        begin_generation(connection);
    }
    return any;
}

void SqliteSuppressions::note_in(Connection& connection,
                                 const terms::SuppressionKey& key,
                                 ChangeKind what,
                                 Telling telling) {
    const auto entry = find_in(connection, key);
    if (!entry.has_value()) {
        return;
    }
    ListChange change;
    change.what = what;
    change.kind = entry->kind;
    change.subject = entry->subject;
    change.scope = entry->scope;
    change.detail = fmt::format("{} {}", wire_name(entry->reason), entry->code.number());
    note_change(connection, options_.author, change, telling);
}

void SqliteSuppressions::note_sum_in(Connection& connection,
                                     ChangeKind what,
                                     std::uint64_t entries,
                                     std::string_view detail) const {
    ListChange change;
    change.what = what;
    change.entries = entries;
    change.detail = detail;
    note_change(connection, options_.author, change, Telling::Each);
}

core::Result<std::vector<ListChange>, StoreError> SqliteSuppressions::history(
    const terms::SuppressionSubject& subject) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::vector<ListChange> changes = changes_of(connection, subject.kind, subject.text);
            if (const auto hashed = hashed_place_of(connection, subject.kind, subject.text)) {
                for (ListChange& change :
                     changes_of(connection, subject.kind, "#" + hashed->local)) {
                    changes.push_back(std::move(change));
                }
                std::ranges::stable_sort(changes, {}, &ListChange::at);
            }
            return changes;
        });
    });
}

core::Result<std::optional<SuppressionEntry>, StoreError> SqliteSuppressions::find(
    const terms::SuppressionKey& key) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) { return find_in(connection, key); });
    });
}

core::Result<std::vector<SuppressionEntry>, StoreError> SqliteSuppressions::find_all(
    const terms::SuppressionSubject& subject) {
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
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            const bool is_new = !find_in(connection, entry.key()).has_value();
            put_in(connection, entry);
            note_in(connection,
                    entry.key(),
                    is_new ? ChangeKind::Added : ChangeKind::Replaced,
                    Telling::Each);
        });
    });
}

namespace {

std::string event_digest(const terms::SuppressionKey& key, std::string_view name) {
    std::vector<std::string_view> pieces{wire_name(key.kind), key.subject, name};
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

core::Result<bool, StoreError> SqliteSuppressions::learn(const terms::SuppressionKey& key,
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

core::Result<bool, StoreError> SqliteSuppressions::remove(const terms::SuppressionKey& key) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            note_in(connection, key, ChangeKind::Lifted, Telling::Each);
            return remove_in(connection, key);
        });
    });
}

}  // namespace holdback::io::sqlite
