// SPDX-License-Identifier: Apache-2.0
#pragma once
// The suppression list in SQLite.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_suppression_list.hpp"
#include "io/sqlite/sqlite_suppression_lookup.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// How long and how many events are remembered as learned from. Beyond that, the oldest are
/// forgotten.
struct EventRetention {
    std::chrono::hours age = std::chrono::days(180);
    std::int64_t events = 1'000'000;
};

struct SuppressionOptions {
    EventRetention retention = {};
    /// The form of new entries that `learn` makes.
    terms::SubjectForm learned_form = terms::SubjectForm::Plain;
    /// The file with the key for hashed entries.
    std::string hash_key;
    /// The author of changes made through this object.
    ChangeAuthor author = {};
};

[[nodiscard]] SuppressionOptions suppression_options(const config::StoreSettings& settings);

/// `SuppressionStore` on a database that was opened with `schema_steps()`. The database outlives
/// the store. In memory it keeps the patterns, the key, and whether there are suffixes and hashed
/// entries; nothing that grows with the list. While there are hashed entries, an absent key, or one
/// with which they were not hashed, is an error.
class SqliteSuppressions final : public ports::SuppressionStore {
public:
    explicit SqliteSuppressions(Database& database, SuppressionOptions options = {})
        : database_(database), options_(std::move(options)) {}

    [[nodiscard]] core::Result<std::vector<ports::SuppressionLookup>, ports::StoreError> look_up(
        std::span<const mail::Address> addresses,
        const mail::EnvelopeSender& sender,
        core::TimePoint now) override {
        return lookup_.look_up(addresses, sender, now);
    }
    [[nodiscard]] core::Result<std::optional<terms::SuppressionEntry>, ports::StoreError> find(
        const terms::SuppressionKey& key) override;
    [[nodiscard]] core::Result<std::vector<terms::SuppressionEntry>, ports::StoreError> find_all(
        const terms::SuppressionSubject& subject) override;
    [[nodiscard]] core::Result<void, ports::StoreError> put(
        const terms::SuppressionEntry& entry) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> learn(const terms::SuppressionKey& key,
                                                              const ports::LearnEvent& event,
                                                              const Change& change) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> remove(
        const terms::SuppressionKey& key) override;
    [[nodiscard]] core::Result<void, ports::StoreError> list(
        const ports::SuppressionFilter& filter,
        core::TimePoint now,
        const std::function<bool(const terms::SuppressionEntry&)>& visit) override {
        return list_entries(database_, filter, now, visit);
    }
    [[nodiscard]] core::Result<ports::SuppressionCounts, ports::StoreError> counts(
        core::TimePoint now) override {
        return count_entries(database_, now);
    }

    /// The known changes of the subject's entries, hashed ones too, oldest first.
    [[nodiscard]] core::Result<std::vector<ListChange>, ports::StoreError> history(
        const terms::SuppressionSubject& subject);

    // For other modules that write entries: these run inside a transaction and throw DatabaseError.

    /// The entry with this name, hashed or not.
    [[nodiscard]] std::optional<terms::SuppressionEntry> find_in(Connection& connection,
                                                                 const terms::SuppressionKey& key);
    /// Writes an entry over one with the same name, hashed or not. `change` is the number of the
    /// import, or 0.
    void put_in(Connection& connection,
                const terms::SuppressionEntry& entry,
                std::int64_t change = 0);
    /// True when there was one.
    bool remove_in(Connection& connection, const terms::SuppressionKey& key);
    /// Records who does this to the entry that now has this name. A hashed entry is not named.
    void note_in(Connection& connection,
                 const terms::SuppressionKey& key,
                 ChangeKind what,
                 Telling telling);
    /// Records the sum of many changes, which were noted as `Telling::Summed`.
    void note_sum_in(Connection& connection,
                     ChangeKind what,
                     std::uint64_t entries,
                     std::string_view detail) const;
    [[nodiscard]] const ChangeAuthor& author() const { return options_.author; }
    [[nodiscard]] static bool has_hashes_in(Connection& connection);
    /// The key for new hashed entries; made if there is none yet.
    [[nodiscard]] core::SecretKey key_in(Connection& connection);
    /// Tells all processes to read patterns, suffixes and hashed entries anew. Call it after
    /// writing these by other means than `put_in`.
    static void announce_in(Connection& connection);

private:
    struct KnownKey {
        std::string hash_check;
        core::SecretKey key;
    };

    [[nodiscard]] bool remember(Connection& connection,
                                std::string_view digest,
                                core::TimePoint now) const;
    [[nodiscard]] core::SecretKey key_with(const std::string& hash_check);
    /// The place of the subject's hashed entry; nullopt when no entry is hashed.
    [[nodiscard]] std::optional<SubjectPlace> hashed_place_of(Connection& connection,
                                                              terms::SubjectKind kind,
                                                              std::string_view subject);

    Database& database_;
    SuppressionOptions options_;
    core::Guarded<std::optional<KnownKey>> key_;
    SuppressionLookup lookup_{
        database_, [this](const std::string& hash_check) { return key_with(hash_check); }};
};

}  // namespace holdback::io::sqlite
