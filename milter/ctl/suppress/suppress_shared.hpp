// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shared by the commands of `holdbackctl suppress`.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/empty_store.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// The store of the settings, open.
struct OpenList {
    std::unique_ptr<PrivateDirectory> directory;  ///< of an empty store
    config::Settings settings;
    std::unique_ptr<io::sqlite::Database> database;
    std::unique_ptr<io::sqlite::SqliteSuppressions> entries;
};

[[nodiscard]] core::Result<OpenList, CommandError> open_list(const CommandContext& context,
                                                             StoreUse use);
/// For a dry run: opens the store for reading, or an empty one if there is none yet.
[[nodiscard]] core::Result<OpenList, CommandError> open_list_or_empty(
    const CommandContext& context);

/// The usage error for a text that is not a subject.
[[nodiscard]] CommandError bad_subject(std::string_view text, mail::SyntaxError error);
/// Parses subjects: as people write them, "#00ff…" for hashed entries, "-" for lines of standard
/// input.
[[nodiscard]] core::Result<std::vector<terms::SuppressionSubject>, CommandError> parse_subjects(
    const std::vector<std::string>& texts);

/// The scope of a new entry with this reason.
[[nodiscard]] core::Result<terms::SuppressionScope, CommandError> scope_of_new(
    const ScopeOptions& options,
    terms::SuppressionReason reason,
    const config::LearnScopes& settings);

/// The filter for the selection of the command line.
[[nodiscard]] core::Result<ports::SuppressionFilter, CommandError> filter_of(
    const SuppressSelection& selection, core::TimePoint now);

/// Calls `list` of the store; the error is a command's error.
[[nodiscard]] core::Result<void, CommandError> visit_entries(
    const OpenList& list,
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const terms::SuppressionEntry&)>& visit);

[[nodiscard]] Json entry_json(const terms::SuppressionEntry& entry, core::TimePoint now);
/// "2001"; empty for allow entries.
[[nodiscard]] std::string code_text(const terms::SuppressionEntry& entry);
/// The first row of our CSV, with its line end.
[[nodiscard]] std::string csv_head();

}  // namespace holdback::milter::ctl
