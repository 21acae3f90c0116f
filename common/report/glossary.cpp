// SPDX-License-Identifier: Apache-2.0
#include "report/glossary.hpp"

#include "config/policy.hpp"
#include "core/text.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::report {

namespace {

using config::PolicyAction;
using terms::FindingName;

constexpr auto kHeaderFields = std::to_array<Word>({
    {WordKind::HeaderField,
     "X-Holdback-Code",
     "on a bounce: its failure code, the most severe where there are several",
     "holdbackctl explain CODE says what the code means; Sieve can file by it"},
    {WordKind::HeaderField,
     "X-Holdback-DSN",
     "on a bounce, once for each recipient: code, name, class, status, recipient, proof and rule",
     ""},
    {WordKind::HeaderField,
     "X-Holdback-Seal",
     "on outgoing mail: a signature over its recipients, by which a bounce that quotes it is "
     "proven",
     "leave it in; without it bounces teach nothing"},
    {WordKind::HeaderField,
     "X-Holdback-Tag",
     "on outgoing mail, where the settings ask for it: the findings that have the action \"tag\" "
     "and "
     "that all who get the message have",
     "[policy] tag_header switches it; it is off unless somebody has switched it on"},
    {WordKind::HeaderField,
     "X-Holdback-Override",
     "a sender asks that nothing of this message is held; it is taken off",
     "only senders whom the settings allow it are obeyed"},
    {WordKind::HeaderField,
     "X-Holdback-Preflight",
     "a sender asks for a report about the recipients instead of a delivery",
     ""},
    {WordKind::HeaderField,
     "X-Holdback-Release",
     "marks held mail on its way out, so that it is not held again; it is taken off",
     ""},
});

constexpr std::string_view kCorrect = "check the part of the address behind the @";

std::string_view advice_of(FindingName name) {
    switch (name) {
        case FindingName::MalformedAddress:
            return "correct the address";
        case FindingName::UnusualAddress:
            return "check the address";
        case FindingName::NoSuchDomain:
        case FindingName::NoMailHost:
        case FindingName::NullMx:
        case FindingName::ReservedDomain:
        case FindingName::UnusableMx:
            return kCorrect;
        case FindingName::MisspelledDomain:
            return "correct the domain as suggested, or release the mail if it is meant so";
        case FindingName::SuppressedBounce:
            return "ask the recipient for a working address, or lift the suppression";
        case FindingName::SuppressedComplaint:
        case FindingName::SuppressedUnsubscribe:
            return "take the recipient off the list";
        case FindingName::SuppressedManual:
        case FindingName::BlockedByAdmin:
            return "ask the mail administrator";
        case FindingName::AlreadySent:
            return "release it if it is to be sent twice";
        case FindingName::CampaignStopped:
            return "clean the list, or release the campaign to go on with it";
        case FindingName::RoleAddress:
        case FindingName::DisposableDomain:
            return "see whether this recipient belongs on the list";
        case FindingName::MissingUnsubscribe:
            return "add List-Unsubscribe and List-Unsubscribe-Post to the mail";
        case FindingName::ForeignFrom:
            return "send from a domain of your own";
        case FindingName::MissingSignature:
            return "sign the mail with DKIM before it comes here";
        case FindingName::MissingPlainText:
            return "add a text part beside the HTML";
        case FindingName::UnusableReplyTo:
            return "name an address in Reply-To that takes mail";
        case FindingName::UnresolvedDomain:
            return "nothing: the mail goes out unchecked";
    }
    std::unreachable();
}

}  // namespace

std::string_view plain_words(WordKind kind) {
    switch (kind) {
        case WordKind::Finding:
            return "finding";
        case WordKind::Verdict:
            return "verdict";
        case WordKind::HeaderField:
            return "header field";
    }
    std::unreachable();
}

std::string_view plain_words(FindingName name) {
    switch (name) {
        case FindingName::MalformedAddress:
            return "the address violates the grammar";
        case FindingName::UnusualAddress:
            return "an unusual address";
        case FindingName::NoSuchDomain:
            return "the domain does not exist";
        case FindingName::NoMailHost:
            return "the domain has no mail server";
        case FindingName::NullMx:
            return "the domain states that it takes no mail";
        case FindingName::ReservedDomain:
            return "the domain is reserved and takes no mail";
        case FindingName::UnusableMx:
            return "no mail server of the domain can be reached";
        case FindingName::MisspelledDomain:
            return "the domain looks misspelled";
        case FindingName::SuppressedBounce:
            return "mail to it bounced before";
        case FindingName::SuppressedComplaint:
            return "the recipient complained";
        case FindingName::SuppressedUnsubscribe:
            return "the recipient unsubscribed";
        case FindingName::SuppressedManual:
            return "suppressed by the administrator";
        case FindingName::BlockedByAdmin:
            return "blocked by the administrator";
        case FindingName::AlreadySent:
            return "got this campaign already";
        case FindingName::CampaignStopped:
            return "too many recipients of the campaign are bad";
        case FindingName::RoleAddress:
            return "a role, no person";
        case FindingName::DisposableDomain:
            return "a disposable address";
        case FindingName::MissingUnsubscribe:
            return "bulk mail without a way to unsubscribe";
        case FindingName::ForeignFrom:
            return "the From address is of a foreign domain";
        case FindingName::MissingSignature:
            return "the mail has no DKIM signature";
        case FindingName::MissingPlainText:
            return "HTML without a text part";
        case FindingName::UnusableReplyTo:
            return "no answer can reach the Reply-To address";
        case FindingName::UnresolvedDomain:
            return "DNS gave no answer";
    }
    std::unreachable();
}

Word word_of(FindingName name) {
    return {.kind = WordKind::Finding,
            .name = wire_name(name),
            .meaning = plain_words(name),
            .advice = advice_of(name)};
}

Word word_of(PolicyAction verdict) {
    Word word{
        .kind = WordKind::Verdict, .name = config::wire_name(verdict), .meaning = {}, .advice = {}};
    switch (verdict) {
        case PolicyAction::Pass:
            word.meaning = "the mail goes to the recipient";
            return word;
        case PolicyAction::Tag:
            word.meaning =
                "the mail goes to the recipient; log, report and notice tell the finding";
            return word;
        case PolicyAction::Hold:
            word.meaning = "the mail waits in the spool; everybody else of the message gets it";
            word.advice = "release it by answering the notice or by holdbackctl held release";
            return word;
        case PolicyAction::Reject:
            word.meaning = "the mail to the recipient is refused, or returned to the sender";
            word.advice = "do what the finding says, and send it again";
            return word;
        case PolicyAction::Defer:
            word.meaning = "the mail is refused for now; the sending server tries again";
            return word;
    }
    std::unreachable();
}

std::optional<Word> find_word(std::string_view name) {
    const std::string wanted = core::to_lower(core::trim(name));
    if (const auto finding = terms::parse_finding_name(wanted)) {
        return word_of(*finding);
    }
    for (const PolicyAction verdict : {PolicyAction::Pass,
                                       PolicyAction::Tag,
                                       PolicyAction::Hold,
                                       PolicyAction::Defer,
                                       PolicyAction::Reject}) {
        if (config::wire_name(verdict) == wanted) {
            return word_of(verdict);
        }
    }
    // A field may be pasted with its colon.
    const std::string_view field = std::string_view(wanted).substr(0, wanted.find(':'));
    const auto* const known = std::ranges::find_if(kHeaderFields, [&](const Word& word) {
        return core::equals_ignoring_case(word.name, core::trim(field));
    });
    return known == kHeaderFields.end() ? std::nullopt : std::optional(*known);
}

}  // namespace holdback::report
