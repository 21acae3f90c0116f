// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/suppress/suppress.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_suppression_list.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "lists/list_rows.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress_shared.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using terms::SubjectKind;
using terms::SuppressionEntry;
using terms::SuppressionSubject;

/// The administrator's entry that replaces the existing one.
SuppressionEntry next_entry(const SuppressionSubject& subject,
                            const terms::SuppressionScope& scope,
                            const SuppressAddOptions& options,
                            core::TimePoint now) {
    SuppressionEntry entry;
    entry.kind = subject.kind;
    entry.subject = subject.text;
    entry.scope = scope;
    entry.form = options.hash && subject.kind != SubjectKind::Pattern ? terms::SubjectForm::Hashed
                                                                      : terms::SubjectForm::Plain;
    entry.reason = options.reason;
    entry.code = options.code.value_or(terms::default_code(options.reason, subject.kind));
    entry.source = terms::SuppressionSource::Admin;
    entry.first_seen = now;
    entry.last_seen = now;
    entry.diagnostic = options.note;
    if (options.expires_after.has_value()) {
        entry.expires = now + *options.expires_after;
    }
    return entry;
}

std::optional<CommandError> add_one(const CommandContext& context,
                                    const OpenList& list,
                                    SuppressionEntry entry,
                                    bool dry_run) {
    const auto before = list.entries->find(entry.key());
    if (!before.has_value()) {
        return store_error(before.error().what);
    }
    const std::optional<SuppressionEntry>& existing = *before;
    if (existing.has_value()) {
        entry.first_seen = existing->first_seen;
    }
    if (!dry_run) {
        if (const auto written = list.entries->put(entry); !written.has_value()) {
            return store_error(written.error().what);
        }
    }
    if (context.json()) {
        write_json(context.out, entry_json(entry, context.clock.now()));
        return std::nullopt;
    }
    const std::string_view done = existing.has_value() ? "replaced" : "added";
    const bool is_global = entry.scope.kind() == terms::ScopeKind::Global;
    context.out << fmt::format("{}: {}{} as {}{}\n",
                               for_people(entry.subject),
                               dry_run ? "would be " : "",
                               done,
                               wire_name(entry.reason),
                               is_global ? "" : " for mail of " + for_people(entry.scope.text()));
    return std::nullopt;
}

using History = std::vector<io::sqlite::ListChange>;

Json history_json(const History& history) {
    Json all = Json::array();
    for (const io::sqlite::ListChange& change : history) {
        all.push_back({{"at", iso_time(change.at)},
                       {"what", io::sqlite::wire_name(change.what)},
                       {"scope", change.scope.text()},
                       {"by", change.who},
                       {"from", text_or_null(change.from)},
                       {"detail", text_or_null(change.detail)}});
    }
    return all;
}

/// "2026-01-01T14:00:00Z removed by anna (uid 1000), holdbackctl on pts/3: bounce 2001"
std::string change_text(const io::sqlite::ListChange& change) {
    const bool is_scoped = change.scope.kind() != terms::ScopeKind::Global;
    return fmt::format("{} {}{} by {}{}{}{}{}",
                       iso_time(change.at),
                       io::sqlite::wire_name(change.what),
                       is_scoped ? " for mail of " + change.scope.text() : "",
                       change.who,
                       change.from.empty() ? "" : ", ",
                       change.from,
                       change.detail.empty() ? "" : ": ",
                       change.detail);
}

void add_history(FieldList& fields, const History& history) {
    for (const io::sqlite::ListChange& change : history) {
        fields.add("history", change_text(change));
    }
}

void write_entry(const CommandContext& context,
                 const SuppressionEntry& entry,
                 const History& history,
                 EntryForm form) {
    const core::TimePoint now = context.clock.now();
    if (context.json()) {
        Json object = entry_json(entry, now);
        object.set("history", history_json(history));
        write_json(context.out, object);
        return;
    }
    if (form == EntryForm::Csv) {
        context.out << lists::own_row(entry);
        return;
    }
    const bool learned = entry.source == terms::SuppressionSource::Learned;
    FieldList fields;
    fields.add(wire_name(entry.kind), entry.subject);
    fields.add("scope", entry.scope.text());
    fields.add("reason", wire_name(entry.reason));
    fields.add("code", code_text(entry));
    fields.add("standing", io::sqlite::wire_name(io::sqlite::standing_of(entry, now)));
    fields.add("source", wire_name(entry.source));
    fields.add("strikes", learned ? fmt::format("{}", entry.strikes) : "");
    fields.add("first seen", iso_time(entry.first_seen));
    fields.add("last seen", iso_time(entry.last_seen));
    fields.add("expires", entry.expires.has_value() ? iso_time(*entry.expires) : "never");
    fields.add("proof", learned ? wire_name(entry.proof) : "");
    fields.add("rule", entry.rule);
    fields.add(learned ? "diagnostic" : "note", entry.diagnostic);
    fields.add("message-id", entry.message_id);
    add_history(fields, history);
    fields.write(context.out);
}

/// The mailbox of a tagged address.
std::optional<SuppressionSubject> mailbox_of(const SuppressionSubject& subject,
                                             const config::SuppressSettings& settings) {
    if (subject.kind != SubjectKind::Address) {
        return std::nullopt;
    }
    const auto address = mail::Address::parse(subject.text, mail::Smtputf8::Yes);
    const auto mailbox = address.has_value() ? settings.untagged(address->value) : std::nullopt;
    return mailbox.has_value() ? std::optional(SuppressionSubject{.kind = SubjectKind::Address,
                                                                  .text = mailbox->key()})
                               : std::nullopt;
}

/// The subjects whose entries cover this one, itself first; without patterns.
std::vector<SuppressionSubject> covering(const SuppressionSubject& subject,
                                         const std::optional<SuppressionSubject>& mailbox) {
    std::vector<SuppressionSubject> all{subject};
    if (mailbox.has_value()) {
        all.push_back(*mailbox);
    }
    if (subject.kind == SubjectKind::Pattern || subject.text.starts_with('#')) {
        return all;
    }
    std::string_view domain = subject.text;
    if (subject.kind == SubjectKind::Address) {
        domain.remove_prefix(domain.rfind('@') + 1);
        all.push_back({.kind = SubjectKind::Domain, .text = std::string(domain)});
    }
    if (subject.kind == SubjectKind::Suffix || domain.starts_with('[')) {
        return all;
    }
    while (true) {
        all.push_back({.kind = SubjectKind::Suffix, .text = fmt::format(".{}", domain)});
        const std::size_t dot = domain.find('.');
        if (dot == std::string_view::npos) {
            return all;
        }
        domain.remove_prefix(dot + 1);
    }
}

class EntryWriter {
public:
    EntryWriter(const CommandContext& context, const OpenList& list, EntryForm form)
        : context_(context), list_(list), form_(form) {}

    /// Writes all entries that cover the subject; false when there are none.
    [[nodiscard]] core::Result<bool, CommandError> write_all_of(const SuppressionSubject& subject) {
        bool any = false;
        const auto mailbox = mailbox_of(subject, list_.settings.suppress);
        for (const SuppressionSubject& each : covering(subject, mailbox)) {
            const auto found = write_of(each);
            if (!found.has_value()) {
                return found;
            }
            any = any || *found;
            if (!*found && each == subject) {
                if (auto error = write_history_of(subject)) {
                    return std::unexpected(*std::move(error));
                }
            }
        }
        if (subject.kind != SubjectKind::Address) {
            return any;
        }
        const auto found = write_patterns(subject, mailbox);
        return found.has_value() ? core::Result<bool, CommandError>(any || *found) : found;
    }

private:
    /// Writes the entries of exactly this subject; false when there are none.
    [[nodiscard]] core::Result<bool, CommandError> write_of(const SuppressionSubject& subject) {
        const auto found = list_.entries->find_all(subject);
        if (!found.has_value()) {
            return std::unexpected(store_error(found.error().what));
        }
        for (const SuppressionEntry& entry : *found) {
            if (auto error = write(entry)) {
                return std::unexpected(*std::move(error));
            }
        }
        return !found->empty();
    }

    /// Writes the patterns that match either of them; false when none does.
    [[nodiscard]] core::Result<bool, CommandError> write_patterns(
        const SuppressionSubject& subject, const std::optional<SuppressionSubject>& mailbox) {
        bool any = false;
        std::optional<CommandError> error;
        const auto visited = visit_entries(
            list_,
            {.kind = SubjectKind::Pattern, .with_inactive = true},
            context_.clock.now(),
            [&](const SuppressionEntry& entry) {
                if (terms::pattern_fits(entry.subject, subject.text) ||
                    (mailbox.has_value() && terms::pattern_fits(entry.subject, mailbox->text))) {
                    error = write(entry);
                    any = true;
                }
                return !error.has_value();
            });
        if (error.has_value()) {
            return std::unexpected(*std::move(error));
        }
        if (!visited.has_value()) {
            return std::unexpected(visited.error());
        }
        return any;
    }

    /// Writes the history of a subject that has no entries any more.
    [[nodiscard]] std::optional<CommandError> write_history_of(const SuppressionSubject& subject) {
        const auto history = list_.entries->history(subject);
        if (!history.has_value()) {
            return store_error(history.error().what);
        }
        if (history->empty()) {
            return std::nullopt;
        }
        if (context_.json()) {
            write_json(context_.out,
                       {{"subject", subject.text},
                        {"kind", wire_name(subject.kind)},
                        {"standing", Json(nullptr)},
                        {"history", history_json(*history)}});
        } else if (form_ == EntryForm::Human) {
            begin();
            FieldList fields;
            fields.add(wire_name(subject.kind), subject.text);
            add_history(fields, *history);
            fields.write(context_.out);
        }
        return std::nullopt;
    }

    /// Separates entries in the output for people.
    void begin() {
        const bool is_first = std::exchange(first_, false);
        if (!context_.json() && form_ == EntryForm::Human && !is_first) {
            context_.out << '\n';
        }
    }

    [[nodiscard]] std::optional<CommandError> write(const SuppressionEntry& entry) {
        const auto history = list_.entries->history({.kind = entry.kind, .text = entry.subject});
        if (!history.has_value()) {
            return store_error(history.error().what);
        }
        begin();
        write_entry(context_, entry, *history, form_);
        return std::nullopt;
    }

    const CommandContext& context_;
    const OpenList& list_;
    EntryForm form_;
    bool first_ = true;
};

}  // namespace

CommandResult suppress_add(const CommandContext& context, const SuppressAddOptions& options) {
    const auto subjects = parse_subjects(options.subjects);
    if (!subjects.has_value()) {
        return std::unexpected(subjects.error());
    }
    if (auto error = unknown_code(context, options.code)) {
        return std::unexpected(*std::move(error));
    }
    auto list = options.dry_run ? open_list_or_empty(context) : open_list(context, StoreUse::Write);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    const auto scope = scope_of_new(options.scope, options.reason, list->settings.learn.scope);
    if (!scope.has_value()) {
        return std::unexpected(scope.error());
    }
    SuppressAddOptions wanted = options;
    wanted.hash = options.hash || list->settings.store.hash;
    const core::TimePoint now = context.clock.now();
    for (const SuppressionSubject& subject : *subjects) {
        if (subject.text.starts_with('#') && !subject.text.contains('@')) {
            return std::unexpected(
                CommandError{Exit::Usage, fmt::format("{} names nobody", subject.text)});
        }
        if (options.hash && subject.kind == SubjectKind::Pattern) {
            return std::unexpected(CommandError{
                Exit::Usage, fmt::format("{}: a pattern can't be hashed", subject.text)});
        }
        if (auto error = add_one(
                context, *list, next_entry(subject, *scope, wanted, now), options.dry_run)) {
            return std::unexpected(*std::move(error));
        }
    }
    return Exit::Done;
}

CommandResult suppress_show(const CommandContext& context,
                            const std::vector<std::string>& texts,
                            EntryForm form) {
    const auto subjects = parse_subjects(texts);
    if (!subjects.has_value()) {
        return std::unexpected(subjects.error());
    }
    const auto list = open_list(context, StoreUse::Read);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    if (form == EntryForm::Csv && !context.json()) {
        context.out << csv_head();
    }
    EntryWriter writer(context, *list, form);
    // A hash stands for a subject of each kind: an entry of one kind is enough.
    std::vector<std::string> missing;
    std::set<std::string> found;
    for (const SuppressionSubject& subject : *subjects) {
        const auto any = writer.write_all_of(subject);
        if (!any.has_value()) {
            return std::unexpected(any.error());
        }
        if (*any) {
            found.insert(subject.text);
        } else if (missing.empty() || missing.back() != subject.text) {
            missing.push_back(subject.text);
        }
    }
    std::erase_if(missing, [&](const std::string& text) { return found.contains(text); });
    for (const std::string& text : missing) {
        context.err << fmt::format("holdbackctl: {}: there is no entry\n", for_people(text));
    }
    return missing.empty() ? Exit::Done : Exit::No;
}

}  // namespace holdback::milter::ctl
