// SPDX-License-Identifier: Apache-2.0
#include "dsn/unknown_text.hpp"

#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "reading/text_pattern.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
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

/// True for a failure whose words nobody knew.
bool is_unknown(const ClassifiedRecipient& recipient) {
    return recipient.report.action == Action::Failed && !recipient.knows_words;
}

bool is_proven(std::span<const terms::Proof> proofs, std::size_t i) {
    return i < proofs.size() && proofs[i] != terms::Proof::Unproven;
}

/// The words of the server, otherwise the report's text for people.
std::string_view words_of(const RecipientReport& recipient, const Report& report) {
    if (!core::trim(recipient.diagnostic).empty()) {
        return recipient.diagnostic;
    }
    return report.human_text;
}

/// Names of mailboxes that are also words of bounces. In a text they are most likely such words.
constexpr auto kOrdinaryNames = std::to_array<std::string_view>(
    {"account", "address", "admin",      "delivery",  "domain", "email",   "error",   "host",
     "inbox",   "invalid", "mail",       "mailbox",   "mailer", "message", "network", "office",
     "owner",   "person",  "postmaster", "recipient", "remote", "root",    "sender",  "server",
     "service", "spam",    "support",    "system",    "test",   "unknown", "user",    "users"});

bool is_name_char(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '_' || c == '+' || c == '-' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// The text with an address in place of the recipient's local part where it stands alone ("User
/// kim.lee unknown"). In a pattern the name would identify the recipient and split the pattern.
std::string without_name(std::string_view text, const std::string& recipient) {
    constexpr std::size_t kShortest = 3;
    constexpr std::string_view kInstead = "@";
    const std::string name = core::to_lower(recipient.substr(0, recipient.rfind('@')));
    if (name.size() < kShortest ||
        std::ranges::find(kOrdinaryNames, name) != kOrdinaryNames.end()) {
        return std::string(text);
    }
    const std::string folded = core::to_lower(text);
    std::string out;
    std::size_t at = 0;
    for (std::size_t found = folded.find(name); found != std::string::npos;
         found = folded.find(name, found + 1)) {
        const std::size_t end = found + name.size();
        const bool alone =
            found >= at && (found == 0 || !is_name_char(folded[found - 1])) &&
            (end == folded.size() || (!is_name_char(folded[end]) && folded[end] != '@'));
        if (alone) {
            out.append(text.substr(at, found - at)).append(kInstead);
            at = end;
        }
    }
    return out.append(text.substr(at));
}

std::string example_of(std::string_view text) {
    std::string example = core::to_valid_utf8(core::trim(text).substr(0, kUnknownExampleOctets));
    std::ranges::replace(example, '\0', ' ');
    return example;
}

}  // namespace

std::vector<UnknownText> unknown_texts(const Understanding& understanding,
                                       std::span<const terms::Proof> proofs) {
    std::vector<UnknownText> found;
    const Report& report = understanding.report;
    if (!is_failure_report(report.kind)) {
        return found;
    }
    const auto add = [&](UnknownText unknown, std::string_view words, const std::string& whom) {
        unknown.pattern = reading::text_pattern(without_name(words, whom));
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
            // The text for people is long and the same for all, so it is read once.
            if (for_people && std::exchange(told_people, true)) {
                continue;
            }
            add({.pattern = {},
                 .example = {},
                 .remote_mta = recipient.report.remote_mta,
                 .code = recipient.code,
                 .rule = recipient.rule,
                 .proven = proven},
                words,
                recipient.report.final_recipient);
        }
    }
    if (understanding.recipients.empty() && understanding.code == terms::kUnknownFailure) {
        add({}, report.human_text, {});
    }
    return found;
}

}  // namespace holdback::dsn
