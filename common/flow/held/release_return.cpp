// SPDX-License-Identifier: Apache-2.0
// The ends of held mail that is not released: back to its sender, or nowhere.

#include "core/text.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/whole_message.hpp"
#include "letters/return_dsn.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/header.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/findings.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using What = ItemOutcome::What;

/// A header block longer than this is cut in a DSN.
constexpr std::size_t kMostHeaderOctets = std::size_t{64} * 1024;

std::string argument_of(const std::vector<std::string>& arguments, std::string_view name) {
    return std::string(mail::argument_value(arguments, name).value_or(""));
}

/// What a DSN to its sender says of a message, but for its recipients.
letters::ReturnDsnFacts facts_of(const terms::HeldMessage& message, std::string header) {
    letters::ReturnDsnFacts facts;
    facts.original_header = std::move(header);
    facts.sender = message.sender;
    facts.envelope_id = argument_of(message.sender_arguments, "ENVID");
    facts.queue_id = message.queue_id;
    facts.others = letters::Others::NotTold;
    facts.require_tls = mail::requires_tls(message.sender_arguments);
    return facts;
}

/// The MTA's own words about a good recipient whose copy it refused.
std::optional<mail::SmtpReply> mta_reply(const terms::HeldRecipient& recipient) {
    if (recipient.finding != terms::kNoFinding || recipient.in_doubt) {
        return std::nullopt;
    }
    auto reply = mail::SmtpReply::parse(recipient.last_answer);
    if (!reply.has_value() || !reply->is_permanent()) {
        return std::nullopt;
    }
    return reply;
}

/// The reply that stands in a DSN for a recipient who was held back until now: the one by which it
/// would have been refused.
mail::SmtpReply reply_for(const terms::HeldRecipient& recipient) {
    if (auto reply = mta_reply(recipient)) {
        return *std::move(reply);
    }
    if (const auto name = terms::parse_finding_name(recipient.finding);
        name.has_value() && !recipient.in_doubt) {
        return outbound::rejection({.name = *name,
                                    .code = recipient.code,
                                    .certainty = terms::Certainty::Likely,
                                    .reason = recipient.reason,
                                    .advice = recipient.advice,
                                    .suggestion = recipient.suggestion});
    }
    return mail::SmtpReply::own(550, "5.7.1", recipient.reason);
}

/// Where the MTA refused it, its answer tells more than why it was held.
terms::FailureCode code_for(const terms::HeldRecipient& recipient) {
    return mta_reply(recipient).has_value() ? terms::kUnknownFailure : recipient.code;
}

/// What the sender reads: why the recipient was held, and what the MTA said to a release.
std::string explanation_for(const terms::HeldRecipient& recipient, std::string_view damage) {
    if (!damage.empty()) {
        return fmt::format("{}; it could not be sent any more: {}{}",
                           recipient.reason,
                           damage,
                           recipient.in_doubt
                               ? "; it is not known whether the recipient got a copy all the same"
                               : "");
    }
    if (mta_reply(recipient).has_value()) {
        return fmt::format("the mail server refused it: {}", recipient.last_answer);
    }
    if (recipient.in_doubt) {
        return fmt::format("{}; it is not known whether it got a copy all the same",
                           recipient.reason);
    }
    if (!recipient.last_answer.empty()) {
        return fmt::format("{}; {}", recipient.reason, recipient.last_answer);
    }
    return recipient.advice.empty() ? recipient.reason
                                    : fmt::format("{}; {}", recipient.reason, recipient.advice);
}

letters::ReturnedRecipient told_of(const terms::HeldRecipient& recipient, std::string_view damage) {
    return {.address = recipient.address,
            .original = argument_of(recipient.arguments, "ORCPT"),
            .reply = reply_for(recipient),
            .by_mta = mta_reply(recipient).has_value(),
            .explanation = explanation_for(recipient, damage),
            .code = code_for(recipient)};
}

/// By what the DSN is known: the numbers of items begin anew in a new store, where a DSN of before
/// may still be.
std::string key_of(std::span<const ports::HeldItem> of_message) {
    std::string key = fmt::format("returned {}", of_message.front().message.spool_id);
    for (const ports::HeldItem& item : of_message) {
        key += fmt::format(" {}", item.recipient.address);
    }
    return key;
}

}  // namespace

std::string ReleaseFlow::header_of(const terms::HeldMessage& message,
                                   std::string_view damage) const {
    std::string header;
    if (!damage.empty()) {
        for (const auto& [name, value] : {std::pair("Subject", &message.subject),
                                          std::pair("Message-ID", &message.message_id)}) {
            if (!value->empty()) {
                header += fmt::format("{}: {}\r\n", name, core::trim(*value));
            }
        }
        return header;
    }
    static_cast<void>(parts_.spool.read(message, [&](std::string_view octets) {
        header += octets.substr(0, kMostHeaderOctets - header.size());
        return header.find("\r\n\r\n") == std::string::npos && header.size() < kMostHeaderOctets;
    }));
    if (const std::size_t end = header.find("\r\n\r\n"); end != std::string::npos) {
        header.resize(end + 2);
    }
    return header;
}

std::vector<ItemOutcome> ReleaseFlow::give_back(std::span<const std::int64_t> ids,
                                                std::string_view cause,
                                                ports::InDoubt in_doubt) {
    return each_message(
        ids, in_doubt, [&](OfMessage of_message, std::vector<ItemOutcome>& outcomes) {
            give_back_message(of_message, cause, in_doubt, outcomes);
        });
}

void ReleaseFlow::give_back_message(OfMessage of_message,
                                    std::string_view cause,
                                    ports::InDoubt in_doubt,
                                    std::vector<ItemOutcome>& outcomes) {
    const terms::HeldMessage& message = of_message.front().message;
    if (message.sender.empty()) {
        end_items(of_message, Untold::ByNullSender, cause, in_doubt, outcomes);
        return;
    }
    Items told;
    Items untold;
    for (const ports::HeldItem& item : of_message) {
        (mail::wants_failure_report(item.recipient.arguments) ? told : untold).push_back(item);
    }
    if (!untold.empty()) {
        end_items(untold, Untold::ByWish, cause, in_doubt, outcomes);
    }
    if (!told.empty()) {
        report_return(told, Reader::Sender, cause, in_doubt, outcomes);
    }
}

void ReleaseFlow::report_return(OfMessage of_message,
                                Reader reader,
                                std::string_view cause,
                                ports::InDoubt in_doubt,
                                std::vector<ItemOutcome>& outcomes) {
    const terms::HeldMessage& message = of_message.front().message;
    const auto all_are = [&](What what, const std::string& answer) {
        for (const ports::HeldItem& item : of_message) {
            outcomes.push_back({item.recipient.id, what, answer});
        }
    };
    const std::string damage = copies_.look_at(message);
    letters::ReturnDsnFacts facts = facts_of(message, header_of(message, damage));
    if (reader == Reader::Sender && parts_.may_be_told != nullptr &&
        !parts_.may_be_told(message,
                            mail::parse_header(facts.original_header, kMostHeaderOctets).fields)) {
        all_are(What::Untold,
                "the sender has not logged in and has no domain of [outgoing] own_domains, so no "
                "DSN goes there; release or discard it");
        return;
    }
    if (reader == Reader::Postmaster) {
        facts.sender = fmt::format("postmaster@{}", parts_.own_mail.host_name());
        facts.in_place_of = message.sender;
    }
    if (damage.empty() && reader == Reader::Postmaster) {
        facts.original = whole_message(parts_.spool, message, kMostHandedOver);
    } else if (damage.empty() && mail::wants_whole_message(message.sender_arguments)) {
        facts.original = whole_message(parts_.spool, message);
    }
    std::vector<std::int64_t> ids;
    for (const ports::HeldItem& item : of_message) {
        facts.recipients.push_back(told_of(item.recipient, damage));
        ids.push_back(item.recipient.id);
    }
    const auto dsn = parts_.own_mail.write_return_dsn(std::move(facts), key_of(of_message));
    if (!dsn.has_value()) {
        all_are(What::Failed, dsn.error());
        return;
    }
    const std::string_view to =
        reader == Reader::Sender ? "the sender" : "the postmaster, since the sender can't be told";
    const auto returned = ports::give_back(parts_.held,
                                           ids,
                                           in_doubt,
                                           *dsn,
                                           fmt::format("returned to {}: {}", to, cause),
                                           parts_.clock.now());
    if (returned != ports::GivenBack::Yes) {
        parts_.own_mail.drop(*dsn);
    }
    if (!returned.has_value() || *returned == ports::GivenBack::No) {
        all_are(What::Failed,
                returned.has_value() ? "somebody else acts on this message, try again"
                                     : returned.error().what);
        return;
    }
    all_are(What::Returned, {});
    for (const ports::HeldItem& item : of_message) {
        report(item, {item.recipient.id, What::Returned, {}}, cause);
    }
}

std::string_view ReleaseFlow::plain_words(Untold why) {
    switch (why) {
        case Untold::Discarded:
            return "discarded";
        case Untold::ByNullSender:
            return "ended, the null sender gets no DSN";
        case Untold::ByWish:
            return "ended, the sender wants no DSN (NOTIFY)";
    }
    std::unreachable();
}

void ReleaseFlow::end_items(OfMessage items,
                            Untold why,
                            std::string_view cause,
                            ports::InDoubt in_doubt,
                            std::vector<ItemOutcome>& outcomes) {
    const bool returned = why != Untold::Discarded;
    std::vector<std::int64_t> ids;
    for (const ports::HeldItem& item : items) {
        ids.push_back(item.recipient.id);
    }
    const auto ended =
        ports::end_items(parts_.held,
                         ids,
                         in_doubt,
                         returned ? terms::HeldState::Returned : terms::HeldState::Discarded,
                         fmt::format("{}: {}", plain_words(why), cause),
                         parts_.clock.now());
    const std::set<std::int64_t> done = ended.has_value()
                                            ? std::set<std::int64_t>(ended->begin(), ended->end())
                                            : std::set<std::int64_t>{};
    for (const ports::HeldItem& item : items) {
        const std::int64_t id = item.recipient.id;
        if (!ended.has_value()) {
            outcomes.push_back({id, What::Failed, ended.error().what});
        } else if (done.contains(id)) {
            outcomes.push_back({id, returned ? What::Returned : What::Discarded, {}});
            report(item, outcomes.back(), cause);
        }
    }
}

std::vector<ItemOutcome> ReleaseFlow::discard(std::span<const std::int64_t> ids,
                                              std::string_view cause,
                                              ports::InDoubt in_doubt) {
    return with_held(ids, in_doubt, [&](OfMessage all, std::vector<ItemOutcome>& outcomes) {
        end_items(all, Untold::Discarded, cause, in_doubt, outcomes);
    });
}

}  // namespace holdback::flow::held
