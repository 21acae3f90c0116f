// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/message_look.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/facts.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/compliance.hpp"
#include "outbound/findings.hpp"
#include "outbound/plain_text.hpp"
#include "outbound/verdict.hpp"
#include "ports/resolver.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <string_view>
#include <vector>

namespace holdback::flow::outgoing {

MessageLook::MessageLook(const mail::HeaderList& headers,
                         const outbound::StreamDecision& stream,
                         const config::Settings& settings,
                         ports::Resolver& resolver)
    : headers_(&headers),
      settings_(&settings),
      resolver_(&resolver),
      stream_(stream.stream),
      sent_to_(stream.sent_to),
      looks_(outbound::looks_at_message(stream.stream, stream.sent_to, settings.policy)) {
    if (!looks_) {
        return;
    }
    reply_to_ = outbound::reply_recipients(headers);
    for (const mail::Recipient& mailbox : reply_to_) {
        if (outbound::needs_route(mailbox, settings)) {
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
    outbound::MessageFacts facts = outbound::message_facts(*headers_, body);
    if (!reply_to_.empty()) {
        facts.reply_to =
            gather_facts(
                reply_to_, mail::NullSender{}, *settings_, {.resolver = resolver_}, deadline, now)
                .recipients;
    }
    std::vector<outbound::Finding> found = outbound::compliance_findings(facts, *settings_);
    std::erase_if(found, [&](const outbound::Finding& finding) { return is_passed(finding.name); });
    return found;
}

bool MessageLook::wants_body() const {
    return !is_passed(terms::FindingName::MissingPlainText) &&
           outbound::message_facts(*headers_).plain_text == outbound::PlainText::Unknown;
}

bool MessageLook::is_passed(terms::FindingName name) const {
    return outbound::action_for(name, stream_, sent_to_, settings_->policy) ==
           terms::PolicyAction::Pass;
}

}  // namespace holdback::flow::outgoing
