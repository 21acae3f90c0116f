// SPDX-License-Identifier: Apache-2.0
#include "flow/held/releases.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/returns.hpp"
#include "mail/envelope.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/submitter.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using What = ItemOutcome::What;

/// The time that the MTA gets for one message.
constexpr std::chrono::minutes kSubmitTime{5};
constexpr std::chrono::minutes kFirstRetry{1};
constexpr std::chrono::hours kLongestRetry{1};

std::string token_hash(std::string_view token) {
    const std::array pieces{token};
    return core::digest_hex(pieces);
}

/// Names a sender and a recipient; the parts can't hold a NUL.
std::string pair_key(std::string_view sender, std::string_view recipient) {
    std::string key = core::to_lower(sender);
    key += '\0';
    key += core::to_lower(recipient);
    return key;
}

/// The delay doubles with each attempt, up to a limit.
std::chrono::minutes retry_delay(int attempts) {
    constexpr int kMostDoublings = 6;
    const int doublings = std::clamp(attempts - 1, 0, kMostDoublings);
    return std::min<std::chrono::minutes>(kFirstRetry * (1 << doublings), kLongestRetry);
}

ItemOutcome outcome_of(std::int64_t id, const ports::RecipientOutcome& outcome) {
    if (const auto* accepted = std::get_if<ports::Accepted>(&outcome)) {
        return {id, What::Released, accepted->answer};
    }
    if (const auto* refused = std::get_if<ports::Refused>(&outcome)) {
        return {id, What::Refused, refused->reply.line()};
    }
    return {id, What::Interrupted, std::get<ports::Interrupted>(outcome).what};
}

/// What the store records. After a permanent refusal, or when the message may have left, the item
/// waits for a person. Otherwise it is tried again, each time later.
ports::ReleaseEnd end_of(const terms::HeldRecipient& recipient,
                         const ports::RecipientOutcome& outcome,
                         core::TimePoint now) {
    ports::ReleaseEnd end{.id = recipient.id,
                          .what = ports::ReleaseEnd::What::Failed,
                          .answer = {},
                          .retry_at = now + retry_delay(recipient.attempts + 1)};
    if (std::holds_alternative<ports::Accepted>(outcome)) {
        end.what = ports::ReleaseEnd::What::Released;
    } else if (const auto* refused = std::get_if<ports::Refused>(&outcome)) {
        if (refused->reply.is_permanent()) {
            end.retry_at = std::nullopt;
        }
    } else if (std::get<ports::Interrupted>(outcome).in_doubt) {
        end.what = ports::ReleaseEnd::What::Unknown;
        end.retry_at = std::nullopt;
    }
    return end;
}

}  // namespace

std::map<std::string, Items> Releases::by_notify(OfMessage of_message) {
    std::map<std::string, Items> parts;
    for (const ports::HeldItem& item : of_message) {
        const auto notify = mail::argument_value(item.recipient.arguments, "NOTIFY");
        parts[core::to_lower(notify.value_or(""))].push_back(item);
    }
    return parts;
}

std::vector<ItemOutcome> Releases::release(std::span<const std::int64_t> ids,
                                           const config::HoldSettings& settings,
                                           std::string_view cause,
                                           ports::InDoubt in_doubt) {
    return act_by_message(
        parts_.held, ids, in_doubt, [&](OfMessage of_message, std::vector<ItemOutcome>& outcomes) {
            if (!parts_.make_submitter(settings)->has_one_notify()) {
                release_message(of_message, settings, cause, in_doubt, outcomes);
                return;
            }
            for (const auto& [notify, items] : by_notify(of_message)) {
                release_message(items, settings, cause, in_doubt, outcomes);
            }
        });
}

void Releases::release_message(OfMessage of_message,
                               const config::HoldSettings& settings,
                               std::string_view cause,
                               ports::InDoubt in_doubt,
                               std::vector<ItemOutcome>& outcomes) {
    const std::vector<std::int64_t> ids = ids_of(of_message);
    if (const std::string damage = parts_.copies.look_at(of_message.front().message);
        !damage.empty()) {
        for (const std::int64_t id : ids) {
            outcomes.push_back({id, What::Damaged, damage});
        }
        parts_.returns.give_back_good(of_message, kDamagedCopy);
        return;
    }
    const std::string token = parts_.make_token();
    const auto moved = ports::begin_release(
        parts_.held, ids, in_doubt, token_hash(token), cause, parts_.clock.now());
    if (!moved.has_value()) {
        parts_.trouble.say(
            ports::Severity::Error, "held mail can't be released", moved.error().what);
        for (const std::int64_t id : ids) {
            outcomes.push_back({id, What::Failed, moved.error().what});
        }
        return;
    }
    Items ours;
    std::ranges::copy_if(of_message, std::back_inserter(ours), [&](const ports::HeldItem& item) {
        return std::ranges::find(*moved, item.recipient.id) != moved->end();
    });
    if (ours.empty()) {
        return;
    }
    const auto results = submit(ours, token, settings);
    std::vector<ports::ReleaseEnd> ends;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        outcomes.push_back(outcome_of(ours[i].recipient.id, results.at(i)));
        ends.push_back(end_of(ours[i].recipient, results.at(i), parts_.clock.now()));
        ends.back().answer = outcomes.back().answer;
    }
    settle(std::move(ends));
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (outcomes[outcomes.size() - ours.size() + i].what == What::Released) {
            tell_left(ours[i]);
        }
        log_outcome(parts_.log, ours[i], outcomes[outcomes.size() - ours.size() + i], cause);
    }
    Items refused;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const auto* const answer = std::get_if<ports::Refused>(&results[i]);
        if (answer != nullptr && answer->reply.is_permanent()) {
            refused.push_back(ours[i]);
        }
    }
    parts_.returns.give_back_good(refused, kRefusedByMta);
}

void Releases::tell_left(const ports::HeldItem& item) const {
    if (parts_.campaigns != nullptr) {
        parts_.campaigns->sent().left(item.message.issue, item.recipient.address);
    }
    if (parts_.item_left) {
        parts_.item_left(item);
    }
}

std::vector<ports::RecipientOutcome> Releases::submit(OfMessage items,
                                                      const std::string& token,
                                                      const config::HoldSettings& settings) {
    const terms::HeldMessage& message = items.front().message;
    ports::Submission submission;
    submission.sender = message.sender;
    submission.sender_arguments = message.sender_arguments;
    submission.waited = std::chrono::duration_cast<std::chrono::seconds>(
        std::max(parts_.clock.now() - message.held_at, core::TimePoint::duration::zero()));
    submission.first_header = fmt::format("{}: {}\r\n", kReleaseField, token);
    std::vector<std::string> keys;
    for (const ports::HeldItem& item : items) {
        submission.recipients.push_back({item.recipient.address, item.recipient.arguments});
        keys.push_back(pair_key(message.sender, item.recipient.address));
    }
    submission.read = [&](const std::function<bool(std::string_view)>& take) {
        return parts_.spool.read(message, take).has_value();
    };
    submission.before_end = [&] {
        return ports::about_to_leave(parts_.held, token_hash(token), parts_.clock.now())
            .has_value();
    };
    under_way_.with([&](auto& set) { set.insert(keys.begin(), keys.end()); });
    auto results = parts_.make_submitter(settings)->submit(submission,
                                                           parts_.clock.steady_now() + kSubmitTime);
    under_way_.with([&](auto& set) {
        for (const std::string& key : keys) {
            set.extract(key);
        }
    });
    return results;
}

void Releases::settle(std::vector<ports::ReleaseEnd> ends) {
    const auto settled = ports::settle(parts_.held, ends, parts_.clock.now());
    if (settled.has_value()) {
        return;
    }
    parts_.log.write(
        ports::Severity::Error,
        fmt::format("release: the end of {} items waits for the store, the first is {}: {}",
                    ends.size(),
                    ends.front().id,
                    core::log_safe(settled.error().what)));
    unsettled_.with([&](std::vector<ports::ReleaseEnd>& waiting) {
        std::ranges::move(ends, std::back_inserter(waiting));
    });
}

void Releases::settle_again() {
    std::vector<ports::ReleaseEnd> waiting;
    unsettled_.with([&](std::vector<ports::ReleaseEnd>& all) { waiting.swap(all); });
    if (waiting.empty()) {
        return;
    }
    const auto settled = ports::settle(parts_.held, waiting, parts_.clock.now());
    if (settled.has_value()) {
        return;
    }
    parts_.trouble.say(
        ports::Severity::Error, "the end of a release is not written down", settled.error().what);
    unsettled_.with([&](std::vector<ports::ReleaseEnd>& all) {
        std::ranges::move(waiting, std::back_inserter(all));
    });
}

std::optional<terms::HeldKind> Releases::claim(std::string_view token,
                                               const mail::Envelope& envelope) {
    const auto claimed =
        ports::claim_token(parts_.held, token_hash(token), envelope.queue_id, parts_.clock.now());
    if (!claimed.has_value()) {
        parts_.trouble.say(ports::Severity::Error,
                           "the token of a release can't be looked up",
                           claimed.error().what);
        return std::nullopt;
    }
    const std::optional<ports::ReleaseGrant>& grant = *claimed;
    if (!grant.has_value() || !core::equals_ignoring_case(grant->sender, envelope.sender_text())) {
        return std::nullopt;
    }
    const bool goes_to_them =
        std::ranges::all_of(envelope.recipients, [&](const mail::Recipient& recipient) {
            return std::ranges::any_of(grant->addresses, [&](std::string_view address) {
                return core::equals_ignoring_case(address, recipient.as_given());
            });
        });
    return goes_to_them ? std::optional(grant->kind) : std::nullopt;
}

bool Releases::is_releasing(const mail::Envelope& envelope,
                            const mail::Recipient& recipient) const {
    const std::string key = pair_key(envelope.sender_text(), recipient.as_given());
    return under_way_.with([&](const auto& set) { return set.contains(key); });
}

}  // namespace holdback::flow::held
