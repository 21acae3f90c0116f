// SPDX-License-Identifier: Apache-2.0
#include "flow/held/doubts.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "mail/outcome.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

/// Most items in one turn; as many as a large message has.
constexpr std::size_t kMostInTurn = 2000;
constexpr std::chrono::seconds kBetweenLooks{5};
/// The log's times are truncated to seconds.
constexpr std::chrono::seconds kLogSlack{2};

/// True when the line is about the recipient, by the present address or the one before aliases.
bool is_about(const terms::HeldRecipient& recipient, const ports::JournalEntry& entry) {
    const std::string key = mail::recipient_key(recipient.address);
    return entry.key == key || mail::recipient_key(entry.outcome.original_recipient) == key;
}

std::string_view plain_words(mail::DeliveryResult result) {
    switch (result) {
        case mail::DeliveryResult::Sent:
            return "has delivered it";
        case mail::DeliveryResult::Deferred:
            return "tries to deliver it";
        case mail::DeliveryResult::Bounced:
            return "has returned it";
    }
    return "has it";
}

std::string text_of(const mail::MtaOutcome& outcome) {
    return fmt::format("by the MTA's log, the MTA {}: {}: {}",
                       plain_words(outcome.result),
                       outcome.queue_id,
                       outcome.text);
}

}  // namespace

std::optional<ports::JournalEntry> proof_of_copy(const ports::HeldItem& item,
                                                 std::span<const ports::JournalEntry> entries) {
    const auto& [message, recipient] = item;
    // Our own mail is in doubt about the message that it reports, until it is sent itself.
    const bool is_copy = message.kind == terms::HeldKind::Mail || recipient.attempts > 0;
    if (!recipient.in_doubt || !is_copy || recipient.mta_queue_id.empty() ||
        !recipient.mta_since.has_value()) {
        return std::nullopt;
    }
    const core::TimePoint earliest = *recipient.mta_since - kLogSlack;
    std::optional<ports::JournalEntry> proof;
    for (const ports::JournalEntry& entry : entries) {
        const mail::MtaOutcome& outcome = entry.outcome;
        // Queue ids are used again after a while; then time or sender differs.
        const bool is_sender = !outcome.sender.has_value() ||
                               core::equals_ignoring_case(*outcome.sender, message.sender);
        if (outcome.queue_id == recipient.mta_queue_id && outcome.at >= earliest && is_sender &&
            is_about(recipient, entry)) {
            proof = entry;
        }
    }
    return proof;
}

bool Doubts::on_outcome(const ports::JournalEntry& /*entry*/, core::TimePoint /*now*/) {
    return true;  // `work` finds it in the journal
}

bool Doubts::is_log_trusted() const {
    return parts_.is_log_trusted == nullptr || parts_.is_log_trusted();
}

bool Doubts::on_dropped(const mail::DroppedMessage& message, core::TimePoint now) {
    if (!is_log_trusted()) {
        return true;
    }
    const std::string why =
        fmt::format("no longer in doubt: the MTA's log says that it dropped {}, as it was told",
                    message.queue_id);
    const auto settled =
        ports::settle_dropped(parts_.held, message.queue_id, message.at + kLogSlack, why, now);
    if (!settled.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "the drop of a message by the MTA is not written down",
                     settled.error().what);
        return false;
    }
    if (!settled->empty()) {
        parts_.log.write(ports::Severity::Info,
                         fmt::format("release: {} held items are no longer in doubt: the MTA's log "
                                     "says that it dropped {}",
                                     settled->size(),
                                     core::log_safe(message.queue_id)));
    }
    return true;
}

void Doubts::work() {
    const core::SteadyPoint now = parts_.clock.steady_now();
    if (now < next_look_ || !is_log_trusted()) {
        return;
    }
    ports::HeldFilter filter;
    filter.after = seen_up_to_;
    // A refused recipient is returned at once, while its DSN waits for the MTA's answer.
    filter.states = {terms::HeldState::Held, terms::HeldState::Returned};
    filter.in_doubt = true;
    std::vector<ports::HeldItem> items;
    const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
        items.push_back(item);
        return items.size() < kMostInTurn;
    });
    if (!listed.has_value()) {
        trouble_.say(
            ports::Severity::Error, "items in doubt can't be looked up", listed.error().what);
        return;
    }
    const bool is_full = items.size() == kMostInTurn;
    seen_up_to_ = is_full ? items.back().recipient.id : 0;
    next_look_ = is_full ? now : now + kBetweenLooks;
    settle(items);
}

void Doubts::settle(std::span<const ports::HeldItem> items) {
    std::vector<ports::FoundCopy> copies;
    std::vector<const ports::HeldItem*> found;
    std::string queue_id;
    std::vector<ports::JournalEntry> entries;  // of that queue id
    for (const ports::HeldItem& item : items) {
        if (item.recipient.mta_queue_id.empty()) {
            continue;
        }
        // The items of one message are next to each other.
        if (item.recipient.mta_queue_id != queue_id) {
            auto outcomes = parts_.journal.outcomes_of(item.recipient.mta_queue_id);
            if (!outcomes.has_value()) {
                trouble_.say(ports::Severity::Error,
                             "the journal can't be asked about items in doubt",
                             outcomes.error().what);
                return;
            }
            queue_id = item.recipient.mta_queue_id;
            entries = *std::move(outcomes);
        }
        if (const auto proof = proof_of_copy(item, entries)) {
            copies.push_back(
                {.id = item.recipient.id, .queue_id = queue_id, .text = text_of(proof->outcome)});
            found.push_back(&item);
        }
    }
    if (copies.empty()) {
        return;
    }
    const auto settled = ports::settle_found(parts_.held, copies, parts_.clock.now());
    if (!settled.has_value()) {
        // They are found again at the next look.
        trouble_.say(
            ports::Severity::Error, "the end of a doubt is not written down", settled.error().what);
        return;
    }
    for (std::size_t i = 0; i < copies.size(); ++i) {
        if (std::ranges::find(*settled, copies[i].id) != settled->end()) {
            report(*found[i], copies[i]);
        }
    }
}

void Doubts::report(const ports::HeldItem& item, const ports::FoundCopy& copy) {
    if (parts_.campaigns != nullptr) {
        parts_.campaigns->sent().left(item.message.issue, item.recipient.address);
    }
    report::ReleaseDecision line;
    line.verdict = report::ReleaseVerdict::Released;
    line.item = item.recipient.id;
    line.sender = item.message.sender;
    line.recipient = item.recipient.address;
    line.answer = copy.text;
    line.cause = "maillog";
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

}  // namespace holdback::flow::held
