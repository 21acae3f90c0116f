// SPDX-License-Identifier: Apache-2.0
#pragma once
// The changes that learning made in the suppression list, so that they can be undone; and the
// outages of providers, which are the reason to undo them.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/outage.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/outage_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

class SqliteSuppressions;

/// Records that `event` changed an entry, within the transaction that writes it. `before` is the
/// old entry; nullopt: there was none. Forgets a few lessons that are older than 180 days.
void note_lesson(Connection& connection,
                 const terms::SuppressionKey& key,
                 const ports::LearnEvent& event,
                 terms::FailureCode code,
                 const std::optional<terms::SuppressionEntry>& before);

/// The lessons to undo.
struct LessonFilter {
    std::optional<std::string> provider;  ///< as `mail::provider_of` gives it
    std::optional<terms::FailureCode> code;
    core::TimePoint since;
    std::optional<core::TimePoint> until;  ///< not included
};

/// What undoing does, or would do, to one entry.
struct Undoing {
    enum class What : std::uint8_t {
        Removed,      ///< there was no entry before the lessons
        Restored,     ///< the entry is as it was before
        TaughtAgain,  ///< left alone: a later lesson, which is not undone, agrees
        Changed,      ///< left alone: somebody else has changed or removed it since
    };

    terms::SuppressionKey key;
    std::string provider;
    terms::FailureCode code;
    core::TimePoint first;  ///< the time of the first undone lesson
    std::int64_t lessons = 0;
    What what = What::Removed;
};

[[nodiscard]] std::string_view wire_name(Undoing::What what);

/// On a database that was opened with `schema_steps()`; it and the list outlive the object.
class SqliteLessons {
public:
    SqliteLessons(Database& database, SqliteSuppressions& list)
        : database_(database), list_(list) {}

    /// Calls `visit` for each entry that the lessons changed, oldest lesson first. `Undo::Yes` also
    /// changes the entries back and forgets the lessons, some hundred entries per transaction, so
    /// that no mail waits long.
    enum class Undo : std::uint8_t { No, Yes };
    [[nodiscard]] core::Result<void, ports::StoreError> undo(
        const LessonFilter& filter, Undo act, const std::function<void(const Undoing&)>& visit);

private:
    void judge(Connection& connection, const LessonFilter& filter, Undoing& undoing);
    void change_back(Connection& connection, const LessonFilter& filter, const Undoing& undoing);
    /// Records who changed these entries back.
    void note_sum(Connection& connection,
                  const LessonFilter& filter,
                  const std::vector<Undoing>& undone);

    Database& database_;
    SqliteSuppressions& list_;
};

/// `OutageStore` on such a database.
class SqliteOutages final : public ports::OutageStore {
public:
    explicit SqliteOutages(Database& database) : database_(database) {}

    [[nodiscard]] core::Result<void, ports::StoreError> put(const dsn::Outage& outage) override;
    [[nodiscard]] core::Result<std::vector<dsn::Outage>, ports::StoreError> list() const override;

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
