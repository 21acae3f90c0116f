// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/held/held_end.hpp"

#include "core/result.hpp"
#include "mail/outcome.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

// A filter may give a message back under another queue id, and the next filter again.
constexpr int kMostHops = 5;

/// The last outcome for the recipient, by the final address or the one before aliases.
std::optional<ports::JournalEntry> last_for(const std::vector<ports::JournalEntry>& entries,
                                            std::string_view key) {
    std::optional<ports::JournalEntry> last;
    for (const ports::JournalEntry& entry : entries) {
        if (entry.key == key || mail::recipient_key(entry.outcome.original_recipient) == key) {
            last = entry;
        }
    }
    return last;
}

std::string_view plain_words(mail::DeliveryResult result) {
    switch (result) {
        case mail::DeliveryResult::Sent:
            return "delivered";
        case mail::DeliveryResult::Deferred:
            return "deferred, the MTA tries again";
        case mail::DeliveryResult::Bounced:
            return "bounced";
    }
    std::unreachable();
}

}  // namespace

core::Result<std::optional<ports::JournalEntry>, ports::StoreError> end_of(
    const ports::Journal& journal, const terms::HeldRecipient& recipient) {
    std::optional<ports::JournalEntry> end;
    if (recipient.state != terms::HeldState::Released) {
        return end;
    }
    const std::string key = mail::recipient_key(recipient.address);
    std::optional<std::string> queue_id = mail::queue_id_in_reply(recipient.last_answer);
    if (!queue_id.has_value() && !recipient.mta_queue_id.empty()) {
        queue_id = recipient.mta_queue_id;  // under which it passed the milter
    }
    for (int hop = 0; hop < kMostHops && queue_id.has_value(); ++hop) {
        const auto entries = journal.outcomes_of(*queue_id);
        if (!entries.has_value()) {
            return std::unexpected(entries.error());
        }
        const auto found = last_for(*entries, key);
        if (!found.has_value()) {
            break;
        }
        end = found;
        const bool handed_on =
            found->outcome.result == mail::DeliveryResult::Sent && !found->accepted;
        queue_id = handed_on ? mail::queue_id_in_reply(found->outcome.text) : std::nullopt;
    }
    return end;
}

std::string end_text(const terms::HeldRecipient& recipient,
                     const std::optional<ports::JournalEntry>& end) {
    if (recipient.state != terms::HeldState::Released) {
        return {};
    }
    if (!end.has_value()) {
        return "not known";
    }
    const mail::MtaOutcome& outcome = end->outcome;
    const std::string& relay = outcome.relay.empty() ? outcome.relay_address : outcome.relay;
    return fmt::format("{} at {}: {}{}{}",
                       plain_words(outcome.result),
                       iso_time(outcome.at),
                       relay,
                       relay.empty() ? "" : ": ",
                       outcome.text);
}

Json end_json(const std::optional<ports::JournalEntry>& end) {
    if (!end.has_value()) {
        return nullptr;
    }
    const mail::MtaOutcome& outcome = end->outcome;
    return {{"result", wire_name(outcome.result)},
            {"at", iso_time(outcome.at)},
            {"queue_id", text_or_null(outcome.queue_id)},
            {"relay", text_or_null(outcome.relay)},
            {"address", text_or_null(outcome.relay_address)},
            {"status", text_or_null(outcome.status.has_value() ? outcome.status->text() : "")},
            {"text", text_or_null(outcome.text)}};
}

}  // namespace holdback::milter::ctl
