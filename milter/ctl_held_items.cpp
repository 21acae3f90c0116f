// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_held_items.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite_held.hpp"
#include "mail/failure_code.hpp"
#include "mail/held.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_held.hpp"
#include "milter/ctl_output.hpp"
#include "milter/ctl_sources.hpp"
#include "ports/held_store.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

/// The rows of one table, kept in memory to find the widths of its columns.
constexpr std::size_t kTableRows = 5000;

Table empty_table() {
    return Table({"ID",
                  "STATE",
                  "HELD AT",
                  "EXPIRES",
                  "RECIPIENT",
                  "SENDER",
                  "FINDING",
                  "CODE",
                  "CAMPAIGN",
                  "REASON"});
}

}  // namespace

std::string shown_state(const ports::HeldItem& item) {
    const mail::HeldRecipient& recipient = item.recipient;
    std::string_view how;
    if (recipient.state == mail::HeldState::Held && !item.message.damage.empty()) {
        how = recipient.in_doubt ? ", damaged, in doubt" : ", damaged";
    } else if (recipient.in_doubt) {
        how = ", in doubt";
    } else if (recipient.state == mail::HeldState::Held && recipient.attempts > 0) {
        // What is not tried again by itself was refused for good.
        how = recipient.release_at.has_value() ? ", deferred" : ", refused";
    }
    return fmt::format("{}{}", mail::wire_name(recipient.state), how);
}

core::Result<OpenHeld, CommandError> open_held(const CommandContext& context) {
    auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    auto database = open_store(settings->store, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(std::move(database.error()));
    }
    auto items = std::make_unique<io::SqliteHeld>(**database);
    return OpenHeld{.settings = *std::move(settings),
                    .database = *std::move(database),
                    .items = std::move(items)};
}

bool has_filter(const HeldSelection& selection) {
    return selection.sender.has_value() || selection.domain.has_value() ||
           selection.finding.has_value() || selection.campaign.has_value() ||
           selection.older_than.has_value() || selection.expires_within.has_value() ||
           selection.in_doubt;
}

ports::HeldFilter filter_for(const HeldSelection& selection, core::TimePoint now) {
    ports::HeldFilter filter;
    filter.ids = selection.ids;
    if (!selection.own && !selection.in_doubt && selection.ids.empty()) {
        filter.kind = mail::HeldKind::Mail;
    }
    if (selection.sender.has_value()) {
        filter.sender = *selection.sender == "<>" ? "" : *selection.sender;
    }
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
        {"state", mail::wire_name(recipient.state)},
        {"kind", mail::wire_name(message.kind)},
        {"recipient", recipient.address},
        {"sender", message.sender},
        {"finding", text_or_null(recipient.finding)},
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

ItemWriter::ItemWriter(const CommandContext& context) : context_(context), table_(empty_table()) {}

void ItemWriter::add(const ports::HeldItem& item) {
    if (context_.json()) {
        write_json(context_.out, as_json(item));
        return;
    }
    if (++rows_ % kTableRows == 0) {
        finish();
    }
    table_.add({fmt::format("{}", item.recipient.id),
                shown_state(item),
                short_time(item.message.held_at),
                item.recipient.expires_at.has_value() ? short_time(*item.recipient.expires_at) : "",
                item.recipient.address,
                shown_sender(item.message.sender),
                item.recipient.finding,
                fmt::format("{}", item.recipient.code.number()),
                item.message.campaign,
                item.recipient.reason});
}

void ItemWriter::finish() {
    if (!table_.empty()) {
        table_.write(context_.out);
        table_ = empty_table();
    }
}

Exit no_such_items(const CommandContext& context) {
    context.err << "holdbackctl: no such items\n";
    return Exit::No;
}

}  // namespace holdback::milter
