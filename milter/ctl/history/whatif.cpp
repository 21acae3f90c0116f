// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/history/whatif.hpp"

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/settings/user_senders_file.hpp"
#include "io/sqlite/sqlite_decisions.hpp"
#include "io/sqlite/sqlite_journal.hpp"
#include "mail/outcome.hpp"
#include "mail/transport.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/history/whatif_output.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/progress.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/time.hpp"
#include "milter/load.hpp"
#include "ports/decision_log.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"
#include "replay/recorded.hpp"
#include "replay/replay.hpp"
#include "report/what_if.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using replay::RecordedMessage;
using report::KnownEnd;

/// An MTA reuses queue ids after some time, and its clock and ours may differ a little.
constexpr std::chrono::minutes kClocks{1};
constexpr std::chrono::days kLongestDelivery{14};
/// At most this many outcomes of one recipient are looked at.
constexpr std::size_t kMostHistory = 50;

using EndsByKey = std::map<std::string, KnownEnd, std::less<>>;

/// At most this many hand-overs between our own programs are followed.
constexpr int kMostHops = 4;

/// True when the MTA handed the mail by SMTP to another program, a content filter or a relay of
/// ours. That is not a delivery.
bool is_hand_over(const ports::JournalEntry& entry) {
    return entry.outcome.result == mail::DeliveryResult::Sent && !entry.accepted &&
           !mail::is_local_transport(entry.outcome.mailer);
}

KnownEnd end_of(mail::DeliveryResult result) {
    switch (result) {
        case mail::DeliveryResult::Sent:
            return KnownEnd::Delivered;
        case mail::DeliveryResult::Deferred:
            return KnownEnd::Deferred;
        case mail::DeliveryResult::Bounced:
            return KnownEnd::Bounced;
    }
    return KnownEnd::Unknown;
}

bool falls_to(const RecordedMessage& message, const mail::MtaOutcome& outcome) {
    return outcome.at >= message.at - kClocks && outcome.at < message.at + kLongestDelivery;
}

/// Finds in the journal how mail ended. Remembers when the store is out of reach.
class EndFinder {
public:
    explicit EndFinder(const ports::Journal& journal) : journal_(&journal) {}

    /// One end per recipient, by the queue id of the message. A held recipient's mail may have left
    /// under another queue id: it is found by recipient, sender and time.
    std::vector<KnownEnd> ends_of(const RecordedMessage& message) {
        const EndsByKey by_key = by_queue_id(message);
        std::vector<KnownEnd> ends;
        ends.reserve(message.recipients.size());
        for (const replay::RecordedRecipient& recipient : message.recipients) {
            const std::string key = mail::recipient_key(recipient.address);
            const auto known = by_key.find(key);
            if (known != by_key.end()) {
                ends.push_back(known->second);
            } else {
                ends.push_back(recipient.held_id.has_value() ? after_release(message, key)
                                                             : KnownEnd::Unknown);
            }
        }
        return ends;
    }

    [[nodiscard]] const std::optional<ports::StoreError>& trouble() const { return trouble_; }

private:
    EndsByKey by_queue_id(const RecordedMessage& message) {
        EndsByKey ends;
        if (message.queue_id.empty()) {
            return ends;
        }
        const auto outcomes = journal_->outcomes_of(message.queue_id);
        if (!outcomes.has_value()) {
            trouble_ = outcomes.error();
            return ends;
        }
        for (const ports::JournalEntry& entry : *outcomes) {
            if (!falls_to(message, entry.outcome)) {
                continue;
            }
            const KnownEnd end =
                is_hand_over(entry) ? behind(entry, message) : end_of(entry.outcome.result);
            ends.insert_or_assign(entry.key, end);
            if (!entry.outcome.original_recipient.empty()) {
                ends.insert_or_assign(mail::recipient_key(entry.outcome.original_recipient), end);
            }
        }
        return ends;
    }

    /// How mail ended that was handed over. Follows the queue ids in the replies, as long as the
    /// log knows them.
    KnownEnd behind(ports::JournalEntry handed, const RecordedMessage& message) {
        for (int hop = 0; hop < kMostHops; ++hop) {
            const std::string text = handed.outcome.reply.has_value() ? handed.outcome.reply->text()
                                                                      : handed.outcome.text;
            const auto next = mail::queue_id_in_reply(text);
            if (!next.has_value()) {
                return KnownEnd::Unknown;
            }
            const auto outcomes = journal_->outcomes_of(*next);
            if (!outcomes.has_value()) {
                trouble_ = outcomes.error();
                return KnownEnd::Unknown;
            }
            const auto last = std::ranges::find_if(
                std::views::reverse(*outcomes), [&](const ports::JournalEntry& entry) {
                    return entry.key == handed.key && falls_to(message, entry.outcome);
                });
            if (last == outcomes->rend()) {
                return KnownEnd::Unknown;
            }
            if (!is_hand_over(*last)) {
                return end_of(last->outcome.result);
            }
            handed = *last;
        }
        return KnownEnd::Unknown;
    }

    KnownEnd after_release(const RecordedMessage& message, const std::string& key) {
        const auto history = journal_->history_of(key, kMostHistory);
        if (!history.has_value()) {
            trouble_ = history.error();
            return KnownEnd::Unknown;
        }
        KnownEnd end = KnownEnd::Unknown;
        const std::string sender = message.sender_text();
        for (const ports::JournalEntry& entry : std::views::reverse(*history)) {
            if (!falls_to(message, entry.outcome) || entry.outcome.sender != sender ||
                is_hand_over(entry)) {
                continue;
            }
            end = end_of(entry.outcome.result);
            if (end != KnownEnd::Deferred) {
                break;
            }
        }
        return end;
    }

    const ports::Journal* journal_;
    std::optional<ports::StoreError> trouble_;
};

bool changes(const RecordedMessage& message, const std::vector<replay::Replayed>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto* now = std::get_if<replay::ReplayedVerdict>(&answers[i]);
        if (now != nullptr && report::WhatIf::change_of(message.recipients.at(i), *now).is_one()) {
            return true;
        }
    }
    return false;
}

void write_changes(const CommandContext& context,
                   const RecordedMessage& message,
                   const std::vector<replay::Replayed>& answers,
                   const std::vector<KnownEnd>& ends) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto* now = std::get_if<replay::ReplayedVerdict>(&answers[i]);
        if (now == nullptr) {
            continue;
        }
        const report::ChangedRecipient changed{
            .at = message.at,
            .queue_id = message.queue_id,
            .sender = message.sender_text(),
            .address = message.recipients.at(i).address,
            .change = report::WhatIf::change_of(message.recipients.at(i), *now),
            .end = ends.at(i)};
        if (changed.change.is_one()) {
            write_changed(context, changed);
        }
    }
}

/// The settings to try, and what their sources of `sender_logins` say now.
struct Tried {
    config::Settings settings;
    config::SenderLogins logins;
};

/// Writes out what of the MTA's tables can't be read.
core::Result<config::SenderLogins, CommandError> load_logins(
    const CommandContext& context, const config::OutgoingSettings& settings) {
    auto logins = io::settings::load_user_senders(settings);
    if (!logins.has_value()) {
        return std::unexpected(settings_error(logins.error()));
    }
    for (std::shared_ptr<const config::LoginSource>& source : read_logins_now(settings)) {
        if (const auto* owners = std::get_if<config::SenderOwners>(&source->content)) {
            for (const std::string& trouble : owners->troubles) {
                context.err << fmt::format("holdbackctl: {}\n", for_people(trouble));
            }
        }
        logins->add(std::move(source));
    }
    return *std::move(logins);
}

/// Loads what is to be tried, and warns of settings that have no effect.
core::Result<Tried, CommandError> load_tried(const CommandContext& context,
                                             const std::string& path) {
    CommandContext other = context;
    other.settings_path = path;
    auto settings = load_tool_settings(other);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    for (const config::Contradiction& each : config::without_effect(*settings)) {
        context.err << fmt::format(
            "holdbackctl: {}: {} {}\n", for_people(path), each.key, each.message);
    }
    auto logins = load_logins(context, settings->outgoing);
    if (!logins.has_value()) {
        return std::unexpected(logins.error());
    }
    return Tried{.settings = *std::move(settings), .logins = *std::move(logins)};
}

}  // namespace

CommandResult what_if(const CommandContext& context, const WhatIfOptions& options) {
    const auto now = load_tried(context, options.settings);
    if (!now.has_value()) {
        return std::unexpected(now.error());
    }
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto since = parse_when(options.since, context.clock.now());
    if (!since.has_value()) {
        return std::unexpected(since.error());
    }
    const auto database = open_store(settings->store, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    const io::sqlite::SqliteDecisions decisions(**database);
    const io::sqlite::SqliteJournal journal(**database);
    const ports::DecisionFilter filter{
        .since = *since,
        .sender = options.sender == "<>" ? std::optional<std::string>("") : options.sender};
    const auto count = decisions.count(filter);
    if (!count.has_value()) {
        return std::unexpected(store_error(count.error().what));
    }
    if (*count == 0) {
        context.err << "holdbackctl: no decision was recorded since then\n";
        return Exit::No;
    }
    Progress progress(context, "recipients", static_cast<std::uintmax_t>(*count));
    report::WhatIf sums;
    EndFinder finder(journal);
    std::size_t done = 0;
    const auto visited = decisions.visit(filter, [&](const RecordedMessage& message) {
        const std::vector<replay::Replayed> answers =
            replay::replay(message, now->settings, now->logins);
        std::vector<KnownEnd> ends;
        if (changes(message, answers)) {
            ends = finder.ends_of(message);
            if (options.show == WhatIfOptions::Show::All) {
                progress.hide();
                write_changes(context, message, answers, ends);
            }
        }
        sums.add(message, answers, ends, now->settings);
        done += message.recipients.size();
        progress.show(done, done);
        return !finder.trouble().has_value();
    });
    progress.hide();
    if (!visited.has_value()) {
        return std::unexpected(store_error(visited.error().what));
    }
    if (const std::optional<ports::StoreError>& trouble = finder.trouble()) {
        return std::unexpected(store_error(trouble->what));
    }
    write_what_if(context, sums, options.settings, *since);
    return Exit::Done;
}

}  // namespace holdback::milter::ctl
