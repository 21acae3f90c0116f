// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/suppress/suppress_shared.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_suppression_list.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "lists/list_rows.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/empty_store.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "milter/who.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <expected>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::milter::ctl {

namespace {

using terms::SubjectKind;
using terms::SuppressionEntry;
using terms::SuppressionReason;
using terms::SuppressionScope;
using Subjects = std::vector<terms::SuppressionSubject>;

/// "#" and 32 hexadecimal digits.
bool is_hash(std::string_view text) {
    return text.size() == 33 && text.front() == '#' &&
           text.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

std::optional<CommandError> add_subject(std::string_view text, Subjects& subjects) {
    if (is_hash(text)) {
        // A hash does not tell its kind; it belongs to only one of these.
        for (const SubjectKind kind :
             {SubjectKind::Address, SubjectKind::Domain, SubjectKind::Suffix}) {
            subjects.push_back({.kind = kind, .text = std::string(text)});
        }
        return std::nullopt;
    }
    auto subject = terms::parse_subject(text, terms::Patterns::Yes);
    if (!subject.has_value()) {
        return bad_subject(text, subject.error());
    }
    subjects.push_back(*std::move(subject));
    return std::nullopt;
}

std::optional<CommandError> add_lines(std::istream& in, Subjects& subjects) {
    std::string line;
    while (std::getline(in, line)) {
        const std::string_view text = core::trim(line);
        if (text.empty() || (text.starts_with('#') && !is_hash(text))) {
            continue;
        }
        if (auto error = add_subject(text, subjects)) {
            return error;
        }
    }
    return std::nullopt;
}

CommandError bad_scope(std::string_view option, std::string_view text, std::string_view expects) {
    return {Exit::Usage,
            fmt::format("{}: must be {}, not {}", option, expects, core::in_quotes(text))};
}

/// Parses a named scope. A bare word is a misspelled kind of scope, not a domain.
core::Result<SuppressionScope, CommandError> named_scope(const std::string& text) {
    const auto scope = SuppressionScope::parse(text);
    if (!scope.has_value() || text.find_first_of(".@[:") == std::string::npos) {
        return std::unexpected(bad_scope(
            "--scope", text, "global, sender-domain, sender, a domain with a dot or an address"));
    }
    return *scope;
}

constexpr std::string_view kSenderForms = "an address or a domain";

/// The scope that `--sender` names: never global.
core::Result<SuppressionScope, CommandError> sender_scope(const std::string& text) {
    const auto scope = SuppressionScope::parse(text);
    if (!scope.has_value() || scope->kind() == terms::ScopeKind::Global) {
        return std::unexpected(bad_scope("--sender", text, kSenderForms));
    }
    return *scope;
}

/// Widens a scope to the kind. A domain can't become a sender.
core::Result<SuppressionScope, CommandError> as_kind(const SuppressionScope& sender,
                                                     terms::ScopeKind kind) {
    if (kind == terms::ScopeKind::Global) {
        return SuppressionScope();
    }
    if (kind == sender.kind()) {
        return sender;
    }
    if (kind == terms::ScopeKind::Sender) {
        return std::unexpected(
            CommandError{Exit::Usage, "--scope sender needs an address as --sender"});
    }
    const std::string text = sender.text();
    return SuppressionScope::parse(text.substr(text.rfind('@') + 1)).value_or(sender);
}

}  // namespace

CommandError bad_subject(std::string_view text, mail::SyntaxError error) {
    return {Exit::Usage,
            fmt::format("{} is neither an address nor a domain: {}",
                        core::in_quotes(text),
                        mail::plain_words(error))};
}

core::Result<Subjects, CommandError> parse_subjects(const std::vector<std::string>& texts) {
    Subjects subjects;
    for (const std::string& text : texts) {
        auto error = text == "-" ? add_lines(std::cin, subjects) : add_subject(text, subjects);
        if (error.has_value()) {
            return std::unexpected(*std::move(error));
        }
    }
    return subjects;
}

namespace {

/// The options of the store, with the user of this process as the author of changes.
io::sqlite::SuppressionOptions options_of(const config::StoreSettings& settings) {
    io::sqlite::SuppressionOptions options = io::sqlite::suppression_options(settings);
    options.author = own_author();
    return options;
}

}  // namespace

core::Result<OpenList, CommandError> open_list(const CommandContext& context, StoreUse use) {
    auto settings =
        use == StoreUse::Read ? load_settings_to_look(context) : load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    auto database = open_store(settings->store, use);
    if (!database.has_value()) {
        return std::unexpected(std::move(database.error()));
    }
    auto entries =
        std::make_unique<io::sqlite::SqliteSuppressions>(**database, options_of(settings->store));
    return OpenList{.directory = nullptr,
                    .settings = *std::move(settings),
                    .database = *std::move(database),
                    .entries = std::move(entries)};
}

core::Result<OpenList, CommandError> open_list_or_empty(const CommandContext& context) {
    auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    auto store = open_store_or_empty(settings->store);
    if (!store.has_value()) {
        return std::unexpected(std::move(store.error()));
    }
    auto entries = std::make_unique<io::sqlite::SqliteSuppressions>(*store->database,
                                                                    options_of(store->settings));
    return OpenList{.directory = std::move(store->directory),
                    .settings = *std::move(settings),
                    .database = std::move(store->database),
                    .entries = std::move(entries)};
}

core::Result<SuppressionScope, CommandError> scope_of_new(const ScopeOptions& options,
                                                          SuppressionReason reason,
                                                          const config::LearnScopes& settings) {
    std::optional<SuppressionScope> sender;
    if (options.sender.has_value()) {
        auto scope = sender_scope(*options.sender);
        if (!scope.has_value()) {
            return scope;
        }
        sender = *std::move(scope);
    }
    if (!options.scope.has_value()) {
        if (!sender.has_value()) {
            return SuppressionScope();
        }
        // A named sender never means all senders.
        const bool is_wider = settings.of(reason) == terms::ScopeKind::SenderDomain;
        return is_wider ? as_kind(*sender, terms::ScopeKind::SenderDomain) : *sender;
    }
    const auto kind = terms::parse_scope_kind(*options.scope);
    if (kind.has_value() && (*kind == terms::ScopeKind::Global || sender.has_value())) {
        return as_kind(sender.value_or(SuppressionScope()), *kind);
    }
    if (kind.has_value()) {
        return std::unexpected(CommandError{
            Exit::Usage, fmt::format("--scope {} needs a --sender", wire_name(*kind))});
    }
    return named_scope(*options.scope);
}

bool SuppressSelection::is_narrowed() const {
    return reason.has_value() || code.has_value() || domain.has_value() || kind.has_value() ||
           scope.has_value() || sender.has_value() || source.has_value() || proof.has_value() ||
           older.has_value() || newer.has_value();
}

core::Result<ports::SuppressionFilter, CommandError> filter_of(const SuppressSelection& selection,
                                                               core::TimePoint now) {
    ports::SuppressionFilter filter{.reason = selection.reason,
                                    .code = selection.code,
                                    .kind = selection.kind,
                                    .source = selection.source,
                                    .proof = selection.proof,
                                    .with_inactive = selection.with_inactive};
    if (selection.domain.has_value()) {
        const auto domain = mail::Domain::parse(*selection.domain, mail::Smtputf8::Yes);
        if (!domain.has_value()) {
            return std::unexpected(bad_subject(*selection.domain, domain.error()));
        }
        filter.domain = domain->value.text();
    }
    if (selection.scope.has_value()) {
        filter.scope_kind = terms::parse_scope_kind(*selection.scope);
        if (!filter.scope_kind.has_value()) {
            auto scope = named_scope(*selection.scope);
            if (!scope.has_value()) {
                return std::unexpected(scope.error());
            }
            filter.scope = *std::move(scope);
        }
    }
    if (selection.sender.has_value()) {
        auto scope = sender_scope(*selection.sender);
        if (!scope.has_value()) {
            return std::unexpected(scope.error());
        }
        filter.scope = *std::move(scope);
    }
    if (selection.older.has_value()) {
        filter.seen_before = now - *selection.older;
    }
    if (selection.newer.has_value()) {
        filter.seen_since = now - *selection.newer;
    }
    return filter;
}

core::Result<void, CommandError> visit_entries(
    const OpenList& list,
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const SuppressionEntry&)>& visit) {
    const auto listed = list.entries->list(filter, now, visit);
    if (!listed.has_value()) {
        return std::unexpected(store_error(listed.error().what));
    }
    return {};
}

Json entry_json(const SuppressionEntry& entry, core::TimePoint now) {
    return {
        {"subject", entry.subject},
        {"kind", wire_name(entry.kind)},
        {"scope", entry.scope.text()},
        {"reason", wire_name(entry.reason)},
        {"code",
         entry.reason == SuppressionReason::Allow ? Json(nullptr) : Json(entry.code.number())},
        {"standing", io::sqlite::wire_name(io::sqlite::standing_of(entry, now))},
        {"source", wire_name(entry.source)},
        {"strikes", entry.strikes},
        {"first_seen", iso_time(entry.first_seen)},
        {"last_seen", iso_time(entry.last_seen)},
        {"expires", time_or_null(entry.expires)},
        {"proof",
         entry.source == terms::SuppressionSource::Learned ? Json(wire_name(entry.proof))
                                                           : Json(nullptr)},
        {"rule", text_or_null(entry.rule)},
        {"diagnostic", text_or_null(entry.diagnostic)},
        {"message_id", text_or_null(entry.message_id)},
        {"hashed", entry.form == terms::SubjectForm::Hashed},
    };
}

std::string code_text(const SuppressionEntry& entry) {
    return entry.reason == SuppressionReason::Allow ? "" : fmt::format("{}", entry.code.number());
}

std::string csv_head() {
    return fmt::format("{}\n", fmt::join(lists::own_columns(), ","));
}

}  // namespace holdback::milter::ctl
