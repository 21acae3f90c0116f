// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/suppression_import.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/system/files.hpp"
#include "io/system/run_sorter.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;
using terms::SubjectForm;
using terms::SubjectKind;
using terms::SuppressionEntry;

/// Entries collected for the next transactions.
constexpr std::size_t kBatch = 4096;

void put_number(std::string& out, std::int64_t number) {
    std::array<char, sizeof number> octets{};
    std::memcpy(octets.data(), &number, sizeof number);
    out.append(octets.data(), octets.size());
}

void put_text(std::string& out, std::string_view text) {
    put_number(out, static_cast<std::int64_t>(text.size()));
    out += text;
}

/// Takes apart a payload that `encode` made.
class Payload {
public:
    explicit Payload(std::string_view octets) : rest_(octets) {}

    std::int64_t number() {
        std::int64_t number = 0;
        std::memcpy(&number, rest_.data(), sizeof number);
        rest_.remove_prefix(sizeof number);
        return number;
    }
    std::string text() {
        const auto size = static_cast<std::size_t>(number());
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }

private:
    std::string_view rest_;
};

/// Packs small numbers into one: all but the code are below 2^8.
std::int64_t packed(const SuppressionEntry& entry) {
    return static_cast<std::int64_t>(entry.kind) | static_cast<std::int64_t>(entry.reason) << 8 |
           static_cast<std::int64_t>(entry.source) << 16 |
           static_cast<std::int64_t>(entry.proof) << 24 |
           static_cast<std::int64_t>(entry.active ? 1 : 0) << 32 |
           static_cast<std::int64_t>(entry.form) << 33 |
           static_cast<std::int64_t>(entry.expires.has_value() ? 1 : 0) << 34 |
           static_cast<std::int64_t>(entry.code.number()) << 40;
}

void unpack(std::int64_t number, SuppressionEntry& entry) {
    const auto octet = [&](int shift) {
        return static_cast<std::uint8_t>((number >> shift) & 0xFF);
    };
    entry.kind = static_cast<SubjectKind>(octet(0));
    entry.reason = static_cast<terms::SuppressionReason>(octet(8));
    entry.source = static_cast<terms::SuppressionSource>(octet(16));
    entry.proof = static_cast<terms::Proof>(octet(24));
    entry.active = ((number >> 32) & 1) != 0;
    entry.form = ((number >> 33) & 1) != 0 ? SubjectForm::Hashed : SubjectForm::Plain;
    entry.code = terms::FailureCode::from_number(static_cast<int>(number >> 40))
                     .value_or(terms::kUnknownFailure);
}

/// The columns of the table's key, separated by NUL, so that they sort in the order of the table.
void encode_key(std::string& out, const SubjectPlace& place, const terms::SuppressionScope& scope) {
    out.clear();
    out += place.domain;
    out += '\0';
    out += place.local;
    out += '\0';
    out += scope.stored();
}

void encode(std::string& out, const SuppressionEntry& entry) {
    out.clear();
    put_number(out, packed(entry));
    put_number(out, entry.first_seen.time_since_epoch().count());
    put_number(out, entry.last_seen.time_since_epoch().count());
    if (entry.expires.has_value()) {
        put_number(out, entry.expires->time_since_epoch().count());
    }
    const bool has_more = entry.strikes != 0 || !entry.rule.empty() || !entry.diagnostic.empty() ||
                          !entry.message_id.empty() || entry.form == SubjectForm::Hashed;
    if (has_more) {
        put_number(out, entry.strikes);
        put_text(out, entry.rule);
        put_text(out, entry.diagnostic);
        put_text(out, entry.message_id);
        // The key does not tell the subject of a hashed entry.
        put_text(out, entry.form == SubjectForm::Hashed ? entry.subject : std::string_view());
    }
}

core::TimePoint time_of(std::int64_t milliseconds) {
    return core::TimePoint(std::chrono::milliseconds(milliseconds));
}

/// An entry on its way into the list.
struct Pending {
    SubjectPlace place;
    SuppressionEntry entry;
};

Pending decode(const system::SortRecord& record) {
    Pending pending;
    const std::size_t local = record.key.find('\0') + 1;
    const std::size_t scope = record.key.find('\0', local) + 1;
    pending.place.domain = record.key.substr(0, local - 1);
    pending.place.local = record.key.substr(local, scope - 1 - local);
    SuppressionEntry& entry = pending.entry;
    entry.scope = terms::SuppressionScope::from_stored(std::string(record.key.substr(scope)));
    Payload payload(record.payload);
    const std::int64_t numbers = payload.number();
    unpack(numbers, entry);
    entry.first_seen = time_of(payload.number());
    entry.last_seen = time_of(payload.number());
    const bool expires = ((numbers >> 34) & 1) != 0;
    if (expires) {
        entry.expires = time_of(payload.number());
    }
    if (record.payload.size() > (expires ? 4U : 3U) * sizeof(std::int64_t)) {
        entry.strikes = static_cast<int>(payload.number());
        entry.rule = payload.text();
        entry.diagnostic = payload.text();
        entry.message_id = payload.text();
        entry.subject = payload.text();
    }
    return pending;
}

/// The subject of an entry that is not hashed.
std::string subject_at(SubjectKind kind, const SubjectPlace& place) {
    switch (kind) {
        case SubjectKind::Address:
            return place.local + "@" + place.domain;
        case SubjectKind::Domain:
        case SubjectKind::Suffix:
            return place.domain;
        case SubjectKind::Pattern:
            return place.local;
    }
    std::unreachable();
}

}  // namespace

bool may_replace(const SuppressionEntry& existing,
                 const SuppressionEntry& imported,
                 core::TimePoint now) {
    if (!existing.holds_at(now)) {
        return imported.holds_at(now) || imported.strikes >= existing.strikes;
    }
    return existing.source == terms::SuppressionSource::Import &&
           existing.reason != terms::SuppressionReason::Allow &&
           imported.reason != terms::SuppressionReason::Allow && imported.holds_at(now) &&
           imported.last_seen > existing.last_seen;
}

/// Writes sorted entries in transactions of bounded time.
class SuppressionImport::Writer {
public:
    Writer(SuppressionImport& import, const std::function<void(std::uint64_t)>& progress)
        : import_(import), progress_(progress) {
        batch_.reserve(kBatch);
        if (import_.options_.form == SubjectForm::Plain && !import_.options_.dry_run) {
            careful_ = import_.database_.read([&](Connection& connection) {
                return SqliteSuppressions::has_hashes_in(connection);
            });
        }
        if (!import_.options_.dry_run) {
            change_ = import_.database_.write([&](Connection& connection) {
                return begin_change(connection,
                                    import_.store_.author(),
                                    ChangeKind::Imported,
                                    import_.options_.name);
            });
        }
    }

    void take(const system::SortRecord& record) {
        Pending next = decode(record);
        if (!batch_.empty() && batch_.back().place == next.place &&
            batch_.back().entry.scope == next.entry.scope) {
            // Of two rows for one subject, the active one wins, then the one with later evidence,
            // then the later row.
            const SuppressionEntry& before = batch_.back().entry;
            const bool is_stronger = next.entry.active == before.active
                                         ? next.entry.last_seen >= before.last_seen
                                         : next.entry.active;
            if (is_stronger) {
                batch_.back() = std::move(next);
            }
            ++counts_.repeated;
            return;
        }
        if (batch_.size() >= kBatch) {
            // The last one stays, since the next row may be about the same subject.
            Pending last = std::move(batch_.back());
            batch_.pop_back();
            flush();
            batch_.push_back(std::move(last));
        }
        batch_.push_back(std::move(next));
    }

    void flush() {
        std::size_t done = 0;
        while (done < batch_.size()) {
            done = import_.options_.dry_run ? count_from(done) : write_from(done);
            progress_(counts_.added + counts_.replaced + counts_.kept + counts_.repeated);
        }
        batch_.clear();
    }

    [[nodiscard]] const ImportCounts& counts() const { return counts_; }

    /// Records the counts.
    void end(Connection& connection) const {
        end_change(connection,
                   import_.store_.author(),
                   change_,
                   counts_.added + counts_.replaced,
                   fmt::format("{} added, {} replaced: {}",
                               counts_.added,
                               counts_.replaced,
                               import_.options_.name));
    }

private:
    /// Runs one transaction; gives the index after the last entry it wrote.
    std::size_t write_from(std::size_t done) {
        ImportCounts counts;
        import_.database_.write([&](Connection& connection) {
            const auto deadline = std::chrono::steady_clock::now() + import_.options_.lock;
            counts = counts_;
            RowInserter inserter(connection, change_);
            constexpr std::size_t kBetweenLooks = 64;
            while (done < batch_.size() &&
                   (done % kBetweenLooks != 0 || std::chrono::steady_clock::now() < deadline)) {
                write_one(connection, inserter, batch_[done], counts);
                ++done;
            }
            if (import_.key_.has_value() && !std::exchange(announced_, true)) {
                SqliteSuppressions::announce_in(connection);
            }
        });
        counts_ = counts;
        std::this_thread::sleep_for(import_.options_.pause);
        return done;
    }

    void write_one(Connection& connection,
                   RowInserter& inserter,
                   Pending& pending,
                   ImportCounts& counts) {
        const bool is_hashed = pending.entry.form == SubjectForm::Hashed;
        if (!is_hashed && (careful_ || is_special(pending.place.domain))) {
            write_by_store(connection, pending, counts);
            return;
        }
        if (is_hashed && !make_room(connection, pending.entry)) {
            ++counts.kept;
            return;
        }
        if (inserter.insert(pending.place, pending.entry)) {
            ++counts.added;
            return;
        }
        const auto existing = find_row(connection, pending.place, pending.entry.scope);
        if (!existing.has_value() || !replaces(existing, pending.entry)) {
            ++counts.kept;
            return;
        }
        pending.entry.first_seen = std::min(pending.entry.first_seen, existing->first_seen);
        put_row(connection, pending.place, pending.entry, change_);
        ++counts.replaced;
    }

    [[nodiscard]] bool replaces(const std::optional<SuppressionEntry>& existing,
                                const SuppressionEntry& imported) const {
        return !existing.has_value() || import_.options_.existing == Existing::Replace ||
               may_replace(*existing, imported, import_.now_);
    }

    void write_by_store(Connection& connection, Pending& pending, ImportCounts& counts) {
        SuppressionEntry& entry = pending.entry;
        entry.subject = subject_at(entry.kind, pending.place);
        const auto existing = import_.store_.find_in(connection, entry.key());
        if (!replaces(existing, entry)) {
            ++counts.kept;
            return;
        }
        if (existing.has_value()) {
            entry.first_seen = std::min(entry.first_seen, existing->first_seen);
        }
        import_.store_.put_in(connection, entry, change_);
        ++(existing.has_value() ? counts.replaced : counts.added);
    }

    /// Removes the plain entry for the subject of a hashed one; false when it stays.
    [[nodiscard]] bool make_room(Connection& connection, const SuppressionEntry& entry) const {
        const SubjectPlace named = place_of(entry.kind, entry.subject);
        const auto existing = find_row(connection, named, entry.scope);
        if (!existing.has_value()) {
            return true;
        }
        return replaces(existing, entry) && remove_row(connection, named, entry.scope);
    }

    /// Counts what a write would do with all that is left.
    std::size_t count_from(std::size_t done) {
        import_.database_.read([&](Connection& connection) {
            for (; done < batch_.size(); ++done) {
                SuppressionEntry& entry = batch_[done].entry;
                entry.subject = subject_at(entry.kind, batch_[done].place);
                const auto existing = import_.store_.find_in(connection, entry.key());
                if (!existing.has_value()) {
                    ++counts_.added;
                } else {
                    ++(replaces(existing, entry) ? counts_.replaced : counts_.kept);
                }
            }
        });
        return done;
    }

    SuppressionImport& import_;
    const std::function<void(std::uint64_t)>& progress_;
    std::vector<Pending> batch_;
    ImportCounts counts_;
    std::int64_t change_ = 0;
    bool careful_ = false;  // there are hashed entries, and one may be for the same subject
    bool announced_ = false;
};

SuppressionImport::SuppressionImport(Database& database,
                                     SqliteSuppressions& store,
                                     ImportOptions options,
                                     core::TimePoint now)
    : database_(database),
      store_(store),
      options_(std::move(options)),
      now_(now),
      sorter_(system::directory_of(database.path()), options_.run_octets) {}

core::Result<void, StoreError> SuppressionImport::add(const SuppressionEntry& entry) {
    // A dry run makes no key, so it finds entries by name.
    const bool is_hashed =
        (options_.form == SubjectForm::Hashed || entry.form == SubjectForm::Hashed) &&
        entry.kind != SubjectKind::Pattern && !options_.dry_run;
    return at_store_boundary([&] {
        if (is_hashed && !key_.has_value()) {
            key_ =
                database_.write([&](Connection& connection) { return store_.key_in(connection); });
        }
        if (is_hashed) {
            SuppressionEntry hashed = entry;
            hashed.form = SubjectForm::Hashed;
            hashed.diagnostic.clear();
            encode_key(record_key_, hashed_place(*key_, entry.kind, entry.subject), entry.scope);
            encode(payload_, hashed);
        } else {
            encode_key(record_key_, place_of(entry.kind, entry.subject), entry.scope);
            encode(payload_, entry);
        }
        if (const auto added = sorter_.add({.key = record_key_, .payload = payload_});
            !added.has_value()) {
            throw DatabaseError(added.error());
        }
    });
}

core::Result<ImportCounts, StoreError> SuppressionImport::finish(
    const std::function<void(std::uint64_t)>& progress) {
    return at_store_boundary([&] {
        Writer writer(*this, progress);
        const auto visited = sorter_.visit([&](const system::SortRecord& record) {
            writer.take(record);
            return true;
        });
        if (!visited.has_value()) {
            throw DatabaseError(visited.error());
        }
        writer.flush();
        if (!options_.dry_run) {
            // This durable commit brings all earlier ones to the disk.
            database_.set_durability(Durability::Full);
            database_.write([&](Connection& connection) {
                connection.query("UPDATE suppression_state SET generation = generation").run();
                writer.end(connection);
            });
            database_.checkpoint();
        }
        return writer.counts();
    });
}

}  // namespace holdback::io::sqlite
