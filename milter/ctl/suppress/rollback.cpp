// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/suppress/rollback.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/outage.hpp"
#include "io/sqlite/sqlite_lessons.hpp"
#include "mail/provider.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress_shared.hpp"
#include "milter/ctl/time.hpp"
#include "terms/suppression_scope.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using io::sqlite::SqliteLessons;

/// "google.com" for any host name in it, and for itself.
std::string provider_named(const std::string& text) {
    const std::string organisation = mail::organisation_of(text);
    return organisation.empty() ? core::to_lower(text) : organisation;
}

CommandResult list_outages(const CommandContext& context,
                           const io::sqlite::SqliteOutages& outages) {
    const auto known = outages.list();
    if (!known.has_value()) {
        return std::unexpected(store_error(known.error().what));
    }
    Table table({"PROVIDER", "BEGAN (UTC)", "NOTICED (UTC)", "OVER (UTC)", "BOUNCED", "ACCEPTED"});
    for (const dsn::Outage& outage : *known) {
        if (context.json()) {
            write_json(context.out,
                       {{"provider", outage.provider},
                        {"began", iso_time(outage.began)},
                        {"opened", iso_time(outage.opened)},
                        {"closed", time_or_null(outage.closed)},
                        {"bounced", outage.bounced},
                        {"accepted", outage.accepted}});
        } else {
            table.add({outage.provider,
                       short_time(outage.began),
                       short_time(outage.opened),
                       outage.closed.has_value() ? short_time(*outage.closed) : "goes on",
                       fmt::format("{}", outage.bounced),
                       fmt::format("{}", outage.accepted)});
        }
    }
    if (known->empty()) {
        context.err << "holdbackctl: no outage was recorded; name a time with --since\n";
        return Exit::No;
    }
    if (!context.json()) {
        table.write(context.out);
    }
    return Exit::Done;
}

/// The period and provider of the options. The error names what is missing.
core::Result<io::sqlite::LessonFilter, CommandError> filter_of(
    const RollbackOptions& options, const io::sqlite::SqliteOutages& outages, core::TimePoint now) {
    io::sqlite::LessonFilter filter;
    filter.code = options.code;
    if (options.mx.has_value()) {
        filter.provider = provider_named(*options.mx);
    }
    if (options.until.has_value()) {
        const auto until = parse_when(*options.until, now);
        if (!until.has_value()) {
            return std::unexpected(until.error());
        }
        filter.until = *until;
    }
    if (options.since.has_value()) {
        const auto since = parse_when(*options.since, now);
        if (!since.has_value()) {
            return std::unexpected(since.error());
        }
        filter.since = *since;
        return filter;
    }
    const auto known = outages.list();
    if (!known.has_value()) {
        return std::unexpected(store_error(known.error().what));
    }
    const auto last = std::ranges::find_if(*known, [&](const dsn::Outage& outage) {
        return outage.provider == filter.provider.value_or("");
    });
    if (last == known->end()) {
        return std::unexpected(
            CommandError{Exit::Usage,
                         fmt::format("no outage of {} was recorded: name a time with --since",
                                     core::in_quotes(filter.provider.value_or("")))});
    }
    filter.since = last->began;
    filter.until = filter.until.has_value() ? filter.until : last->closed;
    return filter;
}

/// Writes and counts what is undone, or would be.
class UndoingWriter {
public:
    UndoingWriter(const CommandContext& context, bool acts) : context_(context), acts_(acts) {}

    void take(const io::sqlite::Undoing& undoing) {
        const bool changes = undoing.what == io::sqlite::Undoing::What::Removed ||
                             undoing.what == io::sqlite::Undoing::What::Restored;
        (changes ? undone_ : left_) += 1;
        if (context_.json()) {
            write_json(context_.out,
                       {{"subject", undoing.key.subject},
                        {"kind", wire_name(undoing.key.kind)},
                        {"scope", undoing.key.scope.text()},
                        {"code", undoing.code.number()},
                        {"provider", undoing.provider},
                        {"first_taught", iso_time(undoing.first)},
                        {"lessons", undoing.lessons},
                        {"becomes", wire_name(undoing.what)},
                        {"undone", changes && acts_}});
            return;
        }
        table_.add({undoing.key.subject,
                    undoing.key.scope.text(),
                    fmt::format("{}", undoing.code.number()),
                    undoing.provider,
                    short_time(undoing.first),
                    fmt::format("{}", undoing.lessons),
                    std::string(wire_name(undoing.what))});
    }

    [[nodiscard]] Exit finish() const {
        if (undone_ + left_ == 0) {
            context_.err << "holdbackctl: nothing was learned then\n";
            return Exit::No;
        }
        if (!context_.json()) {
            table_.write(context_.out);
        }
        context_.err << fmt::format("holdbackctl: {} {}, {} left alone{}\n",
                                    counted(undone_, "entry", "entries"),
                                    acts_ ? "changed back" : "would be changed back",
                                    left_,
                                    acts_ ? "" : "; --yes does it");
        return Exit::Done;
    }

private:
    const CommandContext& context_;
    bool acts_;
    Table table_{
        {"SUBJECT", "SCOPE", "CODE", "PROVIDER", "FIRST TAUGHT (UTC)", "LESSONS", "BECOMES"}};
    std::size_t undone_ = 0;
    std::size_t left_ = 0;
};

}  // namespace

CommandResult suppress_rollback(const CommandContext& context, const RollbackOptions& options) {
    if (auto error = unknown_code(context, options.code)) {
        return std::unexpected(*std::move(error));
    }
    const auto list =
        options.yes ? open_list(context, StoreUse::Write) : open_list_or_empty(context);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    const io::sqlite::SqliteOutages outages(*list->database);
    if (!options.mx.has_value() && !options.since.has_value()) {
        return list_outages(context, outages);
    }
    const auto filter = filter_of(options, outages, context.clock.now());
    if (!filter.has_value()) {
        return std::unexpected(filter.error());
    }
    SqliteLessons lessons(*list->database, *list->entries);
    UndoingWriter writer(context, options.yes);
    const auto visited =
        lessons.undo(*filter,
                     options.yes ? SqliteLessons::Undo::Yes : SqliteLessons::Undo::No,
                     [&](const io::sqlite::Undoing& undoing) { writer.take(undoing); });
    if (!visited.has_value()) {
        return std::unexpected(store_error(visited.error().what));
    }
    return writer.finish();
}

}  // namespace holdback::milter::ctl
