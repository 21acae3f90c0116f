// SPDX-License-Identifier: Apache-2.0
#include "flow/held/returned_facts.hpp"

#include "letters/return_dsn.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/findings.hpp"
#include "ports/held_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

std::string argument_of(const std::vector<std::string>& arguments, std::string_view name) {
    return std::string(mail::argument_value(arguments, name).value_or(""));
}

/// The MTA's reply that refused the copy of a good recipient.
std::optional<mail::SmtpReply> mta_reply(const terms::HeldRecipient& recipient) {
    if (!recipient.finding.is_none() || recipient.in_doubt) {
        return std::nullopt;
    }
    auto reply = mail::SmtpReply::parse(recipient.last_answer);
    if (!reply.has_value() || !reply->is_permanent()) {
        return std::nullopt;
    }
    return reply;
}

/// The reply in the DSN for a recipient that was held: the reply with which it would have been
/// refused.
mail::SmtpReply reply_for(const terms::HeldRecipient& recipient) {
    if (auto reply = mta_reply(recipient)) {
        return *std::move(reply);
    }
    if (const auto name = recipient.finding.name(); name.has_value() && !recipient.in_doubt) {
        return outbound::rejection({.name = *name,
                                    .code = recipient.code,
                                    .certainty = terms::Certainty::Likely,
                                    .reason = recipient.reason,
                                    .advice = recipient.advice,
                                    .suggestion = recipient.suggestion});
    }
    return mail::SmtpReply::own(550, "5.7.1", recipient.reason);
}

/// If the MTA refused it, its reply says more than the reason for holding.
terms::FailureCode code_for(const terms::HeldRecipient& recipient) {
    return mta_reply(recipient).has_value() ? terms::kUnknownFailure : recipient.code;
}

/// The explanation for the sender: why the recipient was held, and the MTA's reply to a release.
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

}  // namespace

letters::ReturnDsnFacts returned_message(const terms::HeldMessage& message, std::string header) {
    letters::ReturnDsnFacts facts;
    facts.original_header = std::move(header);
    facts.sender = message.sender;
    facts.envelope_id = argument_of(message.sender_arguments, "ENVID");
    facts.queue_id = message.queue_id;
    facts.others = letters::Others::NotTold;
    facts.require_tls = mail::requires_tls(message.sender_arguments);
    return facts;
}

letters::ReturnedRecipient returned_recipient(const terms::HeldRecipient& recipient,
                                              std::string_view damage) {
    return {.address = recipient.address,
            .original = argument_of(recipient.arguments, "ORCPT"),
            .reply = reply_for(recipient),
            .by_mta = mta_reply(recipient).has_value(),
            .explanation = explanation_for(recipient, damage),
            .code = code_for(recipient)};
}

std::string return_key(std::span<const ports::HeldItem> of_message) {
    std::string key = fmt::format("returned {}", of_message.front().message.spool_id);
    for (const ports::HeldItem& item : of_message) {
        key += fmt::format(" {}", item.recipient.address);
    }
    return key;
}

}  // namespace holdback::flow::held
