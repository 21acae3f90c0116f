// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_suppress.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite_db.hpp"
#include "io/sqlite_suppressions.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_held.hpp"
#include "milter/ctl_output.hpp"
#include "milter/ctl_sources.hpp"
#include "ports/suppression_store.hpp"

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

using mail::SubjectKind;
using mail::SuppressionEntry;
using mail::SuppressionReason;

/// What an entry is about, as the store knows it.
struct Subject {
    SubjectKind kind;
    std::string text;
    /// The domain that covers an address; empty for domains.
    std::string domain;
};

CommandError bad_subject(const std::string& text, mail::SyntaxError error) {
    return {Exit::Usage,
            fmt::format("{} is neither an address nor a domain: {}",
                        core::log_safe(text),
                        mail::plain_words(error))};
}

core::Result<Subject, CommandError> parse_subject(const std::string& text) {
    const auto subject = mail::parse_subject(text, mail::Patterns::Yes);
    if (!subject.has_value()) {
        return std::unexpected(bad_subject(text, subject.error()));
    }
    const std::size_t at = subject->text.rfind('@');
    const bool is_address = subject->kind == SubjectKind::Address;
    return Subject{.kind = subject->kind,
                   .text = subject->text,
                   .domain = is_address ? subject->text.substr(at + 1) : ""};
}

core::Result<std::vector<Subject>, CommandError> parse_subjects(
    const std::vector<std::string>& texts) {
    std::vector<Subject> subjects;
    for (const std::string& text : texts) {
        auto subject = parse_subject(text);
        if (!subject.has_value()) {
            return std::unexpected(std::move(subject.error()));
        }
        subjects.push_back(*std::move(subject));
    }
    return subjects;
}

/// The store of the settings, open.
struct OpenList {
    config::Settings settings;
    std::unique_ptr<io::Database> database;
    std::unique_ptr<io::SqliteSuppressions> entries;
};

core::Result<OpenList, CommandError> open_list(const CommandContext& context, StoreUse use) {
    auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    auto database = open_store(settings->store, use);
    if (!database.has_value()) {
        return std::unexpected(std::move(database.error()));
    }
    auto entries = std::make_unique<io::SqliteSuppressions>(
        **database, io::suppression_options(settings->store));
    return OpenList{.settings = *std::move(settings),
                    .database = *std::move(database),
                    .entries = std::move(entries)};
}

mail::FailureCode default_code(SuppressionReason reason, SubjectKind kind) {
    constexpr mail::FailureCode kRejectedOther{1999};
    constexpr mail::FailureCode kAddressInvalid{2001};
    constexpr mail::FailureCode kDomainInvalid{2002};
    constexpr mail::FailureCode kComplaint{5002};
    constexpr mail::FailureCode kUnsubscribed{5003};
    switch (reason) {
        case SuppressionReason::Bounce:
            return kind == SubjectKind::Address ? kAddressInvalid : kDomainInvalid;
        case SuppressionReason::Complaint:
            return kComplaint;
        case SuppressionReason::Unsubscribe:
            return kUnsubscribed;
        case SuppressionReason::Manual:
        case SuppressionReason::Allow:
            return kRejectedOther;
    }
    return kRejectedOther;
}

/// The entry of the administrator's that takes the place of the one before.
SuppressionEntry next_entry(const Subject& subject,
                            const std::optional<SuppressionEntry>& before,
                            const SuppressAddOptions& options,
                            core::TimePoint now) {
    SuppressionEntry entry;
    entry.kind = subject.kind;
    entry.subject = subject.text;
    entry.reason = options.reason;
    entry.code = options.code.value_or(default_code(options.reason, subject.kind));
    entry.source = mail::SuppressionSource::Admin;
    entry.first_seen = before.has_value() ? before->first_seen : now;
    entry.last_seen = now;
    entry.diagnostic = options.note;
    if (options.expires_after.has_value()) {
        entry.expires = now + *options.expires_after;
    }
    return entry;
}

/// "in-force", "counting", "expired": what an entry does now.
std::string_view standing(const SuppressionEntry& entry, core::TimePoint now) {
    if (entry.holds_at(now)) {
        return "in-force";
    }
    return entry.active ? "expired" : "counting";
}

Json as_json(const SuppressionEntry& entry, core::TimePoint now) {
    return {
        {"subject", entry.subject},
        {"kind", mail::wire_name(entry.kind)},
        {"reason", mail::wire_name(entry.reason)},
        {"code",
         entry.reason == SuppressionReason::Allow ? Json(nullptr) : Json(entry.code.number())},
        {"standing", standing(entry, now)},
        {"source", mail::wire_name(entry.source)},
        {"strikes", entry.strikes},
        {"first_seen", iso_time(entry.first_seen)},
        {"last_seen", iso_time(entry.last_seen)},
        {"expires", time_or_null(entry.expires)},
        {"proof",
         entry.source == mail::SuppressionSource::Learned ? Json(mail::wire_name(entry.proof))
                                                          : Json(nullptr)},
        {"rule", text_or_null(entry.rule)},
        {"diagnostic", text_or_null(entry.diagnostic)},
        {"message_id", text_or_null(entry.message_id)},
    };
}

std::string code_text(const SuppressionEntry& entry) {
    return entry.reason == SuppressionReason::Allow ? "" : fmt::format("{}", entry.code.number());
}

void write_entry(const CommandContext& context, const SuppressionEntry& entry) {
    const core::TimePoint now = context.clock.now();
    if (context.json()) {
        write_json(context.out, as_json(entry, now));
        return;
    }
    const bool learned = entry.source == mail::SuppressionSource::Learned;
    FieldList fields;
    fields.add(mail::wire_name(entry.kind), entry.subject);
    fields.add("reason", mail::wire_name(entry.reason));
    fields.add("code", code_text(entry));
    fields.add("standing", standing(entry, now));
    fields.add("source", mail::wire_name(entry.source));
    fields.add("strikes", learned ? fmt::format("{}", entry.strikes) : "");
    fields.add("first seen", iso_time(entry.first_seen));
    fields.add("last seen", iso_time(entry.last_seen));
    fields.add("expires", entry.expires.has_value() ? iso_time(*entry.expires) : "never");
    fields.add("proof", learned ? mail::wire_name(entry.proof) : "");
    fields.add("rule", entry.rule);
    fields.add(learned ? "diagnostic" : "note", entry.diagnostic);
    fields.add("message-id", entry.message_id);
    fields.write(context.out);
}

/// Writes entries one below the other.
class EntryWriter {
public:
    EntryWriter(const CommandContext& context, io::SqliteSuppressions& entries)
        : context_(context), entries_(entries) {}

    /// The subject's own entry, and that of its domain; false when there is neither.
    [[nodiscard]] core::Result<bool, CommandError> write_all_of(const Subject& subject) {
        auto any = write(subject.kind, subject.text);
        if (any.has_value() && !subject.domain.empty()) {
            const auto of_domain = write(SubjectKind::Domain, subject.domain);
            if (!of_domain.has_value()) {
                return std::unexpected(of_domain.error());
            }
            *any = *any || *of_domain;
        }
        return any;
    }

private:
    [[nodiscard]] core::Result<bool, CommandError> write(SubjectKind kind,
                                                         const std::string& text) {
        const auto found = entries_.find({.kind = kind, .subject = text, .scope = {}});
        if (!found.has_value()) {
            return std::unexpected(store_error(found.error().what));
        }
        const std::optional<SuppressionEntry>& entry = *found;
        if (!entry.has_value()) {
            return false;
        }
        if (!context_.json() && !std::exchange(first_, false)) {
            context_.out << '\n';
        }
        write_entry(context_, *entry);
        return true;
    }

    const CommandContext& context_;
    io::SqliteSuppressions& entries_;
    bool first_ = true;
};

}  // namespace

CommandResult suppress_add(const CommandContext& context, const SuppressAddOptions& options) {
    const auto subjects = parse_subjects(options.subjects);
    if (!subjects.has_value()) {
        return std::unexpected(subjects.error());
    }
    const auto list = open_list(context, StoreUse::Write);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    const core::TimePoint now = context.clock.now();
    for (const Subject& subject : *subjects) {
        const auto before =
            list->entries->find({.kind = subject.kind, .subject = subject.text, .scope = {}});
        if (!before.has_value()) {
            return std::unexpected(store_error(before.error().what));
        }
        const SuppressionEntry entry = next_entry(subject, *before, options, now);
        if (const auto written = list->entries->put(entry); !written.has_value()) {
            return std::unexpected(store_error(written.error().what));
        }
        if (context.json()) {
            write_json(context.out, as_json(entry, now));
        } else {
            context.out << fmt::format("{}: {} as {}\n",
                                       core::printable(entry.subject),
                                       before->has_value() ? "replaced" : "added",
                                       mail::wire_name(entry.reason));
        }
    }
    return Exit::Done;
}

CommandResult suppress_remove(const CommandContext& context,
                              const std::vector<std::string>& texts,
                              ReleaseHeld release) {
    const auto subjects = parse_subjects(texts);
    if (!subjects.has_value()) {
        return std::unexpected(subjects.error());
    }
    bool all_there = true;
    {
        const auto list = open_list(context, StoreUse::Write);
        if (!list.has_value()) {
            return std::unexpected(list.error());
        }
        for (const Subject& subject : *subjects) {
            const auto removed =
                list->entries->remove({.kind = subject.kind, .subject = subject.text, .scope = {}});
            if (!removed.has_value()) {
                return std::unexpected(store_error(removed.error().what));
            }
            all_there = all_there && *removed;
            if (context.json()) {
                write_json(context.out, {{"subject", subject.text}, {"removed", *removed}});
            } else {
                context.out << fmt::format("{}: {}\n",
                                           core::printable(subject.text),
                                           *removed ? "removed" : "there is no entry");
            }
        }
    }
    const Exit exit = all_there ? Exit::Done : Exit::No;
    if (release == ReleaseHeld::No) {
        return exit;
    }
    std::vector<std::string> lifted;
    for (const Subject& subject : *subjects) {
        lifted.push_back(subject.text);
    }
    const auto released = release_suppressed(context, lifted);
    return !released.has_value() || exit == Exit::Done ? released : exit;
}

CommandResult suppress_show(const CommandContext& context, const std::vector<std::string>& texts) {
    const auto subjects = parse_subjects(texts);
    if (!subjects.has_value()) {
        return std::unexpected(subjects.error());
    }
    const auto list = open_list(context, StoreUse::Read);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    EntryWriter writer(context, *list->entries);
    Exit exit = Exit::Done;
    for (const Subject& subject : *subjects) {
        const auto any = writer.write_all_of(subject);
        if (!any.has_value()) {
            return std::unexpected(any.error());
        }
        if (!*any) {
            context.err << fmt::format("holdbackctl: {}: there is no entry\n",
                                       core::printable(subject.text));
            exit = Exit::No;
        }
    }
    return exit;
}

CommandResult suppress_list(const CommandContext& context, const SuppressListOptions& options) {
    ports::SuppressionFilter filter{.reason = options.reason,
                                    .code = options.code,
                                    .domain = std::nullopt,
                                    .with_inactive = options.with_inactive};
    if (options.domain.has_value()) {
        const auto domain = mail::Domain::parse(*options.domain, mail::Smtputf8::Yes);
        if (!domain.has_value()) {
            return std::unexpected(bad_subject(*options.domain, domain.error()));
        }
        filter.domain = domain->value.text();
    }
    const auto list = open_list(context, StoreUse::Read);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    const core::TimePoint now = context.clock.now();
    Table table({"SUBJECT",
                 "REASON",
                 "CODE",
                 "SOURCE",
                 "PROOF",
                 "LAST SEEN",
                 "EXPIRES",
                 "STANDING",
                 "NOTE"});
    bool any = false;
    const auto listed = list->entries->list(filter, now, [&](const SuppressionEntry& entry) {
        any = true;
        if (context.json()) {
            write_json(context.out, as_json(entry, now));
            return true;
        }
        constexpr std::size_t kMostNote = 60;
        const bool learned = entry.source == mail::SuppressionSource::Learned;
        table.add({entry.subject,
                   std::string(mail::wire_name(entry.reason)),
                   code_text(entry),
                   std::string(mail::wire_name(entry.source)),
                   learned ? std::string(mail::wire_name(entry.proof)) : "",
                   short_time(entry.last_seen),
                   entry.expires.has_value() ? short_time(*entry.expires) : "never",
                   std::string(standing(entry, now)),
                   entry.diagnostic.substr(0, kMostNote)});
        return true;
    });
    if (!listed.has_value()) {
        return std::unexpected(store_error(listed.error().what));
    }
    if (!any) {
        context.err << "holdbackctl: no such entries\n";
        return Exit::No;
    }
    if (!table.empty()) {
        table.write(context.out);
    }
    return Exit::Done;
}

}  // namespace holdback::milter
