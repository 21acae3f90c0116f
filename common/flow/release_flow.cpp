// SPDX-License-Identifier: Apache-2.0
#include "flow/release_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/envelope.hpp"
#include "mail/held.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/return_dsn.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/submitter.hpp"
#include "report/decision.hpp"

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

namespace holdback::flow {

namespace {

using What = ItemOutcome::What;

/// The MTA gets this long for one message.
constexpr std::chrono::minutes kSubmitTime{5};
constexpr std::chrono::minutes kFirstRetry{1};
constexpr std::chrono::hours kLongestRetry{1};
/// A header block longer than this is cut in a DSN.
constexpr std::size_t kMostHeaderOctets = std::size_t{64} * 1024;

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

bool is_permanent_refusal(const ports::RecipientOutcome& outcome) {
    const auto* refused = std::get_if<ports::Refused>(&outcome);
    return refused != nullptr && refused->reply.is_permanent();
}

bool is_in_doubt(const ports::RecipientOutcome& outcome) {
    const auto* interrupted = std::get_if<ports::Interrupted>(&outcome);
    return interrupted != nullptr && interrupted->in_doubt;
}

/// The value of an ESMTP argument "KEYWORD=value"; empty when absent.
std::string argument_value(std::span<const std::string> arguments, std::string_view keyword) {
    for (const std::string& argument : arguments) {
        if (argument.size() > keyword.size() && argument[keyword.size()] == '=' &&
            core::starts_with_ignoring_case(argument, keyword)) {
            return argument.substr(keyword.size() + 1);
        }
    }
    return {};
}

/// The reply that stands in a DSN for a recipient who was held back until now.
mail::SmtpReply reply_for(const mail::HeldRecipient& recipient) {
    return mail::SmtpReply::make(
               550, mail::EnhancedStatus::parse("5.7.1").value(), recipient.reason)
        .value();
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
        case What::Failed:
            return "failed";
    }
    return "failed";
}

core::Result<ReleaseFlow::Items, std::string> ReleaseFlow::items(const ports::HeldFilter& filter) {
    Items found;
    const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
        found.push_back(item);
        return true;
    });
    if (!listed.has_value()) {
        return std::unexpected(listed.error().what);
    }
    return found;
}

std::vector<ItemOutcome> ReleaseFlow::each_message(
    std::span<const std::int64_t> ids,
    const std::function<void(std::span<const ports::HeldItem>, std::vector<ItemOutcome>&)>& act) {
    std::vector<ItemOutcome> outcomes;
    outcomes.reserve(ids.size());
    ports::HeldFilter filter;
    filter.ids.assign(ids.begin(), ids.end());
    filter.states = {mail::HeldState::Held};
    const auto found = ids.empty() ? core::Result<Items, std::string>(Items{}) : items(filter);
    if (!found.has_value()) {
        for (const std::int64_t id : ids) {
            outcomes.push_back({id, What::Failed, found.error()});
        }
        return outcomes;
    }
    std::map<std::string, Items> by_message;
    for (const ports::HeldItem& item : *found) {
        by_message[item.message.spool_id].push_back(item);
    }
    for (const auto& [spool_id, of_message] : by_message) {
        act(of_message, outcomes);
    }
    std::vector<ItemOutcome> in_order;
    in_order.reserve(ids.size());
    for (const std::int64_t id : ids) {
        const auto known = std::ranges::find(outcomes, id, &ItemOutcome::id);
        in_order.push_back(known != outcomes.end() ? *known : ItemOutcome{id, What::NotHeld, {}});
    }
    return in_order;
}

std::vector<ItemOutcome> ReleaseFlow::release(std::span<const std::int64_t> ids,
                                              const config::HoldSettings& settings,
                                              std::string_view cause) {
    return each_message(
        ids, [&](std::span<const ports::HeldItem> of_message, std::vector<ItemOutcome>& outcomes) {
            release_message(of_message, settings, cause, outcomes);
        });
}

void ReleaseFlow::release_message(std::span<const ports::HeldItem> of_message,
                                  const config::HoldSettings& settings,
                                  std::string_view cause,
                                  std::vector<ItemOutcome>& outcomes) {
    const mail::HeldMessage& message = of_message.front().message;
    std::vector<std::int64_t> ids;
    for (const ports::HeldItem& item : of_message) {
        ids.push_back(item.recipient.id);
    }
    const std::string token = parts_.make_token();
    const auto moved = parts_.held.begin_release(ids, token_hash(token), parts_.clock.now());
    if (!moved.has_value()) {
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

    ports::Submission submission;
    submission.sender = message.sender;
    submission.sender_arguments = message.sender_arguments;
    submission.first_header = fmt::format("{}: {}\r\n", kReleaseField, token);
    std::vector<std::string> keys;
    for (const ports::HeldItem& item : ours) {
        submission.recipients.push_back({item.recipient.address, item.recipient.arguments});
        keys.push_back(pair_key(message.sender, item.recipient.address));
    }
    submission.read = [&](const std::function<bool(std::string_view)>& take) {
        return parts_.spool.read(message.spool_id, take).has_value();
    };
    submission.before_end = [&] {
        return parts_.held.about_to_leave(token_hash(token), parts_.clock.now()).has_value();
    };
    under_way_.with([&](auto& set) { set.insert(keys.begin(), keys.end()); });
    const auto results = parts_.make_submitter(settings)->submit(
        submission, parts_.clock.steady_now() + kSubmitTime);
    under_way_.with([&](auto& set) {
        for (const std::string& key : keys) {
            set.extract(key);
        }
    });
    for (std::size_t i = 0; i < ours.size(); ++i) {
        outcomes.push_back(settle(ours[i], results.at(i)));
        report(ours[i], outcomes.back(), cause);
    }
}

ItemOutcome ReleaseFlow::settle(const ports::HeldItem& item,
                                const ports::RecipientOutcome& outcome) {
    const core::TimePoint now = parts_.clock.now();
    const std::int64_t id = item.recipient.id;
    ItemOutcome result{id, What::Interrupted, {}};
    if (const auto* accepted = std::get_if<ports::Accepted>(&outcome)) {
        result = {id, What::Released, accepted->answer};
        parts_.campaigns.left(item.message.issue, item.recipient.address);
        if (const auto done = parts_.held.released(id, accepted->answer, now); !done.has_value()) {
            parts_.log.write(ports::Severity::Error,
                             fmt::format("release: item {} left, but the store did not note it: {}",
                                         id,
                                         core::log_safe(done.error().what)));
        }
        return result;
    }
    if (const auto* refused = std::get_if<ports::Refused>(&outcome)) {
        result = {id, What::Refused, refused->reply.line()};
    } else if (const auto* interrupted = std::get_if<ports::Interrupted>(&outcome)) {
        result = {id, What::Interrupted, interrupted->what};
    }
    // A permanent no, or a message that may have left already, waits for a human's word.
    std::optional<core::TimePoint> retry_at;
    if (!is_permanent_refusal(outcome) && !is_in_doubt(outcome)) {
        retry_at = now + retry_delay(item.recipient.attempts + 1);
    }
    if (const auto back = parts_.held.release_failed(id, result.answer, retry_at, now);
        !back.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("release: item {} could not be put back: {}",
                                     id,
                                     core::log_safe(back.error().what)));
    }
    return result;
}

std::string ReleaseFlow::header_of(const std::string& spool_id) const {
    std::string header;
    static_cast<void>(parts_.spool.read(spool_id, [&](std::string_view octets) {
        header += octets.substr(0, kMostHeaderOctets - header.size());
        return header.find("\r\n\r\n") == std::string::npos && header.size() < kMostHeaderOctets;
    }));
    if (const std::size_t end = header.find("\r\n\r\n"); end != std::string::npos) {
        header.resize(end + 2);
    }
    return header;
}

std::vector<ItemOutcome> ReleaseFlow::give_back(std::span<const std::int64_t> ids,
                                                std::string_view cause) {
    return each_message(
        ids, [&](std::span<const ports::HeldItem> of_message, std::vector<ItemOutcome>& outcomes) {
            give_back_message(of_message, cause, outcomes);
        });
}

void ReleaseFlow::give_back_message(std::span<const ports::HeldItem> of_message,
                                    std::string_view cause,
                                    std::vector<ItemOutcome>& outcomes) {
    const mail::HeldMessage& message = of_message.front().message;
    if (!message.sender.empty()) {
        outbound::ReturnDsnFacts facts;
        facts.sender = message.sender;
        facts.envelope_id = argument_value(message.sender_arguments, "ENVID");
        facts.queue_id = message.queue_id;
        facts.original_header = header_of(message.spool_id);
        std::string key = "returned";
        for (const ports::HeldItem& item : of_message) {
            facts.recipients.push_back(
                {.address = item.recipient.address,
                 .original = argument_value(item.recipient.arguments, "ORCPT"),
                 .reply = reply_for(item.recipient),
                 .explanation = item.recipient.reason});
            key += fmt::format(" {}", item.recipient.id);
        }
        if (const auto sent = parts_.own_mail.send_return_dsn(std::move(facts), key);
            !sent.has_value()) {
            for (const ports::HeldItem& item : of_message) {
                outcomes.push_back({item.recipient.id, What::Failed, sent.error()});
            }
            return;
        }
    }
    for (const ports::HeldItem& item : of_message) {
        const auto ended = parts_.held.end(item.recipient.id,
                                           mail::HeldState::Returned,
                                           "returned to the sender",
                                           parts_.clock.now());
        if (!ended.has_value()) {
            outcomes.push_back({item.recipient.id, What::Failed, ended.error().what});
            continue;
        }
        outcomes.push_back({item.recipient.id, *ended ? What::Returned : What::NotHeld, {}});
        report(item, outcomes.back(), cause);
    }
}

std::vector<ItemOutcome> ReleaseFlow::discard(std::span<const std::int64_t> ids,
                                              std::string_view cause) {
    return each_message(
        ids, [&](std::span<const ports::HeldItem> of_message, std::vector<ItemOutcome>& outcomes) {
            for (const ports::HeldItem& item : of_message) {
                const auto ended = parts_.held.end(
                    item.recipient.id, mail::HeldState::Discarded, "discarded", parts_.clock.now());
                if (!ended.has_value()) {
                    outcomes.push_back({item.recipient.id, What::Failed, ended.error().what});
                    continue;
                }
                outcomes.push_back(
                    {item.recipient.id, *ended ? What::Discarded : What::NotHeld, {}});
                report(item, outcomes.back(), cause);
            }
        });
}

void ReleaseFlow::work(const config::HoldSettings& settings) {
    ports::HeldFilter due;
    due.states = {mail::HeldState::Held};
    due.release_due = parts_.clock.now();
    if (const auto found = items(due); found.has_value() && !found->empty()) {
        std::vector<std::int64_t> ids;
        for (const ports::HeldItem& item : *found) {
            ids.push_back(item.recipient.id);
        }
        static_cast<void>(release(ids, settings, "due"));
    }
    expire(settings);
    purge(settings);
}

void ReleaseFlow::expire(const config::HoldSettings& settings) {
    ports::HeldFilter expired;
    expired.states = {mail::HeldState::Held};
    expired.kind = mail::HeldKind::Mail;
    expired.expired = parts_.clock.now();
    const auto found = items(expired);
    if (!found.has_value() || found->empty()) {
        return;
    }
    std::vector<std::int64_t> ids;
    for (const ports::HeldItem& item : *found) {
        ids.push_back(item.recipient.id);
    }
    constexpr std::string_view kCause = "expiry";
    switch (settings.at_expiry) {
        case config::AtExpiry::Return:
            static_cast<void>(give_back(ids, kCause));
            break;
        case config::AtExpiry::Release:
            static_cast<void>(release(ids, settings, kCause));
            break;
        case config::AtExpiry::Discard:
            static_cast<void>(discard(ids, kCause));
            break;
    }
}

void ReleaseFlow::purge(const config::HoldSettings& settings) {
    constexpr std::size_t kMostAtOnce = 100;
    const auto removable = parts_.held.removable_spool_ids(kMostAtOnce);
    if (!removable.has_value()) {
        return;
    }
    std::vector<std::string> gone;
    for (const std::string& spool_id : *removable) {
        if (parts_.spool.remove(spool_id).has_value()) {
            gone.push_back(spool_id);
        }
    }
    static_cast<void>(parts_.held.spool_removed(gone));
    static_cast<void>(parts_.held.purge_ended(parts_.clock.now() - settings.keep_ended));
}

void ReleaseFlow::recover() {
    const auto put_back = parts_.held.recover(parts_.clock.now());
    if (!put_back.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("release: the store can't be recovered: {}",
                                     core::log_safe(put_back.error().what)));
        return;
    }
    if (*put_back > 0) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("release: {} interrupted releases begin again", *put_back));
    }
    // Those whose message had been sent but for its end, or came through the milter with its token:
    // the MTA may have taken it.
    // They wait for a human's word, since sending twice is as wrong as not sending.
    ports::HeldFilter claimed;
    claimed.states = {mail::HeldState::Releasing};
    if (const auto found = items(claimed); found.has_value()) {
        for (const ports::HeldItem& item : *found) {
            const ItemOutcome outcome{item.recipient.id,
                                      What::Interrupted,
                                      "interrupted while the MTA took the message: look in its "
                                      "log whether it was delivered before releasing it again"};
            static_cast<void>(parts_.held.release_failed(
                item.recipient.id, outcome.answer, std::nullopt, parts_.clock.now()));
            report(item, outcome, "start");
        }
    }
    const auto in_use = parts_.held.spool_ids_in_use();
    const auto files = parts_.spool.ids();
    if (!in_use.has_value() || !files.has_value()) {
        return;
    }
    for (const std::string& file : *files) {
        if (!std::ranges::binary_search(*in_use, file)) {
            static_cast<void>(parts_.spool.remove(file));
        }
    }
}

bool ReleaseFlow::claim(std::string_view token, const mail::Envelope& envelope) {
    const auto claimed = parts_.held.claim_token(token_hash(token), parts_.clock.now());
    if (!claimed.has_value()) {
        return false;
    }
    const std::optional<ports::ReleaseGrant>& grant = *claimed;
    if (!grant.has_value() || !core::equals_ignoring_case(grant->sender, envelope.sender_text())) {
        return false;
    }
    return std::ranges::all_of(envelope.recipients, [&](const mail::Recipient& recipient) {
        return std::ranges::any_of(grant->addresses, [&](std::string_view address) {
            return core::equals_ignoring_case(address, recipient.as_given());
        });
    });
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

}  // namespace holdback::flow
