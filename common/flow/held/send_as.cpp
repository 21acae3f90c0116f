// SPDX-License-Identifier: Apache-2.0
#include "flow/held/send_as.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "flow/facts.hpp"
#include "flow/held/held_facts.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"
#include "terms/held.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using terms::PolicyAction;

bool speaks_utf8(const terms::HeldMessage& message) {
    return std::ranges::any_of(message.sender_arguments, [](std::string_view argument) {
        return core::equals_ignoring_case(argument, "SMTPUTF8");
    });
}

/// The reason why mail may not go to an address; empty: it may.
std::string objection(const outbound::RecipientFacts& facts,
                      const terms::HeldMessage& message,
                      const config::Settings& settings) {
    const std::vector<outbound::Finding> found = outbound::findings(facts, settings);
    const outbound::Verdict verdict = outbound::judge(found, message.stream, settings.policy);
    switch (verdict.action) {
        case PolicyAction::Pass:
        case PolicyAction::Tag:
            return {};
        case PolicyAction::Hold:
        case PolicyAction::Reject:
        case PolicyAction::Defer:
            return verdict.finding.has_value() ? verdict.finding->reason
                                               : std::string("the policy does not let it pass");
    }
    return {};
}

}  // namespace

core::Result<void, std::string> SendAs::readdress(const ports::HeldItem& item,
                                                  std::string_view address,
                                                  std::string_view by,
                                                  const config::Settings& settings) {
    if (item.recipient.address == address) {
        return {};
    }
    const auto parsed = mail::Address::parse(
        address, speaks_utf8(item.message) ? mail::Smtputf8::Yes : mail::Smtputf8::No);
    if (!parsed.has_value()) {
        return std::unexpected(fmt::format("this mail can't go to {}: {}",
                                           core::printable(address),
                                           mail::plain_words(parsed.error())));
    }
    const std::vector<mail::Recipient> recipients{
        held_recipient(address, item.recipient.arguments)};
    parts_.resolver.start(parsed->value.domain());
    const GatheredFacts facts = gather_facts(
        recipients,
        held_sender(item.message),
        settings,
        {.resolver = &parts_.resolver, .suppressions = &parts_.suppressions, .mta = parts_.mta},
        parts_.clock.steady_now() + settings.dns.budget,
        parts_.clock.now());
    if (facts.store_trouble.has_value()) {
        return std::unexpected(std::string("the suppression list can't be asked just now"));
    }
    if (std::string why = objection(facts.recipients.front(), item.message, settings);
        !why.empty()) {
        return std::unexpected(fmt::format("{}: {}", core::printable(address), why));
    }
    const std::string was = item.recipient.address;
    const auto done =
        ports::readdress(parts_.held,
                         item.recipient.id,
                         address,
                         fmt::format("to be sent to {} instead of {}: {}", address, was, by),
                         parts_.clock.now());
    if (!done.has_value()) {
        return std::unexpected(done.error().what);
    }
    if (!*done) {
        return std::unexpected(
            std::string("its message goes to that address already, or it is not held any more"));
    }
    report::ReaddressDecision line;
    line.item = item.recipient.id;
    line.sender = item.message.sender;
    line.from = was;
    line.to = address;
    line.by = by;
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
    return {};
}

}  // namespace holdback::flow::held
