// SPDX-License-Identifier: Apache-2.0
#include "dsn/classify.hpp"

#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "dsn/rule_set.hpp"
#include "dsn/rule_text.hpp"
#include "dsn/smtp_stage.hpp"
#include "dsn/text_about.hpp"
#include "dsn/text_scan.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr mail::FailureCode kChallenge{1011};
constexpr mail::FailureCode kTryLater{3003};
constexpr mail::FailureCode kAutoReply{5001};
constexpr mail::FailureCode kComplaint{5002};
constexpr mail::FailureCode kUnsubscribed{5003};
constexpr mail::FailureCode kInformational{5999};

/// The code of a message that is no failure report; nullopt when its recipients decide.
std::optional<mail::FailureCode> code_of_kind(MessageKind kind) {
    switch (kind) {
        case MessageKind::AutoReply:
            return kAutoReply;
        case MessageKind::Challenge:
            return kChallenge;
        case MessageKind::Complaint:
            return kComplaint;
        case MessageKind::Mdn:
            return kInformational;
        case MessageKind::Unsubscribe:
            return kUnsubscribed;
        case MessageKind::Dsn:
        case MessageKind::Bounce:
        case MessageKind::Ordinary:
            return std::nullopt;
    }
    return std::nullopt;
}

struct Decision {
    mail::FailureCode code = mail::kUnknownFailure;
    std::string rule;
};

Decision decided_by(const RuleMatch& match) {
    return {match.rule->code, match.rule->id};
}

/// A detail of 0 only says "something of this kind" (RFC 3463 section 3).
bool is_specific(const std::optional<mail::EnhancedStatus>& status) {
    return status.has_value() && status->detail() != 0;
}

/// The more telling one of the status that the remote server gave and the one in the report's
/// field.
std::optional<mail::EnhancedStatus> better_status(
    const std::optional<mail::EnhancedStatus>& quoted,
    const std::optional<mail::EnhancedStatus>& field) {
    if (!quoted.has_value()) {
        return field;
    }
    return is_specific(quoted) || !is_specific(field) ? quoted : field;
}

/// What the fields say of one recipient, as the rules want it. The views point into `recipient`,
/// `report` and `line`.
RuleInput field_input(const RecipientReport& recipient,
                      const Report& report,
                      const std::string& line) {
    const QuotedCodes quoted = quoted_codes(line);
    RuleInput input;
    input.text = line;
    input.remote_mta = recipient.remote_mta;
    input.reporting_mta = report.reporting_mta;
    input.reply_code = recipient.reply.has_value() ? recipient.reply->code() : quoted.reply_code;
    std::optional<mail::EnhancedStatus> replied = quoted.status;
    if (recipient.reply.has_value() && recipient.reply->status().has_value()) {
        replied = better_status(recipient.reply->status(), quoted.status);
    }
    input.status = better_status(replied, recipient.status);
    return input;
}

/// The diagnostic text, or the quoted reply when there is none.
std::string field_text(const RecipientReport& recipient) {
    if (!recipient.diagnostic.empty() || !recipient.reply.has_value()) {
        return recipient.diagnostic;
    }
    return recipient.reply->line();
}

/// The text of the fields, with the stage behind it in the words of Postfix where it is told in
/// other words or only to humans: "user unknown" in reply to MAIL FROM is about the sender.
std::string staged_text(const RecipientReport& recipient, std::string_view prose) {
    std::string text = field_text(recipient);
    // The comment repeats what the status means. It tells more than the words of the server only
    // where it says that there is such a mailbox.
    if (text.empty() || core::contains_ignoring_case(recipient.status_comment, "disabled")) {
        text += recipient.status_comment.empty() ? "" : " (" + recipient.status_comment + ")";
    }
    SmtpStage stage = stage_in(text);
    if (stage == SmtpStage::Unknown) {
        stage = stage_in(prose);
    }
    return text_with_stage(text, stage);
}

bool are_silent(const RuleInput& fields) {
    return fields.reply_code == 0 && !fields.status.has_value();
}

/// The text without the lines that quote the subject of the failed message.
std::string without_subjects(std::string_view prose) {
    static constexpr auto kNames = std::to_array<std::string_view>({"subject:",
                                                                    "betreff:",
                                                                    "objet:",
                                                                    "objet :",
                                                                    "asunto:",
                                                                    "oggetto:",
                                                                    "assunto:",
                                                                    "onderwerp:",
                                                                    "тема:",
                                                                    "the message subject was:"});
    std::string text;
    text.reserve(prose.size());
    for (const std::string_view line : lines_of(prose)) {
        const std::string_view plain = core::trim(line);
        const bool quotes = std::ranges::any_of(kNames, [plain](std::string_view name) {
            return core::starts_with_ignoring_case(plain, name);
        });
        if (!quotes) {
            text.append(line).append("\n");
        }
    }
    return text;
}

/// Asks the rules about a text that was written for people: only a rule that reads the text counts,
/// since codes in running text may be about anything, unless there are no other codes.
std::optional<RuleMatch> match_prose(std::string_view prose,
                                     const RuleInput& fields,
                                     const RuleSet& rules) {
    if (core::trim(prose).empty()) {
        return std::nullopt;
    }
    const std::string told = without_subjects(prose);
    RuleInput input = fields;
    input.text = told;
    if (are_silent(fields)) {
        const QuotedCodes quoted = quoted_codes(told);
        input.reply_code = quoted.reply_code;
        input.status = quoted.status;
    }
    const auto match = match_reply(input, rules);
    const bool counts = match.has_value() && (are_silent(fields) || match->rule->reads_text());
    return counts ? match : std::nullopt;
}

/// `prose` is the text for humans about the recipient.
Decision decide(const RecipientReport& recipient,
                std::string_view prose,
                const Report& report,
                const RuleSet& rules) {
    const std::string line = staged_text(recipient, prose);
    const RuleInput input = field_input(recipient, report, line);
    const auto match = match_reply(input, rules);
    const bool reads_text = match.has_value() && match->rule->reads_text();
    // A specific status beside a text that no rule knows says more than prose around it.
    const bool specific = match.has_value() && is_specific(input.status) && !line.empty();
    if (specific || (reads_text && !are_silent(input))) {
        return decided_by(*match);
    }
    const auto told = match_prose(prose, input, rules);
    // Without any code the line is prose itself: the sharper rule of the two wins.
    if (told.has_value() && (!reads_text || told->index < match->index)) {
        return decided_by(*told);
    }
    return match.has_value() ? decided_by(*match) : Decision{};
}

/// The cause of a delay. What is still tried has not failed for good, whatever the text says.
Decision cause_of_delay(const RecipientReport& recipient,
                        std::string_view prose,
                        const Report& report,
                        const RuleSet& rules) {
    static constexpr auto kForGood = std::to_array<mail::FailureCode>({mail::FailureCode{2001},
                                                                       mail::FailureCode{2003},
                                                                       mail::FailureCode{2004},
                                                                       mail::FailureCode{2999}});
    Decision decision = decide(recipient, prose, report, rules);
    if (decision.code == mail::kUnknownFailure) {
        decision.code = kInformational;
    } else if (std::ranges::find(kForGood, decision.code) != kForGood.end()) {
        decision.code = kTryLater;
    }
    return decision;
}

ClassifiedRecipient classify_recipient(const RecipientReport& recipient,
                                       std::string_view prose,
                                       const Report& report,
                                       const RuleSet& rules) {
    ClassifiedRecipient classified{.report = recipient, .rule = {}};
    if (const auto code = code_of_kind(report.kind)) {
        classified.code = *code;
    } else if (recipient.action != Action::Failed && recipient.action != Action::Delayed) {
        classified.code = kInformational;
    } else {
        Decision decision = recipient.action == Action::Delayed
                                ? cause_of_delay(recipient, prose, report, rules)
                                : decide(recipient, prose, report, rules);
        classified.code = decision.code;
        classified.rule = std::move(decision.rule);
    }
    return classified;
}

int rank_of(mail::FailureCode code, const mail::CodeCatalogue& codes) {
    const mail::CodeEntry* entry = codes.find(code);
    return mail::severity_rank(entry == nullptr ? mail::FailureClass::Unknown
                                                : entry->failure_class);
}

/// The gravest code of those that failed; informational when nobody did.
mail::FailureCode gravest(const std::vector<ClassifiedRecipient>& recipients,
                          const mail::CodeCatalogue& codes) {
    std::optional<mail::FailureCode> worst;
    for (const ClassifiedRecipient& recipient : recipients) {
        const bool failed = recipient.report.action == Action::Failed;
        if (failed &&
            (!worst.has_value() || rank_of(recipient.code, codes) < rank_of(*worst, codes))) {
            worst = recipient.code;
        }
    }
    return worst.value_or(kInformational);
}

/// The code of a failure report that names no recipient.
mail::FailureCode code_without_recipient(const Report& report, const RuleSet& rules) {
    RuleInput fields;
    fields.reporting_mta = report.reporting_mta;
    const auto match = match_prose(report.human_text, fields, rules);
    return match.has_value() ? match->rule->code : mail::kUnknownFailure;
}

}  // namespace

std::optional<RuleMatch> match_reply(const RuleInput& input, const RuleSet& rules) {
    if (const std::string reply = quoted_reply(input.text); !reply.empty()) {
        RuleInput own_words = input;
        own_words.text = reply;
        const auto match = rules.match(own_words);
        if (match.has_value() && match->rule->reads_text()) {
            return match;
        }
    }
    return rules.match(input);
}

Understanding classify(Report report, const RuleSet& rules, const mail::CodeCatalogue& codes) {
    Understanding understanding;
    if (report.kind != MessageKind::Ordinary) {
        const TextAbout texts(report);
        for (std::size_t i = 0; i < report.recipients.size(); ++i) {
            understanding.recipients.push_back(
                classify_recipient(report.recipients[i], texts.of(i), report, rules));
        }
        if (const auto code = code_of_kind(report.kind)) {
            understanding.code = code;
        } else if (understanding.recipients.empty()) {
            understanding.code = code_without_recipient(report, rules);
        } else {
            understanding.code = gravest(understanding.recipients, codes);
        }
    }
    understanding.report = std::move(report);
    return understanding;
}

Understanding understand(const MessageView& message,
                         const RuleSet& rules,
                         const mail::CodeCatalogue& codes) {
    return classify(read_report(message), rules, codes);
}

}  // namespace holdback::dsn
