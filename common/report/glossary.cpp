// SPDX-License-Identifier: Apache-2.0
#include "report/glossary.hpp"

#include "core/text.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::report {

namespace {

using terms::FindingName;
using terms::PolicyAction;

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
     "and that all recipients of the message share",
     "[policy] tag_header switches it; it is off unless somebody has switched it on"},
    {WordKind::HeaderField,
     "X-Holdback-Override",
     "a sender asks that nothing of this message is held; the milter removes the field",
     "only senders whom the settings allow it are obeyed"},
    {WordKind::HeaderField,
     "X-Holdback-Preflight",
     "a sender asks for a report about the recipients instead of a delivery",
     ""},
    {WordKind::HeaderField,
     "X-Holdback-Release",
     "marks held mail on its way out, so that it is not held again; the milter removes the field",
     ""},
});

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

Word word_of(FindingName name) {
    const terms::FindingRow& row = terms::row_of(name);
    return {.kind = WordKind::Finding,
            .name = row.wire_name,
            .meaning = row.meaning,
            .advice = row.remedy.empty() ? row.advice : row.remedy};
}

Word word_of(PolicyAction verdict) {
    Word word{.kind = WordKind::Verdict, .name = wire_name(verdict), .meaning = {}, .advice = {}};
    switch (verdict) {
        case PolicyAction::Pass:
            word.meaning = "the mail goes to the recipient";
            return word;
        case PolicyAction::Tag:
            word.meaning =
                "the mail goes to the recipient; log, report and notice tell the finding";
            return word;
        case PolicyAction::Hold:
            word.meaning =
                "the mail waits in the spool; all other recipients of the message get it";
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
    for (const PolicyAction verdict : terms::kAllPolicyActions) {
        if (wire_name(verdict) == wanted) {
            return word_of(verdict);
        }
    }
    // People may paste a field with its colon.
    const std::string_view field = std::string_view(wanted).substr(0, wanted.find(':'));
    const auto* const known = std::ranges::find_if(kHeaderFields, [&](const Word& word) {
        return core::equals_ignoring_case(word.name, core::trim(field));
    });
    return known == kHeaderFields.end() ? std::nullopt : std::optional(*known);
}

}  // namespace holdback::report
