// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/message_look.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/facts.hpp"
#include "flow/passing_message.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "outbound/bulk.hpp"
#include "outbound/compliance.hpp"
#include "outbound/findings.hpp"
#include "outbound/plain_text.hpp"
#include "outbound/verdict.hpp"
#include "ports/resolver.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::outgoing {

MessageLook::MessageLook(const PassingMessage& message,
                         const outbound::StreamDecision& stream,
                         ports::Resolver& resolver)
    : message_(&message),
      settings_(&message.settings()),
      resolver_(&resolver),
      stream_(stream.stream),
      sent_to_(stream.sent_to),
      looks_(outbound::looks_at_message(stream.stream, stream.sent_to, settings_->policy)) {
    if (is_passed(terms::FindingName::UnusableReplyTo)) {
        return;
    }
    reply_to_ = outbound::reply_recipients(message.headers);
    for (const mail::Recipient& mailbox : reply_to_) {
        if (outbound::needs_route(mailbox, *settings_)) {
            resolver.start(mailbox.syntax->value.domain());
        }
    }
}

std::vector<outbound::Finding> MessageLook::findings(std::string_view body,
                                                     core::SteadyPoint deadline,
                                                     core::TimePoint now) const {
    if (!looks_) {
        return {};
    }
    outbound::MessageFacts facts = outbound::message_facts(message_->headers, body);
    if (!reply_to_.empty()) {
        facts.reply_to =
            gather_facts(
                reply_to_, mail::NullSender{}, *settings_, {.resolver = resolver_}, deadline, now)
                .recipients;
    }
    std::vector<outbound::Finding> found = outbound::compliance_findings(facts, *settings_);
    if (auto unaligned = outbound::unaligned_from(facts,
                                                  {.envelope = message_->envelope.sender,
                                                   .user = message_->who.user,
                                                   .logins = message_->snapshot->logins},
                                                  *settings_)) {
        found.push_back(*std::move(unaligned));
        std::ranges::stable_sort(found, {}, &outbound::Finding::name);
    }
    std::erase_if(found, [&](const outbound::Finding& finding) { return is_passed(finding.name); });
    return found;
}

bool MessageLook::wants_body() const {
    return !is_passed(terms::FindingName::MissingPlainText) &&
           outbound::message_facts(message_->headers).plain_text == outbound::PlainText::Unknown;
}

bool MessageLook::is_passed(terms::FindingName name) const {
    return outbound::action_for(name, stream_, sent_to_, settings_->policy) ==
           terms::PolicyAction::Pass;
}

}  // namespace holdback::flow::outgoing
