// SPDX-License-Identifier: Apache-2.0
#include "outbound/compliance.hpp"

#include "config/policy.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/mailbox_list.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/plain_text.hpp"
#include "outbound/verdict.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;

constexpr std::size_t kMostShown = 200;

bool has_one_click(const mail::HeaderList& headers) {
    const auto post = headers.first("List-Unsubscribe-Post");
    if (!post.has_value() ||
        !core::equals_ignoring_case(core::trim(*post), "List-Unsubscribe=One-Click")) {
        return false;
    }
    const auto value = headers.first("List-Unsubscribe");
    return value.has_value() && core::contains_ignoring_case(*value, "<https://");
}

/// The mailboxes of all fields of a name.
mail::MailboxList mailboxes_of(const mail::HeaderList& headers, std::string_view name) {
    mail::MailboxList all;
    for (const std::string& value : headers.all(name)) {
        mail::MailboxList list = mail::parse_mailbox_list(value);
        all.is_valid = all.is_valid && list.is_valid;
        std::ranges::move(list.mailboxes, std::back_inserter(all.mailboxes));
    }
    return all;
}

std::optional<Finding> from_finding(const MessageFacts& facts, const config::Settings& settings) {
    const std::vector<std::string>& own = domains_of_from(settings);
    if (own.empty()) {
        return std::nullopt;
    }
    if (!facts.from.has_value()) {
        Finding finding = finding_of(FindingName::ForeignFrom,
                                     "the From field does not name exactly one address");
        finding.advice = "name one address of an own domain in From";
        return finding;
    }
    if (std::ranges::any_of(
            own, [&](std::string_view domain) { return facts.from->is_under(domain); })) {
        return std::nullopt;
    }
    return finding_of(FindingName::ForeignFrom,
                      fmt::format("the From domain {} is not one of the own domains",
                                  core::printable(facts.from->text())));
}

/// The domains that From may name: the envelope sender's, and all that are enrolled.
std::vector<std::string> domains_of(const mail::EnvelopeSender& sender,
                                    const config::Settings& settings) {
    std::vector<std::string> domains;
    if (const auto* address = std::get_if<mail::Address>(&sender)) {
        domains.push_back(address->domain().text());
    }
    for (const std::vector<std::string>* enrolled : {&settings.outgoing.sender_domains,
                                                     &settings.outgoing.own_domains,
                                                     &settings.compliance.own_domains}) {
        domains.insert(domains.end(), enrolled->begin(), enrolled->end());
    }
    return domains;
}

/// True when one of both domains is the other or below it. A top-level domain is above nobody.
bool are_aligned(const mail::Domain& from, std::string_view domain) {
    if (from.text() == domain || from.is_under(domain)) {
        return true;
    }
    const std::string& parent = from.text();
    return !from.is_literal() && parent.find('.') != std::string::npos &&
           domain.size() > parent.size() && domain.ends_with(parent) &&
           domain[domain.size() - parent.size() - 1] == '.';
}

std::optional<Finding> reply_finding(const MessageFacts& facts, const config::Settings& settings) {
    if (!facts.has_valid_reply_to) {
        return finding_of(FindingName::UnusableReplyTo,
                          "the Reply-To field names something that is not an address");
    }
    for (const RecipientFacts& mailbox : facts.reply_to) {
        for (const Finding& finding : findings(mailbox, settings)) {
            const terms::FindingRow& row = terms::row_of(finding.name);
            if (row.concern == terms::Concern::Domain) {
                return finding_of(
                    FindingName::UnusableReplyTo,
                    fmt::format("answers by Reply-To cannot arrive: {}", finding.reason));
            }
        }
    }
    return std::nullopt;
}

}  // namespace

MessageFacts message_facts(const mail::HeaderList& headers, std::string_view body) {
    MessageFacts facts;
    facts.has_one_click = has_one_click(headers);
    mail::MailboxList from = mailboxes_of(headers, "From");
    if (from.is_valid && from.mailboxes.size() == 1) {
        facts.from = from.mailboxes.front().domain();
    }
    if (headers.has("From")) {
        facts.named_in_from = std::move(from);
    }
    facts.is_signed = headers.has("DKIM-Signature");
    facts.plain_text = plain_text(headers, body);
    facts.has_valid_reply_to = mailboxes_of(headers, "Reply-To").is_valid;
    return facts;
}

std::vector<mail::Recipient> reply_recipients(const mail::HeaderList& headers) {
    std::vector<mail::Recipient> recipients;
    for (const mail::Address& address : mailboxes_of(headers, "Reply-To").mailboxes) {
        if (recipients.size() == kMostReplyTo) {
            break;
        }
        recipients.push_back({.verbatim = fmt::format("<{}>", address.text()),
                              .syntax = mail::Parsed<mail::Address>{address, {}},
                              .arguments = {},
                              .mailer = {}});
    }
    return recipients;
}

std::vector<Finding> compliance_findings(const MessageFacts& facts,
                                         const config::Settings& settings) {
    std::vector<Finding> found;
    if (!facts.has_one_click) {
        found.push_back(finding_of(FindingName::MissingUnsubscribe,
                                   "the message offers no one-click unsubscribe (RFC 8058)"));
    }
    if (auto about_from = from_finding(facts, settings)) {
        found.push_back(*std::move(about_from));
    }
    if (settings.compliance.expect_signature && !facts.is_signed) {
        found.push_back(
            finding_of(FindingName::MissingSignature, "the message has no DKIM signature"));
    }
    if (facts.plain_text == PlainText::Absent) {
        found.push_back(finding_of(FindingName::MissingPlainText, "the message has no plain text"));
    }
    if (auto about_reply = reply_finding(facts, settings)) {
        found.push_back(*std::move(about_reply));
    }
    return found;
}

std::optional<Finding> unaligned_from(const MessageFacts& facts,
                                      const FromSender& sender,
                                      const config::Settings& settings) {
    if (std::holds_alternative<mail::NullSender>(sender.envelope) ||
        !facts.named_in_from.has_value()) {
        return std::nullopt;
    }
    const std::vector<std::string> domains = domains_of(sender.envelope, settings);
    if (domains.empty()) {
        return std::nullopt;
    }
    if (!facts.named_in_from->is_valid || facts.named_in_from->mailboxes.empty()) {
        return finding_of(FindingName::UnalignedFrom,
                          "the From field names something that is not an address");
    }
    for (const mail::Address& mailbox : facts.named_in_from->mailboxes) {
        const bool is_known = std::ranges::any_of(domains, [&](std::string_view domain) {
            return are_aligned(mailbox.domain(), domain);
        });
        if (!is_known &&
            sender.logins.right_of(sender.user, mailbox) != config::SenderRight::Permitted) {
            return finding_of(
                FindingName::UnalignedFrom,
                fmt::format("the From address {} is neither of the sender's domain nor of an "
                            "enrolled one",
                            core::printable(mailbox.text(), kMostShown)));
        }
    }
    return std::nullopt;
}

std::vector<Finding> all_findings(const RecipientFacts& recipient,
                                  std::span<const Finding> about_message,
                                  const config::Settings& settings) {
    std::vector<Finding> found = findings(recipient, settings);
    if (!about_message.empty() && !is_allowed(recipient, settings)) {
        found.insert(found.end(), about_message.begin(), about_message.end());
        std::ranges::stable_sort(found, {}, &Finding::name);
    }
    return found;
}

const std::vector<std::string>& domains_of_from(const config::Settings& settings) {
    return settings.compliance.own_domains.empty() ? settings.outgoing.sender_domains
                                                   : settings.compliance.own_domains;
}

bool is_about_message(FindingName name) {
    return terms::row_of(name).concern == terms::Concern::Message;
}

bool looks_at_message(Stream stream, SentTo sent_to, const config::PolicySettings& policy) {
    return std::ranges::any_of(terms::kAllFindings, [&](FindingName name) {
        return is_about_message(name) &&
               action_for(name, stream, sent_to, policy) != config::PolicyAction::Pass;
    });
}

}  // namespace holdback::outbound
