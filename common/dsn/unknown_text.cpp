// SPDX-License-Identifier: Apache-2.0
#include "dsn/unknown_text.hpp"

#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "dsn/text_pattern.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

bool is_failure_report(MessageKind kind) {
    return kind == MessageKind::Dsn || kind == MessageKind::Bounce;
}

/// A failure of which nobody knew the words.
bool is_unknown(const ClassifiedRecipient& recipient) {
    return recipient.report.action == Action::Failed && !recipient.knows_words;
}

bool is_proven(std::span<const mail::Proof> proofs, std::size_t i) {
    return i < proofs.size() && proofs[i] != mail::Proof::Unproven;
}

/// The words of the server, else what the report says to people.
std::string_view words_of(const RecipientReport& recipient, const Report& report) {
    if (!core::trim(recipient.diagnostic).empty()) {
        return recipient.diagnostic;
    }
    return report.human_text;
}

std::string example_of(std::string_view text) {
    std::string example = core::to_valid_utf8(core::trim(text).substr(0, kUnknownExampleOctets));
    std::ranges::replace(example, '\0', ' ');
    return example;
}

}  // namespace

std::vector<UnknownText> unknown_texts(const Understanding& understanding,
                                       std::span<const mail::Proof> proofs) {
    std::vector<UnknownText> found;
    const Report& report = understanding.report;
    if (!is_failure_report(report.kind)) {
        return found;
    }
    const auto add = [&](UnknownText unknown, std::string_view words) {
        unknown.pattern = text_pattern(words);
        const bool fresh =
            !unknown.pattern.empty() &&
            std::ranges::find(found, unknown.pattern, &UnknownText::pattern) == found.end();
        if (fresh) {
            unknown.example = example_of(words);
            found.push_back(std::move(unknown));
        }
    };
    bool told_people = false;
    for (const bool proven : {true, false}) {
        const std::size_t most = std::min(
            kMostUnknownTexts, found.size() + (proven ? kMostUnknownTexts : kMostUnprovenTexts));
        for (std::size_t i = 0; i < understanding.recipients.size() && found.size() < most; ++i) {
            const ClassifiedRecipient& recipient = understanding.recipients[i];
            if (is_proven(proofs, i) != proven || !is_unknown(recipient)) {
                continue;
            }
            const std::string_view words = words_of(recipient.report, report);
            const bool for_people = words.data() == report.human_text.data();
            // The text for people is long, and the same for all: one look at it suffices.
            if (for_people && std::exchange(told_people, true)) {
                continue;
            }
            add({.pattern = {},
                 .example = {},
                 .remote_mta = recipient.report.remote_mta,
                 .code = recipient.code,
                 .rule = recipient.rule,
                 .proven = proven},
                words);
        }
    }
    if (understanding.recipients.empty() && understanding.code == mail::kUnknownFailure) {
        add({}, report.human_text);
    }
    return found;
}

}  // namespace holdback::dsn
