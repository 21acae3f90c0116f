// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/preflight.hpp"

#include "config/settings.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "flow/notice_terms.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/own_mail.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/preflight_report.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

outbound::PreflightFacts facts_of(const PassingMessage& message,
                                  const MessageDecision& decision,
                                  const ports::MessageReader& reader) {
    const mail::Envelope& envelope = message.envelope;
    outbound::PreflightFacts facts;
    facts.sender = envelope.sender_text();
    if (const auto subject = message.headers.first("Subject")) {
        const std::string header = fmt::format("Subject: {}\r\n\r\n", core::one_line(*subject));
        facts.subject = reader.read(header).subject;
    }
    facts.message_id = message.headers.first("Message-ID").value_or("");
    facts.stream = decision.stream;
    facts.about_message = decision.about_message;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const mail::Recipient& recipient = envelope.recipients[i];
        const bool parses = recipient.syntax.has_value();
        facts.rows.push_back(
            {.address = recipient.as_given(),
             .key = parses ? recipient.syntax->value.key() : recipient.as_given(),
             .domain = parses ? recipient.syntax->value.domain().text() : std::string(),
             .verdict = decision.verdicts.at(i)});
    }
    return facts;
}

std::size_t count_of(const MessageDecision& decision, terms::PolicyAction action) {
    return static_cast<std::size_t>(std::ranges::count_if(
        decision.verdicts,
        [&](const outbound::Verdict& verdict) { return verdict.action == action; }));
}

}  // namespace

PreflightWish preflight_wish(const PassingMessage& message) {
    const std::vector<std::string> values = message.headers.all(kPreflightField);
    const auto all_say = [&](std::string_view word) {
        return std::ranges::all_of(values, [word](std::string_view value) {
            return core::equals_ignoring_case(core::trim(value), word);
        });
    };
    if (values.empty() || all_say("no")) {
        return PreflightWish::None;
    }
    if (!all_say("yes")) {
        return PreflightWish::NotClear;
    }
    return message.who.logged_in ? PreflightWish::Asked : PreflightWish::NoLogin;
}

std::string_view preflight_refusal(PreflightWish wish) {
    return wish == PreflightWish::NoLogin
               ? "a preflight is for clients that have logged in; nothing was sent; log in, or "
                 "remove X-Holdback-Preflight"
               : "X-Holdback-Preflight says neither yes nor no; nothing was sent";
}

core::Result<void, std::string> Preflight::answer(const PassingMessage& message,
                                                  const MessageDecision& decision) const {
    const Submitting& who = message.who;
    const mail::Envelope& envelope = message.envelope;
    using terms::PolicyAction;
    if (!std::holds_alternative<mail::Address>(envelope.sender)) {
        return std::unexpected("a preflight of a sender who has no address can't be answered");
    }
    const std::array<std::string_view, 3> event{
        who.session_id, envelope.queue_id, decision.stream.signal};
    outbound::PreflightFacts facts = facts_of(message, decision, parts_.reader);
    facts.address = notice_address(message.settings().notice, parts_.own_mail.host_name());
    if (auto sent =
            parts_.own_mail.send_preflight_report(std::move(facts), core::digest_hex(event));
        !sent.has_value()) {
        return sent;
    }
    parts_.log.write(
        ports::Severity::Info,
        fmt::format("preflight qid={} sender={} user={} rcpts={} pass={} tag={} hold={} defer={} "
                    "reject={} session={}: nothing leaves, the report goes to the sender",
                    core::log_safe(envelope.queue_id),
                    core::log_safe(envelope.sender_text()),
                    core::log_safe(who.user),
                    decision.verdicts.size(),
                    count_of(decision, PolicyAction::Pass),
                    count_of(decision, PolicyAction::Tag),
                    count_of(decision, PolicyAction::Hold),
                    count_of(decision, PolicyAction::Defer),
                    count_of(decision, PolicyAction::Reject),
                    core::log_safe(who.session_id)));
    return {};
}

}  // namespace holdback::flow::outgoing
