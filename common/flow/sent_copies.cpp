// SPDX-License-Identifier: Apache-2.0
#include "flow/sent_copies.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/short_digest.hpp"
#include "core/text.hpp"
#include "mail/envelope.hpp"
#include "mail/outcome.hpp"
#include "mail/syntax.hpp"
#include "outbound/findings.hpp"
#include "ports/campaign_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

/// When more copies than this are not yet stored, the message itself waits for the store.
constexpr std::size_t kMostUnwritten = 200'000;
/// A copy known to have left gets a later time than one that was only let go.
constexpr std::chrono::milliseconds kLater{1};

ports::SentKey key_of(std::string_view kind, std::string_view issue, std::string_view whose) {
    const std::array<std::string_view, 3> pieces{kind, issue, whose};
    return static_cast<ports::SentKey>(core::short_digest(pieces));
}

ports::SentKey copy_key(std::string_view issue, std::string_view recipient) {
    return key_of("sent", issue, recipient);
}

/// The key of the time at which this very message was last let go.
ports::SentKey submission_key(const SentMessage& message) {
    return key_of("submission", message.issue, message.submission);
}

std::vector<ports::SentKey> copy_keys(std::string_view issue,
                                      std::span<const mail::Recipient> recipients) {
    std::vector<ports::SentKey> keys;
    keys.reserve(recipients.size() + 1);
    for (const mail::Recipient& recipient : recipients) {
        keys.push_back(copy_key(issue,
                                recipient.syntax.has_value()
                                    ? recipient.syntax->value.key()
                                    : core::to_lower(recipient.as_given())));
    }
    return keys;
}

}  // namespace

core::Result<void, std::string> SentCopies::look_up(const SentMessage& message,
                                                    std::span<const mail::Recipient> recipients,
                                                    std::chrono::seconds window,
                                                    std::vector<outbound::RecipientFacts>& facts) {
    if (message.issue.empty() || window.count() == 0) {
        return {};
    }
    const core::TimePoint since = parts_.clock.now() - window;
    std::vector<ports::SentKey> keys = copy_keys(message.issue, recipients);
    keys.push_back(submission_key(message));
    // Unwritten copies are looked up first, since they may be written between the two look-ups.
    Unwritten known;
    unwritten_.with([&](const Unwritten& unwritten) {
        for (const ports::SentKey key : keys) {
            if (const auto found = unwritten.find(key); found != unwritten.end()) {
                known.insert(*found);
            }
        }
    });
    const auto written = parts_.store.sent(keys, since);
    if (!written.has_value()) {
        return std::unexpected(written.error().what);
    }
    for (const ports::SentCopy& copy : *written) {
        known.insert({copy.key, copy.at});
    }
    const auto time_of = [&](ports::SentKey key) {
        const auto found = known.find(key);
        return found == known.end() ? std::nullopt : found->second;
    };
    const std::optional<core::TimePoint> this_message = time_of(keys.back());
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
        const std::optional<core::TimePoint> at = time_of(keys[i]);
        if (recipients[i].is_counted() && at.has_value() && *at >= since && at != this_message) {
            facts.at(i).sent_at = at;
        }
    }
    return {};
}

void SentCopies::let_go(const SentMessage& message,
                        std::string_view queue_id,
                        std::span<const mail::Recipient> recipients) {
    if (message.issue.empty() || recipients.empty()) {
        return;
    }
    const core::TimePoint now = parts_.clock.now();
    std::vector<ports::SentKey> keys = copy_keys(message.issue, recipients);
    keys.push_back(submission_key(message));
    note(keys, now);
    keys.pop_back();
    std::ranges::sort(keys);
    going_.with([&](Going& going) {
        const std::size_t many = keys.size();
        going.note(
            queue_id, now, many, {.issue = message.issue, .keys = std::move(keys), .at = now});
    });
}

void SentCopies::left(std::string_view issue, std::string_view recipient) {
    if (!issue.empty()) {
        const std::array keys{copy_key(issue, mail::recipient_key(recipient))};
        note(keys, parts_.clock.now() + kLater);
    }
}

bool SentCopies::on_outcome(const ports::JournalEntry& entry, core::TimePoint now) {
    const mail::MtaOutcome& outcome = entry.outcome;
    std::vector<ports::SentKey> keys;
    core::TimePoint known_at = now;
    going_.with([&](const Going& going) {
        const LetGo* const message = going.find(outcome.queue_id, outcome.at);
        if (message == nullptr) {
            return;
        }
        known_at = std::max(now, message->at + kLater);
        for (const std::string& name :
             {entry.key, mail::recipient_key(outcome.original_recipient)}) {
            const ports::SentKey key = copy_key(message->issue, name);
            if (std::ranges::binary_search(message->keys, key)) {
                keys.push_back(key);
            }
        }
    });
    const bool is_back = outcome.result == mail::DeliveryResult::Bounced;
    note(keys, is_back ? std::nullopt : std::optional(known_at));
    return true;
}

bool SentCopies::on_refused(const mail::DroppedMessage& message, core::TimePoint /*now*/) {
    const auto keys = going_.with([&](const Going& going) {
        const LetGo* const known = going.find(message.queue_id, message.at);
        return known == nullptr ? std::vector<ports::SentKey>() : known->keys;
    });
    note(keys, std::nullopt);
    return true;
}

void SentCopies::note(std::span<const ports::SentKey> keys, std::optional<core::TimePoint> at) {
    const std::size_t waiting = unwritten_.with([&](Unwritten& unwritten) {
        for (const ports::SentKey key : keys) {
            unwritten.insert_or_assign(key, at);
        }
        return unwritten.size();
    });
    if (waiting > kMostUnwritten) {
        work();
    }
}

void SentCopies::work() {
    // They stay in memory until they are in the store.
    const Unwritten waiting = unwritten_.with([](const Unwritten& unwritten) { return unwritten; });
    if (waiting.empty()) {
        return;
    }
    std::vector<ports::SentCopy> copies;
    std::vector<ports::SentKey> gone;
    for (const auto& [key, at] : waiting) {
        if (at.has_value()) {
            copies.push_back({.key = key, .at = *at});
        } else {
            gone.push_back(key);
        }
    }
    std::ranges::sort(copies, {}, &ports::SentCopy::key);
    auto written = parts_.store.remember_sent(copies);
    if (written.has_value() && !gone.empty()) {
        written = parts_.store.forget_sent(gone);
    }
    unwritten_.with([&](Unwritten& unwritten) {
        if (!written.has_value() && unwritten.size() <= kMostUnwritten) {
            return;  // next time
        }
        std::erase_if(unwritten, [&](const auto& entry) {
            const auto found = waiting.find(entry.first);
            return found != waiting.end() && found->second == entry.second;
        });
    });
    if (!written.has_value()) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("store: recipients of campaigns are not written down: {}",
                                     core::log_safe(written.error().what)));
    }
}

}  // namespace holdback::flow
