// SPDX-License-Identifier: Apache-2.0
#include "outbound/findings.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "letters/compose.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/mailbox_pattern.hpp"
#include "mail/smtp_reply.hpp"
#include "mail/syntax.hpp"
#include "outbound/local_route.hpp"
#include "outbound/lookalike.hpp"
#include "outbound/mail_route.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;

bool covered(const std::vector<std::string>& entries, const mail::Address& address) {
    return std::ranges::any_of(
        entries, [&](std::string_view entry) { return mail::pattern_covers(entry, address); });
}

bool is_reserved(const mail::Domain& domain, const std::vector<std::string>& reserved) {
    return std::ranges::any_of(reserved,
                               [&](std::string_view parent) { return domain.is_under(parent); });
}

Finding malformed(mail::SyntaxError error) {
    return finding_of(FindingName::MalformedAddress,
                      fmt::format("the address is malformed: {}", mail::plain_words(error)));
}

Finding unusual(const mail::Parsed<mail::Address>& parsed) {
    std::string reason = "the address is unusual: ";
    for (const mail::Oddity oddity : parsed.oddities) {
        if (!reason.ends_with(' ')) {
            reason += ", ";
        }
        reason += mail::plain_words(oddity);
    }
    return finding_of(FindingName::UnusualAddress, std::move(reason));
}

std::optional<Finding> route_finding(const mail::Domain& domain, const MailRoute& route) {
    const std::string& name = domain.text();
    switch (route.kind) {
        case RouteKind::NoSuchDomain:
            return finding_of(FindingName::NoSuchDomain,
                              fmt::format("the domain {} does not exist", name));
        case RouteKind::NoMailHost:
            return finding_of(FindingName::NoMailHost,
                              fmt::format("the domain {} has no mail server", name));
        case RouteKind::NullMx:
            return finding_of(FindingName::NullMx,
                              fmt::format("the domain {} states that it takes no mail", name));
        case RouteKind::UnusableMx:
            return finding_of(
                FindingName::UnusableMx,
                fmt::format("no mail server of the domain {} can be reached: {}", name, route.why));
        case RouteKind::Unresolved:
            return finding_of(FindingName::UnresolvedDomain,
                              fmt::format("DNS gave no answer about the domain {}", name));
        case RouteKind::Literal:
            if (const auto& address = domain.literal_address();
                address.has_value() && address->scope() != mail::AddressScope::Global) {
                return finding_of(FindingName::UnusableMx,
                                  fmt::format("the address {} is not public", name));
            }
            return std::nullopt;
        case RouteKind::Mx:
        case RouteKind::Implicit:
        case RouteKind::Local:
            return std::nullopt;
    }
    return std::nullopt;
}

/// `as` is the mailbox of the entry, when that is another address than the recipient's; else empty.
std::optional<Finding> suppression_finding(const terms::SuppressionEntry& entry,
                                           std::string_view as) {
    FindingName name{};
    std::string reason;
    switch (entry.reason) {
        case terms::SuppressionReason::Bounce:
            name = FindingName::SuppressedBounce;
            reason = "mail to it bounced before";
            break;
        case terms::SuppressionReason::Complaint:
            name = FindingName::SuppressedComplaint;
            reason = "the recipient complained about mail from here";
            break;
        case terms::SuppressionReason::Unsubscribe:
            name = FindingName::SuppressedUnsubscribe;
            reason = "the recipient unsubscribed";
            break;
        case terms::SuppressionReason::Manual:
            name = FindingName::SuppressedManual;
            reason = "the mail administrator suppressed it";
            break;
        case terms::SuppressionReason::Allow:
            return std::nullopt;
    }
    if (!as.empty()) {
        reason += fmt::format(", suppressed as {}", as);
    }
    if (!entry.diagnostic.empty()) {
        constexpr std::size_t kMostDiagnostic = 200;
        reason += fmt::format(
            " ({})", letters::shortened(core::one_line(entry.diagnostic), kMostDiagnostic));
    }
    Finding finding = finding_of(name, std::move(reason));
    finding.code = entry.code;
    return finding;
}

Finding misspelled(const mail::Address& address, std::string_view meant) {
    Finding finding = finding_of(
        FindingName::MisspelledDomain,
        fmt::format("the domain {} looks like a misspelled {}", address.domain().text(), meant));
    finding.suggestion = fmt::format("{}@{}", address.local_part(), meant);
    finding.advice = fmt::format("did you mean {}?", finding.suggestion);
    return finding;
}

Finding already_sent(core::TimePoint at) {
    return finding_of(
        FindingName::AlreadySent,
        fmt::format("the recipient got this campaign already, at {}", letters::rfc5322_date(at)));
}

Finding campaign_stopped(const StoppedCampaign& campaign) {
    return finding_of(
        FindingName::CampaignStopped,
        fmt::format("the campaign was stopped: {} of its {} recipients so far are bad",
                    campaign.bad,
                    campaign.recipients));
}

Finding over_limit(const limits::OverLimit& over) {
    Finding finding = finding_of(FindingName::OverLimit, limits::reason(over));
    finding.advice = limits::advice(over);
    finding.action = over.action;
    finding.in_shadow = over.in_shadow;
    return finding;
}

mail::SmtpReply reply(int code, std::string_view status, const Finding& finding) {
    constexpr std::size_t kMostText = 1000;
    return mail::SmtpReply::own(
        code,
        status,
        core::printable(fmt::format("{}; {}", finding.reason, finding.advice), kMostText));
}

}  // namespace

Finding finding_of(FindingName name, std::string reason) {
    const terms::FindingRow& row = terms::row_of(name);
    return {.name = name,
            .code = row.code,
            .certainty = row.certainty,
            .reason = std::move(reason),
            .advice = std::string(row.advice),
            .suggestion = {}};
}

bool needs_route(const mail::Recipient& recipient, const config::Settings& settings) {
    if (!recipient.syntax.has_value()) {
        return false;
    }
    const mail::Domain& domain = recipient.syntax->value.domain();
    return !domain.is_literal() && !is_reserved(domain, settings.dns.reserved_domains) &&
           !why_local(domain, recipient.mailer, settings).has_value();
}

bool is_allowed(const RecipientFacts& facts, const config::Settings& settings) {
    return facts.syntax.has_value() &&
           (facts.allowed_by_store || covered(settings.outgoing.allow, facts.syntax->value));
}

std::optional<Lookalike> suspected_misspelling(const RecipientFacts& facts,
                                               const config::Settings& settings) {
    if (!facts.syntax.has_value()) {
        return std::nullopt;
    }
    const mail::Domain& domain = facts.syntax->value.domain();
    const bool is_local = facts.route.has_value() && facts.route->kind == RouteKind::Local;
    const bool fails =
        facts.route.has_value() && takes_no_mail(facts.route->kind) && !facts.route->perhaps_local;
    if (is_local || is_reserved(domain, settings.dns.reserved_domains) ||
        std::ranges::any_of(settings.policy.known_domains,
                            [&](std::string_view known) { return domain.is_under(known); })) {
        return std::nullopt;
    }
    const std::optional<Lookalike> like = lookalike(domain);
    if (!like.has_value() || (like->likeness == Likeness::Near && !fails)) {
        return std::nullopt;
    }
    return like;
}

namespace {

/// Adds the findings about the domain: its route and its likeness to a provider's.
void add_about_domain(const mail::Domain& domain,
                      const RecipientFacts& facts,
                      const config::Settings& settings,
                      std::vector<Finding>& found) {
    // The MTA's own domains count as its own, whatever their names.
    const bool is_ours = facts.route.has_value() && facts.route->kind == RouteKind::Local &&
                         facts.route->why != kSpecialUse;
    if (!is_ours && is_reserved(domain, settings.dns.reserved_domains)) {
        found.push_back(
            finding_of(FindingName::ReservedDomain,
                       fmt::format("the domain {} is reserved and takes no mail", domain.text())));
    } else if (facts.route.has_value()) {
        if (auto by_route = route_finding(domain, *facts.route)) {
            by_route->only_tags = facts.route->perhaps_local;
            found.push_back(*std::move(by_route));
        }
    }
    const auto like = suspected_misspelling(facts, settings);
    if (!like.has_value() || facts.domain_took_mail) {
        return;
    }
    const Finding finding = misspelled(facts.syntax->value, like->meant);
    // People read the finding that decides, so that one gets the suggestion too.
    for (Finding& about_route : found) {
        if (about_route.code == terms::kDomainInvalid) {
            about_route.advice = finding.advice;
            about_route.suggestion = finding.suggestion;
        }
    }
    found.push_back(finding);
}

/// Adds the findings from the administrator's settings and lists.
void add_by_administrator(const mail::Address& address,
                          const RecipientFacts& facts,
                          const config::Settings& settings,
                          std::vector<Finding>& found) {
    if (covered(settings.outgoing.block, address)) {
        found.push_back(
            finding_of(FindingName::BlockedByAdmin, "the mail administrator blocked mail to it"));
    }
    if (facts.is_role) {
        found.push_back(
            finding_of(FindingName::RoleAddress, "the address is that of a role, not of a person"));
    }
    if (facts.is_disposable) {
        found.push_back(finding_of(
            FindingName::DisposableDomain,
            fmt::format("the domain {} gives out throw-away addresses", address.domain().text())));
    }
}

}  // namespace

std::vector<Finding> findings(const RecipientFacts& facts, const config::Settings& settings) {
    std::vector<Finding> found;
    if (!facts.syntax.has_value()) {
        found.push_back(malformed(facts.syntax.error()));
        return found;
    }
    const mail::Address& address = facts.syntax->value;
    if (facts.over_limit.has_value()) {
        found.push_back(over_limit(*facts.over_limit));
    }
    if (is_allowed(facts, settings)) {
        return found;
    }
    if (facts.syntax->is_unusual()) {
        found.push_back(unusual(*facts.syntax));
    }
    add_about_domain(address.domain(), facts, settings, found);
    if (facts.suppression.has_value()) {
        if (auto by_entry =
                suppression_finding(*facts.suppression,
                                    facts.suppressed_as_mailbox ? std::string_view(facts.mailbox)
                                                                : std::string_view())) {
            found.push_back(*std::move(by_entry));
        }
    }
    add_by_administrator(address, facts, settings, found);
    if (facts.sent_at.has_value()) {
        found.push_back(already_sent(*facts.sent_at));
    }
    if (facts.stopped.has_value()) {
        found.push_back(campaign_stopped(*facts.stopped));
    }
    std::ranges::stable_sort(found, {}, &Finding::name);
    return found;
}

mail::SmtpReply rejection(const Finding& finding) {
    const terms::RefusalCode& code = terms::row_of(finding.name).refusal;
    return reply(code.reply, code.status, finding);
}

mail::SmtpReply deferral(const Finding& finding) {
    return reply(finding.name == FindingName::OverLimit ? 451 : 450, "4.7.1", finding);
}

}  // namespace holdback::outbound
