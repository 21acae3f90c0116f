// SPDX-License-Identifier: Apache-2.0
#include "outbound/compliance.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
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
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;

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
    const mail::MailboxList from = mailboxes_of(headers, "From");
    if (from.is_valid && from.mailboxes.size() == 1) {
        facts.from = from.mailboxes.front().domain();
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
