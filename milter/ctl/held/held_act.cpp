// SPDX-License-Identifier: Apache-2.0
// Commands on held mail that the daemon carries out: release, return, discard.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/folded_sender.hpp"
#include "mail/syntax.hpp"
#include "milter/control_protocol.hpp"
#include "milter/ctl/client.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/daemon.hpp"
#include "milter/ctl/held/campaign.hpp"
#include "milter/ctl/held/held.hpp"
#include "milter/ctl/held/held_items.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/progress.hpp"
#include "milter/ctl/sources.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iostream>
#include <map>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using ports::HeldItem;
using terms::HeldState;

/// The items in one request to the daemon, and the limit to which it grows to keep a message whole.
constexpr std::size_t kRequestItems = 200;
constexpr std::size_t kMostRequestItems = 1000;
/// A release waits for the MTA, message by message.
constexpr std::chrono::minutes kActPatience{30};

struct ActWords {
    std::string_view command;  ///< the command word of the daemon
    std::string_view done;     ///< wire name of the wanted outcome
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

struct Target {
    std::int64_t id;
    bool joins = false;  ///< it belongs to the same message as the item before
};

/// Items to act on, in the order of the store. Each takes only some octets.
class Targets {
public:
    void add(const HeldItem& item) {
        all_.push_back({.id = item.recipient.id, .joins = item.message.spool_id == last_});
        last_ = item.message.spool_id;
    }
    [[nodiscard]] std::span<const Target> all() const { return all_; }

private:
    std::vector<Target> all_;
    std::string last_;
};

/// How many of the first targets go into one request. The recipients of one message stay together.
std::size_t request_size(std::span<const Target> targets) {
    std::size_t size = std::min(kRequestItems, targets.size());
    while (size < std::min(kMostRequestItems, targets.size()) && targets[size].joins) {
        ++size;
    }
    return size;
}

/// Writes the daemon's answers: each one in JSON or when they are few, else only the failures; and
/// a sum at the end of many.
class OutcomeWriter {
public:
    /// The context outlives the object.
    OutcomeWriter(const CommandContext& context, std::string_view wanted, std::size_t items)
        : context_(context), wanted_(wanted), each_(context.json() || items <= kFew) {}

    void add(const ControlLine& line) {
        const std::string id = !line.empty() ? line[0] : "";
        const std::string outcome = line.size() > 1 ? line[1] : "";
        const std::string answer = line.size() > 2 ? line[2] : "";
        ++sums_[outcome];
        if (context_.json()) {
            write_json(context_.out,
                       {{"id", core::parse_decimal(id).value_or(0)},
                        {"outcome", outcome},
                        {"answer", text_or_null(answer)}});
        } else if (each_ || outcome != wanted_) {
            context_.out << fmt::format("{}  {}{}{}\n",
                                        for_people(id),
                                        for_people(outcome),
                                        answer.empty() ? "" : "  ",
                                        for_people(answer));
        }
    }

    /// True when every outcome was the wanted one.
    bool finish() {
        if (!each_) {
            std::string text;
            for (const auto& [outcome, items] : sums_) {
                text +=
                    fmt::format("{}{} {}", text.empty() ? "" : ", ", items, for_people(outcome));
            }
            context_.out << text << '\n';
        }
        context_.out.flush();
        return sums_.empty() || (sums_.size() == 1 && sums_.begin()->first == wanted_);
    }

private:
    static constexpr std::size_t kFew = 20;

    const CommandContext& context_;
    std::string_view wanted_;
    bool each_;
    std::map<std::string, std::size_t> sums_;
};

CommandResult act_on(const CommandContext& context,
                     const config::Settings& settings,
                     HeldAct act,
                     bool in_doubt,
                     std::span<const Target> targets) {
    const ActWords words = words_of(act);
    const std::size_t all = targets.size();
    OutcomeWriter writer(context, words.done, all);
    Progress progress(context, fmt::format("of {} items {}", all, words.done), all);
    while (!targets.empty()) {
        const std::size_t done = all - targets.size();
        progress.show(done, done);
        const std::size_t size = request_size(targets);
        ControlLine request{std::string(words.command)};
        if (in_doubt) {
            request.emplace_back("in-doubt");
        }
        for (const Target& target : targets.first(size)) {
            request.push_back(fmt::format("{}", target.id));
        }
        const auto answer = ask_daemon(settings.control, request, kActPatience);
        progress.hide();
        if (!answer.has_value()) {
            CommandError error = daemon_error(settings.control, answer.error());
            if (done > 0) {
                error.text += fmt::format("\n{} of {} items were acted on", done, all);
            }
            return std::unexpected(std::move(error));
        }
        for (const ControlLine& line : *answer) {
            writer.add(line);
        }
        targets = targets.subspan(size);
    }
    return writer.finish() ? Exit::Done : Exit::No;
}

/// The filter for the items of a selection that can be acted on.
ports::HeldFilter filter_to_act(const HeldSelection& selection, core::TimePoint now) {
    ports::HeldFilter filter = filter_for(selection, now);
    filter.states = {HeldState::Held};
    if (!selection.in_doubt) {
        filter.in_doubt = false;
    } else if (!selection.ids.empty()) {
        filter.in_doubt.reset();  // items in doubt or not
    }
    return filter;
}

/// The items that a selection matches now.
struct Selected {
    Targets targets;
    std::set<std::string> senders;
    std::set<std::string> houses;  ///< the senders, with the parts that differ per recipient folded
    std::size_t in_doubt = 0;      ///< items that match too, but are left alone
};

constexpr std::size_t kMostSenders = 10'000;

/// Says how many items are selected, and asks if somebody can answer. True: go on.
core::Result<bool, CommandError> may_go_on(const CommandContext& context,
                                           const HeldActOptions& options,
                                           const Selected& selected) {
    const std::size_t items = selected.targets.all().size();
    if (items <= 1) {
        return true;
    }
    context.err << fmt::format("{} of {}{} will be {}\n",
                               counted(items, "item", "items"),
                               selected.senders.size() < kMostSenders ? "" : "at least ",
                               counted(selected.senders.size(), "sender", "senders"),
                               words_of(options.act).done);
    if (options.yes) {
        return true;
    }
    if (!context.can_ask) {
        if (items <= kMostUnasked) {
            return true;
        }
        return std::unexpected(CommandError{
            Exit::Usage,
            fmt::format("held {}: more than {} items, and no terminal to ask on: say --yes",
                        words_of(options.act).command,
                        kMostUnasked)});
    }
    context.err << "Go on? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return core::starts_with_ignoring_case(core::trim(answer), "y");
}

/// Looks up a selection. In a dry run, shows its items.
core::Result<Selected, CommandError> select(const CommandContext& context,
                                            const HeldActOptions& options,
                                            const OpenHeld& held) {
    Selected selected;
    ports::HeldFilter filter = filter_to_act(options.selection, context.clock.now());
    ItemWriter writer(context);
    auto error = visit_items(held, filter, [&](const HeldItem& item) {
        selected.targets.add(item);
        if (selected.senders.size() < kMostSenders) {
            selected.senders.insert(item.message.sender);
            selected.houses.insert(
                mail::folded_sender(item.message.sender, item.recipient.address));
        }
        if (options.dry_run) {
            writer.add(item);
        }
    });
    writer.finish();
    if (!error.has_value() && filter.in_doubt == false) {
        filter.in_doubt = true;
        error = visit_items(held, filter, [&](const HeldItem&) { ++selected.in_doubt; });
    }
    if (error.has_value()) {
        return std::unexpected(*std::move(error));
    }
    return selected;
}

/// Looks up the selection, asks if needed, and makes the daemon act.
CommandResult act_on_selection(const CommandContext& context, const HeldActOptions& options) {
    const auto held =
        options.dry_run ? open_held_or_empty(context) : open_held(context, HeldUse::Act);
    if (!held.has_value()) {
        return std::unexpected(held.error());
    }
    const auto selected = select(context, options, *held);
    if (!selected.has_value()) {
        return std::unexpected(selected.error());
    }
    if (selected->in_doubt > 0) {
        context.err << fmt::format(
            "{} in doubt left alone: check the MTA's log for a delivery of them, then say "
            "--in-doubt\n",
            counted(selected->in_doubt, "item", "items"));
    }
    const std::span<const Target> targets = selected->targets.all();
    if (targets.empty()) {
        if (releases_campaign(options) && !options.dry_run) {
            const auto continued = continue_campaign(context, held->settings, options.selection);
            if (!continued.has_value() || *continued == Exit::Done) {
                return continued;
            }
        }
        return no_such_items(context);
    }
    if (options.dry_run) {
        context.err << fmt::format("{} would be {}\n",
                                   counted(targets.size(), "item", "items"),
                                   words_of(options.act).done);
        return Exit::Done;
    }
    // A campaign belongs to one sender: two senders may use the same name.
    if (options.selection.campaign.has_value() && !options.selection.sender.has_value() &&
        !options.selection.all && selected->houses.size() > 1) {
        return std::unexpected(several_senders(
            words_of(options.act).command,
            *options.selection.campaign,
            std::vector<std::string>(selected->houses.begin(), selected->houses.end())));
    }
    const auto go_on = may_go_on(context, options, *selected);
    if (!go_on.has_value()) {
        return std::unexpected(go_on.error());
    }
    if (!*go_on) {
        return Exit::No;
    }
    if (releases_campaign(options)) {
        // First, so that no more of the campaign is held while this goes out.
        const auto continued = continue_campaign(context, held->settings, options.selection);
        if (!continued.has_value()) {
            return std::unexpected(continued.error());
        }
    }
    return act_on(context, held->settings, options.act, options.selection.in_doubt, targets);
}

/// Releases one item to another address.
CommandResult release_as(const CommandContext& context, const HeldActOptions& options) {
    const HeldSelection& selection = options.selection;
    if (selection.ids.size() != 1 || has_filter(selection) || selection.all || options.dry_run) {
        return std::unexpected(CommandError{
            Exit::Usage, "held release --as: name one item by its number, and nothing else"});
    }
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto answer =
        ask_daemon(settings->control,
                   {"release-as", fmt::format("{}", selection.ids.front()), options.as},
                   kActPatience);
    if (!answer.has_value()) {
        return std::unexpected(daemon_error(settings->control, answer.error()));
    }
    OutcomeWriter writer(context, words_of(HeldAct::Release).done, 1);
    for (const ControlLine& line : *answer) {
        writer.add(line);
    }
    return writer.finish() ? Exit::Done : Exit::No;
}

/// True when a suppression of `subject` may have held the item.
bool held_for(const HeldItem& item,
              const terms::SuppressionSubject& subject,
              const config::SuppressSettings& settings) {
    if (!item.recipient.finding.is_suppression()) {
        return false;
    }
    const auto address = mail::Address::parse(item.recipient.address, mail::Smtputf8::Yes);
    if (!address.has_value()) {
        return false;
    }
    const auto mailbox = settings.untagged(address->value);
    return terms::covers(subject, address->value) ||
           (mailbox.has_value() && terms::covers(subject, *mailbox));
}

}  // namespace

CommandResult held_act(const CommandContext& context, const HeldActOptions& options) {
    if (!options.as.empty()) {
        return release_as(context, options);
    }
    const HeldSelection& selection = options.selection;
    HeldSelection others = selection;
    others.in_doubt = false;
    const bool narrowed = has_filter(selection.ids.empty() ? selection : others);
    if (selection.ids.empty() && !narrowed && !selection.all) {
        return std::unexpected(
            CommandError{Exit::Usage,
                         fmt::format("held {}: name items by number, select them, or say --all",
                                     words_of(options.act).command)});
    }
    if (selection.ids.empty() || narrowed || options.dry_run) {
        return act_on_selection(context, options);
    }
    // Named items: the daemon reports on each what happened to it, or why nothing did.
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    std::vector<Target> targets;
    targets.reserve(selection.ids.size());
    for (const std::int64_t id : selection.ids) {
        targets.push_back({.id = id});
    }
    return act_on(context, *settings, options.act, selection.in_doubt, targets);
}

CommandResult release_suppressed(const CommandContext& context,
                                 const std::vector<terms::SuppressionSubject>& subjects) {
    const auto held = open_held(context, HeldUse::Act);
    if (!held.has_value()) {
        return std::unexpected(held.error());
    }
    Targets targets;
    auto error =
        visit_items(*held, filter_to_act({}, context.clock.now()), [&](const HeldItem& item) {
            const bool wanted =
                std::ranges::any_of(subjects, [&](const terms::SuppressionSubject& subject) {
                    return held_for(item, subject, held->settings.suppress);
                });
            if (wanted) {
                targets.add(item);
            }
        });
    if (error.has_value()) {
        return std::unexpected(*std::move(error));
    }
    return act_on(context, held->settings, HeldAct::Release, false, targets.all());
}

}  // namespace holdback::milter::ctl
