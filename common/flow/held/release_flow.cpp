// SPDX-License-Identifier: Apache-2.0
#include "flow/held/release_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/envelope.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/submitter.hpp"
#include "report/decision.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
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

/// The MTA gets this long for one message.
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

/// Doubles from attempt to attempt, up to a limit.
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

/// What the store writes down. A permanent no, or a message that may have left already, waits for a
/// person's word; everything else is tried again, later from time to time.
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

/// Of an item about which nothing was done.
ItemOutcome why_left_alone(const terms::HeldRecipient& recipient) {
    if (recipient.state != terms::HeldState::Held) {
        return {recipient.id, What::NotHeld, fmt::format("it is {}", wire_name(recipient.state))};
    }
    if (!recipient.in_doubt) {
        return {recipient.id, What::NotHeld, "somebody else acted on it, try again"};
    }
    // A doubt of this moment has no words of its own.
    return {recipient.id,
            What::InDoubt,
            recipient.last_answer.empty()
                ? "the MTA has not gone on after this message yet, try again in a moment"
                : "the MTA may have a copy: holdbackctl held show says what to look for in its log;"
                  " then say --in-doubt"};
}

}  // namespace

std::string_view wire_name(ItemOutcome::What what) {
    switch (what) {
        case What::Released:
            return "released";
        case What::Returned:
            return "returned";
        case What::Discarded:
            return "discarded";
        case What::Refused:
            return "refused";
        case What::Interrupted:
            return "interrupted";
        case What::NotHeld:
            return "not-held";
        case What::InDoubt:
            return "in-doubt";
        case What::Damaged:
            return "damaged";
        case What::Untold:
            return "untold";
        case What::Failed:
            return "failed";
    }
    return "failed";
}

core::Result<ReleaseFlow::Items, std::string> ReleaseFlow::items(const ports::HeldFilter& filter,
                                                                 std::size_t most) {
    Items found;
    const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
        found.push_back(item);
        return most == 0 || found.size() < most;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error().what);
    }
    return found;
}

std::vector<ItemOutcome> ReleaseFlow::with_held(std::span<const std::int64_t> ids,
                                                ports::InDoubt in_doubt,
                                                const Act& act) {
    std::vector<ItemOutcome> outcomes;
    outcomes.reserve(ids.size());
    ports::HeldFilter filter;
    filter.ids.assign(ids.begin(), ids.end());
    filter.states = {terms::HeldState::Held};
    if (in_doubt == ports::InDoubt::LeaveAlone) {
        filter.in_doubt = false;
    }
    const auto found = ids.empty() ? core::Result<Items, std::string>(Items{}) : items(filter);
    if (!found.has_value()) {
        for (const std::int64_t id : ids) {
            outcomes.push_back({id, What::Failed, found.error()});
        }
        return outcomes;
    }
    if (!found->empty()) {
        act(*found, outcomes);
    }
    std::map<std::int64_t, ItemOutcome> by_id;
    for (ItemOutcome& outcome : outcomes) {
        by_id.insert_or_assign(outcome.id, std::move(outcome));
    }
    explain_the_rest(ids, by_id);
    std::vector<ItemOutcome> in_order;
    in_order.reserve(ids.size());
    for (const std::int64_t id : ids) {
        const auto known = by_id.find(id);
        in_order.push_back(known != by_id.end() ? known->second
                                                : ItemOutcome{id, What::NotHeld, "no such item"});
    }
    return in_order;
}

void ReleaseFlow::explain_the_rest(std::span<const std::int64_t> ids,
                                   std::map<std::int64_t, ItemOutcome>& by_id) {
    ports::HeldFilter others;
    std::ranges::copy_if(
        ids, std::back_inserter(others.ids), [&](std::int64_t id) { return !by_id.contains(id); });
    if (others.ids.empty()) {
        return;
    }
    const auto found = items(others);
    if (!found.has_value()) {
        for (const std::int64_t id : others.ids) {
            by_id.insert_or_assign(id, ItemOutcome{id, What::Failed, found.error()});
        }
        return;
    }
    for (const ports::HeldItem& item : *found) {
        by_id.insert_or_assign(item.recipient.id, why_left_alone(item.recipient));
    }
}

std::vector<ItemOutcome> ReleaseFlow::each_message(std::span<const std::int64_t> ids,
                                                   ports::InDoubt in_doubt,
                                                   const Act& act) {
    return with_held(ids, in_doubt, [&](OfMessage found, std::vector<ItemOutcome>& outcomes) {
        std::map<std::string, Items> by_message;
        for (const ports::HeldItem& item : found) {
            by_message[item.message.spool_id].push_back(item);
        }
        for (const auto& [spool_id, of_message] : by_message) {
            act(of_message, outcomes);
        }
    });
}

std::map<std::string, ReleaseFlow::Items> ReleaseFlow::by_notify(OfMessage of_message) {
    std::map<std::string, Items> parts;
    for (const ports::HeldItem& item : of_message) {
        const auto notify = mail::argument_value(item.recipient.arguments, "NOTIFY");
        parts[core::to_lower(notify.value_or(""))].push_back(item);
    }
    return parts;
}

std::vector<ItemOutcome> ReleaseFlow::release(std::span<const std::int64_t> ids,
                                              const config::HoldSettings& settings,
                                              std::string_view cause,
                                              ports::InDoubt in_doubt) {
    return each_message(
        ids, in_doubt, [&](OfMessage of_message, std::vector<ItemOutcome>& outcomes) {
            if (!parts_.make_submitter(settings)->has_one_notify()) {
                release_message(of_message, settings, cause, in_doubt, outcomes);
                return;
            }
            for (const auto& [notify, items] : by_notify(of_message)) {
                release_message(items, settings, cause, in_doubt, outcomes);
            }
        });
}

void ReleaseFlow::release_message(OfMessage of_message,
                                  const config::HoldSettings& settings,
                                  std::string_view cause,
                                  ports::InDoubt in_doubt,
                                  std::vector<ItemOutcome>& outcomes) {
    std::vector<std::int64_t> ids;
    for (const ports::HeldItem& item : of_message) {
        ids.push_back(item.recipient.id);
    }
    if (const std::string damage = copies_.look_at(of_message.front().message); !damage.empty()) {
        for (const std::int64_t id : ids) {
            outcomes.push_back({id, What::Damaged, damage});
        }
        give_back_good(of_message, kDamagedCopy);
        return;
    }
    const std::string token = parts_.make_token();
    const auto moved = ports::begin_release(
        parts_.held, ids, in_doubt, token_hash(token), cause, parts_.clock.now());
    if (!moved.has_value()) {
        trouble_.say(ports::Severity::Error, "held mail can't be released", moved.error().what);
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
        if (parts_.campaigns != nullptr &&
            outcomes[outcomes.size() - ours.size() + i].what == What::Released) {
            parts_.campaigns->sent().left(ours[i].message.issue, ours[i].recipient.address);
        }
        report(ours[i], outcomes[outcomes.size() - ours.size() + i], cause);
    }
    Items refused;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const auto* const answer = std::get_if<ports::Refused>(&results[i]);
        if (answer != nullptr && answer->reply.is_permanent()) {
            refused.push_back(ours[i]);
        }
    }
    give_back_good(refused, kRefusedByMta);
}

std::vector<ports::RecipientOutcome> ReleaseFlow::submit(OfMessage items,
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

void ReleaseFlow::settle(std::vector<ports::ReleaseEnd> ends) {
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

std::optional<terms::HeldKind> ReleaseFlow::claim(std::string_view token,
                                                  const mail::Envelope& envelope) {
    const auto claimed =
        ports::claim_token(parts_.held, token_hash(token), envelope.queue_id, parts_.clock.now());
    if (!claimed.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "whether a message is a release can't be looked up",
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

bool ReleaseFlow::is_releasing(const mail::Envelope& envelope,
                               const mail::Recipient& recipient) const {
    const std::string key = pair_key(envelope.sender_text(), recipient.as_given());
    return under_way_.with([&](const auto& set) { return set.contains(key); });
}

void ReleaseFlow::report(const ports::HeldItem& item,
                         const ItemOutcome& outcome,
                         std::string_view cause) const {
    report::ReleaseDecision line;
    switch (outcome.what) {
        case What::Released:
            line.verdict = report::ReleaseVerdict::Released;
            break;
        case What::Returned:
            line.verdict = report::ReleaseVerdict::Returned;
            break;
        case What::Discarded:
            line.verdict = report::ReleaseVerdict::Discarded;
            break;
        case What::Refused:
            line.verdict = report::ReleaseVerdict::Refused;
            break;
        case What::Interrupted:
            line.verdict = report::ReleaseVerdict::Interrupted;
            break;
        case What::NotHeld:
        case What::InDoubt:
        case What::Damaged:
        case What::Untold:
        case What::Failed:
            return;
    }
    line.item = item.recipient.id;
    line.sender = item.message.sender;
    line.recipient = item.recipient.address;
    line.answer = outcome.answer;
    line.cause = cause;
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

}  // namespace holdback::flow::held
