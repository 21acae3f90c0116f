// SPDX-License-Identifier: Apache-2.0
// `holdbackctl suppress remove`
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/held/held.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "milter/ctl/suppress/suppress_shared.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using terms::SuppressionEntry;
using terms::SuppressionKey;
using terms::SuppressionSubject;

/// Entries per transaction: enough to be fast, few enough to lock briefly.
constexpr std::size_t kAtOnce = 500;

std::optional<CommandError> remove_all(const OpenList& list,
                                       const std::vector<SuppressionKey>& keys,
                                       io::sqlite::Telling telling) {
    const auto removed = io::sqlite::at_store_boundary([&] {
        list.database->write([&](io::sqlite::Connection& connection) {
            for (const SuppressionKey& key : keys) {
                list.entries->note_in(connection, key, io::sqlite::ChangeKind::Removed, telling);
                list.entries->remove_in(connection, key);
            }
            if (telling == io::sqlite::Telling::Summed) {
                list.entries->note_sum_in(
                    connection, io::sqlite::ChangeKind::Removed, keys.size(), "a selection");
            }
        });
    });
    return removed.has_value() ? std::nullopt : std::optional(store_error(removed.error().what));
}

/// The entries of a subject that the filter selects.
core::Result<std::vector<SuppressionKey>, CommandError> keys_of(
    const OpenList& list,
    const SuppressionSubject& subject,
    const ports::SuppressionFilter& filter,
    core::TimePoint now) {
    const auto found = list.entries->find_all(subject);
    if (!found.has_value()) {
        return std::unexpected(store_error(found.error().what));
    }
    std::vector<SuppressionKey> keys;
    for (const SuppressionEntry& entry : *found) {
        if (ports::fits(filter, entry, now)) {
            keys.push_back(entry.key());
        }
    }
    return keys;
}

using CountByText = std::vector<std::pair<std::string, std::size_t>>;

CommandResult write_removed(const CommandContext& context,
                            const CountByText& counts,
                            bool dry_run) {
    bool all_there = true;
    for (const auto& [text, count] : counts) {
        all_there = all_there && count > 0;
        if (context.json()) {
            write_json(context.out, {{"subject", text}, {"removed", count > 0 && !dry_run}});
        } else {
            const std::string_view done = dry_run ? "would be removed" : "removed";
            context.out << fmt::format(
                "{}: {}\n", for_people(text), count > 0 ? done : "there is no entry");
        }
    }
    return all_there ? Exit::Done : Exit::No;
}

CommandResult remove_named(const CommandContext& context,
                           const OpenList& list,
                           const SuppressRemoveOptions& options,
                           const std::vector<SuppressionSubject>& subjects) {
    const core::TimePoint now = context.clock.now();
    auto filter = filter_of(options.selection, now);
    if (!filter.has_value()) {
        return std::unexpected(filter.error());
    }
    filter->with_inactive = true;
    CountByText counts;
    for (const SuppressionSubject& subject : subjects) {
        const auto keys = keys_of(list, subject, *filter, now);
        if (!keys.has_value()) {
            return std::unexpected(keys.error());
        }
        if (!options.dry_run && !keys->empty()) {
            if (auto error = remove_all(list, *keys, io::sqlite::Telling::Each)) {
                return std::unexpected(*std::move(error));
            }
        }
        // A hash stands for a subject of each kind.
        if (counts.empty() || counts.back().first != subject.text) {
            counts.emplace_back(subject.text, 0);
        }
        counts.back().second += keys->size();
    }
    return write_removed(context, counts, options.dry_run);
}

/// Removes the selected entries; their subjects go to `lifted`.
CommandResult remove_selected(const CommandContext& context,
                              const OpenList& list,
                              const SuppressRemoveOptions& options,
                              std::vector<SuppressionSubject>& lifted) {
    const core::TimePoint now = context.clock.now();
    const auto filter = filter_of(options.selection, now);
    if (!filter.has_value()) {
        return std::unexpected(filter.error());
    }
    std::size_t count = 0;
    std::vector<SuppressionKey> keys;
    std::optional<CommandError> error;
    const auto flush = [&] {
        if (!keys.empty() && !options.dry_run) {
            error = remove_all(list, keys, io::sqlite::Telling::Summed);
        }
        keys.clear();
        return !error.has_value();
    };
    const auto visited = visit_entries(list, *filter, now, [&](const SuppressionEntry& entry) {
        ++count;
        if (context.json()) {
            write_json(context.out,
                       {{"subject", entry.subject},
                        {"scope", entry.scope.text()},
                        {"removed", !options.dry_run}});
        } else if (options.dry_run) {
            context.out << fmt::format("{}: would be removed\n", for_people(entry.subject));
        }
        if (options.release) {
            lifted.push_back({.kind = entry.kind, .text = entry.subject});
        }
        keys.push_back(entry.key());
        return keys.size() < kAtOnce || flush();
    });
    if (!visited.has_value()) {
        return std::unexpected(visited.error());
    }
    if (!error.has_value()) {
        static_cast<void>(flush());
    }
    if (error.has_value()) {
        return std::unexpected(*std::move(error));
    }
    (context.json() ? context.err : context.out)
        << fmt::format("{} {}\n",
                       counted(count, "entry", "entries"),
                       options.dry_run ? "would be removed" : "removed");
    return count > 0 ? Exit::Done : Exit::No;
}

}  // namespace

CommandResult suppress_remove(const CommandContext& context, const SuppressRemoveOptions& options) {
    const bool is_named = !options.subjects.empty();
    if (!is_named && !options.selection.is_narrowed() && !options.selection.with_inactive) {
        return std::unexpected(CommandError{
            Exit::Usage, "suppress remove: name subjects, select entries, or say --all"});
    }
    if (auto error = unknown_code(context, options.selection.code)) {
        return std::unexpected(*std::move(error));
    }
    if (!is_named && !options.yes && !options.dry_run) {
        return std::unexpected(CommandError{
            Exit::Usage,
            "suppress remove: --dry-run shows what would go, --yes removes what is selected"});
    }
    auto subjects = parse_subjects(options.subjects);
    if (!subjects.has_value()) {
        return std::unexpected(subjects.error());
    }
    CommandResult removed = Exit::Done;
    {
        const auto list =
            options.dry_run ? open_list_or_empty(context) : open_list(context, StoreUse::Write);
        if (!list.has_value()) {
            return std::unexpected(list.error());
        }
        removed = is_named ? remove_named(context, *list, options, *subjects)
                           : remove_selected(context, *list, options, *subjects);
    }
    if (!removed.has_value() || !options.release || options.dry_run) {
        return removed;
    }
    const auto released = release_suppressed(context, *subjects);
    return !released.has_value() || *removed == Exit::Done ? released : removed;
}

}  // namespace holdback::milter::ctl
