// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/check/check.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/dns/domain_lookup.hpp"
#include "io/mta/postfix_tables.hpp"
#include "io/settings/address_list_file.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_journal.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/bad_rows.hpp"
#include "milter/ctl/check/annotated_list.hpp"
#include "milter/ctl/check/check_output.hpp"
#include "milter/ctl/check/checker.hpp"
#include "milter/ctl/check/remembering_resolver.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/out_file.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/progress.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/load.hpp"
#include "outbound/address_lists.hpp"
#include "outbound/bulk.hpp"
#include "ports/log.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// A list is not a message: no client waits for a reply.
constexpr std::chrono::milliseconds kListPatience{10'000};

/// Writes what the daemon would log to standard error.
class ErrorLog final : public ports::Log {
public:
    explicit ErrorLog(std::ostream& err) : err_(err) {}
    void write(ports::Severity /*severity*/, std::string_view line) noexcept override {
        try {
            err_ << "holdbackctl: " << line << '\n';
        } catch (const std::exception&) {
            return;  // there is no other place to report it
        }
    }

private:
    std::ostream& err_;
};

/// The open sources of facts. Absent ones (offline, no store yet) are null.
struct OpenSources {
    std::unique_ptr<io::sqlite::Database> database;
    std::unique_ptr<io::sqlite::SqliteSuppressions> suppressions;
    std::unique_ptr<io::sqlite::SqliteJournal> journal;
    std::unique_ptr<io::dns::DomainLookup> asked;
    std::unique_ptr<RememberingResolver> resolver;
    outbound::AddressLists lists;
    std::unique_ptr<ErrorLog> log;
    std::unique_ptr<io::mta::PostfixTables> mta;
};

core::Result<OpenSources, CommandError> open_sources(const CommandContext& context,
                                                     const config::Settings& settings,
                                                     bool offline) {
    OpenSources sources;
    auto database = open_store(settings.store, StoreUse::ReadIfAny);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    sources.database = *std::move(database);
    if (sources.database != nullptr) {
        sources.suppressions = std::make_unique<io::sqlite::SqliteSuppressions>(
            *sources.database, io::sqlite::suppression_options(settings.store));
        sources.journal = std::make_unique<io::sqlite::SqliteJournal>(*sources.database);
    }
    auto lists = io::settings::load_address_lists(settings.policy);
    if (!lists.has_value()) {
        return std::unexpected(settings_error(lists.error()));
    }
    sources.lists = *std::move(lists);
    sources.log = std::make_unique<ErrorLog>(context.err);
    sources.mta = std::make_unique<io::mta::PostfixTables>(*sources.log, context.clock);
    sources.mta->use(settings.mta);
    if (!offline) {
        auto resolver = io::dns::make_resolver(settings.dns, context.clock);
        if (!resolver.has_value()) {
            return std::unexpected(CommandError{
                Exit::Unavailable,
                fmt::format("DNS: {}; --offline checks without DNS", resolver.error())});
        }
        sources.asked = *std::move(resolver);
        sources.resolver = std::make_unique<RememberingResolver>(*sources.asked);
    }
    return sources;
}

/// The opened list; standard input for "-".
struct OpenList {
    std::ifstream file;
    std::optional<std::uintmax_t> octets;
};

std::optional<CommandError> open_list(const std::string& path, OpenList& opened) {
    if (path == "-") {
        return std::nullopt;
    }
    namespace fs = std::filesystem;
    std::error_code error;
    opened.file.open(path, std::ios::binary);
    if (!opened.file.is_open() || fs::is_directory(path, error)) {
        return CommandError{Exit::No, fmt::format("{}: cannot read the list", path)};
    }
    if (fs::is_regular_file(path, error)) {
        opened.octets = fs::file_size(path, error);
    }
    return std::nullopt;
}

Checker::Parts parts_of(const CommandContext& context,
                        const CheckOptions& options,
                        const config::Settings& settings,
                        const OpenSources& sources) {
    const bool is_list = options.list.has_value();
    return {
        .context = context,
        .settings = settings,
        .sources = {.resolver = sources.resolver.get(),
                    .suppressions = sources.suppressions.get(),
                    .journal = sources.journal.get(),
                    .lists = &sources.lists,
                    .mta = sources.mta.get()},
        .sender = options.sender.has_value() ? mail::EnvelopeSender(*options.sender)
                                             : mail::EnvelopeSender(mail::NullSender{}),
        .stream =
            options.stream.value_or(is_list ? outbound::Stream::Bulk : outbound::Stream::Direct),
        .utf8 = options.utf8,
        .patience = is_list ? std::max(settings.dns.budget, kListPatience) : settings.dns.budget};
}

CommandResult check_addresses(const CommandContext& context,
                              const CheckOptions& options,
                              const config::Settings& settings,
                              const OpenSources& sources) {
    CheckSummary summary;
    Checker checker(
        parts_of(context, options, settings, sources),
        [&](const CheckedAddress& answer, const ListRow& /*row*/) {
            summary.add(answer);
            write_checked(context, answer, {});
        },
        [](const ListRow& /*row*/) {});
    for (const std::string& address : options.addresses) {
        if (auto error = checker.add(
                {.address = address, .fields = {}, .trouble = {}, .raw = {}, .line = 0})) {
            return std::unexpected(*std::move(error));
        }
    }
    if (auto error = checker.finish()) {
        return std::unexpected(*std::move(error));
    }
    return summary.is_against_any() ? Exit::No : Exit::Done;
}

std::optional<CommandError> check_rows(Checker& checker,
                                       AddressList& list,
                                       const CheckSummary& summary,
                                       Progress& progress,
                                       BadRows& bad) {
    while (auto row = list.next()) {
        if (row->trouble.has_value()) {
            progress.hide();
            bad.add(row->line, *row->trouble);
        }
        if (auto error = checker.add(*std::move(row))) {
            return error;
        }
        progress.show(summary.checked(), list.octets_read());
    }
    return checker.finish();
}

Exit exit_of(const CheckSummary& summary, const BadRows& bad) {
    return bad.count() > 0 || summary.is_against_any() ? Exit::No : Exit::Done;
}

/// Writes which column was judged, how many rows were bad, and the sums.
void write_end(const CommandContext& context,
               const std::string& column,
               const BadRows& bad,
               const CheckSummary& summary) {
    bad.write_sum();
    std::ostream& words = context.json() ? context.err : context.out;
    if (!column.empty()) {
        words << fmt::format("judged: the addresses in column {}\n", for_people(column));
    }
    if (bad.count() > 0) {
        words << fmt::format("not judged: {} that can't be read as {}\n",
                             counted(bad.count(), "row", "rows"),
                             bad.count() == 1 ? "it stands" : "they stand");
    }
    summary.write(words);
}

CommandResult check_list(const CommandContext& context,
                         const CheckOptions& options,
                         const std::string& path,
                         const config::Settings& settings,
                         const OpenSources& sources) {
    OpenList opened;
    if (auto error = open_list(path, opened)) {
        return std::unexpected(*std::move(error));
    }
    std::istream& in = path == "-" ? std::cin : opened.file;
    auto list = AddressList::open(in, options.form, options.column);
    if (!list.has_value()) {
        return std::unexpected(CommandError{Exit::No, fmt::format("{}: {}", path, list.error())});
    }
    const std::string column = list->column_name();
    std::optional<OutFile> out;
    std::optional<AnnotatedList> annotated;
    if (options.out.has_value()) {
        auto made = OutFile::create(*options.out, options.existing_out);
        if (!made.has_value()) {
            return std::unexpected(CommandError{Exit::No, made.error()});
        }
        annotated.emplace(out.emplace(*std::move(made)), *list);
    }
    CheckSummary summary;
    auto progress = std::make_unique<Progress>(context, "checked", opened.octets);
    Checker checker(
        parts_of(context, options, settings, sources),
        [&](const CheckedAddress& answer, const ListRow& row) {
            summary.add(answer);
            if (annotated.has_value()) {
                annotated->add(answer, row);
            }
            // For people, addresses without findings are only counted, and results that go to a
            // file are not shown as well.
            if (context.json() || (!annotated.has_value() && !answer.findings.empty())) {
                progress->hide();
                write_checked(context, answer, column);
            }
        },
        [&](const ListRow& row) {
            if (annotated.has_value()) {
                annotated->add(row);
            }
        });
    BadRows bad(context.err, path);
    if (auto error = check_rows(checker, *list, summary, *progress, bad)) {
        return std::unexpected(*std::move(error));
    }
    if (out.has_value()) {
        if (auto written = out->finish(); !written.has_value()) {
            return std::unexpected(CommandError{Exit::No, written.error()});
        }
    }
    progress.reset();
    write_end(context, column, bad, summary);
    return exit_of(summary, bad);
}

/// True when an entry for this subject counts only for the mail of a sender or a sender domain.
bool has_scoped_entry(const OpenSources& sources,
                      const terms::SuppressionSubject& subject,
                      core::TimePoint now) {
    const auto found = sources.suppressions->find_all(subject);
    return found.has_value() &&
           std::ranges::any_of(*found, [now](const terms::SuppressionEntry& entry) {
               return entry.scope.kind() != terms::ScopeKind::Global && entry.holds_at(now);
           });
}

/// Says which named addresses have entries that the verdict left out, because no sender is given.
/// Looks them up by key: scopes have no index, and a list may have millions of entries.
void say_what_was_left_out(const CommandContext& context,
                           const std::vector<std::string>& addresses,
                           const OpenSources& sources) {
    if (sources.suppressions == nullptr) {
        return;
    }
    const core::TimePoint now = context.clock.now();
    for (const std::string& text : addresses) {
        const auto address = mail::Address::parse(text, mail::Smtputf8::Yes);
        if (!address.has_value()) {
            continue;
        }
        const terms::SuppressionSubject mailbox{.kind = terms::SubjectKind::Address,
                                                .text = address->value.key()};
        const terms::SuppressionSubject domain{.kind = terms::SubjectKind::Domain,
                                               .text = address->value.domain().text()};
        if (has_scoped_entry(sources, mailbox, now) || has_scoped_entry(sources, domain, now)) {
            context.err << fmt::format(
                "{}: the list has an entry that counts for the mail of one sender alone; give "
                "--sender to check for that sender\n",
                for_people(text));
        }
    }
}

}  // namespace

CommandResult check(const CommandContext& context, const CheckOptions& options) {
    if (options.list.has_value() != options.addresses.empty()) {
        return std::unexpected(
            CommandError{Exit::Usage, "check: name addresses, or a list by --file, and not both"});
    }
    if (!options.list.has_value() && (options.column.has_value() || options.out.has_value())) {
        return std::unexpected(
            CommandError{Exit::Usage, "check: --column and --out go with a list by --file"});
    }
    auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    settings->mta = read_mta_now(settings->outgoing);
    const auto sources = open_sources(context, *settings, options.offline);
    if (!sources.has_value()) {
        return std::unexpected(sources.error());
    }
    CommandResult checked = options.list.has_value()
                                ? check_list(context, options, *options.list, *settings, *sources)
                                : check_addresses(context, options, *settings, *sources);
    if (checked.has_value() && !options.sender.has_value()) {
        say_what_was_left_out(context, options.addresses, *sources);
    }
    return checked;
}

}  // namespace holdback::milter::ctl
