// SPDX-License-Identifier: Apache-2.0
// The command line of `holdbackctl suppress`.
#include "lists/list_format.hpp"
#include "lists/list_rows.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"
#include "milter/ctl/suppress/rollback.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr OptionForm<terms::SuppressionReason> kReason{
    "--reason", terms::parse_suppression_reason, "bounce, complaint, unsubscribe, manual or allow"};
constexpr OptionForm<terms::SuppressionSource> kSource{
    "--source", terms::parse_suppression_source, "learned, admin or import"};
constexpr OptionForm<terms::Proof> kProof{
    "--proof", terms::parse_proof, "local, sealed or unproven"};
constexpr OptionForm<terms::SubjectKind> kKind{
    "--kind", terms::parse_subject_kind, "address, domain, suffix or pattern"};
constexpr OptionForm<ExportForm> kExportForm{
    "--format", parse_export_form, "csv, json, postfix or sendmail"};

std::optional<std::string> parse_format(std::string_view name) {
    return lists::is_format_name(name) ? std::optional(std::string(name)) : std::nullopt;
}
const OptionForm<std::string>& import_form() {
    static const std::string expects =
        fmt::format("{}, or one of their lists such as {}",
                    lists::format_names(),
                    lists::wire_name(lists::ListFormat::SendgridBlocks));
    static const OptionForm<std::string> form{"--format", parse_format, expects};
    return form;
}

std::optional<lists::SoftBounces> parse_soft(std::string_view name) {
    if (name == "pass") {
        return lists::SoftBounces::PassOver;
    }
    return name == "count" ? std::optional(lists::SoftBounces::Count) : std::nullopt;
}
constexpr OptionForm<lists::SoftBounces> kSoft{"--soft", parse_soft, "pass or count"};

void add_scope(CLI::App& app, ScopeOptions& scope) {
    add_text(app, "--scope", scope.scope, "for whose mail: global, sender-domain, sender");
    add_text(app, "--sender", scope.sender, "the sender or sender domain that is meant");
}

void add_csv(CLI::App& app, EntryForm& form) {
    add_flag(app, "--csv", [&form] { form = EntryForm::Csv; }, "write CSV");
}

void add_selection(CLI::App& app, SuppressSelection& selection) {
    add_parsed(app, kReason, selection.reason, "those made for this reason");
    add_code(app, selection.code);
    add_text(app, "--domain", selection.domain, "this domain and the addresses in it");
    add_parsed(app, kKind, selection.kind, "those about an address, domain, suffix or pattern");
    add_text(app, "--scope", selection.scope, "those of this scope, or of this kind of scope");
    add_text(app, "--sender", selection.sender, "those that count for this sender alone");
    add_parsed(app, kSource, selection.source, "those made by: learned, admin, import");
    add_parsed(app, kProof, selection.proof, "those learned with this proof");
    static constexpr auto kOlder = duration_form("--older");
    static constexpr auto kAge = duration_form("--age");
    static constexpr auto kNewer = duration_form("--newer");
    add_parsed(app, kOlder, selection.older, "those last seen longer ago than this");
    add_parsed(app, kAge, selection.older, "the same as --older");
    add_parsed(app, kNewer, selection.newer, "those last seen within this time");
    add_flag(app, "--all", selection.with_inactive, "also those being counted or expired");
}

void add_suppress_add(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "add", "hold back addresses and domains");
    const auto options = std::make_shared<SuppressAddOptions>();
    const auto reason = std::make_shared<std::optional<terms::SuppressionReason>>();
    const auto words = std::make_shared<Words>(
        app, "SUBJECT", "addresses, domains, .suffixes, patterns, - for stdin");
    add_parsed(app, kReason, *reason, "why (default: manual); allow overrides all others");
    add_flag(
        app,
        "--allow",
        [reason] { *reason = terms::SuppressionReason::Allow; },
        "never hold back: --reason allow");
    add_code(app, options->code);
    add_scope(app, options->scope);
    add_text(app, "--note", options->note, "a note for people");
    static constexpr auto kExpires = duration_form("--expires");
    add_parsed(app, kExpires, options->expires_after, "for how long (default: for ever)");
    add_flag(app, "--hash", options->hash, "keep a keyed hash instead of the address");
    add_flag(app, "--dry-run", options->dry_run, "change nothing");
    when_given(app, [&line, options, reason, words] {
        options->subjects = words->at_least_one();
        options->reason = reason->value_or(options->reason);
        line.run = [options](const CommandContext& context) {
            return suppress_add(context, *options);
        };
    });
}

void add_suppress_remove(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "remove", "lift the suppression");
    const auto options = std::make_shared<SuppressRemoveOptions>();
    const auto words = std::make_shared<Words>(
        app, "SUBJECT", "addresses, domains, .suffixes, patterns, - for stdin");
    add_selection(app, options->selection);
    add_flag(app, "--release", options->release, "also release what it held");
    add_flag(app, "--dry-run", options->dry_run, "change nothing");
    add_flag(app, "--yes", options->yes, "remove all that is selected");
    when_given(app, [&line, options, words] {
        options->subjects = words->values();
        line.run = [options](const CommandContext& context) {
            return suppress_remove(context, *options);
        };
    });
}

void add_suppress_show(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "show", "all about an entry");
    const auto words =
        std::make_shared<Words>(app, "SUBJECT", "addresses, domains, .suffixes, patterns");
    const auto form = std::make_shared<EntryForm>(EntryForm::Human);
    add_csv(app, *form);
    when_given(app, [&line, words, form] {
        line.run = [subjects = words->at_least_one(), form](const CommandContext& context) {
            return suppress_show(context, subjects, *form);
        };
    });
}

void add_suppress_list(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "list", "the entries in force");
    const auto selection = std::make_shared<SuppressSelection>();
    const auto form = std::make_shared<EntryForm>(EntryForm::Human);
    add_selection(app, *selection);
    add_csv(app, *form);
    when_given(app, [&line, selection, form] {
        line.run = [selection, form](const CommandContext& context) {
            return suppress_list(context, *selection, *form);
        };
    });
}

void add_suppress_stats(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "stats", "the number of entries of each kind");
    const auto domains = std::make_shared<std::size_t>(10);
    const auto form = std::make_shared<EntryForm>(EntryForm::Human);
    add_number(app, "--top", *domains, 10'000, "show this many domains (default: 10)");
    add_csv(app, *form);
    when_given(app, [&line, domains, form] {
        line.run = [domains, form](const CommandContext& context) {
            return suppress_stats(context, *domains, *form);
        };
    });
}

void add_suppress_export(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "export", "write entries for other programs");
    const auto selection = std::make_shared<SuppressSelection>();
    const auto form = std::make_shared<std::optional<ExportForm>>();
    add_selection(app, *selection);
    add_parsed(app, kExportForm, *form, "csv (the default), json, postfix, sendmail");
    add_flag(app, "--csv", [form] { *form = ExportForm::Csv; }, "the same as --format csv");
    when_given(app, [&line, selection, form] {
        line.run = [selection, form](const CommandContext& context) {
            const ExportForm otherwise = context.json() ? ExportForm::JsonLines : ExportForm::Csv;
            return suppress_export(context, *selection, form->value_or(otherwise));
        };
    });
}

void add_suppress_import(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "import", "import lists of mail services");
    const auto options = std::make_shared<SuppressImportOptions>();
    const auto soft = std::make_shared<std::optional<lists::SoftBounces>>();
    const auto words = std::make_shared<Words>(app, "FILE", "lists, - for stdin");
    add_parsed(app,
               import_form(),
               options->format,
               "the format of the list (default: recognised by its head)");
    add_text(app, "--column", options->column, "the column of the addresses, by name or number");
    add_parsed(
        app, kReason, options->reason, "for rows that give no reason, or one in unknown words");
    add_parsed(app, kSoft, *soft, "soft bounces: pass over (the default), or count as a strike");
    add_scope(app, options->scope);
    add_flag(app, "--hash", options->hash, "keep keyed hashes instead of the addresses");
    add_flag(app, "--replace", options->replace, "replace all existing entries");
    add_flag(app, "--dry-run", options->dry_run, "change nothing");
    add_flag(app, "-v,--verbose", options->verbose, "report every bad line");
    when_given(app, [&line, options, soft, words] {
        options->files = words->at_least_one();
        options->soft = soft->value_or(options->soft);
        line.run = [options](const CommandContext& context) {
            return suppress_import(context, *options);
        };
    });
}

void add_suppress_rollback(CommandLine& line, CLI::App& parent) {
    CLI::App& app = add_command(parent, "rollback", "undo what was learned in a period");
    const auto options = std::make_shared<RollbackOptions>();
    add_text(app, "--mx", options->mx, "the provider, by its domain or a mail host");
    add_text(app, "--since", options->since, "a time (UTC), or a duration before now");
    add_text(app, "--until", options->until, "until then, in the same form (default: now)");
    add_code(app, options->code);
    add_flag(app, "--yes", options->yes, "really undo it");
    when_given(app, [&line, options] {
        line.run = [options](const CommandContext& context) {
            return suppress_rollback(context, *options);
        };
    });
}

}  // namespace

void add_suppress(CommandLine& line) {
    CLI::App& app = add_command(line.app, "suppress", "addresses and domains held back");
    need_subcommand(app);
    add_suppress_add(line, app);
    add_suppress_remove(line, app);
    add_suppress_show(line, app);
    add_suppress_list(line, app);
    add_suppress_stats(line, app);
    add_suppress_import(line, app);
    add_suppress_export(line, app);
    add_suppress_rollback(line, app);
}

}  // namespace holdback::milter::ctl
