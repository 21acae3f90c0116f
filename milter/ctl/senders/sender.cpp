// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/senders/sender.hpp"

#include "config/settings.hpp"
#include "config/value_text.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/settings/limit_tables.hpp"
#include "io/sqlite/senders/sqlite_usage.hpp"
#include "limits/limit_set.hpp"
#include "limits/usage.hpp"
#include "limits/window.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"

#include <chrono>
#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// The windows of all counters that pass the filter, by counter and length.
using Windows = std::map<std::pair<limits::CounterName, std::chrono::seconds>, limits::Window>;

/// One line of the list.
struct Line {
    limits::CounterName counter;
    std::chrono::seconds window{0};
    std::size_t used = 0;
    std::optional<std::size_t> cap;
    /// When there is room again; nullopt: there is.
    std::optional<core::TimePoint> opens_at;
};

Json as_json(const Line& line) {
    return {
        {"limit", line.counter.limit},
        {"key", line.counter.key},
        {"stream", line.counter.stream},
        {"provider", text_or_null(line.counter.provider)},
        {"window", config::duration_text(line.window)},
        {"used", line.used},
        {"cap", line.cap.has_value() ? Json(*line.cap) : Json(nullptr)},
        {"opens_at", line.opens_at.has_value() ? Json(iso_time(*line.opens_at)) : Json(nullptr)},
    };
}

void add_row(Table& table, const Line& line) {
    table.add({line.counter.limit,
               line.counter.key.empty() ? "(everyone)" : line.counter.key,
               line.counter.provider.empty() ? "any" : line.counter.provider,
               fmt::format("{}", line.used),
               line.cap.has_value() ? fmt::format("{}", *line.cap) : "none",
               config::duration_text(line.window),
               line.opens_at.has_value() ? short_time(*line.opens_at) : "now"});
}

}  // namespace

CommandResult sender_list(const CommandContext& context, const SenderFilter& filter) {
    const auto settings = load_settings_to_look(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto limits = io::settings::load_limits(settings->limits);
    if (!limits.has_value()) {
        return std::unexpected(settings_error(limits.error()));
    }
    const auto database = open_store(settings->store, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    const core::TimePoint now = context.clock.now();
    const auto stored = io::sqlite::senders::SqliteUsage(**database).load(now, 0);
    if (!stored.has_value()) {
        return std::unexpected(store_error(stored.error().what));
    }
    const std::string key = core::to_lower(filter.key);
    Windows windows;
    for (const limits::UsageChange& slot : stored->usage) {
        if ((filter.limit.empty() || slot.counter.limit == filter.limit) &&
            (key.empty() || slot.counter.key == key)) {
            windows.try_emplace({slot.counter, slot.window}, slot.window)
                .first->second.restore(
                    {.number = slot.slot, .recipients = static_cast<std::size_t>(slot.recipients)});
        }
    }
    Table table({"limit", "key", "provider", "used", "cap", "within", "room from (UTC)"});
    for (auto& [name, window] : windows) {
        Line line{.counter = name.first,
                  .window = name.second,
                  .used = window.sum(now),
                  .cap = limits->cap_of(name.first, name.second),
                  .opens_at = std::nullopt};
        if (line.cap.has_value() && line.used >= *line.cap) {
            line.opens_at = window.falls_to(*line.cap - 1, now);
        }
        if (context.json()) {
            write_json(context.out, as_json(line));
        } else {
            add_row(table, line);
        }
    }
    if (windows.empty()) {
        context.err << "holdbackctl: no limit has counted anybody lately\n";
        return Exit::No;
    }
    if (!context.json()) {
        table.write(context.out, context.out_columns);
    }
    return Exit::Done;
}

}  // namespace holdback::milter::ctl
