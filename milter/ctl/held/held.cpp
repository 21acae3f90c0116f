// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/held/held.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_journal.hpp"
#include "io/sqlite/sqlite_notices.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/held/held_doubt.hpp"
#include "milter/ctl/held/held_end.hpp"
#include "milter/ctl/held/held_items.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using ports::HeldItem;
using terms::HeldState;

Json history_json(const std::vector<ports::HeldEvent>& history) {
    Json events = Json::array();
    for (const ports::HeldEvent& event : history) {
        events.push_back({
            {"at", iso_time(event.at)},
            {"from", event.from.has_value() ? Json(wire_name(*event.from)) : Json(nullptr)},
            {"to", wire_name(event.to)},
            {"text", text_or_null(event.text)},
        });
    }
    return events;
}

using Notice = std::optional<ports::NoticeOfItem>;

bool is_sent(const ports::NoticeOfItem& notice) {
    return notice.state == HeldState::Released;
}

/// "item 3 of notice 0123456789ab to news@example.org, sent at …"; empty when there is none.
std::string notice_text(const Notice& notice) {
    if (!notice.has_value()) {
        return {};
    }
    std::string text =
        fmt::format("item {} of notice {} to {}, ", notice->number, notice->notice, notice->to);
    if (is_sent(*notice)) {
        return text + fmt::format("sent at {}", iso_time(notice->changed_at));
    }
    text += fmt::format("made at {}", iso_time(notice->made_at));
    return notice->state.has_value()
               ? text + fmt::format(", not sent ({})", wire_name(*notice->state))
               : text;
}

Json notice_json(const Notice& notice) {
    if (!notice.has_value()) {
        return nullptr;
    }
    return {{"id", notice->notice},
            {"number", notice->number},
            {"to", notice->to},
            {"made_at", iso_time(notice->made_at)},
            {"state", notice->state.has_value() ? Json(wire_name(*notice->state)) : Json(nullptr)},
            {"sent_at", is_sent(*notice) ? Json(iso_time(notice->changed_at)) : Json(nullptr)}};
}

/// Details that `show` adds to the item.
struct Details {
    std::vector<ports::HeldEvent> history;
    Notice notice;
    std::optional<ports::JournalEntry> end;
};

core::Result<Details, ports::StoreError> details_of(const OpenHeld& held, const HeldItem& item) {
    auto history = held.items->history(item.recipient.id);
    if (!history.has_value()) {
        return std::unexpected(history.error());
    }
    auto notice = io::sqlite::SqliteNotices(*held.database).told_of(item.recipient.id);
    if (!notice.has_value()) {
        return std::unexpected(notice.error());
    }
    auto end = end_of(io::sqlite::SqliteJournal(*held.database), item.recipient);
    if (!end.has_value()) {
        return std::unexpected(end.error());
    }
    return Details{
        .history = *std::move(history), .notice = *std::move(notice), .end = *std::move(end)};
}

void write_details(const CommandContext& context, const HeldItem& item, const Details& details) {
    if (context.json()) {
        Json object = as_json(item);
        object.set("history", history_json(details.history));
        object.set("notice", notice_json(details.notice));
        object.set("doubt", doubt_json(item));
        object.set("end", end_json(details.end));
        write_json(context.out, object);
        return;
    }
    const auto& [message, recipient] = item;
    const auto time = [](const std::optional<core::TimePoint>& at) {
        return at.has_value() ? iso_time(*at) : "";
    };
    FieldList fields;
    fields.add("item", fmt::format("{}", recipient.id));
    fields.add("state", shown_state(item));
    fields.add("recipient", recipient.address);
    fields.add("sender", shown_sender(message.sender));
    fields.add("finding", std::string(recipient.finding.word()));
    fields.add("code", fmt::format("{}", recipient.code.number()));
    fields.add("reason", recipient.reason);
    fields.add("campaign", message.campaign);
    fields.add("subject", message.subject);
    fields.add("message-id", message.message_id);
    fields.add("queue id", message.queue_id);
    fields.add("user", message.user);
    fields.add("client", message.client);
    fields.add("octets", fmt::format("{}", message.octets));
    fields.add("damage", message.damage);
    fields.add("held at", iso_time(message.held_at));
    fields.add("release at", time(recipient.release_at));
    fields.add("expires at", time(recipient.expires_at));
    fields.add("attempts", fmt::format("{}", recipient.attempts));
    fields.add("last answer", recipient.last_answer);
    add_doubt(fields, item);
    fields.add("notice", notice_text(details.notice));
    fields.add("end", end_text(recipient, details.end));
    fields.write(context.out);
    for (const ports::HeldEvent& event : details.history) {
        context.out << fmt::format("    {}  {}{}{}\n",
                                   iso_time(event.at),
                                   wire_name(event.to),
                                   event.text.empty() ? "" : ": ",
                                   for_people(event.text));
    }
}

}  // namespace

CommandResult held_list(const CommandContext& context, const HeldListOptions& options) {
    const HeldSelection& selection = options.selection;
    const auto held = open_held(context, HeldUse::Look);
    if (!held.has_value()) {
        return std::unexpected(held.error());
    }
    ports::HeldFilter filter = filter_for(selection, context.clock.now());
    if (!selection.all && selection.ids.empty()) {
        filter.states = {HeldState::Held, HeldState::Releasing};
    }
    ItemWriter writer(context, options);
    bool any = false;
    auto error = visit_items(*held, filter, [&](const HeldItem& item) {
        any = true;
        writer.add(item);
    });
    if (error.has_value()) {
        return std::unexpected(*std::move(error));
    }
    writer.finish();
    return any ? Exit::Done : no_such_items(context);
}

CommandResult held_show(const CommandContext& context, const HeldSelection& selection) {
    if (selection.ids.empty() && !has_filter(selection) && !selection.all) {
        return std::unexpected(
            CommandError{Exit::Usage, "held show: name items by number, or select them"});
    }
    const auto held = open_held(context, HeldUse::Look);
    if (!held.has_value()) {
        return std::unexpected(held.error());
    }
    std::set<std::int64_t> missing(selection.ids.begin(), selection.ids.end());
    std::optional<CommandError> trouble;
    bool any = false;
    auto error =
        visit_items(*held, filter_for(selection, context.clock.now()), [&](const HeldItem& item) {
            const auto details = details_of(*held, item);
            if (!details.has_value()) {
                trouble = store_error(details.error().what);
                return;
            }
            if (std::exchange(any, true) && !context.json()) {
                context.out << '\n';
            }
            write_details(context, item, *details);
            missing.erase(item.recipient.id);
        });
    if (error.has_value() || trouble.has_value()) {
        return std::unexpected(error.has_value() ? *std::move(error) : *std::move(trouble));
    }
    return any && missing.empty() ? Exit::Done : no_such_items(context);
}

}  // namespace holdback::milter::ctl
