// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/bounces/unknown.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_unknown.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "ports/unknown_store.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

Json as_json(const ports::UnknownEntry& entry) {
    return {
        {"id", entry.id},
        {"messages", entry.messages},
        {"proven", entry.proven_messages},
        {"pattern", entry.text.pattern},
        {"code", entry.text.code.number()},
        {"rule", text_or_null(entry.text.rule)},
        {"first_seen", iso_time(entry.first_seen)},
        {"last_seen", iso_time(entry.last_seen)},
        {"remote_mta", text_or_null(entry.text.remote_mta)},
        {"example", entry.text.example},
    };
}

void write_details(const CommandContext& context, const ports::UnknownEntry& entry) {
    if (context.json()) {
        write_json(context.out, as_json(entry));
        return;
    }
    FieldList fields;
    fields.add("id", fmt::format("{}", entry.id));
    fields.add("messages", fmt::format("{}", entry.messages));
    fields.add("proven", fmt::format("{}", entry.proven_messages));
    fields.add("pattern", entry.text.pattern);
    fields.add("code", fmt::format("{}", entry.text.code.number()));
    fields.add("rule", entry.text.rule);
    fields.add("first seen", iso_time(entry.first_seen));
    fields.add("last seen", iso_time(entry.last_seen));
    fields.add("remote mta", entry.text.remote_mta);
    fields.add("example", entry.text.example);
    fields.write(context.out);
}

}  // namespace

core::Result<std::unique_ptr<io::sqlite::Database>, CommandError> open_patterns(
    const CommandContext& context, StoreUse use) {
    const auto settings =
        use == StoreUse::Read ? load_settings_to_look(context) : load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    return open_store(settings->store, use);
}

CommandResult unknown_list(const CommandContext& context) {
    const auto database = open_patterns(context, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    const auto entries = io::sqlite::SqliteUnknown(**database).list();
    if (!entries.has_value()) {
        return std::unexpected(store_error(entries.error().what));
    }
    Table table({"id", "messages", "proven", "last seen (UTC)", "code", "pattern"});
    for (const ports::UnknownEntry& entry : *entries) {
        if (context.json()) {
            write_json(context.out, as_json(entry));
        } else {
            table.add({fmt::format("{}", entry.id),
                       fmt::format("{}", entry.messages),
                       fmt::format("{}", entry.proven_messages),
                       short_time(entry.last_seen),
                       fmt::format("{}", entry.text.code.number()),
                       entry.text.pattern});
        }
    }
    if (entries->empty()) {
        context.err << "holdbackctl: no unknown texts\n";
        return Exit::No;
    }
    if (!context.json()) {
        table.write(context.out);
    }
    return Exit::Done;
}

CommandResult unknown_show(const CommandContext& context, const std::vector<std::int64_t>& ids) {
    const auto database = open_patterns(context, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    io::sqlite::SqliteUnknown patterns(**database);
    bool any = false;
    bool all = true;
    for (const std::int64_t id : ids) {
        const auto found = patterns.find(id);
        if (!found.has_value()) {
            return std::unexpected(store_error(found.error().what));
        }
        const std::optional<ports::UnknownEntry>& entry = *found;
        if (!entry.has_value()) {
            context.err << fmt::format("holdbackctl: there is no unknown text {}\n", id);
            all = false;
            continue;
        }
        if (std::exchange(any, true) && !context.json()) {
            context.out << '\n';
        }
        write_details(context, *entry);
    }
    return all ? Exit::Done : Exit::No;
}

}  // namespace holdback::milter::ctl
