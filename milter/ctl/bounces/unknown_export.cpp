// SPDX-License-Identifier: Apache-2.0
// `holdbackctl unknown export` and `drop`
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/safe_text.hpp"
#include "io/settings/settings_field.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_unknown.hpp"
#include "milter/ctl/bounces/unknown.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/who.hpp"
#include "ports/unknown_store.hpp"
#include "reading/rule_skeleton.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::string_view kRulesHead =
    "# Texts of bounces that no rule knew, as the beginnings of rules: see holdback-codes(5).\n"
    "# For each one that is worth a rule, remove the \"#\" in front of its lines, fill in the "
    "code\n"
    "# (\"holdbackctl explain CODE\" says what codes mean), and put the file into rules.d.\n"
    "# \"holdback -t\" checks it, and \"holdbackctl reload\" makes the running daemon read it.\n";

std::string day(core::TimePoint time) {
    return iso_time(time).substr(0, 10);
}

/// Says what the codes gave without the text.
std::string told_by_codes(const ports::UnknownEntry& entry) {
    return entry.text.code == terms::kUnknownFailure
               ? "its codes say nothing either"
               : fmt::format("its codes alone gave {}", entry.text.code.number());
}

class Exporter {
public:
    Exporter(const CommandContext& context, UnknownForm form) : context_(context), form_(form) {
        if (form_ == UnknownForm::Rules) {
            context_.out << kRulesHead;
        }
        if (form_ == UnknownForm::Csv) {
            context_.out << core::csv_row(std::vector<std::string>{"id",
                                                                   "pattern",
                                                                   "messages",
                                                                   "proven",
                                                                   "unproven",
                                                                   "first_seen",
                                                                   "last_seen",
                                                                   "code",
                                                                   "rule_text"});
        }
    }

    void add(const ports::UnknownEntry& entry) {
        const reading::RuleSkeleton rule = reading::rule_skeleton(entry.text.pattern, entry.id);
        switch (form_) {
            case UnknownForm::Rules:
                add_rule(entry, rule);
                return;
            case UnknownForm::Csv:
                context_.out << core::csv_row(std::vector<std::string>{
                    fmt::format("{}", entry.id),
                    entry.text.pattern,
                    fmt::format("{}", entry.messages),
                    fmt::format("{}", entry.proven_messages),
                    fmt::format("{}", entry.messages - entry.proven_messages),
                    iso_time(entry.first_seen),
                    iso_time(entry.last_seen),
                    fmt::format("{}", entry.text.code.number()),
                    rule.text});
                return;
            case UnknownForm::JsonLines:
                write_json(context_.out,
                           {{"id", entry.id},
                            {"pattern", entry.text.pattern},
                            {"messages", entry.messages},
                            {"proven", entry.proven_messages},
                            {"unproven", entry.messages - entry.proven_messages},
                            {"first_seen", iso_time(entry.first_seen)},
                            {"last_seen", iso_time(entry.last_seen)},
                            {"code", entry.text.code.number()},
                            {"rule",
                             {{"id", rule.id},
                              {"text", text_or_null(rule.text)},
                              {"expect", rule.example}}}});
                return;
        }
        std::unreachable();
    }

private:
    void add_rule(const ports::UnknownEntry& entry, const reading::RuleSkeleton& rule) {
        context_.out << fmt::format(
            "\n# {}, {} of them proven, {} to {}; {}\n# {}\n",
            counted(static_cast<std::size_t>(entry.messages), "message", "messages"),
            entry.proven_messages,
            day(entry.first_seen),
            day(entry.last_seen),
            told_by_codes(entry),
            core::one_line(entry.text.pattern));
        if (rule.text.empty()) {
            context_.out << "# has too few words for a rule\n";
            return;
        }
        if (!texts_.insert(rule.text).second) {
            context_.out << fmt::format("# is read by the rule with the text '{}', above\n",
                                        rule.text);
            return;
        }
        context_.out << fmt::format(
            "#[[rule]]\n#id = \"{}\"\n#code =\n#text = '{}'\n#expect = {}\n",
            rule.id,
            rule.text,
            io::settings::toml_quoted(rule.example));
    }

    const CommandContext& context_;
    UnknownForm form_;
    std::set<std::string> texts_;
};

/// Reports the ids that do not exist; false when there are any.
bool all_there(const CommandContext& context,
               const std::vector<std::int64_t>& ids,
               const std::vector<ports::UnknownEntry>& entries) {
    bool all = true;
    for (const std::int64_t id : ids) {
        if (std::ranges::find(entries, id, &ports::UnknownEntry::id) == entries.end()) {
            context.err << fmt::format("holdbackctl: there is no unknown text {}\n", id);
            all = false;
        }
    }
    return all;
}

core::Result<std::vector<ports::UnknownEntry>, CommandError> all_entries(
    io::sqlite::SqliteUnknown& patterns) {
    auto entries = patterns.list();
    if (!entries.has_value()) {
        return std::unexpected(store_error(entries.error().what));
    }
    return *std::move(entries);
}

}  // namespace

std::optional<UnknownForm> parse_unknown_form(std::string_view name) {
    if (name == "rules") {
        return UnknownForm::Rules;
    }
    if (name == "csv") {
        return UnknownForm::Csv;
    }
    return name == "json" ? std::optional(UnknownForm::JsonLines) : std::nullopt;
}

CommandResult unknown_export(const CommandContext& context, const UnknownExportOptions& options) {
    const auto database = open_patterns(context, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    io::sqlite::SqliteUnknown patterns(**database);
    const auto entries = all_entries(patterns);
    if (!entries.has_value()) {
        return std::unexpected(entries.error());
    }
    const bool all = all_there(context, options.ids, *entries);
    std::vector<ports::UnknownEntry> chosen;
    std::ranges::copy_if(*entries, std::back_inserter(chosen), [&](const auto& entry) {
        return (options.ids.empty() ||
                std::ranges::find(options.ids, entry.id) != options.ids.end()) &&
               (!options.proven_only || entry.proven_messages > 0);
    });
    if (chosen.empty()) {
        context.err << "holdbackctl: no unknown texts\n";
        return Exit::No;
    }
    Exporter exporter(context, options.form);
    for (const ports::UnknownEntry& entry : chosen) {
        exporter.add(entry);
    }
    return all ? Exit::Done : Exit::No;
}

CommandResult unknown_drop(const CommandContext& context, const std::vector<std::int64_t>& ids) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    // Do not make a store just for this.
    if (auto seen = open_store(settings->store, StoreUse::Read); !seen.has_value()) {
        return std::unexpected(std::move(seen.error()));
    }
    const auto database = open_store(settings->store, StoreUse::Write);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    io::sqlite::SqliteUnknown patterns(**database);
    std::vector<std::int64_t> chosen = ids;
    if (chosen.empty()) {
        const auto entries = all_entries(patterns);
        if (!entries.has_value()) {
            return std::unexpected(entries.error());
        }
        std::ranges::transform(*entries, std::back_inserter(chosen), &ports::UnknownEntry::id);
    }
    const auto dropped = patterns.drop(chosen);
    if (!dropped.has_value()) {
        return std::unexpected(store_error(dropped.error().what));
    }
    if (!dropped->empty()) {
        io::sqlite::ListChange change;
        change.what = io::sqlite::ChangeKind::UnknownDropped;
        change.entries = dropped->size();
        if (const auto noted = io::sqlite::SqliteChanges(**database).note(own_author(), change);
            !noted.has_value()) {
            return std::unexpected(store_error(noted.error().what));
        }
    }
    const bool all = all_there(context, ids, *dropped);
    for (const ports::UnknownEntry& entry : *dropped) {
        if (context.json()) {
            write_json(context.out, {{"dropped", entry.id}, {"pattern", entry.text.pattern}});
        }
    }
    if (!context.json()) {
        context.out << counted(dropped->size(), "pattern", "patterns") << " dropped\n";
    }
    return all && !dropped->empty() ? Exit::Done : Exit::No;
}

}  // namespace holdback::milter::ctl
