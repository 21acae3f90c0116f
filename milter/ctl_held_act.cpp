// SPDX-License-Identifier: Apache-2.0
// The commands about held mail that are the daemon's work: release, return, discard.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/held.hpp"
#include "mail/suppression_subject.hpp"
#include "mail/syntax.hpp"
#include "milter/control_protocol.hpp"
#include "milter/ctl_campaign.hpp"
#include "milter/ctl_client.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_daemon.hpp"
#include "milter/ctl_held.hpp"
#include "milter/ctl_held_items.hpp"
#include "milter/ctl_output.hpp"
#include "milter/ctl_sources.hpp"
#include "ports/held_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iostream>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

using mail::HeldState;
using ports::HeldItem;

/// The items in one request to the daemon, and how far that grows to keep a message together.
constexpr std::size_t kRequestItems = 200;
constexpr std::size_t kMostRequestItems = 1000;
/// A release waits for the MTA, one message after the other.
constexpr std::chrono::minutes kActPatience{30};

struct ActWords {
    std::string_view command;  ///< as the daemon knows it
    std::string_view done;     ///< wire name of the outcome that was wanted
};

ActWords words_of(HeldAct act) {
    switch (act) {
        case HeldAct::Release:
            return {.command = "release", .done = "released"};
        case HeldAct::Return:
            return {.command = "return", .done = "returned"};
        case HeldAct::Discard:
            return {.command = "discard", .done = "discarded"};
    }
    return {};
}

/// An item to act on; `spool_id` is empty when it was not looked up.
struct Target {
    std::int64_t id;
    std::string spool_id;
};

/// How many of the first targets go into one request: recipients of one message stay together.
std::size_t request_size(std::span<const Target> targets) {
    std::size_t size = std::min(kRequestItems, targets.size());
    while (size < std::min(kMostRequestItems, targets.size()) &&
           targets[size].spool_id == targets[size - 1].spool_id) {
        ++size;
    }
    return size;
}

/// Writes the daemon's word on one item; false when it is not what was wanted.
bool write_outcome(const CommandContext& context, const ControlLine& line, std::string_view done) {
    const std::string id = !line.empty() ? line[0] : "";
    const std::string outcome = line.size() > 1 ? line[1] : "";
    const std::string answer = line.size() > 2 ? line[2] : "";
    if (context.json()) {
        write_json(context.out,
                   {{"id", core::parse_decimal(id).value_or(0)},
                    {"outcome", outcome},
                    {"answer", text_or_null(answer)}});
    } else {
        context.out << fmt::format("{}  {}{}{}\n",
                                   core::printable(id),
                                   core::printable(outcome),
                                   answer.empty() ? "" : "  ",
                                   core::printable(answer));
    }
    context.out.flush();
    return outcome == done;
}

CommandResult act_on(const CommandContext& context,
                     const config::Settings& settings,
                     HeldAct act,
                     std::span<const Target> targets) {
    const ActWords words = words_of(act);
    bool all_done = true;
    while (!targets.empty()) {
        const std::size_t size = request_size(targets);
        ControlLine request{std::string(words.command)};
        for (const Target& target : targets.first(size)) {
            request.push_back(fmt::format("{}", target.id));
        }
        const auto answer = ask_daemon(settings.control, request, kActPatience);
        if (!answer.has_value()) {
            return std::unexpected(daemon_error(settings.control, answer.error()));
        }
        for (const ControlLine& line : *answer) {
            all_done = write_outcome(context, line, words.done) && all_done;
        }
        targets = targets.subspan(size);
    }
    return all_done ? Exit::Done : Exit::No;
}

/// The filter for what a selection can act on.
ports::HeldFilter filter_to_act(const HeldSelection& selection, core::TimePoint now) {
    ports::HeldFilter filter = filter_for(selection, now);
    filter.states = {HeldState::Held};
    return filter;
}

/// Says how much a selection is, and asks where somebody is there to answer. True: go on.
bool may_go_on(const CommandContext& context,
               const HeldActOptions& options,
               const std::vector<HeldItem>& items) {
    if (items.size() <= 1) {
        return true;
    }
    std::set<std::string_view> senders;
    for (const HeldItem& item : items) {
        senders.insert(item.message.sender);
    }
    context.err << fmt::format("{} of {} will be {}\n",
                               counted(items.size(), "item", "items"),
                               counted(senders.size(), "sender", "senders"),
                               words_of(options.act).done);
    if (options.yes || !context.can_ask) {
        return true;
    }
    context.err << "Go on? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return core::starts_with_ignoring_case(core::trim(answer), "y");
}

/// Looks the selection up, says or asks, and has the daemon act.
CommandResult act_on_selection(const CommandContext& context, const HeldActOptions& options) {
    const auto held = open_held(context);
    if (!held.has_value()) {
        return std::unexpected(held.error());
    }
    std::vector<HeldItem> items;
    auto error = visit_items(*held,
                             filter_to_act(options.selection, context.clock.now()),
                             [&](const HeldItem& item) { items.push_back(item); });
    if (error.has_value()) {
        return std::unexpected(*std::move(error));
    }
    if (items.empty()) {
        if (releases_campaign(options) && !options.dry_run) {
            const auto continued = continue_campaign(context, held->settings, options.selection);
            if (!continued.has_value() || *continued == Exit::Done) {
                return continued;
            }
        }
        return no_such_items(context);
    }
    if (options.dry_run) {
        ItemWriter writer(context);
        for (const HeldItem& item : items) {
            writer.add(item);
        }
        writer.finish();
        context.err << fmt::format(
            "{} would be {}\n", counted(items.size(), "item", "items"), words_of(options.act).done);
        return Exit::Done;
    }
    if (!may_go_on(context, options, items)) {
        return Exit::No;
    }
    if (releases_campaign(options)) {
        // First, so that nothing more is held while this goes out.
        const auto continued = continue_campaign(context, held->settings, options.selection);
        if (!continued.has_value()) {
            return std::unexpected(continued.error());
        }
    }
    std::vector<Target> targets;
    targets.reserve(items.size());
    for (const HeldItem& item : items) {
        targets.push_back({item.recipient.id, item.message.spool_id});
    }
    return act_on(context, held->settings, options.act, targets);
}

/// True when a suppression of `subject` held the item.
bool held_for(const HeldItem& item, const mail::SuppressionSubject& subject) {
    if (!item.recipient.finding.starts_with("suppressed-")) {
        return false;
    }
    const auto address = mail::Address::parse(item.recipient.address, mail::Smtputf8::Yes);
    return address.has_value() && mail::covers(subject, address->value);
}

}  // namespace

CommandResult held_act(const CommandContext& context, const HeldActOptions& options) {
    const HeldSelection& selection = options.selection;
    const bool narrowed = has_filter(selection);
    if (selection.ids.empty() && !narrowed && !selection.all) {
        return std::unexpected(
            CommandError{Exit::Usage,
                         fmt::format("held {}: name items by number, select them, or say --all",
                                     words_of(options.act).command)});
    }
    if (selection.ids.empty() || narrowed || options.dry_run) {
        return act_on_selection(context, options);
    }
    // Named items: the daemon says of each what became of it, or why nothing did.
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    std::vector<Target> targets;
    targets.reserve(selection.ids.size());
    for (const std::int64_t id : selection.ids) {
        targets.push_back({id, {}});
    }
    return act_on(context, *settings, options.act, targets);
}

CommandResult release_suppressed(const CommandContext& context,
                                 const std::vector<mail::SuppressionSubject>& subjects) {
    const auto held = open_held(context);
    if (!held.has_value()) {
        return std::unexpected(held.error());
    }
    std::vector<Target> targets;
    auto error =
        visit_items(*held, filter_to_act({}, context.clock.now()), [&](const HeldItem& item) {
            const bool wanted = std::ranges::any_of(
                subjects,
                [&](const mail::SuppressionSubject& subject) { return held_for(item, subject); });
            if (wanted) {
                targets.push_back({item.recipient.id, item.message.spool_id});
            }
        });
    if (error.has_value()) {
        return std::unexpected(*std::move(error));
    }
    return act_on(context, held->settings, HeldAct::Release, targets);
}

}  // namespace holdback::milter
