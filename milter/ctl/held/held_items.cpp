// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/held/held_items.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/empty_store.hpp"
#include "milter/ctl/held/held.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "ports/held_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// The number of rows in one table; they are kept in memory to find the column widths.
constexpr std::size_t kTableRows = 5000;

/// The MTA's reply if it refused a recipient without a finding; otherwise the reason.
const std::string& shown_reason(const terms::HeldRecipient& recipient) {
    const bool is_refused = recipient.finding.is_none() &&
                            recipient.state != terms::HeldState::Released &&
                            !recipient.last_answer.empty();
    return is_refused ? recipient.last_answer : recipient.reason;
}

using Cell = std::string (*)(const ports::HeldItem&);

struct Column {
    std::string_view name;
    std::string_view head;
    Cell cell;
    /// The usual columns with the highest number are left out first where there is no room; 0:
    /// never.
    int spared;
};

/// Indexed by `HeldColumn`.
constexpr std::array<Column, 13> kColumns{{
    {"id", "ID", [](const auto& item) { return fmt::format("{}", item.recipient.id); }, 0},
    {"state", "STATE", [](const auto& item) { return shown_state(item); }, 0},
    {"held-at",
     "HELD AT (UTC)",
     [](const auto& item) { return short_time(item.message.held_at); },
     1},
    {"expires",
     "EXPIRES (UTC)",
     [](const auto& item) {
         const auto& at = item.recipient.expires_at;
         return at.has_value() ? short_time(*at) : std::string();
     },
     3},
    {"recipient", "RECIPIENT", [](const auto& item) { return item.recipient.address; }, 0},
    {"sender", "SENDER", [](const auto& item) { return shown_sender(item.message.sender); }, 2},
    {"finding",
     "FINDING",
     [](const auto& item) { return std::string(item.recipient.finding.word()); },
     0},
    {"code",
     "CODE",
     [](const auto& item) { return fmt::format("{}", item.recipient.code.number()); },
     4},
    {"campaign", "CAMPAIGN", [](const auto& item) { return item.message.campaign; }, 5},
    {"queue-id", "QUEUE ID", [](const auto& item) { return item.message.queue_id; }, 0},
    {"message-id", "MESSAGE-ID", [](const auto& item) { return item.message.message_id; }, 0},
    {"subject", "SUBJECT", [](const auto& item) { return item.message.subject; }, 0},
    {"reason", "REASON", [](const auto& item) { return shown_reason(item.recipient); }, 6},
}};

const Column& column_of(HeldColumn column) {
    return kColumns.at(static_cast<std::size_t>(column));
}

constexpr std::array kUsual{HeldColumn::Id,
                            HeldColumn::State,
                            HeldColumn::HeldAt,
                            HeldColumn::Expires,
                            HeldColumn::Recipient,
                            HeldColumn::Sender,
                            HeldColumn::Finding,
                            HeldColumn::Code,
                            HeldColumn::Campaign,
                            HeldColumn::Reason};

std::span<const HeldColumn> columns_of(const HeldListOptions& options) {
    return options.columns.has_value() ? std::span<const HeldColumn>(*options.columns)
                                       : std::span<const HeldColumn>(kUsual);
}

Table empty_table(const HeldListOptions& options) {
    std::vector<std::string> head;
    std::vector<int> spared;
    for (const HeldColumn column : columns_of(options)) {
        head.emplace_back(column_of(column).head);
        spared.push_back(column_of(column).spared);
    }
    Table table(std::move(head));
    if (!options.columns.has_value()) {
        table.spare(std::move(spared));
    }
    return table;
}

std::string_view without_brackets(std::string_view text) {
    text = core::trim(text);
    const bool has = text.starts_with('<') && text.ends_with('>') && text.size() > 2;
    return has ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<std::vector<HeldColumn>> parse_held_columns(std::string_view names) {
    std::vector<HeldColumn> columns;
    for (const std::string_view each : core::split(names, ',')) {
        const std::string name = core::to_lower(core::trim(each));
        const auto* const found = std::ranges::find(kColumns, name, &Column::name);
        if (found == kColumns.end()) {
            return std::nullopt;
        }
        columns.push_back(static_cast<HeldColumn>(found - kColumns.begin()));
    }
    return columns.empty() ? std::nullopt : std::optional(std::move(columns));
}

std::string shown_state(const ports::HeldItem& item) {
    const terms::HeldRecipient& recipient = item.recipient;
    std::string_view how;
    if (recipient.state == terms::HeldState::Held && !item.message.damage.empty()) {
        how = recipient.in_doubt ? ", damaged, in doubt" : ", damaged";
    } else if (recipient.in_doubt) {
        how = ", in doubt";
    } else if (recipient.state == terms::HeldState::Held && recipient.attempts > 0) {
        // A refused item without a time for the next try was refused for good.
        how = recipient.release_at.has_value() ? ", deferred" : ", refused";
    }
    return fmt::format("{}{}", wire_name(recipient.state), how);
}

core::Result<OpenHeld, CommandError> open_held(const CommandContext& context, HeldUse use) {
    auto settings =
        use == HeldUse::Look ? load_settings_to_look(context) : load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    auto database = open_store(settings->store, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(std::move(database.error()));
    }
    auto items = std::make_unique<io::sqlite::SqliteHeld>(**database);
    return OpenHeld{.directory = nullptr,
                    .settings = *std::move(settings),
                    .database = *std::move(database),
                    .items = std::move(items)};
}

core::Result<OpenHeld, CommandError> open_held_or_empty(const CommandContext& context) {
    auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    auto store = open_store_or_empty(settings->store);
    if (!store.has_value()) {
        return std::unexpected(std::move(store.error()));
    }
    auto items = std::make_unique<io::sqlite::SqliteHeld>(*store->database);
    return OpenHeld{.directory = std::move(store->directory),
                    .settings = *std::move(settings),
                    .database = std::move(store->database),
                    .items = std::move(items)};
}

bool has_filter(const HeldSelection& selection) {
    return selection.sender.has_value() || selection.domain.has_value() ||
           selection.recipient.has_value() || selection.queue_id.has_value() ||
           selection.message_id.has_value() || selection.finding.has_value() ||
           selection.campaign.has_value() || selection.older_than.has_value() ||
           selection.expires_within.has_value() || selection.in_doubt;
}

ports::HeldFilter filter_for(const HeldSelection& selection, core::TimePoint now) {
    ports::HeldFilter filter;
    filter.ids = selection.ids;
    if (!selection.own && !selection.in_doubt && selection.ids.empty()) {
        filter.kind = terms::HeldKind::Mail;
    }
    if (selection.sender.has_value()) {
        filter.sender = *selection.sender == "<>" ? "" : *selection.sender;
    }
    if (selection.recipient.has_value()) {
        filter.recipient = without_brackets(*selection.recipient);
    }
    if (selection.message_id.has_value()) {
        filter.message_id = without_brackets(*selection.message_id);
    }
    filter.queue_id = selection.queue_id;
    filter.domain = selection.domain;
    filter.finding = selection.finding;
    filter.campaign = selection.campaign;
    if (selection.older_than.has_value()) {
        filter.held_before = now - *selection.older_than;
    }
    if (selection.expires_within.has_value()) {
        filter.expired = now + *selection.expires_within;
    }
    if (selection.in_doubt) {
        filter.in_doubt = true;
    }
    return filter;
}

std::optional<CommandError> visit_items(const OpenHeld& held,
                                        const ports::HeldFilter& filter,
                                        const std::function<void(const ports::HeldItem&)>& visit) {
    const auto listed = held.items->list(filter, [&](const ports::HeldItem& item) {
        visit(item);
        return true;
    });
    return listed.has_value() ? std::nullopt : std::optional(store_error(listed.error().what));
}

Json as_json(const ports::HeldItem& item) {
    const auto& [message, recipient] = item;
    return {
        {"id", recipient.id},
        {"state", wire_name(recipient.state)},
        {"kind", wire_name(message.kind)},
        {"recipient", recipient.address},
        {"sender", message.sender},
        {"finding", text_or_null(recipient.finding.word())},
        {"code", recipient.code.number()},
        {"reason", text_or_null(recipient.reason)},
        {"campaign", text_or_null(message.campaign)},
        {"queue_id", text_or_null(message.queue_id)},
        {"message_id", text_or_null(message.message_id)},
        {"subject", text_or_null(message.subject)},
        {"user", text_or_null(message.user)},
        {"client", text_or_null(message.client)},
        {"octets", message.octets},
        {"held_at", iso_time(message.held_at)},
        {"changed_at", iso_time(recipient.changed_at)},
        {"release_at", time_or_null(recipient.release_at)},
        {"expires_at", time_or_null(recipient.expires_at)},
        {"attempts", recipient.attempts},
        {"last_answer", text_or_null(recipient.last_answer)},
        {"in_doubt", recipient.in_doubt},
        {"damage", text_or_null(message.damage)},
    };
}

ItemWriter::ItemWriter(const CommandContext& context, HeldListOptions options)
    : context_(context), options_(std::move(options)), table_(empty_table(options_)) {}

void ItemWriter::add(const ports::HeldItem& item) {
    if (context_.json()) {
        write_json(context_.out, as_json(item));
        return;
    }
    if (++rows_ % kTableRows == 0) {
        write_table();
    }
    std::vector<std::string> cells;
    for (const HeldColumn column : columns_of(options_)) {
        cells.push_back(column_of(column).cell(item));
    }
    table_.add(cells);
}

void ItemWriter::write_table() {
    if (!table_.empty()) {
        const std::size_t left_out =
            table_.write(context_.out, options_.wide ? 0 : context_.out_columns);
        left_out_ = left_out_ || left_out > 0;
        table_ = empty_table(options_);
    }
}

void ItemWriter::finish() {
    write_table();
    if (left_out_) {
        context_.err << "holdbackctl: some columns do not fit the terminal; --wide shows them\n";
    }
}

Exit no_such_items(const CommandContext& context) {
    context.err << "holdbackctl: no such items\n";
    return Exit::No;
}

}  // namespace holdback::milter::ctl
